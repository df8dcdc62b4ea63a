package main

import (
	"regexp"
	"strings"
)

// volume judges a volume's driver and its options: those of the local driver as mount(2), for Docker, and mount(8), for
// Podman, would take them. Those of a driver that is listed are its own affair.
func (s settings) volume(name string, options map[string]string) string {
	if why := s.volumeDriver(name); why != "" {
		return why
	}
	if s.yes("ALLOW_BIND_MOUNTS") || name != "" && name != "local" && name != "default" {
		return ""
	}
	for key, value := range options {
		switch key {
		case "type", "o", "device", "size":
		default:
			// The local driver refuses it. Where another driver is listed, it may be that one's.
			if value != "" && !s.listsDriver() {
				return "volume option " + key
			}
		}
	}
	kind, device := options["type"], options["device"]
	bind := kind == "bind" && s.maybePodman() // it makes this "mount -o bind"
	for _, option := range strings.Split(options["o"], ",") {
		switch option {
		case "bind", "rbind":
			bind = true
		case "remount", "move":
			return "a mount option"
		}
		word, _, _ := strings.Cut(option, "=")
		switch strings.ToLower(word) {
		case "loop", "uhelper", "helper", "x-mount.subdir", "credentials", "cred":
			if s.maybePodman() {
				return "a mount option of mount(8)"
			}
		}
	}
	if s.maybePodman() {
		if strings.HasPrefix(device, "-") {
			return "an option of mount(8)"
		}
		if kind == "" && device != "" && device != "none" && device != "tmpfs" && device != "shm" && !share.MatchString(device) {
			return "a device whose file system mount(8) finds out"
		}
	}
	if bind {
		if !s.path(device) && device != "" && device != "none" && device != "tmpfs" && !share.MatchString(device) {
			return "a volume on " + device
		}
		return ""
	}
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3":
		return network(device, options["o"])
	case "tmpfs", "", "none", "bind":
	default:
		return "a volume of type " + kind
	}
	return ""
}

// listsDriver says whether a plugin is listed, not just network file systems.
func (s settings) listsDriver() bool {
	for _, name := range s.list("ALLOW_VOLUME_DRIVERS") {
		switch name {
		case "nfs", "nfs4", "cifs", "smb3":
		default:
			return true
		}
	}
	return false
}

// share is server:/path, which as a path of the host would begin in a directory with a colon in its name.
var share = regexp.MustCompile(`^[A-Za-z0-9_.-]*:(/[^/:]+)*/?$`)

// network judges a network file system: its server must not be the host itself, whose services take the host's word.
func network(device, options string) string {
	host := ""
	if trimmed := strings.TrimLeft(device, `/\`); trimmed != device {
		host = hostPart(trimmed)
	} else if at := strings.LastIndex(device, ":/"); at >= 0 {
		host = device[:at]
	} else {
		host = strings.TrimSuffix(device, ":")
	}
	if own(host) {
		return "a share of the host itself"
	}
	for _, option := range strings.Split(options, ",") {
		key, value, _ := strings.Cut(option, "=")
		switch strings.ToLower(key) {
		case "addr", "ip", "mountaddr", "mounthost", "servern", "servername":
			if own(value) {
				return "a share of the host itself"
			}
		}
	}
	return ""
}

// hostPart is what stands before the first separator of a share's name without its leading slashes.
func hostPart(share string) string {
	if at := strings.IndexAny(share, `/\`); at >= 0 {
		return share[:at]
	}
	return share
}
