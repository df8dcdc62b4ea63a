package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// A generator writes bodies that look like an attacker's: mostly well-formed, mostly with known members, with values both
// harmless and not, and with every way of writing a name or a value that Go's decoder understands.
type generator struct {
	*rand.Rand
	corpus [][]byte
	out    strings.Builder
	plain  bool // this time: no odd writing, so that enough bodies are let through to mean anything
}

func (g *generator) one(choices ...string) string { return choices[g.Intn(len(choices))] }

func (g *generator) chance(percent int) bool { return g.Intn(100) < percent }

func (g *generator) space() {
	if !g.plain && g.chance(5) {
		g.out.WriteString(g.one(" ", "\n", "\t\r\n ", "  ", "\v", "\u00a0"))
	}
}

// text writes a JSON string, in one of many ways.
func (g *generator) text(s string) {
	g.out.WriteByte('"')
	odd := 0
	if !g.plain && g.chance(6) {
		odd = 1 + g.Intn(60)
	}
	for _, r := range s {
		switch {
		case odd > 0 && g.chance(odd):
			switch {
			case r == '/':
				g.out.WriteString(`\/`)
			case (r == 's' || r == 'S') && g.chance(50):
				g.out.WriteString("\u017f")
			case (r == 'k' || r == 'K') && g.chance(50):
				g.out.WriteString("\u212a")
			case g.chance(40):
				g.out.WriteString(strings.ToUpper(string(r)))
			default:
				fmt.Fprintf(&g.out, `\u%04x`, r)
			}
		case r == '"' || r == '\\':
			g.out.WriteByte('\\')
			g.out.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&g.out, `\u%04x`, r)
		default:
			g.out.WriteRune(r)
		}
	}
	g.out.WriteByte('"')
}

// A name in any case.
func (g *generator) name(s string) {
	if !g.plain && s != "" && g.chance(10) {
		s = g.one(strings.ToLower(s), strings.ToUpper(s), strings.ToUpper(s[:1])+s[1:]+g.one("", " ", "\x00", "s"))
	}
	g.space()
	g.text(s)
	g.space()
	g.out.WriteByte(':')
	g.space()
}

type member struct {
	name string
	put  func()
}

func (g *generator) object(most int, members ...member) func() {
	return func() {
		g.out.WriteByte('{')
		for i, n := 0, g.Intn(most+1); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			if g.chance(3) {
				g.name(g.one("Unknown", "x", "", "Kernel"))
				g.anything(0)
				continue
			}
			m := members[g.Intn(len(members))]
			g.name(m.name)
			if !g.plain && g.chance(3) {
				g.anything(0)
			} else {
				m.put()
			}
			g.space()
		}
		g.out.WriteByte('}')
	}
}

func (g *generator) array(put func()) func() {
	return func() {
		g.out.WriteByte('[')
		for i, n := 0, g.Intn(3); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			g.space()
			if !g.plain && g.chance(4) {
				g.out.WriteString("null")
			} else {
				put()
			}
		}
		g.out.WriteByte(']')
	}
}

// dictionary has free names.
func (g *generator) dictionary(names []string, put func()) func() {
	return func() {
		g.out.WriteByte('{')
		for i, n := 0, g.Intn(4); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			g.name(names[g.Intn(len(names))])
			put()
		}
		g.out.WriteByte('}')
	}
}

func (g *generator) among(good []string, bad ...string) func() {
	return func() {
		if g.chance(12) && len(bad) > 0 {
			g.text(g.one(bad...))
		} else {
			g.text(g.one(good...))
		}
	}
}

func (g *generator) raw(good []string, bad ...string) func() {
	return func() {
		if g.chance(12) && len(bad) > 0 {
			g.out.WriteString(g.one(bad...))
		} else {
			g.out.WriteString(g.one(good...))
		}
	}
}

func (g *generator) anything(depth int) {
	switch n := g.Intn(9); {
	case n < 2 && depth < 4:
		g.out.WriteByte('{')
		for i, n := 0, g.Intn(3); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			g.name(g.one("Privileged", "HostConfig", "Binds", "a"))
			g.anything(depth + 1)
		}
		g.out.WriteByte('}')
	case n < 4 && depth < 4:
		g.out.WriteByte('[')
		for i, n := 0, g.Intn(3); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			g.anything(depth + 1)
		}
		g.out.WriteByte(']')
	case n < 6:
		g.out.WriteString(g.one("null", "true", "false", "0", "-0", "1", "1.5e3", "-1", "01", "1.", "nul", "True", "1e400"))
	default:
		g.text(g.one("", "host", "/:/mnt", `{"HostConfig":{"Privileged":true}}`, `"Privileged":true`, `\`, "\x00", "é", "\u2028"))
	}
}

var (
	masked   = `["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"]`
	readonly = `["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]`
	decoys   = []string{"a", "com.example", `HostConfig`, `"Privileged":true`, `{"Binds":["/:/x"]}`, "host"}
	paths    = []string{"/", "/etc", "/srv", "/srv/", "/srv/data", "/srv/../etc", "/srv2", "/srv/./x", "/srv//x", "//srv", "/srv/...", "/var/run/docker.sock",
		"/run/docker.sock", "/var/run", "/run", "/run/", "/srv/a/..", "srv", "./srv", "/data/x y", "/data/é", "/proc/1/root", "../etc", "/srv/\x00", "etc", "C:/", "/data", "/srv/x/../../etc"}
)

func (g *generator) bind() {
	source := g.one("data", "a_b", "volume.1", "x9")
	if g.chance(30) {
		source = paths[g.Intn(len(paths))]
	}
	g.text(source + g.one(":", ":", ":", "", "::") + g.one("/data", "/x y", "/é", "/mnt") + g.one("", "", ":ro", ":rw,z", ":/x", ":"))
}

func (g *generator) volumeOptions() func() {
	return func() {
		g.out.WriteByte('{')
		for i, n := 0, g.Intn(4); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			switch g.Intn(5) {
			case 0:
				g.name("type")
				g.text(g.one("nfs", "nfs4", "tmpfs", "cifs", "none", "ext4", "overlay", "bind", "", "btrfs", "NFS"))
			case 1:
				g.name("o")
				g.text(g.one("addr=10.0.0.1,rw", "bind", "ro,bind", "rbind", "uid=1000", "", "remount", "bind ", "lowerdir=/etc,upperdir=/tmp", "Bind", ",bind,"))
			case 2:
				g.name("device")
				if g.chance(50) {
					g.text(paths[g.Intn(len(paths))])
				} else {
					g.text(g.one(":/export", "host:/a/b", "tmpfs", "//server/share", "//etc", "/dev/sda1", "host:/../x", "", "none"))
				}
			case 3:
				g.name("size")
				g.text("10G")
			default:
				g.name(g.one("mountpoint", "Type", "O", "x"))
				g.text(g.one("", "/", "bind"))
			}
		}
		g.out.WriteByte('}')
	}
}

func (g *generator) mounts() func() {
	source := func() {
		if g.chance(25) {
			g.text(paths[g.Intn(len(paths))])
		} else {
			g.text(g.one("data", "", "ghcr.io/a/b:1", "x"))
		}
	}
	return g.array(g.object(4,
		member{"Type", g.among([]string{"volume", "tmpfs", "image", "volume", "cluster", ""}, "bind", "npipe", "Bind", "bind")},
		member{"Source", source}, member{"Target", g.among([]string{"/data", "/x"})}, member{"ReadOnly", g.raw([]string{"true", "false", "null"})},
		member{"BindOptions", g.raw([]string{`{"Propagation":"rshared"}`, "null"})},
		member{"VolumeOptions", g.object(3, member{"NoCopy", g.raw([]string{"true"})}, member{"Labels", g.dictionary(decoys, g.among(decoys))},
			member{"DriverConfig", g.object(2, member{"Name", g.among([]string{"local", "", "other"})}, member{"Options", g.volumeOptions()})})},
	))
}

func (g *generator) hostMembers() []member {
	none := []string{"null", "[]", "[]", " [ ] "}
	mode := func(good ...string) func() {
		return g.among(append(good, "", ""), "host", "container:x", "Host", "ns:/proc/1/ns/net", "host ")
	}
	return []member{
		{"Privileged", g.raw([]string{"false", "null", "false"}, "true", "1", `"true"`)},
		{"Binds", g.array(g.bind)}, {"Binds", g.array(g.bind)}, {"Mounts", g.mounts()}, {"Mounts", g.mounts()},
		{"VolumesFrom", g.raw(none, `["x"]`)},
		{"Devices", g.raw(none, `[{"PathOnHost":"/dev/sda"}]`, "[{}]", "[null]")},
		{"DeviceRequests", g.raw(none, `[{"Driver":"nvidia"}]`)},
		{"DeviceCgroupRules", g.raw(none, `["a *:* rwm"]`)},
		{"CapAdd", g.array(g.among([]string{"CHOWN", "cap_chown", "NET_BIND_SERVICE"}, "SYS_ADMIN", "ALL", "cap_sys_admin", "NET_ADMIN", "CHOWN,SYS_ADMIN", "sys_adm\u0131n"))},
		{"SecurityOpt", g.array(g.among([]string{"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}, "seccomp=unconfined", "apparmor=unconfined", "label:disable", "label=disable", "systempaths=unconfined", "no-new-privileges=false"))},
		{"NetworkMode", mode("bridge", "default", "my_net", "none")}, {"PidMode", mode()}, {"IpcMode", mode("private", "shareable")},
		{"UTSMode", mode()}, {"UsernsMode", mode()}, {"CgroupnsMode", mode("private")},
		{"Sysctls", g.raw([]string{"null", "{}"}, `{"kernel.shmmax":"1"}`, `{"":""}`)},
		{"Runtime", g.among([]string{"runc", "", "io.containerd.runc.v2"}, "evil", "runsc", "/bin/sh")},
		{"CgroupParent", g.among([]string{""}, "/", "system.slice")}, {"Cgroup", g.among([]string{""}, "container:x")},
		{"MaskedPaths", g.raw([]string{"null", masked}, "[]", `["/proc/acpi"]`, strings.Replace(masked, "kcore", "kcor", 1))},
		{"ReadonlyPaths", g.raw([]string{"null", readonly}, "[]", `["/proc/bus"]`, `["/proc/bus","/proc/fs","/proc/irq","/proc/sysrq-trigger","x\"/proc/sys"]`)},
		{"LogConfig", g.object(2, member{"Type", g.among([]string{"json-file", "", "syslog", "fluentd"})},
			member{"Config", g.dictionary([]string{"max-size", "syslog-address", "tag"}, g.among([]string{"10m", "tcp://x:1", "<x>", "{{.Name}}"}, "unix:///run/docker.sock", "UNIX://x", "/etc/shadow"))})},
		{"Annotations", g.raw([]string{"null", "{}"}, `{"org.systemd.property.ExecStart":"x"}`)},
		{"PortBindings", g.raw([]string{`{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}`, "{}"})},
		{"RestartPolicy", g.raw([]string{`{"Name":"unless-stopped","MaximumRetryCount":0}`})},
		{"Memory", g.raw([]string{"0", "1048576"})}, {"Tmpfs", g.dictionary([]string{"/run", "/t"}, g.among([]string{"", "rw,size=1m"}, "rbind", "rw,bind", "remount"))}, {"Links", g.raw(none)},
	}
}

func (g *generator) endpointSettings() func() {
	return g.object(3, member{"Aliases", g.raw([]string{`["a"]`, "null"})}, member{"NetworkID", g.among([]string{"", "abc"})},
		member{"DriverOpts", g.dictionary([]string{"x", "com.docker.network.endpoint.sysctls", "com.docker.network.endpoint.ifname", "y"}, g.among([]string{"", "1"}, "net.ipv4.conf.IFNAME.x=1"))})
}

func (g *generator) attachments() func() {
	return g.array(g.object(3, member{"Target", g.among([]string{"my_net", "n3xt0z", "", "qx9p2k"}, "host", "abc123", "HOST", "db")},
		member{"Aliases", g.raw([]string{`["a"]`})}, member{"DriverOpts", g.raw([]string{"null", "{}"}, `{"com.docker.network.endpoint.sysctls":"x=1"}`)}))
}

func (g *generator) body(operation string) {
	decoy := g.dictionary(decoys, g.among(decoys))
	list := g.array(g.among(decoys))
	host := g.hostMembers()
	switch operation {
	case "ContainerCreate":
		members := []member{
			{"Image", g.among([]string{"nginx", "nginx:1", "ghcr.io/me/app:2", "docker.io/library/nginx:1"}, "evil", "nginx/evil", "ghcr.io/you/app", "docker.io/ghcr.io/me/app")},
			{"Labels", decoy}, {"Labels", g.raw([]string{`{"team":"blue"}`, `{"team":"blue","a":"b"}`, `{"team":"red"}`, `null`, `{"t\u0065am":"red"}`})}, {"Env", list}, {"Cmd", list}, {"User", g.among(decoys)},
			{"Volumes", g.raw([]string{`{"/data":{}}`, "null", "{}"}, `{"/:/x":{}}`)},
			{"NetworkingConfig", g.object(1, member{"EndpointsConfig", g.dictionary([]string{"my_net", "bridge", "host", "a"}, g.endpointSettings())})},
		}
		for i := 0; i < 8; i++ {
			members = append(members, member{"HostConfig", g.object(5, host...)})
		}
		if g.chance(25) {
			members = append(members, host...)
		}
		g.object(5, members...)()
	case "ContainerUpdate", "ContainerStart":
		g.object(5, host...)()
	case "ContainerExec":
		g.object(5, member{"Privileged", g.raw([]string{"false", "null"}, "true")}, member{"Cmd", list}, member{"User", g.among(decoys)}, member{"Env", list})()
	case "VolumeCreate":
		g.object(4, member{"Name", g.among(decoys)}, member{"Driver", g.among([]string{"local", ""})}, member{"DriverOpts", g.volumeOptions()},
			member{"Labels", decoy}, member{"ClusterVolumeSpec", g.raw([]string{"null"}, `{"Group":"x"}`)})()
	case "NetworkCreate":
		g.object(5, member{"Name", g.among(decoys)}, member{"Driver", g.among([]string{"bridge", "overlay", "macvlan", ""}, "host")}, member{"Labels", decoy},
			member{"Options", g.dictionary([]string{"com.docker.network.driver.mtu", "parent", "com.docker.network.bridge.name", "encrypted"}, g.among([]string{"", "1500"}, "eth0"))},
			member{"IPAM", g.raw([]string{`{"Driver":"default","Config":[{"Subnet":"10.9.0.0/24"}]}`})})()
	case "NetworkConnect":
		g.object(3, member{"Container", g.among(decoys)}, member{"EndpointConfig", g.endpointSettings()})()
	case "CheckpointCreate":
		g.object(3, member{"CheckpointID", g.among(decoys)}, member{"CheckpointDir", g.among([]string{""}, "/etc")}, member{"Exit", g.raw([]string{"true"})})()
	default:
		container := g.object(4, member{"Image", g.among([]string{"nginx", "nginx:1"}, "evil")}, member{"Mounts", g.mounts()}, member{"Labels", decoy},
			member{"CapabilityAdd", g.array(g.among([]string{"CHOWN"}, "SYS_ADMIN", "CAP_SYS_ADMIN"))}, member{"Sysctls", g.raw([]string{"null", "{}"}, `{"a":"b"}`)}, member{"Command", list},
			member{"Privileges", g.object(3, member{"NoNewPrivileges", g.raw([]string{"true"})}, member{"CredentialSpec", g.raw([]string{"null"}, `{"File":"x"}`)},
				member{"SELinuxContext", g.raw([]string{"null", `{"Disable":false,"User":""}`}, `{"Disable":true}`)},
				member{"Seccomp", g.raw([]string{`{"Mode":"default"}`}, `{"Mode":"unconfined"}`, `{"Profile":"e30="}`)}, member{"AppArmor", g.raw([]string{"{}"}, `{"Mode":"disabled"}`)})})
		g.object(5, member{"Name", g.among(decoys)}, member{"Labels", decoy}, member{"Networks", g.attachments()},
			member{"TaskTemplate", g.object(4, member{"ContainerSpec", container}, member{"ContainerSpec", container}, member{"PluginSpec", g.raw([]string{"null"}, `{"Name":"x"}`)},
				member{"Runtime", g.among([]string{"", "container"}, "plugin")}, member{"Networks", g.attachments()},
				member{"LogDriver", g.raw([]string{`{"Name":"json-file","Options":{"max-size":"1m"}}`}, `{"Name":"syslog","Options":{"syslog-address":"unix:///x"}}`)})},
			member{"Mode", g.raw([]string{`{"Replicated":{"Replicas":1}}`})})()
	}
}

// next gives a body: from the grammar, or a real one, and then perhaps damaged.
func (g *generator) next(operation string) []byte {
	g.out.Reset()
	g.plain = g.chance(50)
	if !g.plain && g.chance(1) {
		g.out.WriteString(g.one("\ufeff", " ", "null", "[]", "{}"))
	}
	var body []byte
	if len(g.corpus) > 0 && g.chance(10) {
		body = append(body, g.corpus[g.Intn(len(g.corpus))]...)
		g.plain = false
	} else {
		g.body(operation)
		if !g.plain && g.chance(2) {
			g.out.WriteString(g.one(" ", "x", "{}", "\x00", ",", "}", `{"HostConfig":{"Privileged":true}}`))
		}
		body = []byte(g.out.String())
	}
	if !g.plain {
		for g.chance(15) && len(body) > 0 {
			body = g.damage(body, operation)
		}
	}
	return body
}

func (g *generator) damage(body []byte, operation string) []byte {
	at := g.Intn(len(body))
	to := at + g.Intn(min(len(body)-at, 40)+1)
	insert := func(what []byte) []byte {
		return append(append(append([]byte{}, body[:at]...), what...), body[at:]...)
	}
	switch g.Intn(7) {
	case 0:
		body[at] ^= 1 << g.Intn(8)
		return body
	case 1:
		return append(body[:at:at], body[to:]...)
	case 2:
		return insert(append([]byte{}, body[at:to]...))
	case 3:
		return insert([]byte(g.one(`"`, `\`, "{", "}", "[", "]", ",", ":", "\x00", "\xff", " ", "\n", `\u0000`, "/", "0", "é", "\u017f", "\u212a", "\ufeff")))
	case 4:
		return insert([]byte(g.one(`"Privileged":true,`, `"HostConfig":{"Privileged":true},`, `"Binds":["/:/x"],`, `"PRIVILEGED":true,`, `"privileged":true,`, `,"CapAdd":["ALL"]`, `true`, `"host"`, `"bind"`, `"/"`, `"Type":"bind",`, `"Source":"/",`)))
	case 5:
		return []byte(strings.Replace(string(body), g.one("false", "null", "[]", `""`, "volume", "data", "private", "nfs"), g.one("true", `"host"`, `"bind"`, `["x"]`, `{"a":"b"}`, "bind", "/", "host"), 1))
	default:
		other := len(body)/2 + g.Intn(len(body)/2+1)
		return append(append([]byte{}, body[:at]...), body[other:]...)
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
