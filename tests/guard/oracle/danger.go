package main

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"
)

// settings are the guard's variables, read independently of the program under test.
type settings map[string]string

func (s settings) yes(name string) bool {
	switch strings.ToLower(s[name]) {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}

func (s settings) list(name string) []string {
	return strings.FieldsFunc(s[name], func(r rune) bool { return r == ',' || r == ' ' })
}

func (s settings) listed(name, value string) bool {
	for _, item := range s.list(name) {
		if item == value {
			return true
		}
	}
	return false
}

// dangerous decodes a body as the Engine does and says what it would do to the host; "" if nothing. What the Engine
// cannot decode it refuses itself.
func dangerous(operation string, body []byte, s settings) string {
	switch operation {
	case "ContainerCreate":
		var request containerCreate
		if decode(body, &request) {
			return s.create(&request)
		}
	case "ContainerUpdate":
		var request HostConfig
		if decode(body, &request) {
			return s.host(&request)
		}
	case "ContainerExec":
		var request execCreate
		if decode(body, &request) && request.Privileged && !s.yes("ALLOW_PRIVILEGED") {
			return "a privileged exec"
		}
	case "ContainerStart":
		if len(bytes.TrimSpace(body)) > 7 {
			var request HostConfig
			if decode(body, &request) {
				return s.host(&request)
			}
		}
	case "VolumeCreate":
		var request volumeCreate
		if decode(body, &request) {
			if len(request.ClusterVolumeSpec) > 0 && !s.yes("ALLOW_BIND_MOUNTS") {
				return "a cluster volume"
			}
			return s.volume(request.DriverOpts)
		}
	case "NetworkCreate":
		var request networkCreate
		if decode(body, &request) {
			return s.network(&request)
		}
	case "NetworkConnect":
		var request networkConnect
		if decode(body, &request) && request.EndpointConfig != nil {
			return s.endpoint("x", request.EndpointConfig)
		}
	case "ServiceCreate", "ServiceUpdate":
		var request serviceSpec
		if decode(body, &request) {
			return s.service(&request)
		}
	case "CheckpointCreate":
		var request checkpointCreate
		if decode(body, &request) && request.CheckpointDir != "" && !s.yes("ALLOW_PRIVILEGED") {
			return "a checkpoint in a directory of the host"
		}
	}
	return ""
}

// decode reads the first JSON value and ignores what follows, as the most lenient Engine does.
func decode(body []byte, into interface{}) bool {
	return json.NewDecoder(bytes.NewReader(body)).Decode(into) == nil
}

func (s settings) create(r *containerCreate) string {
	if r.Config != nil {
		if why := s.image(r.Config.Image); why != "" {
			return why
		}
		for volume := range r.Config.Volumes {
			if strings.Contains(volume, ":") && !s.yes("ALLOW_BIND_MOUNTS") {
				return "a volume with a source"
			}
		}
	}
	if label := s["REQUIRE_LABEL"]; label != "" {
		key, value, exact := strings.Cut(label, "=")
		if r.Config == nil {
			return "no label"
		}
		is, has := r.Config.Labels[key]
		if !has || exact && is != value {
			return "no label"
		}
	}
	if r.InnerHostConfig != nil {
		if why := s.host(r.InnerHostConfig); why != "" {
			return why
		}
	}
	if r.HostConfig != nil {
		if why := s.host(r.HostConfig); why != "" {
			return "legacy: " + why
		}
	}
	if r.NetworkingConfig != nil {
		for name, e := range r.NetworkingConfig.EndpointsConfig {
			if why := s.endpoint(name, e); why != "" {
				return why
			}
		}
	}
	return ""
}

func (s settings) host(h *HostConfig) string {
	privileged := s.yes("ALLOW_PRIVILEGED")
	namespaces := s.yes("ALLOW_HOST_NAMESPACES")
	foreign := func(mode string) bool {
		return !namespaces && (mode == "host" || strings.HasPrefix(mode, "container:") || strings.HasPrefix(mode, "ns:"))
	}
	switch {
	case h.Privileged && !privileged:
		return "privileged"
	case len(h.VolumesFrom) > 0 && !s.yes("ALLOW_VOLUMES_FROM"):
		return "volumes of others"
	case len(h.Devices)+len(h.DeviceRequests)+len(h.DeviceCgroupRules) > 0 && !s.yes("ALLOW_DEVICES"):
		return "devices"
	case foreign(h.NetworkMode), foreign(h.PidMode), foreign(h.IpcMode), foreign(h.UTSMode), foreign(h.UsernsMode), foreign(h.CgroupnsMode):
		return "a foreign namespace"
	case len(h.Sysctls) > 0 && !s.yes("ALLOW_SYSCTLS"):
		return "sysctls"
	case h.CgroupParent+h.Cgroup != "" && !s.yes("ALLOW_CGROUP_PARENT"):
		return "a cgroup"
	case h.Runtime != "" && h.Runtime != "runc" && h.Runtime != "io.containerd.runc.v2" && !s.listed("ALLOW_RUNTIME", h.Runtime):
		return "a runtime"
	case len(h.Annotations) > 0 && !privileged:
		return "annotations"
	case h.MaskedPaths != nil && !privileged && !holds(h.MaskedPaths, "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"):
		return "bare paths"
	case h.ReadonlyPaths != nil && !privileged && !holds(h.ReadonlyPaths, "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"):
		return "writable paths"
	}
	for _, bind := range h.Binds {
		if parts := strings.Split(bind, ":"); len(parts) > 1 && !volumeName.MatchString(parts[0]) && !s.path(parts[0]) {
			return "a bind of " + parts[0]
		}
	}
	for _, options := range h.Tmpfs {
		for _, option := range strings.Split(options, ",") {
			switch option {
			case "bind", "rbind", "unbindable", "runbindable", "remount", "move":
				if !s.yes("ALLOW_BIND_MOUNTS") {
					return "a tmpfs that is none"
				}
			}
		}
	}
	for _, m := range h.Mounts {
		if why := s.mount(m); why != "" {
			return why
		}
	}
	if why := s.capabilities(h.CapAdd); why != "" {
		return why
	}
	for _, option := range h.SecurityOpt {
		if !s.yes("ALLOW_SECURITY_OPT") && !s.security(option) {
			return "security option " + option
		}
	}
	if !privileged {
		return log(h.LogConfig.Config)
	}
	return ""
}

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func holds(paths []string, wanted ...string) bool {
	have := map[string]bool{}
	for _, p := range paths {
		have[p] = true
	}
	for _, p := range wanted {
		if !have[p] {
			return false
		}
	}
	return true
}

// path says whether a path of the host may be shown. A relative one starts at the root, where the Engine runs.
func (s settings) path(p string) bool {
	if s.yes("ALLOW_BIND_MOUNTS") {
		return true
	}
	p = path.Clean("/" + p)
	literally := s.listed("ALLOW_BIND_MOUNTS", p)
	for _, socket := range []string{"/var/run/docker.sock", "/run/docker.sock"} {
		if (p == socket || p == "/" || strings.HasPrefix(socket, p+"/")) && !literally {
			return false
		}
	}
	for _, prefix := range s.list("ALLOW_BIND_MOUNTS") {
		if p == prefix || prefix == "/" || strings.HasPrefix(p, prefix+"/") {
			return true
		}
	}
	return false
}

func (s settings) mount(m mount) string {
	if m.Type == "bind" && !s.path(m.Source) && strings.HasPrefix(m.Source, "/") {
		return "a mount of " + m.Source
	}
	if m.Type == "npipe" && !s.yes("ALLOW_BIND_MOUNTS") {
		return "a pipe"
	}
	if m.VolumeOptions != nil && m.VolumeOptions.DriverConfig != nil {
		return s.volume(m.VolumeOptions.DriverConfig.Options)
	}
	return ""
}

// volume judges the options of the local driver as mount(8) would take them; those of other drivers are unknown.
func (s settings) volume(options map[string]string) string {
	if s.yes("ALLOW_BIND_MOUNTS") {
		return ""
	}
	for key, value := range options {
		switch key {
		case "type", "o", "device", "size":
		default:
			if value != "" {
				return "volume option " + key
			}
		}
	}
	bind := false
	for _, option := range strings.Split(options["o"], ",") {
		switch option {
		case "bind", "rbind":
			bind = true
		case "remount", "move":
			return "a mount option"
		}
	}
	if bind {
		if !s.path(options["device"]) && options["device"] != "" && options["device"] != "none" && options["device"] != "tmpfs" &&
			!share.MatchString(options["device"]) {
			return "a volume on " + options["device"]
		}
		return ""
	}
	switch options["type"] {
	case "nfs", "nfs4", "cifs", "smb3", "tmpfs", "", "none", "bind":
	default:
		return "a volume of type " + options["type"]
	}
	return ""
}

// share is server:/path, which as a path of the host would begin in a directory with a colon in its name.
var share = regexp.MustCompile(`^[A-Za-z0-9_.-]*:(/[^/:]+)*/?$`)

var ordinary = "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"

func (s settings) capabilities(names []string) string {
	if s.yes("ALLOW_CAP_ADD") {
		return ""
	}
	bare := func(name string) string { return strings.TrimPrefix(strings.ToUpper(name), "CAP_") }
	known := map[string]bool{}
	for _, name := range append(strings.Fields(ordinary), s.list("ALLOW_CAP_ADD")...) {
		known[bare(name)] = true
	}
	for _, name := range names {
		if !known[bare(name)] {
			return "capability " + name
		}
	}
	return ""
}

func (s settings) security(option string) bool {
	switch strings.Replace(option, ":", "=", 1) {
	case "no-new-privileges", "no-new-privileges=true", "apparmor=docker-default", "seccomp=builtin":
		return true
	}
	for _, item := range s.list("ALLOW_SECURITY_OPT") {
		if strings.Replace(item, ":", "=", 1) == strings.Replace(option, ":", "=", 1) {
			return true
		}
	}
	return false
}

func log(options map[string]string) string {
	for key, value := range options {
		if strings.HasPrefix(value, "/") || strings.HasPrefix(strings.ToLower(value), "unix") {
			return "log option " + key
		}
	}
	return ""
}

func (s settings) endpoint(name string, e *endpoint) string {
	if name == "host" && !s.yes("ALLOW_HOST_NAMESPACES") {
		return "the host's network"
	}
	if e != nil && e.DriverOpts["com.docker.network.endpoint.sysctls"] != "" && !s.yes("ALLOW_SYSCTLS") {
		return "sysctls of an endpoint"
	}
	return ""
}

func (s settings) network(r *networkCreate) string {
	if s.yes("ALLOW_HOST_NAMESPACES") {
		return ""
	}
	if r.Driver == "host" {
		return "the host's network"
	}
	for key, value := range r.Options {
		switch key {
		case "parent", "com.docker.network.bridge.name", "com.docker.network.bridge.trusted_host_interfaces":
			if value != "" {
				return "network option " + key
			}
		}
	}
	return ""
}

func (s settings) attach(a attachment) string {
	hexadecimal := strings.Trim(a.Target, "0123456789abcdef") == "" && a.Target != ""
	if (a.Target == "host" || hexadecimal) && !s.yes("ALLOW_HOST_NAMESPACES") {
		return "the host's network"
	}
	return s.endpoint("x", &endpoint{DriverOpts: a.DriverOpts})
}

func (s settings) service(r *serviceSpec) string {
	t := &r.TaskTemplate
	for _, a := range append(append([]attachment{}, r.Networks...), t.Networks...) {
		if why := s.attach(a); why != "" {
			return why
		}
	}
	if (t.PluginSpec != nil && *t.PluginSpec != struct{ Name, Remote string }{} || t.Runtime == "plugin") && !s.yes("ALLOW_PRIVILEGED") {
		return "a plugin"
	}
	if t.LogDriver != nil && !s.yes("ALLOW_PRIVILEGED") {
		if why := log(t.LogDriver.Options); why != "" {
			return why
		}
	}
	c := t.ContainerSpec
	if c == nil {
		return ""
	}
	if why := s.image(c.Image); why != "" {
		return why
	}
	for _, m := range c.Mounts {
		if why := s.mount(m); why != "" {
			return why
		}
	}
	if len(c.Sysctls) > 0 && !s.yes("ALLOW_SYSCTLS") {
		return "sysctls"
	}
	if p := c.Privileges; p != nil && !s.yes("ALLOW_SECURITY_OPT") {
		switch {
		case p.CredentialSpec != nil && p.CredentialSpec.Config+p.CredentialSpec.File+p.CredentialSpec.Registry != "":
			return "credentials"
		case p.SELinuxContext != nil && (p.SELinuxContext.Disable || p.SELinuxContext.User+p.SELinuxContext.Role+p.SELinuxContext.Type+p.SELinuxContext.Level != ""):
			return "SELinux"
		case p.Seccomp != nil && (p.Seccomp.Mode != "" && p.Seccomp.Mode != "default" || len(p.Seccomp.Profile) > 0):
			return "seccomp"
		case p.AppArmor != nil && p.AppArmor.Mode != "" && p.AppArmor.Mode != "default":
			return "AppArmor"
		}
	}
	return s.capabilities(c.CapabilityAdd)
}

// image knows the patterns that the tests use: a name, a name and a tag, and an asterisk at the end.
func (s settings) image(reference string) string {
	patterns := s.list("ALLOW_IMAGE_REFERENCES")
	if len(patterns) == 0 || reference == "" {
		return ""
	}
	for _, name := range []string{"docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/", "library/", ""} {
		if !strings.HasPrefix(reference, name) {
			continue
		}
		rest := strings.TrimPrefix(reference, name)
		for _, pattern := range patterns {
			if name != "" && strings.Contains(strings.SplitN(pattern, "/", 2)[0], ".") {
				continue
			}
			if ok, _ := path.Match(pattern, rest); ok {
				return ""
			}
			slash := strings.LastIndex(pattern, "/") + 1
			if !strings.ContainsAny(pattern[slash:], ":@") {
				if ok, _ := path.Match(pattern+":*", rest); ok {
					return ""
				}
				if ok, _ := path.Match(pattern+"@*", rest); ok {
					return ""
				}
			}
		}
	}
	return "image " + reference
}
