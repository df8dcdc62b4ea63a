package main

import (
	"os"
	"regexp"
	"strings"
)

// A member of entrypoint/redact/members.def.
type member struct{ path, words, how, of string }

type table struct {
	members map[string][]member    // by type
	answers map[string][][2]string // path and type, by operation
	order   []string               // the operations
	known   map[string]string      // letter -> word
}

var row = regexp.MustCompile(`(?m)^(REDACT_WORD|HIDDEN|PART|ANSWER)\(([^)]*)\)`)

func read(name string) *table {
	text, err := os.ReadFile(name)
	if err != nil {
		fail("%v", err)
	}
	t := &table{map[string][]member{}, map[string][][2]string{}, nil, map[string]string{}}
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		var f []string
		for _, field := range strings.SplitN(match[2], ",", 4) {
			f = append(f, strings.Trim(strings.TrimSpace(field), `"`))
		}
		switch match[1] {
		case "REDACT_WORD":
			t.known[f[0][:1]] = f[0]
		case "HIDDEN":
			t.members[f[0]] = append(t.members[f[0]], member{f[1], f[2], f[3], ""})
		case "PART":
			t.members[f[0]] = append(t.members[f[0]], member{f[1], "", "", f[2]})
		case "ANSWER":
			if t.answers[f[0]] == nil {
				t.order = append(t.order, f[0])
			}
			t.answers[f[0]] = append(t.answers[f[0]], [2]string{f[1], f[2]})
		}
	}
	return t
}

// A node is what is to be hidden at one place of an answer: how is EMPTY, NAMES or "" for something inside it.
type node struct {
	how      string
	children map[string]*node // "[]" for a list, "*" for a map
}

func (n *node) at(path string) *node {
	for _, name := range strings.Fields(strings.NewReplacer(".", " ", "[]", " [] ").Replace(path)) {
		if n.children == nil {
			n.children = map[string]*node{}
		}
		found := n.children[name]
		for other, child := range n.children {
			if strings.EqualFold(name, other) {
				found = child
			}
		}
		if found == nil {
			found = &node{}
			n.children[name] = found
		}
		n = found
	}
	return n
}

func (t *table) add(n *node, kind, words string) bool {
	any := false
	for _, m := range t.members[kind] {
		if m.of != "" {
			part := &node{}
			if t.add(part, m.of, words) {
				t.add(n.at(m.path), m.of, words)
				any = true
			}
			continue
		}
		for _, letter := range m.words {
			if strings.Contains(","+words+",", ","+t.known[string(letter)]+",") {
				n.at(m.path).how = m.how
				any = true
			}
		}
	}
	return any
}

// tree is what is to be hidden in answers of the operation; nil for nothing.
func (t *table) tree(operation, words string) *node {
	root := &node{}
	any := false
	for _, answer := range t.answers[operation] {
		part := &node{}
		if t.add(part, answer[1], words) {
			t.add(root.at(answer[0]), answer[1], words)
			any = true
		}
	}
	if !any {
		return nil
	}
	return root
}

// hiding lists the operations in whose answers the words hide something.
func (t *table) hiding(words string) []string {
	var list []string
	for _, operation := range t.order {
		if t.tree(operation, words) != nil {
			list = append(list, operation)
		}
	}
	return list
}
