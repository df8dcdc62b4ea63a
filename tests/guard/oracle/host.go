package main

import "strings"

// create judges the body of ContainerCreate.
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
		if why := s.environment(r.Config.Env, s.maybePodman()); why != "" {
			return why
		}
		if ownLabel(r.Config.Labels) {
			return "a label for the proxy"
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

// ownLabel: by such labels a container has rights at the proxy. Keys are compared letter by letter.
func ownLabel(labels map[string]string) bool {
	for key := range labels {
		if strings.HasPrefix(key, "docker-socket-proxy.") {
			return true
		}
	}
	return false
}

// environment: Podman gives an item without "=" the value that its own service has, and NAME* those of all that begin so.
// Where NVIDIA's runtime is the default one, a variable gives the container the host's devices. (NVIDIA_DRIVER_CAPABILITIES
// says only which of their libraries come along; many images set it.)
func (s settings) environment(items []string, podman bool) string {
	for _, item := range items {
		name, value, is := strings.Cut(item, "=")
		if !is && item != "" && podman && !s.yes("ALLOW_PRIVILEGED") {
			return "a variable of the service"
		}
		switch name {
		case "NVIDIA_MOFED", "NVIDIA_GDS", "NVIDIA_GDRCOPY", "NVIDIA_NVSWITCH", "NVIDIA_MIG_CONFIG_DEVICES", "NVIDIA_MIG_MONITOR_DEVICES", "NVIDIA_IMEX_CHANNELS":
			if is && value != "" && value != "void" && value != "none" && !s.yes("ALLOW_DEVICES") {
				return "more devices by the environment"
			}
		case "NVIDIA_VISIBLE_DEVICES":
			known := s.listed("ALLOW_DEVICES", "gpu") && !strings.ContainsAny(value, "/=")
			if is && value != "" && value != "void" && value != "none" && !s.yes("ALLOW_DEVICES") && !known {
				return "devices by the environment"
			}
		}
	}
	return ""
}

// host judges a HostConfig, from wherever it came.
func (s settings) host(h *HostConfig) string {
	privileged := s.yes("ALLOW_PRIVILEGED")
	switch {
	case h.Privileged && !privileged:
		return "privileged"
	case len(h.VolumesFrom) > 0 && !s.yes("ALLOW_VOLUMES_FROM"):
		return "volumes of others"
	case s.maybePodman() && !s.yes("ALLOW_HOST_NAMESPACES") && (strings.HasPrefix(h.NetworkMode, "pasta:") || strings.HasPrefix(h.NetworkMode, "slirp4netns:")):
		return "options of a program that runs on the host"
	case h.CgroupParent+h.Cgroup != "" && !s.yes("ALLOW_CGROUP_PARENT"):
		return "a cgroup"
	case h.Runtime != "" && h.Runtime != "runc" && h.Runtime != "io.containerd.runc.v2" && !s.listed("ALLOW_RUNTIME", h.Runtime):
		return "a runtime"
	case len(h.Annotations) > 0 && !privileged:
		return "annotations"
	case h.ContainerIDFile != "" && s.maybePodman() && !privileged:
		return "a file that goes with the container" // Podman removes it
	case h.MaskedPaths != nil && !privileged && !holds(h.MaskedPaths, "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"):
		return "bare paths"
	case h.ReadonlyPaths != nil && !privileged && !holds(h.ReadonlyPaths, "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"):
		return "writable paths"
	case s.links(h):
		return "the environment of another container"
	}
	if why := s.devices(h); why != "" {
		return why
	}
	if why := s.sysctls(h.Sysctls); why != "" {
		return why
	}
	for kind, mode := range map[string]string{"network": h.NetworkMode, "pid": h.PidMode, "ipc": h.IpcMode, "uts": h.UTSMode, "userns": h.UsernsMode, "cgroup": h.CgroupnsMode} {
		if why := s.foreign(kind, mode); why != "" {
			return why
		}
	}
	for _, from := range h.VolumesFrom {
		if container, _, _ := strings.Cut(from, ":"); s.itself(container) {
			return "the volumes of the proxy itself"
		}
	}
	if why := s.volumeDriver(h.VolumeDriver); why != "" {
		return why
	}
	for _, bind := range h.Binds {
		if why := s.bind(bind); why != "" {
			return why
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
	for _, devices := range [][]blkioDevice{h.BlkioWeightDevice, h.BlkioDeviceReadBps, h.BlkioDeviceWriteBps, h.BlkioDeviceReadIOps, h.BlkioDeviceWriteIOps} {
		for _, device := range devices {
			if why := s.device(device.Path); why != "" {
				return why
			}
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
	return s.log(h.LogConfig.Type, h.LogConfig.Config)
}

// links: on the default bridge the Engine gives a container the environment of those that it is linked to (NAME_ENV_…).
// On a network of its own it does not keep the links at all, and those of an endpoint are names only. A container without
// a network may be connected to the bridge later. Podman refuses links.
func (s settings) links(h *HostConfig) bool {
	if len(h.Links) == 0 || s.open("INSPECT") || !s.maybeDocker() {
		return false
	}
	switch h.NetworkMode {
	case "", "default", "bridge", "none":
		return true
	}
	return false
}

func holds(paths []string, wanted ...string) bool {
	for _, p := range wanted {
		if !contains(paths, p) {
			return false
		}
	}
	return true
}

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
