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
	corpus  [][]byte // bodies of real clients
	hostile [][]byte // bodies of an attacker
	out     strings.Builder
	plain   bool // this time: no odd writing, so that enough bodies are let through to mean anything
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
	} else if len(g.hostile) > 0 && g.chance(4) {
		body = append(body, g.hostile[g.Intn(len(g.hostile))]...)
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
		return []byte(strings.Replace(string(body), g.one("false", "null", "[]", `""`, "volume", "data", "private", "nfs", "local", "bridge", "json-file", "/data", "/dev/sda"), g.one("../../x", "/x,type=bind,src=/", "127.0.0.1:/x", "true", `"host"`, `"bind"`, `["x"]`, `{"a":"b"}`, "bind", "/", "host"), 1))
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
