package main

import "strings"

// Words for the proxy's own container, and near misses.
var itsNames = []string{"docker-socket-proxy", "/docker-socket-proxy", "4f1d2a9c7be0", "4", "4f1d2a9c7be05316d8a4c0f2e79b1358604dca27fe913b5580ac6d42e17f9b03", "4f2", "Docker-Socket-Proxy", "docker-socket-prox"}

func (g *generator) endpointSettings() func() {
	return g.object(3, member{"Aliases", g.raw([]string{`["a"]`, "null"})}, member{"NetworkID", g.among([]string{"", "abc"})},
		member{"DriverOpts", g.dictionary([]string{"x", "com.docker.network.endpoint.sysctls", "com.docker.network.endpoint.ifname", "y"}, g.among([]string{"", "1"}, "net.ipv4.conf.IFNAME.x=1"))})
}

func (g *generator) attachments() func() {
	return g.array(g.object(3, member{"Target", g.among([]string{"my_net", "n_1", "", "qx9p2kabcdefghijklmnopqrs", "a-b"}, "host", "abc123", "HOST", "db", "q", "qx9p2kabcdefghijklmnopqr", "h7", "4fee831a6d70aff25db1a6a6109cd950dca3bff8c4dbfcf65faa4ac2c1de8e9c", "proxy", "f")},
		member{"Aliases", g.raw([]string{`["a"]`})}, member{"DriverOpts", g.raw([]string{"null", "{}"}, `{"com.docker.network.endpoint.sysctls":"x=1"}`)}))
}

// command writes the words of one that a list allows, often with another word in it, or another number of them.
func (g *generator) command() {
	known := [][]string{{"pg_dump", "-U", "app"}, {"pg_dump", "-U", "app", "-f", "/x y"}, {"nginx", "-s", "reload"}, {"cat", "/backup/a.sql"}, {"ls", "-l", "/"}, {"ls"}, {"sh", "/job.sh"}, {"tar", "c", "x"}, {"head", "/data/a/b", "x"}, {"tail", "--file=a/b", "x"}}
	words := known[g.Intn(len(known))]
	if g.chance(5) {
		g.text(strings.Join(words, " "))
		return
	}
	g.out.WriteByte('[')
	for i, word := range words {
		if i > 0 {
			g.out.WriteByte(',')
		}
		g.space()
		if !g.plain && g.chance(8) {
			word = g.one("sh", "-c", "nginx -s", "/backup/../etc/x.sql", "/backup/a/b.sql", "", "\n", "pg_dump", `","`, "a.sql", "/backup/.sql", "*", "**", "/backup/a.sql\n", "/data/../b", "/data/./b", "/data/a/..", "/data/..", "/data/a/.", "..", "-x", "/x", "--file=../b", "--file=a/..", "...", "a..", ".")
		}
		if !g.plain && g.chance(3) {
			g.out.WriteString(g.one("null", "1", "[]", `["x"]`))
			continue
		}
		g.text(word)
		g.space()
		if !g.plain && g.chance(4) {
			g.out.WriteString(g.one(`,"x"`, `,null`, `,""`, ","))
		}
	}
	g.out.WriteByte(']')
}

func (g *generator) body(operation string) {
	decoy := g.dictionary(decoys, g.among(decoys))
	labels := g.dictionary(append([]string{"docker-socket-proxy.profile", "docker-socket-proxyx", "Docker-Socket-Proxy.profile"}, decoys...), g.among(decoys))
	list := g.array(g.among(decoys))
	host := g.hostMembers()
	switch operation {
	case "ContainerCreate":
		members := []member{
			{"Image", g.among([]string{"nginx", "nginx:1", "ghcr.io/me/app:2", "docker.io/library/nginx:1"}, "evil", "nginx/evil", "ghcr.io/you/app", "docker.io/ghcr.io/me/app")},
			{"Labels", labels}, {"Labels", g.raw([]string{`{"team":"blue"}`, `{"team":"blue","a":"b"}`, `{"team":"red"}`, `null`, `{"t\u0065am":"red"}`})}, {"Env", g.environment()}, {"Cmd", list}, {"User", g.among(decoys)},
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
	case "ContainerExec", "ContainerExecLibpod":
		g.object(5, member{"Privileged", g.raw([]string{"false", "null"}, "true")}, member{"Cmd", list}, member{"Cmd", g.command}, member{"Cmd", g.command}, member{"Cmd", g.command}, member{"User", g.among(decoys)}, member{"Env", list},
			member{"User", g.among([]string{"", "postgres", "1000:1000"}, "root", "0", "postgres:root", "1000")}, member{"Env", g.raw([]string{"null", "[]"}, `["LD_PRELOAD=/x"]`)}, member{"WorkingDir", g.among([]string{""}, "/tmp")},
			member{"AttachStdin", g.raw([]string{"false"}, "true")}, member{"AttachStdout", g.raw([]string{"true"})}, member{"Tty", g.raw([]string{"true", "false"})})()
	case "VolumeCreate":
		g.object(4, member{"Name", g.among([]string{"data", "a_b", "volume.1", "x9", "", "d1", "other"})}, member{"Driver", g.driverName("local", "")}, member{"DriverOpts", g.volumeOptions()},
			member{"Labels", labels}, member{"ClusterVolumeSpec", g.raw([]string{"null"}, `{"Group":"x"}`)})()
	case "NetworkCreate":
		g.object(5, member{"Name", g.among(decoys)}, member{"Driver", g.driverName("bridge", "overlay", "bridge", "", "null", g.one("bridge", "macvlan", "ipvlan", "host"))}, member{"Labels", labels},
			member{"Options", g.dictionary([]string{"com.docker.network.driver.mtu", "parent", "com.docker.network.bridge.name", "encrypted", "com.docker.network.bridge.enable_icc", "com.docker.network.host_ipv4", "com.docker.network.bridge.trusted_host_interfaces", "com.docker.network.bridge.gateway_mode_ipv4"}, g.among([]string{"", "1500"}, "eth0"))},
			member{"IPAM", g.object(2, member{"Driver", g.driverName("default", "")}, member{"Config", g.raw([]string{`[{"Subnet":"10.9.0.0/24"}]`, "null"})})})()
	case "NetworkConnect":
		g.object(3, member{"Container", g.among([]string{"web", "0f1d", "x"}, itsNames...)}, member{"EndpointConfig", g.endpointSettings()})()
	case "NetworkDisconnect":
		g.object(3, member{"Container", g.among([]string{"web", "0f1d", "x"}, itsNames...)}, member{"Force", g.raw([]string{"true", "false"})})()
	case "SecretCreate", "SecretUpdate", "ConfigCreate", "ConfigUpdate":
		g.object(4, member{"Name", g.among(decoys)}, member{"Labels", labels}, member{"Data", g.raw([]string{`"e30="`, "null", `""`})},
			member{"Driver", g.object(2, member{"Name", g.driverName("")}, member{"Options", decoy})},
			member{"Templating", g.object(2, member{"Name", g.driverName("golang", "")}, member{"Options", decoy})})()
	case "CheckpointCreate":
		g.object(3, member{"CheckpointID", g.among([]string{"cp1", "a.b"}, "../../x", "..", "/etc")}, member{"CheckpointDir", g.among([]string{""}, "/etc")}, member{"Exit", g.raw([]string{"true"})})()
	default:
		container := g.object(4, member{"Image", g.among([]string{"nginx", "nginx:1"}, "evil")}, member{"Mounts", g.taskMounts()}, member{"Labels", labels},
			member{"CapabilityAdd", g.array(g.among([]string{"CHOWN"}, "SYS_ADMIN", "CAP_SYS_ADMIN"))}, member{"Sysctls", g.raw([]string{"null", "{}"}, `{"a":"b"}`)}, member{"Command", list},
			member{"Env", g.environment()}, member{"Secrets", g.raw([]string{"null", "[]"}, `[{"SecretID":"x","SecretName":"y","File":{"Name":"y"}}]`, "[{}]")}, member{"Configs", g.raw([]string{"null", "[]"}, `[{"ConfigID":"x","ConfigName":"y"}]`, "[{}]")},
			member{"Privileges", g.object(3, member{"NoNewPrivileges", g.raw([]string{"true"})}, member{"CredentialSpec", g.raw([]string{"null"}, `{"File":"x"}`, `{"Config":"x"}`)},
				member{"SELinuxContext", g.raw([]string{"null", `{"Disable":false,"User":""}`}, `{"Disable":true}`)},
				member{"Seccomp", g.raw([]string{`{"Mode":"default"}`}, `{"Mode":"unconfined"}`, `{"Profile":"e30="}`)}, member{"AppArmor", g.raw([]string{"{}"}, `{"Mode":"disabled"}`)})})
		task := g.object(4, member{"ContainerSpec", container}, member{"ContainerSpec", container}, member{"ContainerSpec", container}, member{"ContainerSpec", container}, member{"PluginSpec", g.raw([]string{"null"}, `{"Name":"x"}`)},
			member{"Runtime", g.among([]string{"", "container"}, "plugin")}, member{"Networks", g.attachments()},
			member{"LogDriver", g.logs("Name", "Options")})
		g.object(5, member{"Name", g.among(decoys)}, member{"Labels", labels}, member{"Networks", g.attachments()},
			member{"TaskTemplate", task}, member{"TaskTemplate", task}, member{"TaskTemplate", task},
			member{"Mode", g.raw([]string{`{"Replicated":{"Replicas":1}}`})})()
	}
}
