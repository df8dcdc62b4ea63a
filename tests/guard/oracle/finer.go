package main

import (
	"path"
	"regexp"
	"strings"
)

// What the lists of namespaces, devices, sysctls, commands and users allow, read independently of the program under test.

var digits = regexp.MustCompile(`^[0-9A-Fa-f_]+$`)

// foreign judges a namespace that is not the container's own. A list has KIND:host and KIND:container:NAME. Engines take the
// beginning of an id for a name, so a name that may be one counts only if the Engine has a container of that name (NAMED:
// names and ids in turn), and so does an id.
func (s settings) foreign(kind, mode string) string {
	name, container := "", strings.HasPrefix(mode, "container:")
	if container {
		// The Engine's own names begin with a slash, and it takes either form.
		name = strings.TrimPrefix(strings.TrimPrefix(mode, "container:"), "/")
		mode = "container:" + name
	}
	switch {
	case container && s.itself(name):
		return "a namespace of the proxy itself"
	case mode != "host" && !container && !strings.HasPrefix(mode, "ns:"), s.yes("ALLOW_HOST_NAMESPACES"), kind == "cgroup" && mode == "host" && s["CGROUP"] == "1":
		return ""
	}
	for _, item := range s.list("ALLOW_HOST_NAMESPACES") {
		if item == kind+":"+mode && !digits.MatchString(name) || item == kind+":container:*" && container {
			return ""
		}
		pattern := strings.TrimPrefix(item, kind+":container:")
		if !container || pattern == item {
			continue
		}
		if strings.ContainsAny(pattern, "*?") && wildcard(pattern).MatchString(name) && !digits.MatchString(name) {
			return ""
		}
		for i, known := 0, s.list("NAMED"); i+1 < len(known); i += 2 {
			if wildcard(pattern).MatchString(known[i]) && (name == known[i] || name == known[i+1]) {
				return ""
			}
		}
	}
	return "a foreign namespace"
}

func (s settings) hostNetwork() bool {
	return s.yes("ALLOW_HOST_NAMESPACES") || s.listed("ALLOW_HOST_NAMESPACES", "network:host")
}

// devicePath: the Engine resolves links and takes a directory's devices. Podman joins path, place and permissions with
// colons, and takes what has no slash for the name of a device of a vendor.
func (s settings) devicePath(p string) string {
	if s.maybePodman() {
		p, _, _ = strings.Cut(p, ":")
	}
	if p == "" {
		return ""
	}
	if path.IsAbs(p) {
		p = path.Clean(p)
		for _, item := range s.list("ALLOW_DEVICES") {
			item = strings.TrimSuffix(item, "/")
			if strings.HasPrefix(item, "/dev/") && (p == item || strings.HasPrefix(p, item+"/")) {
				return ""
			}
		}
	}
	return "the device " + p
}

var ruleOfDevices = regexp.MustCompile(`^([abc]) ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$`)
var idOfGPU = regexp.MustCompile(`^[A-Za-z0-9_.:-]*$`)

func (s settings) devices(h *HostConfig) string {
	if s.yes("ALLOW_DEVICES") {
		return ""
	}
	for _, device := range h.Devices {
		if why := s.devicePath(device.PathOnHost); why != "" {
			return why
		}
		if strings.ContainsAny(device.PathInContainer, ":") && s.maybePodman() {
			return "a device in two words"
		}
		if contains(strings.Split(device.PathInContainer, "/"), "..") {
			return "a device outside of the container"
		}
	}
	for _, request := range h.DeviceRequests {
		known := s.listed("ALLOW_DEVICES", "gpu") && (request.Driver == "" || request.Driver == "nvidia") && len(request.Options) == 0
		for _, set := range request.Capabilities {
			for _, word := range set {
				known = known && contains(strings.Fields("gpu nvidia compute compat32 graphics utility video display ngx"), word)
			}
		}
		for _, id := range request.DeviceIDs {
			known = known && idOfGPU.MatchString(id)
		}
		if !known {
			return "a device request"
		}
	}
	for _, rule := range h.DeviceCgroupRules {
		parts := ruleOfDevices.FindStringSubmatch(rule)
		if parts == nil || !s.listed("ALLOW_DEVICES", strings.Join(parts[1:4], ":")) {
			return "a rule for devices"
		}
	}
	return ""
}

// settingPath is the file below /proc/sys: as runc writes it, where dots are slashes, and as sysctl(8) has it, where they are
// too unless the first of both is a slash, and a slash among dots is a dot in the name of an interface.
func settingPath(name string, plainly bool) string {
	first := strings.IndexAny(name, "./")
	switch {
	case plainly:
		name = strings.ReplaceAll(name, ".", "/")
	case first >= 0 && name[first] == '.':
		name = swapped(name)
	}
	return path.Clean("/" + name)
}

func swapped(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, name)
}

func (s settings) sysctls(all map[string]string) string {
	if s.yes("ALLOW_SYSCTLS") {
		return ""
	}
	for name := range all {
		for _, plainly := range []bool{true, false} {
			allowed := false
			for _, item := range s.list("ALLOW_SYSCTLS") {
				below := strings.HasSuffix(item, "*")
				item = strings.TrimRight(item, ".*/")
				for _, form := range []string{item, swapped(item)} {
					p, is := settingPath(form, plainly), settingPath(name, plainly)
					allowed = allowed || is == p && !below || below && strings.HasPrefix(is, p+"/")
				}
			}
			if !allowed || strings.Contains(name, "=") {
				return "the sysctl " + name
			}
		}
	}
	return ""
}

// strays: a wildcard became an option, a path from the root, or a step that leads out of the pattern's directory.
func strays(pattern, word string) bool {
	if strings.ContainsAny(pattern[:1], "*?") && (strings.HasPrefix(word, "-") || strings.HasPrefix(word, "/")) {
		return true
	}
	segments := strings.Split(word, "/")
	for i, segment := range strings.Split(pattern, "/") {
		if i < len(segments) && strings.ContainsAny(segment, "*?") && (segments[i] == "." || strings.HasSuffix(segments[i], "..")) {
			return true
		}
	}
	return false
}

// A command is the words of a pattern, each by itself: * in a word stands for what is not a slash, * alone for one word, **
// at the end for any words.
func matches(pattern, words []string) bool {
	for i, word := range pattern {
		switch {
		case word == "**":
			return true
		case i >= len(words):
			return false
		case word == "*":
			if strings.HasPrefix(words[i], "-") {
				return false
			}
		default:
			if strings.ContainsAny(word, "*?") && strays(word, words[i]) {
				return false
			}
			quoted := regexp.QuoteMeta(word)
			quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `[^/]*`), `\?`, `[^/]`)
			if !regexp.MustCompile(`(?s)^` + quoted + `$`).MatchString(words[i]) {
				return false
			}
		}
	}
	return len(words) == len(pattern)
}

// exec judges a command. A body without one is refused by the Engine.
func (s settings) exec(r *execCreate) string {
	if r.Privileged && !s.yes("ALLOW_PRIVILEGED") {
		return "a privileged exec"
	}
	patterns := s["ALLOW_EXEC_COMMANDS"]
	if patterns == "" {
		return ""
	}
	allowed := len(r.Cmd) == 0
	for _, pattern := range strings.Split(patterns, ",") {
		allowed = allowed || matches(strings.Fields(pattern), r.Cmd)
	}
	switch {
	case !allowed:
		return "another command"
	case r.User != "" && !s.listed("ALLOW_EXEC_USERS", r.User):
		return "another user"
	case len(r.Env) > 0:
		return "variables of a command"
	case r.WorkingDir != "":
		return "another directory"
	case r.AttachStdin:
		return "input for a command"
	}
	return ""
}
