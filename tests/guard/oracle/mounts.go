package main

import (
	"path"
	"regexp"
	"strings"
)

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// bind judges an item of Binds: source:target[:options].
func (s settings) bind(bind string) string {
	parts := strings.Split(bind, ":")
	if len(parts) < 2 {
		return ""
	}
	if !volumeName.MatchString(parts[0]) {
		if !s.path(parts[0]) {
			return "a bind of " + parts[0]
		}
	} else if why := s.namedVolume(parts[0]); why != "" {
		return why
	}
	if len(parts) > 2 && s.maybePodman() && !s.yes("ALLOW_BIND_MOUNTS") {
		for _, option := range strings.Split(parts[2], ",") {
			if strings.Contains(option, "upperdir") || strings.Contains(option, "workdir") {
				return "an overlay with a directory of the host" // Podman, with the option O
			}
			if strings.HasPrefix(option, "idmap") || option == "U" && !volumeName.MatchString(parts[0]) {
				return "a change of owners"
			}
		}
	}
	return ""
}

// mount judges an item of HostConfig.Mounts.
func (s settings) mount(m mount) string {
	switch m.Type {
	case "bind":
		if !s.path(m.Source) && m.Source != "" && (strings.HasPrefix(m.Source, "/") || s.maybePodman()) {
			return "a mount of " + m.Source
		}
	case "npipe":
		if !s.yes("ALLOW_BIND_MOUNTS") {
			return "a pipe"
		}
	case "volume", "":
		// What has one of these in it no volume can be called, an image can.
		if why := s.namedVolume(m.Source); why != "" && !strings.ContainsAny(m.Source, "/:@") {
			return why
		}
	}
	if s.maybePodman() && !s.yes("ALLOW_BIND_MOUNTS") {
		if why := s.joined(m); why != "" {
			return why
		}
	}
	if m.VolumeOptions != nil && m.VolumeOptions.DriverConfig != nil {
		return s.volume(m.VolumeOptions.DriverConfig.Name, m.VolumeOptions.DriverConfig.Options)
	}
	return ""
}

// joined: Podman writes the members one after another, as type=…,source=…,target=…, and reads that again as a line of
// comma-separated values.
func (s settings) joined(m mount) string {
	values := []string{m.Type, m.Source, m.Target, m.Consistency}
	if m.Type == "bind" && m.BindOptions != nil {
		values = append(values, m.BindOptions.Propagation)
	}
	for _, value := range values {
		if strings.Contains(value, ",") {
			return "a comma in a mount"
		}
	}
	switch {
	case m.Type == "glob":
		return "a mount of all files that match"
	case m.Type != "bind" && strings.HasPrefix(m.Source, "/") && !s.path(m.Source):
		return "a directory made on the host" // Podman makes each absolute source, of whatever type
	}
	return ""
}

// taskMount judges a mount of a service. Swarm's agent expands templates in the source and in the driver's options, after
// the guard has seen them: {{"bi"}}{{"nd"}} is bind.
func (s settings) taskMount(m mount) string {
	docker := settings{}
	for name, value := range s {
		docker[name] = value
	}
	docker["ENGINE"] = "docker" // Podman has no services
	if why := docker.mount(m); why != "" {
		return why
	}
	template := func(value string) bool { return strings.Contains(value, "{{") }
	switch {
	case template(m.Source) && m.Type == "bind" && !s.yes("ALLOW_BIND_MOUNTS"):
		return "a path that is a template"
	case template(m.Source) && (len(s.list("ALLOW_VOLUME_NAMES")) > 0 || len(s.list("SELF_VOLUMES")) > 0):
		return "a volume's name that is a template"
	}
	if m.VolumeOptions != nil && m.VolumeOptions.DriverConfig != nil && !s.yes("ALLOW_BIND_MOUNTS") {
		for _, value := range m.VolumeOptions.DriverConfig.Options {
			if template(value) {
				return "a volume option that is a template"
			}
		}
	}
	return ""
}

// device judges a path that the Engine asks the host about (Blkio...): is it there, and which device is it?
func (s settings) device(p string) string {
	if p == "" || s.yes("ALLOW_DEVICES") || p == path.Clean(p) && strings.HasPrefix(p, "/dev/") {
		return ""
	}
	return "a look at " + p
}
