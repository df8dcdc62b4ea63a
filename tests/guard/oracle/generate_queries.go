package main

import (
	"net/url"
	"strings"
)

// The operations whose queries are judged.
var queryOperations = []string{"ContainerStart", "ImageCreate", "ImageBuild", "ImageBuild", "CheckpointList", "CheckpointDelete"}

type parameter struct {
	name      string
	good, bad []string
}

var parameters = map[string][]parameter{
	"ContainerStart": {{"detachKeys", []string{"ctrl-p", ""}, nil}, {"checkpoint", []string{"cp1", ""}, []string{"../../x", "..", "/etc", "a/../b", "a/b"}},
		{"checkpoint-dir", []string{""}, []string{"/etc", "x"}}},
	"CheckpointList":   {{"dir", []string{""}, []string{"/", "/etc", "x"}}, {"x", []string{"1"}, nil}},
	"CheckpointDelete": {{"dir", []string{""}, []string{"/", "/etc", "x"}}, {"force", []string{"1"}, nil}},
	"ImageCreate": {{"fromImage", []string{"nginx", "localhost:5000/x", "ghcr.io/me/app", ""}, []string{"docker-archive:/etc/x", "dir:/etc", "oci:/x", "/etc/x"}}, {"tag", []string{"1", "latest"}, nil},
		{"fromSrc", []string{"-", "http://example.com/x.tar", "https://10.0.0.1/x", ""}, []string{"/etc/shadow", "etc/shadow", "http://127.0.0.1:2375/x", "http://localhost/", "file:///etc/shadow", "http://[::1]/", "http://169.254.169.254/latest", "127.0.0.1/x", "http://2130706433/"}},
		{"repo", []string{"a"}, nil}, {"changes", []string{"CMD x"}, nil}, {"platform", []string{"linux/amd64"}, nil}},
	"ImageBuild": {{"t", []string{"a", "a:1"}, nil}, {"q", []string{"1"}, nil}, {"nocache", []string{"1"}, nil}, {"networkmode", []string{"default", "bridge", "none", "", "my_net"}, []string{"host", "container:x", "ns:/proc/1/ns/net", "pasta:-T"}},
		{"securityopt", []string{"", "[]"}, []string{`["seccomp=unconfined"]`, "apparmor=unconfined"}}, {"cgroupparent", []string{""}, []string{"/", "system.slice"}},
		{"outputs", []string{"", "[]"}, []string{`[{"Type":"registry"}]`, `[{"Type":"local","Attrs":{"dest":"/"}}]`, `[{}]`}},
		{"remote", []string{"", "client-session", "upload-request", "https://github.com/a/b.git#main:dir", "http://example.com/x.tar"}, []string{"/etc", "http://127.0.0.1:2375/x", "git@localhost:x", "https://github.com/a/b.git#--upload-pack=x", "https://github.com/a/b.git#main:../..", "file:///etc"}},
		{"dockerfile", []string{"Dockerfile", "a/Dockerfile", `["Dockerfile"]`, ""}, []string{"/etc/shadow", "../../etc/shadow", `["/etc/shadow"]`, "a/../../x", `["a","../x"]`, "http://127.0.0.1/x"}},
		{"cachefrom", []string{`["a"]`}, nil}, {"buildargs", []string{`{"A":"b"}`}, nil}, {"labels", []string{`{"a":"b"}`, "{}", "null"}, []string{`{"a":"b","docker-socket-proxy.profile":"x"}`, `{"docker-socket-prox\u0079\u002eprofile":"x"}`, `{"D":"\"docker-socket-proxy.x"}`}}, {"shmsize", []string{"0"}, nil}, {"version", []string{"1", "2"}, nil}, {"session", []string{"x"}, nil},
		{"volume", []string{""}, []string{"/etc:/x", "/:/x"}}, {"devices", []string{"", "[]"}, []string{`["/dev/sda"]`}}, {"addcaps", []string{"", "[]"}, []string{`["SYS_ADMIN"]`}},
		{"seccomp", []string{"", "unconfined"}, nil},
		{"nsoptions", []string{"", "[]"}, []string{`[{"Name":"pid","Host":true}]`}}, {"isolation", []string{"", "default"}, nil}, {"setenv", []string{"A=b"}, []string{"SECRET"}},
		{"secrets", []string{"", "[]"}, []string{`["id=a,src=../../etc/shadow"]`}}, {"additionalbuildcontexts", []string{""}, []string{`{"a":{"IsURL":false,"Value":"/etc"}}`}}, {"rusagelogfile", []string{""}, []string{"/etc/x"}},
		{"cppflags", []string{""}, []string{`["-include /etc/shadow"]`}}, {"idmappingoptions", []string{""}, []string{`{"HostUIDMapping":true}`}}, {"cacheto", []string{""}, []string{`["reg/x"]`}}, {"sbom-output", []string{""}, []string{"/etc/x"}}},
}

// query writes a query, in one of many ways.
func (g *generator) query(operation string) string {
	known := parameters[operation]
	var pairs []string
	for i, n := 0, g.Intn(4); i < n; i++ {
		p := known[g.Intn(len(known))]
		value := g.one(p.good...)
		if len(p.bad) > 0 && g.chance(30) {
			value = g.one(p.bad...)
		}
		name := p.name
		if g.chance(8) {
			name = g.one(strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], name+"[]", name+"+", "x")
		}
		pair := url.QueryEscape(name) + "=" + url.QueryEscape(value)
		switch g.Intn(20) {
		case 0:
			pair = name + "=" + value
		case 1: // a letter of the name as a percent sign and two digits
			pair = strings.Replace(pair, name[:1], "%"+string("0123456789abcdef"[name[0]>>4])+string("0123456789abcdef"[name[0]&15]), 1)
		case 2:
			pair += g.one(";", "%", "%zz", "#", "%00")
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, g.one("&", "&", "&", "&", ";", "&&"))
}
