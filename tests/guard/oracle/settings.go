package main

import (
	"path"
	"regexp"
	"strings"
)

// settings are the guard's variables, read independently of the program under test. Beside them stand what a test says
// about the proxy: ENGINE (docker or podman; both are possible if it is missing), SELF_CONTAINER and SELF_VOLUMES (what
// the proxy itself is and has), SECRETS=open, CONFIGS=open and INSPECT=open (what the client may do anyway).
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

func (s settings) open(name string) bool { return s[name] == "open" }

// maybePodman: the body may reach Podman, which reads it in its own way.
func (s settings) maybePodman() bool { return s["ENGINE"] != "docker" }

// maybeDocker: the body may reach Docker.
func (s settings) maybeDocker() bool { return s["ENGINE"] != "podman" }

// itself says whether a client's word for a container is the proxy's own container: its name, its id, or any beginning of
// its id, which the Engine takes as long as it fits one container only.
func (s settings) itself(reference string) bool {
	reference = strings.TrimPrefix(reference, "/")
	for _, self := range s.list("SELF_CONTAINER") {
		if reference != "" && (reference == self || hexadecimal.MatchString(self) && strings.HasPrefix(self, reference)) {
			return true
		}
	}
	return false
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{64}$`)

// namedVolume judges the mounting or creation of a named volume.
func (s settings) namedVolume(name string) string {
	if name == "" {
		return ""
	}
	if name[0] == '.' && s.maybePodman() {
		return "a relative path" // to Podman
	}
	if s.listed("SELF_VOLUMES", name) && !s.listed("ALLOW_VOLUME_NAMES", name) {
		return "a volume of the proxy itself"
	}
	patterns := s.list("ALLOW_VOLUME_NAMES")
	for _, pattern := range patterns {
		if wildcard(pattern).MatchString(name) {
			return ""
		}
	}
	if len(patterns) > 0 {
		return "a volume that is not listed"
	}
	return ""
}

// wildcard knows * and ?, nothing else.
func wildcard(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), `\?`, `.`)
	return regexp.MustCompile(`(?s)^` + quoted + `$`)
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
