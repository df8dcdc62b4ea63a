package main

import (
	"regexp"
	"strings"
)

// The Engine takes a driver's name as part of a path: it looks for NAME.sock and NAME/NAME.sock below its directory of
// plugins, and for NAME.spec and NAME.json, without a look at the name. Podman runs the network driver NAME as a program
// of its directories of plugins. So a name is either one that the Engine has built in, or one that a variable lists.

// usable is what a variable may list: a plain name, or a plugin's reference. The rule is read here once more, so that a
// list which holds something else opens nothing.
var usable = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*((:[0-9]+)?(/[A-Za-z0-9][A-Za-z0-9_.-]*)+)?(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)

// driver judges a driver's name: builtin ones pass, others are a matter of the variable.
func (s settings) driver(kind, name, variable string, builtin ...string) string {
	for _, known := range builtin {
		if name == known {
			return ""
		}
	}
	if variable != "" && s.listed(variable, name) && usable.MatchString(name) {
		return ""
	}
	return "the " + kind + " driver " + name
}

func (s settings) volumeDriver(name string) string {
	return s.driver("volume", name, "ALLOW_VOLUME_DRIVERS", "", "local", "default")
}

// networkDriver: macvlan and ipvlan put containers into the LAN of the host, past its firewall.
func (s settings) networkDriver(name string) string {
	builtin := []string{"", "default", "bridge", "overlay", "null", "none"}
	if s.yes("ALLOW_HOST_NAMESPACES") {
		builtin = append(builtin, "host", "macvlan", "ipvlan")
	}
	return s.driver("network", name, "ALLOW_NETWORK_DRIVERS", builtin...)
}

func (s settings) addressDriver(name string) string {
	return s.driver("address", name, "ALLOW_NETWORK_DRIVERS", "", "default", "null")
}

// secretDriver: no variable opens one. Templating is of no danger: the agent compares its name with "golang", and the
// template sees what the task sees; another name is refused as one that a later Engine may look up.
func (s settings) secretDriver(secret *secretSpec) string {
	switch {
	case s.yes("ALLOW_PRIVILEGED"):
	case secret.Driver != nil && secret.Driver.Name != "":
		return "a secret's driver"
	case secret.Templating != nil && secret.Templating.Name != "" && secret.Templating.Name != "golang":
		return "an unknown template driver"
	}
	return ""
}

// Options of a log driver that hold no address, path or file.
var harmlessLogOptions = "max-size max-file compress mode max-buffer-size labels labels-regex env env-regex tag " +
	"cache-disabled cache-max-size cache-max-file cache-compress"

// Which driver reads an option, by how its name begins. An option counts for its own driver, not for the Type beside it:
// with an empty Type the driver is the daemon's default one.
var logOptionOwners = map[string]string{
	"syslog-": "syslog", "gelf-": "gelf", "fluentd-": "fluentd", "splunk-": "splunk", "awslogs-": "awslogs", "gcp-": "gcplogs",
	"logentries-": "logentries", "etwlogs-": "etwlogs",
}

// plainTag is a tag that cannot make control characters of its own: a template may hold nothing but the simple fields whose
// values have none. {{"\r\n"}}, {{printf "%c" 10}} and {{.Command}} do.
var plainTag = regexp.MustCompile(`^([^{]|\{[^{]|\{\{ *\.(ID|FullID|Name|ImageName|ImageFullName|ImageID|ImageFullID|DaemonName|Hostname) *\}\})*\{?$`)

// log judges a log driver and its options.
func (s settings) log(name string, options map[string]string) string {
	if s.yes("ALLOW_PRIVILEGED") {
		return ""
	}
	builtin := []string{"", "default", "json-file", "local", "none", "journald"}
	if s.maybePodman() {
		builtin = append(builtin, "k8s-file")
	}
	if why := s.driver("log", name, "ALLOW_LOG_DRIVERS", builtin...); why != "" {
		return why
	}
	plugin := s.listed("ALLOW_LOG_DRIVERS", name) // whoever lists a plugin accepts the options that it knows
	for _, owner := range logOptionOwners {
		plugin = plugin && owner != name
	}
	for key, value := range options {
		key = strings.ToLower(key) // no driver knows another spelling, save Podman
		if strings.IndexFunc(key+value, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 {
			return "control characters in log option " + key
		}
		if key == "tag" && name == "syslog" && !plainTag.MatchString(value) {
			return "a tag that may hold control characters"
		}
		if value == "" || contains(strings.Fields(harmlessLogOptions), key) {
			continue
		}
		if key == "path" || key == "driver" || strings.Contains(key, "=") {
			return "log option " + key // Podman: the file, and the driver whatever Type says; it joins both with '='
		}
		owned := plugin
		for prefix, owner := range logOptionOwners {
			owned = owned || strings.HasPrefix(key, prefix) && s.listed("ALLOW_LOG_DRIVERS", owner)
		}
		if !owned {
			return "log option " + key
		}
	}
	return ""
}

func contains(items []string, wanted string) bool {
	for _, item := range items {
		if item == wanted {
			return true
		}
	}
	return false
}
