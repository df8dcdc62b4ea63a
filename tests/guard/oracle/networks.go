package main

import "regexp"

func (s settings) endpoint(name string, e *endpoint) string {
	if name == "host" && !s.hostNetwork() {
		return "the host's network"
	}
	if e != nil && e.DriverOpts["com.docker.network.endpoint.sysctls"] != "" && !s.yes("ALLOW_SYSCTLS") {
		return "sysctls of an endpoint"
	}
	return ""
}

// connect judges NetworkConnect and NetworkDisconnect: the proxy's own networks are its protection.
func (s settings) connect(r *networkConnect) string {
	if s.itself(r.Container) {
		return "the proxy itself"
	}
	if r.EndpointConfig != nil {
		return s.endpoint("x", r.EndpointConfig)
	}
	return ""
}

// network judges NetworkCreate. Harmless, though they change rules of the host's firewall: enable_icc, masquerading and
// the gateway modes (routed, nat-unprotected, isolated). They concern the new network's own containers, which is what
// publishing their ports would do too; nothing of the host itself becomes reachable. Static addresses come out of the
// network's own pool, in which the Engine gives none twice.
func (s settings) network(r *networkCreate) string {
	if why := s.networkDriver(r.Driver); why != "" {
		return why
	}
	if r.IPAM != nil {
		if why := s.addressDriver(r.IPAM.Driver); why != "" {
			return why
		}
	}
	if s.yes("ALLOW_HOST_NAMESPACES") {
		return ""
	}
	for key, value := range r.Options {
		if value == "" {
			continue
		}
		switch key {
		case "parent":
			if !s.listed("ALLOW_NETWORK_DRIVERS", "macvlan") && !s.listed("ALLOW_NETWORK_DRIVERS", "ipvlan") {
				return "an interface of the host"
			}
		case "com.docker.network.bridge.name", // an existing bridge of the host is taken over
			"com.docker.network.bridge.trusted_host_interfaces",            // who may pass by the firewall
			"com.docker.network.bridge.default_bridge",                     // to be docker0
			"com.docker.network.host_ipv4", "com.docker.network.host_ipv6": // to speak with an address of the host
			return "network option " + key
		}
	}
	return ""
}

// A service's network is looked for in the swarm by full id, by name, then by the beginning of its id, and if the swarm
// has none, among this machine's networks likewise; the host's network is in both. Ids of the swarm are 25 of [0-9a-z],
// others 64 hexadecimal digits. A beginning is soon found out, letter by letter, since the Engine says whether it fits
// one network, or more. What holds another character (my_net, a-b, or a capital letter) is a name for certain. A whole
// id passes: clients send those of their own networks, and nothing but another service in the host's network tells that
// one's.
var beginning = regexp.MustCompile(`^([0-9a-z]{1,24}|[0-9a-f]{1,64})$`)

func (s settings) attach(a attachment) string {
	if (a.Target == "host" && !s.hostNetwork()) || (a.Target != "host" && beginning.MatchString(a.Target) && !s.yes("ALLOW_HOST_NAMESPACES")) {
		return "the host's network"
	}
	return s.endpoint("x", &endpoint{DriverOpts: a.DriverOpts})
}
