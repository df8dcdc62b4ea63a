package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A value of JSON with its members in order, twice if they were there twice.
type value struct {
	kind  byte // n b 0 s [ {
	text  string
	names []string
	items []*value
}

func decode(text []byte) (*value, error) {
	if !json.Valid(text) {
		return nil, fmt.Errorf("not valid")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	v, err := decodeNext(decoder)
	if err == nil {
		_, err = decoder.Token()
		if err == io.EOF {
			return v, nil
		}
	}
	return nil, fmt.Errorf("more than one value")
}

func decodeNext(decoder *json.Decoder) (*value, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case nil:
		return &value{kind: 'n'}, nil
	case bool:
		return &value{kind: 'b', text: fmt.Sprint(t)}, nil
	case json.Number:
		return &value{kind: '0', text: t.String()}, nil
	case string:
		return &value{kind: 's', text: t}, nil
	case json.Delim:
		v := &value{kind: byte(t)}
		for decoder.More() {
			if t == '{' {
				name, err := decoder.Token()
				if err != nil {
					return nil, err
				}
				v.names = append(v.names, name.(string))
			}
			item, err := decodeNext(decoder)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
		_, err := decoder.Token()
		return v, err
	}
	return nil, fmt.Errorf("unknown token")
}

// compare returns where the values differ, or "".
func compare(a, b *value, path string) string {
	if a.kind != b.kind || a.text != b.text || len(a.items) != len(b.items) || len(a.names) != len(b.names) {
		return fmt.Sprintf("%s: %c %q %v %d, and %c %q %v %d", path, a.kind, a.text, a.names, len(a.items), b.kind, b.text, b.names, len(b.items))
	}
	for i := range a.items {
		here := path + "[]"
		if a.kind == '{' {
			if a.names[i] != b.names[i] {
				return fmt.Sprintf("%s: name %q, and %q", path, a.names[i], b.names[i])
			}
			here = path + "." + a.names[i]
		}
		if difference := compare(a.items[i], b.items[i], here); difference != "" {
			return difference
		}
	}
	return ""
}

func empty(v *value) *value {
	switch v.kind {
	case 's', '[', '{':
		return &value{kind: v.kind}
	}
	return v
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]+=`)

func hideName(v *value) *value {
	if v.kind != 's' {
		return &value{kind: '?'} // only lists of strings: such an answer has to be refused
	}
	if name := plainName.FindString(v.text); name != "" {
		return &value{kind: 's', text: name + "***"}
	}
	return &value{kind: 's', text: "***"}
}

// redact returns the value with everything hidden that the node says. Names of members are compared as Go does.
func (n *node) redact(v *value) *value {
	switch n.how {
	case "EMPTY":
		return empty(v)
	case "NAMES":
		if v.kind == 'n' {
			return v
		}
		if v.kind != '[' {
			return &value{kind: '?'}
		}
		list := &value{kind: '['}
		for _, item := range v.items {
			list.items = append(list.items, hideName(item))
		}
		return list
	}
	if v.kind == 'n' {
		return v
	}
	each := &value{kind: v.kind, names: v.names}
	if all := n.children["[]"]; all != nil {
		if v.kind != '[' {
			return &value{kind: '?'}
		}
		for _, item := range v.items {
			each.items = append(each.items, all.redact(item))
		}
		return each
	}
	if v.kind != '{' {
		return &value{kind: '?'}
	}
	for i, item := range v.items {
		child := n.children["*"]
		for name, other := range n.children {
			if name != "*" && strings.EqualFold(name, v.names[i]) {
				child = other
			}
		}
		if child != nil {
			item = child.redact(item)
		}
		each.items = append(each.items, item)
	}
	return each
}
