package main

import (
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// dangerousQuery says what a request's query would do to the host; "" if nothing. Docker takes the first value of a name,
// Podman the last, and Podman compares names without regard to case: each value counts here. A pair that cannot be
// decoded makes Docker refuse the request; Podman drops it.
func dangerousQuery(operation, query string, s settings) string {
	values, err := url.ParseQuery(query)
	if err != nil && !s.maybePodman() {
		return ""
	}
	for name, all := range values {
		if s.maybePodman() && strings.HasPrefix(operation, "Image") {
			name = strings.ToLower(name)
		}
		for _, value := range all {
			if value == "" {
				continue
			}
			why := ""
			switch operation {
			case "ContainerStart":
				why = s.startQuery(name, value)
			case "CheckpointList", "CheckpointDelete":
				if name == "dir" && !s.yes("ALLOW_PRIVILEGED") {
					why = "a directory of the host" // lists it, or removes DIR/CHECKPOINT with all below
				}
			case "ImageCreate":
				why = s.imageQuery(name, value)
			case "ImageBuild":
				why = s.buildQuery(name, value)
			}
			if why != "" {
				return why
			}
		}
	}
	return ""
}

// One element of a path, and not . or ..
var plain = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// startQuery: the Engine joins the checkpoint's name to a path without a look at it.
func (s settings) startQuery(name, value string) string {
	switch {
	case s.yes("ALLOW_PRIVILEGED"):
	case name == "checkpoint" && !plain.MatchString(value):
		return "a checkpoint in a directory of the host"
	case name == "checkpoint-dir":
		return "a directory of the host"
	}
	return ""
}

// imageQuery: what is imported comes from the request, or from a URL. Podman opens what is not one as a file.
func (s settings) imageQuery(name, value string) string {
	if s.yes("ALLOW_PRIVILEGED") { // which opens imports and parameters that are not known, as docs/guard.md says
		return ""
	}
	switch name {
	case "fromsrc", "fromSrc":
		if value == "-" {
			return ""
		}
		web := strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://")
		if !web && s.maybePodman() {
			return "a file of the host"
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		if ownURL(value) {
			return "a service of the host itself"
		}
	case "fromimage", "fromImage":
		if s.maybePodman() && (strings.Contains(value, ":/") || strings.HasPrefix(value, "/") || strings.HasPrefix(value, ".")) {
			return "an image that is a file of the host"
		}
	}
	return ""
}

// Parameters of Podman's builds that name files, devices or rights of the host, and what opens them. Those that only its
// own API reads (isolation, seccomp, apparmor, labelopts) are of no danger here.
var buildVariables = map[string]string{
	"volume": "ALLOW_BIND_MOUNTS", "devices": "ALLOW_DEVICES", "addcaps": "ALLOW_CAP_ADD", "nsoptions": "ALLOW_HOST_NAMESPACES",
	"idmappingoptions": "ALLOW_PRIVILEGED", "additionalbuildcontexts": "ALLOW_BIND_MOUNTS", "secrets": "ALLOW_BIND_MOUNTS",
	"rusagelogfile": "ALLOW_PRIVILEGED", "sbom-output": "ALLOW_PRIVILEGED", "sbom-purl-output": "ALLOW_PRIVILEGED",
	"cppflags": "ALLOW_PRIVILEGED", "cacheto": "ALLOW_PRIVILEGED",
}

func (s settings) buildQuery(name, value string) string {
	empty := value == "[]" || value == "{}" || value == "null"
	switch name {
	case "networkmode":
		if container := strings.TrimPrefix(value, "container:"); container != value || value == "host" {
			return s.foreign("network", value)
		}
		if !s.yes("ALLOW_HOST_NAMESPACES") && !plain.MatchString(value) {
			return "a foreign network"
		}
	case "securityopt":
		if !s.yes("ALLOW_SECURITY_OPT") && !empty {
			return "a security option"
		}
	case "cgroupparent":
		if !s.yes("ALLOW_CGROUP_PARENT") {
			return "a cgroup"
		}
	case "outputs":
		if !s.yes("ALLOW_PRIVILEGED") && !empty {
			return "an output that may be pushed"
		}
	case "remote":
		return s.remote(value)
	case "labels":
		var labels map[string]string
		if json.Unmarshal([]byte(value), &labels) == nil && ownLabel(labels) {
			return "a label for the proxy"
		}
	}
	if !s.maybePodman() || s.yes("ALLOW_PRIVILEGED") {
		return ""
	}
	if variable := buildVariables[name]; variable != "" && !s.yes(variable) && !empty {
		return "build parameter " + name
	}
	switch name {
	case "setenv":
		if !strings.Contains(value, "=") {
			return "a variable of the service"
		}
	case "dockerfile":
		files := []string{value}
		if json.Unmarshal([]byte(value), &files) != nil {
			files = []string{value}
		}
		for _, file := range files {
			if strings.HasPrefix(file, "http://") || strings.HasPrefix(file, "https://") {
				if ownURL(file) {
					return "a service of the host itself"
				}
			} else if path.IsAbs(file) || strings.HasPrefix(path.Clean(file), "..") {
				return "a Dockerfile of the host"
			}
		}
	}
	return ""
}

// remote is where the Engine fetches a build's context: a URL, or a git repository with a branch and a directory in it.
func (s settings) remote(value string) string {
	// ALLOW_HOST_NAMESPACES=true opens URLs, those of the host's own services among them: docs/guard.md says so.
	if value == "client-session" || value == "upload-request" || s.yes("ALLOW_PRIVILEGED") {
		return ""
	}
	ownURL, own := ownURL, own
	if s.yes("ALLOW_HOST_NAMESPACES") {
		ownURL, own = func(string) bool { return false }, func(string) bool { return false }
	}
	address, fragment, _ := strings.Cut(value, "#")
	branch, directory, _ := strings.Cut(fragment, ":")
	if strings.HasPrefix(branch, "-") || contains(strings.Split(directory, "/"), "..") {
		return "an option or a path of git"
	}
	switch {
	case strings.HasPrefix(address, "http://"), strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "git://"), strings.HasPrefix(address, "ssh://"):
		if ownURL(address) {
			return "a service of the host itself"
		}
	case strings.HasPrefix(address, "git@"):
		if host, _, _ := strings.Cut(strings.TrimPrefix(address, "git@"), ":"); own(host) {
			return "a service of the host itself"
		}
	case strings.HasPrefix(address, "github.com/"):
	default: // today an error of the Engine's; BuildKit knows further forms, which lead wherever they lead
		return "a context that is no URL"
	}
	return ""
}
