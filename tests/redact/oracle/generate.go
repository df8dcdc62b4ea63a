package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
)

// secret is in every value that has to be hidden, and nowhere else.
const secret = "s3kr1t"

// Strings that a regex could take for something else
var pieces = []string{"a", "b=c", "=", "\"", "\\", "\\\"", "[", "]", "{", "}", ",", ":", "\"Env\":[\"x\"]", "\",\"Env\":[\"", "\"}],",
	"\\u0022", "/", "<&>", "\x01", "\n", "\t", "\u2028", "é", "日本", "\U0001F600", "%0A", "%[var(txn.answer)]", "***", "\\1\\2", "null", "", " ", "'", "$", "${HOME}",
	"\x7f", "\xff", "PATH=/usr/bin", strings.Repeat("x", 300)}

func text(random *rand.Rand) string {
	var b strings.Builder
	for n := random.Intn(4); n > 0; n-- {
		b.WriteString(pieces[random.Intn(len(pieces))])
	}
	return b.String()
}

func hidden(random *rand.Rand) string { return text(random) + secret + text(random) }

// The names of members that mean something elsewhere in an answer, and names that users choose
var names = []string{"Env", "Cmd", "Labels", "Config", "Path", "Args", "Spec", "ContainerSpec", "Networks", "Mounts", "Source", "env", "ENV",
	"IPAddress", "\"Env\":[", "Env\"", "a b", "com.docker.compose.project", "é", "", "[]", "*", "{", "Data"}

func quote(s string, escape bool) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escape)
	if err := encoder.Encode(s); err != nil {
		fail("%v", err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

type writer struct {
	bytes.Buffer
	random *rand.Rand
	escape bool
}

// any writes a value of any type whose strings come from the function.
func (w *writer) any(depth int, s func(*rand.Rand) string) {
	switch n := w.random.Intn(9); {
	case n == 0:
		w.WriteString("null")
	case n == 1:
		w.WriteString([]string{"0", "-1", "1.5e+30", "9007199254740993"}[w.random.Intn(4)])
	case n == 2:
		w.WriteString([]string{"true", "false"}[w.random.Intn(2)])
	case n < 6 || depth == 0:
		w.WriteString(quote(s(w.random), w.escape))
	case n == 6:
		w.list(w.random.Intn(4), func() { w.any(depth-1, s) })
	default:
		w.object(w.some(w.random.Intn(4), nil), func(string) { w.any(depth-1, s) })
	}
}

func (w *writer) list(count int, item func()) {
	w.WriteByte('[')
	for i := 0; i < count; i++ {
		if i > 0 {
			w.WriteByte(',')
		}
		item()
	}
	w.WriteByte(']')
}

func (w *writer) object(members []string, item func(string)) {
	w.WriteByte('{')
	for i, name := range members {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(quote(name, w.escape))
		w.WriteByte(':')
		item(name)
	}
	w.WriteByte('}')
}

// some returns different names, none of which means something in the node.
func (w *writer) some(count int, n *node) []string {
	var list []string
	for ; count > 0; count-- {
		name := names[w.random.Intn(len(names))]
		if w.random.Intn(4) == 0 {
			name = text(w.random)
		}
		used := false
		for _, other := range list {
			used = used || strings.EqualFold(name, other)
		}
		if n != nil {
			// In an object of the Engine itself, all names are plain.
			name = strings.Map(func(r rune) rune {
				if r < 'A' || r > 'z' || r == '\\' {
					return 'x'
				}
				return r
			}, strings.ToValidUTF8(name, "x"))
			for other := range n.children {
				used = used || strings.EqualFold(name, other)
			}
			for _, other := range list {
				used = used || strings.EqualFold(name, other)
			}
		}
		if !used {
			list = append(list, strings.ToValidUTF8(name, "?"))
		}
	}
	return list
}

func (w *writer) node(n *node) {
	switch {
	case n.how == "EMPTY":
		w.emptied()
	case n.how == "NAMES":
		w.listNames()
	case w.random.Intn(10) == 0:
		w.WriteString("null")
	case n.children["[]"] != nil:
		w.list(w.random.Intn(4), func() { w.node(n.children["[]"]) })
	case n.children["*"] != nil:
		w.object(w.some(w.random.Intn(4), nil), func(string) { w.node(n.children["*"]) })
	default:
		members := w.some(w.random.Intn(5), n)
		for name := range n.children {
			if w.random.Intn(5) > 0 {
				members = append(members, name)
			}
		}
		// The order of a Go map is not that of the seed.
		sorted(members)
		w.random.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
		w.object(members, func(name string) {
			if child := n.children[name]; child != nil {
				w.node(child)
			} else {
				w.any(3, text)
			}
		})
	}
}

// emptied writes a value that has to become empty: no number, which would stay.
func (w *writer) emptied() {
	switch w.random.Intn(4) {
	case 0:
		w.WriteString(quote(hidden(w.random), w.escape))
	case 1:
		w.list(w.random.Intn(4), func() { w.any(2, hidden) })
	case 2:
		w.object(w.some(w.random.Intn(4), nil), func(string) { w.any(2, hidden) })
	default:
		w.WriteString([]string{"null", "\"\"", "[]", "{}"}[w.random.Intn(4)])
	}
}

func (w *writer) listNames() {
	if w.random.Intn(6) == 0 {
		w.WriteString("null")
		return
	}
	w.list(w.random.Intn(5), func() {
		switch w.random.Intn(4) {
		case 0:
			w.WriteString(quote(hidden(w.random), w.escape)) // perhaps with a = in front
		case 1:
			w.WriteString(quote(fmt.Sprintf("N%d=", w.random.Intn(9)), w.escape))
		default:
			w.WriteString(quote(fmt.Sprintf("NAME_%d=", w.random.Intn(9))+hidden(w.random), w.escape))
		}
	})
}

// generate makes an answer as an Engine could write it.
func generate(random *rand.Rand, root *node) ([]byte, bool) {
	for {
		w := &writer{random: random, escape: random.Intn(2) == 0}
		w.node(root)
		if w.String() != "null" {
			w.WriteString([]string{"", "\n"}[random.Intn(2)])
			// A secret in the name part of NAME=VALUE is not hidden.
			return w.Bytes(), !bytes.Contains(mustRedact(root, w.Bytes()), []byte(secret))
		}
	}
}

func mustRedact(root *node, answer []byte) []byte {
	v, err := decode(answer)
	if err != nil {
		fail("generated what is not JSON: %v\n%q", err, answer)
	}
	return []byte(fmt.Sprint(flat(root.redact(v))))
}

func flat(v *value) string {
	all := v.text
	for i, item := range v.items {
		if v.names != nil {
			all += " " + v.names[i]
		}
		all += " " + flat(item)
	}
	return all
}

// mutate makes something else of an answer.
func mutate(random *rand.Rand, root *node, answer []byte) []byte {
	text := append([]byte{}, answer...)
	for n := 1 + random.Intn(3); n > 0; n-- {
		if len(text) == 0 {
			return text
		}
		at := random.Intn(len(text))
		switch random.Intn(11) {
		case 0: // white space
			at = bytes.IndexAny(text[at:], ":,{[") + at + 1
			text = insert(text, at, []string{" ", "\n", "\t", "\r", "\x0b"}[random.Intn(5)])
		case 1: // a byte less
			text = append(text[:at], text[at+1:]...)
		case 2: // another byte
			text[at] = "\"\\[]{},:\x00\x01\x7f\xffeE n"[random.Intn(16)]
		case 3: // the end is missing
			text = text[:at]
		case 4: // more behind it
			text = append(text, []string{"{}", "\n{\"Env\":[\"" + secret + "\"]}", ",", "]", "\x00\"" + secret + "\""}[random.Intn(5)]...)
		case 5, 6: // a name in another form
			text = rename(random, text, at)
		case 7: // a member once more
			from := at + 1 + bytes.IndexByte(text[at:], '"')
			to := from + random.Intn(len(text)-from+1)
			text = insert(text, from, string(text[from:to]))
		case 8:
			at = bytes.IndexAny(text[at:], ",{") + at + 1
			text = insert(text, at, []string{`"Env":["A=`, `"Config":{"Env":["A=`, `"Spec":{"Data":"`, `"Labels":{"a":"`}[random.Intn(4)]+secret+
				[]string{`"],`, `"]},`, `"},`, `"`}[random.Intn(4)])
		case 9: // a part of another answer
			other, _ := generate(random, root)
			from := random.Intn(len(other) + 1)
			text = insert(text, at, string(other[from:from+random.Intn(len(other)-from+1)]))
		default: // deeper and deeper
			at = bytes.IndexByte(text[at:], ':') + at + 1
			depth := random.Intn(60)
			text = insert(text, at, strings.Repeat("[", depth)+"0"+strings.Repeat("]", depth)+`,"x":`)
		}
	}
	return text
}

func insert(text []byte, at int, more string) []byte {
	return append(text[:at:at], append([]byte(more), text[at:]...)...)
}

// rename changes a letter of a name: its case, an escape for it, or a letter that Go takes for it.
func rename(random *rand.Rand, text []byte, at int) []byte {
	colon := bytes.Index(text[at:], []byte(`":`))
	if colon <= 0 {
		return text
	}
	end := at + colon
	begin := bytes.LastIndexByte(text[:end], '"') + 1
	if begin == end {
		return text
	}
	letter := begin + random.Intn(end-begin)
	c := text[letter]
	with := string(c ^ 0x20)
	switch {
	case random.Intn(3) == 0:
		with = fmt.Sprintf("\\u%04x", c)
	case (c == 's' || c == 'S') && random.Intn(2) == 0:
		with = "ſ"
	case (c == 'k' || c == 'K') && random.Intn(2) == 0:
		with = "K"
	}
	return append(text[:letter:letter], append([]byte(with), text[letter+1:]...)...)
}
