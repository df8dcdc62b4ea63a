package main

import (
	"fmt"
	"strings"
)

var (
	masked   = `["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"]`
	readonly = `["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]`
	decoys   = []string{"a", "com.example", `HostConfig`, `"Privileged":true`, `{"Binds":["/:/x"]}`, "host"}
	paths    = []string{"/", "/etc", "/srv", "/srv/", "/srv/data", "/srv/../etc", "/srv2", "/srv/./x", "/srv//x", "//srv", "/srv/...", "/var/run/docker.sock",
		"/run/docker.sock", "/var/run", "/run", "/run/", "/srv/a/..", "srv", "./srv", "/data/x y", "/data/é", "/proc/1/root", "../etc", "/srv/\x00", "etc", "C:/", "/data", "/srv/x/../../etc"}
	networkShares = []string{`"type":"nfs","device":":/x","o":"addr=10.0.0.1,rw"`, `"type":"nfs","device":"127.0.0.1:/x"`, `"type":"nfs4","device":":/x","o":"addr=127.0.0.1"`,
		`"type":"cifs","device":"//127.0.0.1/c","o":"user=x"`, `"type":"cifs","device":"//server/c"`, `"type":"nfs","device":":/x","o":"addr=localhost"`, `"type":"nfs","device":":/x","o":"addr=10.0.0.1,addr=0.0.0.0"`,
		`"type":"smb3","device":"//0x7f.1/c"`, `"type":"nfs","device":"[::1]:/x"`, `"type":"nfs","device":":/x","o":"rw,addr=169.254.169.254"`, `"device":"/dev/sda1"`, `"device":"-T/srv/x"`,
		`"type":"tmpfs","device":"tmpfs","o":"size=1m"`, `"type":"tmpfs","device":"/etc/shadow","o":"loop=/dev/loop7"`, `"type":"bind","device":"/etc"`, `"type":"none","device":"/etc","o":"{{\"bi\"}}{{\"nd\"}}"`}
)

func (g *generator) bind() {
	source := g.one("data", "a_b", "volume.1", "x9")
	if g.chance(30) {
		source = paths[g.Intn(len(paths))]
	}
	g.text(source + g.one(":", ":", ":", "", "::") + g.one("/data", "/x y", "/é", "/mnt") + g.one("", "", "", ":ro", ":rw,z", ":/x", ":",
		":O,upperdir=/etc,workdir=/tmp", ":idmap", ":U", ":rw,upperdir=/x", ":ro,idmap=uids=0-0-1"))
}

func (g *generator) volumeOptions() func() {
	return func() {
		g.out.WriteByte('{')
		if g.chance(25) { // one that belongs together, since only a whole one may pass
			g.out.WriteString(g.one(networkShares...))
			g.out.WriteByte('}')
			return
		}
		for i, n := 0, g.Intn(4); i < n; i++ {
			if i > 0 {
				g.out.WriteByte(',')
			}
			switch g.Intn(5) {
			case 0:
				g.name("type")
				g.text(g.one("nfs", "nfs4", "tmpfs", "cifs", "none", "ext4", "overlay", "bind", "", "btrfs", "NFS", "smb3", "fuse.sshfs", "nonfs"))
			case 1:
				g.name("o")
				g.text(g.one("addr=10.0.0.1,rw", "bind", "ro,bind", "rbind", "uid=1000", "", "remount", "bind ", "lowerdir=/etc,upperdir=/tmp", "Bind", ",bind,", "loop=/dev/loop7", "uhelper=x", "addr=127.0.0.1", "{{\"bi\"}}{{\"nd\"}}", "X-mount.subdir=x", "credentials=/etc/shadow"))
			case 2:
				g.name("device")
				if g.chance(50) {
					g.text(paths[g.Intn(len(paths))])
				} else {
					g.text(g.one(":/export", "host:/a/b", "tmpfs", "//server/share", "//etc", "/dev/sda1", "host:/../x", "", "none", "-T/srv/fstab", "--all", "127.0.0.1:/x", "[::1]:/x", "localhost:/", "//127.1/c$", "{{\"/etc\"}}"))
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

// drivers of volumes, networks and logs: names that are built in, that a list may hold, and that lead elsewhere.
func (g *generator) driverName(builtin ...string) func() {
	return g.among(append(append([]string{}, builtin...), builtin...), "../../../var/lib/docker/volumes/evil/_data/p", "other", "evil", "vieux/sshfs:latest", "a/../b",
		"..", "./x", "/tmp/p", "other/../../x", "Local", "local ", "local/../x", "nfs", "weave", "\x00", "..\\x")
}

func (g *generator) mounts() func() {
	source := func() {
		if g.chance(20) {
			g.text(paths[g.Intn(len(paths))])
		} else {
			g.text(g.one("data", "", "ghcr.io/a/b:1", "x", "a_b", "volume.1", "data", "d1", "x9", g.one("data,type=bind,src=/", "{{.Service.Name}}", `/srv/{{"../etc"}}`, "/etc/*")))
		}
	}
	return g.array(g.object(4,
		member{"Type", g.among([]string{"volume", "tmpfs", "image", "volume", "cluster", ""}, "bind", "npipe", "Bind", "bind", "glob", "glob", "volume,type=bind", "ramfs", "devpts")},
		member{"Source", source}, member{"Target", g.among([]string{"/data", "/x"}, "/x,type=bind,src=/", "/x,src=/etc", "/x,y", "/a,volume-opt=o=bind")}, member{"ReadOnly", g.raw([]string{"true", "false", "null"})},
		member{"Consistency", g.among([]string{"", "default", "cached", "delegated"}, "x,type=bind,src=/", "consistent,ro", ",")},
		member{"BindOptions", g.raw([]string{`{"Propagation":"rshared"}`, "null", `{"NonRecursive":true}`}, `{"Propagation":"rprivate,src=/"}`, `{"Propagation":"shared,source=/etc"}`)},
		member{"VolumeOptions", g.object(3, member{"NoCopy", g.raw([]string{"true"})}, member{"Labels", g.dictionary(decoys, g.among(decoys))}, member{"Subpath", g.among([]string{"", "a/b"}, "..", "x,src=/")},
			member{"DriverConfig", g.object(2, member{"Name", g.driverName("local", "")}, member{"Options", g.volumeOptions()})})},
	))
}

// taskMounts are those of a service, in which swarm expands templates.
func (g *generator) taskMounts() func() {
	mounts := g.mounts()
	return func() {
		if g.chance(65) {
			mounts()
			return
		}
		g.out.WriteString(g.one(`[{"Type":"bind","Source":"/srv/{{\"../etc\"}}","Target":"/x"}]`, `[{"Type":"volume","Source":"{{\"volume\"}}.1","Target":"/x"}]`,
			`[{"Type":"volume","Source":"{{.Service.Name}}-{{.Task.Slot}}","Target":"/x"}]`, `[{"Type":"volume","Source":"data","Target":"/{{.Node.Hostname}}"}]`,
			`[{"Type":"volume","Source":"data","Target":"/x","VolumeOptions":{"DriverConfig":{"Options":{"type":"tmpfs","device":"tmpfs","o":"{{\"bi\"}}nd"}}}}]`,
			`[{"Type":"volume","Source":"data","Target":"/x","VolumeOptions":{"DriverConfig":{"Options":{"type":"tmpfs","device":"{{.Node.ID}}"}}}}]`))
	}
}

// A LogConfig or a LogDriver: the name of the type and of the options differ.
func (g *generator) logs(kind, optionsName string) func() {
	whole := func() {
		options := g.one(`"syslog-address":"tcp://192.0.2.1:514"`, `"tag":"{{\"\\r\\n\"}}"`, `"tag":"{{printf \"%c\" 10}}"`, `"tag":"{{.Name}}"`, `"tag":"{{.Command}}"`, `"tag":"a\nb"`, `"syslog-tls-key":"/etc/x"`)
		fmt.Fprintf(&g.out, `{"%s":"%s","%s":{%s}}`, kind, g.one("syslog", "syslog", "gelf", "fluentd", "", "json-file"), optionsName, options)
	}
	parts := g.object(2, member{kind, g.driverName("json-file", "", "local", "none", "journald", g.one("local", "syslog", "gelf", "fluentd", "splunk", "passthrough", "awslogs", "k8s-file"))},
		member{optionsName, g.dictionary([]string{"max-size", "max-file", "tag", "labels", "mode", "env", g.one("syslog-address", "syslog-tls-key", "gelf-address", "fluentd-address", "path", "Path", "driver", "splunk-capath", "awslogs-endpoint", "gcp-project", "splunk-url", "x=path", "tag")},
			g.among([]string{"10m", "3", "true", "{{.Name}}", "a,b", ""}, "tcp://127.0.0.1:6379", "a\r\nCONFIG SET dir /etc\r\n", "unix:///run/docker.sock", "UNIX://x", "/etc/shadow", "../key", "passthrough", `{{"\n"}}`, `{{printf "%c" 10}}`, "{{.Command}}", "x\x00", "\x7f"))})
	return func() {
		if g.chance(20) {
			whole()
		} else {
			parts()
		}
	}
}

func (g *generator) blkio() func() {
	return g.array(g.object(2, member{"Path", g.among([]string{"/dev/sda", "", "/dev/mapper/x"}, "/etc/shadow", "/dev/../etc/x", "/devel", "dev/sda", "/dev//sda", "/dev/./x")},
		member{g.one("Weight", "Rate"), g.raw([]string{"10", "100"})}))
}

func (g *generator) environment() func() {
	return g.array(g.among([]string{"A=b", "PATH=/bin", "X=", "Y=a b", "NVIDIA_VISIBLE_DEVICES=void", "HOME=/root", `Z={"Privileged":true}`},
		"SECRET", "A*", "*", "NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_DRIVER_CAPABILITIES=all", "NVIDIA_GDS=enabled", "NVIDIA_MIG_CONFIG_DEVICES=all", "DOCKER_", "nvidia_visible_devices=all", `NVIDIA_VISIBLE_DEVICES={{"all"}}`, ""))
}

// devices by paths of a list, below them, beside them, and around corners.
func (g *generator) devices() func() {
	return g.array(g.object(4, member{"PathOnHost", g.among([]string{"/dev/dri", "/dev/net/tun", "/dev/dri/card0", "/dev/dri/"}, "/dev/sda", "/dev/dri/../sda", "/dev/../dev/sda", "/dev/dri2", "//dev/dri", "/dev/./dri", "dev/dri", "/dev", "/dev/net", "/dev/net/tun:/dev/sda",
		"nvidia.com/gpu=all", "/dev/dri/..", "/dev/dri/.", "/DEV/dri", "/dev/dri:x", "/dev/net/tun/../../sda")},
		member{"PathInContainer", g.among([]string{"/dev/dri", "/dev/x", ""}, "/x:/dev/sda", "/../x", "/dev/../../x")}, member{"CgroupPermissions", g.among([]string{"rwm", "r", ""}, "rwx", "rwm:x", "a")}))
}

func (g *generator) gpus() func() {
	return g.array(g.object(5, member{"Driver", g.among([]string{"", "nvidia"}, "cdi", "amd", "Nvidia")}, member{"Count", g.raw([]string{"-1", "1"})}, member{"DeviceIDs", g.raw([]string{"null", `["0"]`, `["GPU-1a"]`}, `["vendor.com/class=name"]`, `["/dev/sda"]`)},
		member{"Capabilities", g.raw([]string{`[["gpu"]]`, `[["gpu","utility"]]`, "null"}, `[["cdi"]]`, `[["gpu"],["tpu"]]`, `["gpu"]`)}, member{"Options", g.raw([]string{"null", "{}"}, `{"a":"b"}`)}))
}

// sysctls by both forms of their names.
func (g *generator) sysctls() func() {
	return g.dictionary([]string{"net.ipv4.ip_forward", "net/ipv4/ip_forward", "net.ipv6.conf.all.forwarding", "net/ipv6/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding", "net.ipv4.conf.eth0/1.forwarding", "kernel.msgmax",
		g.one("kernel.shmmax", "net.ipv4", "net/ipv6/../../kernel/x", "net.ipv6", "net.ipv6.x=1", "net.ipv6../x", "kernel/msgmax", "net.ipv4.conf.eth0.1.forwarding", "NET.ipv4.ip_forward", "net.ipv4/ip_forward", "")},
		g.among([]string{"1", "0", "1 2"}, "", "1\n2"))
}

func (g *generator) hostMembers() []member {
	none := []string{"null", "[]", "[]", " [ ] "}
	mode := func(good ...string) func() {
		return g.among(append(good, "", "", "", g.one("", "host", "container:gluetun", "container:web-1", "container:db", "container:"+db)), "host", "container:x", "Host", "ns:/proc/1/ns/net", "host ", "container:db3f", "container:77d2",
			"container:docker-socket-proxy", "container:4f1d2a", "container:/gluetun", "container:gluetun2", "container:", "container:webx/y", "container:gluetun:x")
	}
	return []member{
		{"Privileged", g.raw([]string{"false", "null", "false"}, "true", "1", `"true"`)},
		{"Binds", g.array(g.bind)}, {"Binds", g.array(g.bind)}, {"Mounts", g.mounts()}, {"Mounts", g.mounts()},
		{"VolumesFrom", g.raw(none, `["x"]`, `["4f1d"]`, `["docker-socket-proxy:ro"]`, `["/docker-socket-proxy"]`, `["4"]`)},
		{"VolumesFrom", g.raw(none, `["4f1d2a9c7be0:ro"]`, `["docker-socket-proxy"]`)},
		{"VolumeDriver", g.driverName("", "local")}, {"ContainerIDFile", g.among([]string{""}, "/etc/passwd", "x")},
		{"Devices", g.raw(none, `[{"PathOnHost":"/dev/sda"}]`, "[{}]", "[null]")}, {"Devices", g.devices()},
		{"DeviceRequests", g.raw(none, `[{"Driver":"nvidia"}]`)}, {"DeviceRequests", g.gpus()},
		{"DeviceCgroupRules", g.raw(none, `["a *:* rwm"]`)}, {"DeviceCgroupRules", g.array(g.among([]string{"c 189:* rwm", "b 8:0 r"}, "c *:* rwm", "a 189:* r", "c 189:* rwmx", "c 189:1 r", "c 189:* r "))},
		{"CapAdd", g.array(g.among([]string{"CHOWN", "cap_chown", "NET_BIND_SERVICE"}, "SYS_ADMIN", "ALL", "cap_sys_admin", "NET_ADMIN", "CHOWN,SYS_ADMIN", "sys_adm\u0131n"))},
		{"SecurityOpt", g.array(g.among([]string{"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}, "seccomp=unconfined", "apparmor=unconfined", "label:disable", "label=disable", "systempaths=unconfined", "no-new-privileges=false"))},
		{"NetworkMode", g.among([]string{"bridge", "default", "my_net", "none", ""}, "host", "container:x", "Host", "ns:/proc/1/ns/net", "host ", "pasta:-T,22", "slirp4netns:allow_host_loopback=true", "pasta", "slirp4netns")}, {"NetworkMode", mode("bridge")}, {"PidMode", mode()}, {"IpcMode", mode("private", "shareable")},
		{"UTSMode", mode()}, {"UsernsMode", mode()}, {"CgroupnsMode", mode("private")},
		{"Sysctls", g.raw([]string{"null", "{}"}, `{"kernel.shmmax":"1"}`, `{"":""}`)}, {"Sysctls", g.sysctls()},
		{"Runtime", g.among([]string{"runc", "", "io.containerd.runc.v2"}, "evil", "runsc", "/bin/sh")},
		{"CgroupParent", g.among([]string{""}, "/", "system.slice")}, {"Cgroup", g.among([]string{""}, "container:x")},
		{"MaskedPaths", g.raw([]string{"null", masked}, "[]", `["/proc/acpi"]`, strings.Replace(masked, "kcore", "kcor", 1))},
		{"ReadonlyPaths", g.raw([]string{"null", readonly}, "[]", `["/proc/bus"]`, `["/proc/bus","/proc/fs","/proc/irq","/proc/sysrq-trigger","x\"/proc/sys"]`)},
		{"LogConfig", g.logs("Type", "Config")}, {"LogConfig", g.logs("Type", "Config")},
		{"Annotations", g.raw([]string{"null", "{}"}, `{"org.systemd.property.ExecStart":"x"}`)},
		{"PortBindings", g.raw([]string{`{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}`, "{}"})},
		{"RestartPolicy", g.raw([]string{`{"Name":"unless-stopped","MaximumRetryCount":0}`})},
		{"Memory", g.raw([]string{"0", "1048576"})}, {"Tmpfs", g.dictionary([]string{"/run", "/t"}, g.among([]string{"", "rw,size=1m"}, "rbind", "rw,bind", "remount"))}, {"Links", g.raw(none, `["db:db"]`, `["x"]`, `[""]`, `["/db:/me/db"]`)},
		{"BlkioWeightDevice", g.blkio()}, {g.one("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps"), g.blkio()},
	}
}
