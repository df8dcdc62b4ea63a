// Lists of containers with random queries, through a running proxy that limits them to targets: what reaches the Engine,
// read as the Engine reads it (net/url, encoding/json), has all that the targets demand, and all that the client asked for.
//
//	targets ADDRESS SOCKET COUNT SEED LABELS NAME-REGEX REQUESTS DECISIONS
//
// ADDRESS is the proxy's, SOCKET where this program is its Engine. LABELS are separated by commas; "" for none. The
// requests, and whether they were allowed or denied, are written to the files.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

func fail(format string, values ...interface{}) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

type filters map[string]map[string]bool

// read reads a query like the Engine: the first value of filters, as a map of maps, else as a map of lists. Engines built
// with Go before 1.17 split at semicolons too. ok is false if the Engine refuses the query.
func read(query string, semicolons bool) (f filters, others url.Values, ok bool) {
	if semicolons {
		query = strings.ReplaceAll(query, ";", "&")
	}
	others, err := url.ParseQuery(query)
	if err != nil {
		return nil, nil, false
	}
	f = filters{}
	text := others.Get("filters")
	delete(others, "filters")
	if text == "" {
		return f, others, true
	}
	if json.Unmarshal([]byte(text), &f) == nil {
		return f, others, f != nil
	}
	lists := map[string][]string{}
	if json.Unmarshal([]byte(text), &lists) != nil {
		return nil, nil, false
	}
	f = filters{}
	for key, values := range lists {
		f[key] = map[string]bool{}
		for _, value := range values {
			f[key][value] = true
		}
	}
	return f, others, true
}

func keys(set map[string]bool) map[string]bool {
	all := map[string]bool{}
	for key := range set {
		all[key] = true
	}
	return all
}

// ---- random queries ----

var random *rand.Rand

func pick(list ...string) string { return list[random.Intn(len(list))] }

func often(percent int) bool { return random.Intn(100) < percent }

var plain = map[string][]string{
	"containers/json":  {"status", "id", "label", "ancestor", "network", "exited", "name"},
	"events":           {"event", "label", "container", "image", "type", "daemon"},
	"containers/prune": {"until", "label", "label!"},
}

func value(key string, odd bool) string {
	if key == "type" {
		return pick("container", "container", "image", "network")
	}
	v := pick("a", "a=b", "running", "^/web$", "x y", "é", "[", "]", "{", "}", ":", "\"", "\\", "label", "\"label\":[", "\",\"label\":[\"", "=", "&", "<",
		"traefik.enable=true", "traefik.enable", "+", "%", "%22", "die", "true", "")
	if odd && often(20) {
		v += pick("\x00", "\n", "\u2028", "\xff", "\x7f")
	}
	return v
}

func space(odd bool) string {
	if often(70) {
		return ""
	}
	if odd && often(20) {
		return pick("\t", "\n", "\r\n", "\u00a0")
	}
	return pick(" ", "  ")
}

// encoded writes a string of JSON, in one of the ways there are.
func encoded(s string, odd bool) string {
	text, _ := json.Marshal(s)
	result := string(text)
	if odd && often(10) {
		result = strings.Replace(result, pick("a", "e", "l"), fmt.Sprintf("\\u%04x", pick("a", "e", "l")[0]), 1)
	}
	if odd && often(5) {
		result = strings.Trim(result, "\"")
	}
	return result
}

func object(operation string, odd bool) string {
	var text strings.Builder
	asMap := often(50)
	text.WriteString(space(odd) + "{" + space(odd))
	names := append([]string{}, plain[operation]...)
	random.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	for i, count := 0, random.Intn(4); i < count && i < len(names); i++ {
		key := names[i]
		if i > 0 {
			text.WriteString("," + space(odd))
		}
		if odd && often(15) {
			key = pick("label", "Label", "LABEL", "labe\u017f", "before", "since", "type", "Type", "name", "", "label ", "x")
		}
		text.WriteString(encoded(key, odd) + space(odd) + ":" + space(odd))
		form := asMap
		if odd && often(5) {
			form = !form
		}
		if odd && often(3) {
			text.WriteString(pick("null", "\"a\"", "1", "true", "[null]", "{\"a\":null}", "{\"a\":1}", "[[\"a\"]]"))
			continue
		}
		text.WriteString(map[bool]string{true: "{", false: "["}[form] + space(odd))
		for k, n := 0, random.Intn(3); k < n; k++ {
			if k > 0 {
				text.WriteString(space(odd) + "," + space(odd))
			}
			text.WriteString(encoded(value(key, odd), odd))
			if form {
				text.WriteString(space(odd) + ":" + space(odd) + pick("true", "true", "true", "false"))
			}
		}
		text.WriteString(space(odd) + map[bool]string{true: "}", false: "]"}[form] + space(odd))
	}
	text.WriteString("}" + space(odd))
	result := text.String()
	if odd && often(10) && len(result) > 2 {
		at := random.Intn(len(result))
		result = result[:at] + pick("", ",", "\"", "}", "]", "{", "[", ":", "\\", "label") + result[at+random.Intn(2):]
	}
	return result
}

// escaped writes it for a query: as Go, with more escapes than needed, or hardly any.
func escaped(s string) string {
	switch random.Intn(4) {
	case 0, 1:
		return url.QueryEscape(s)
	case 2:
		return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	}
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte("&#%+;", s[i]) >= 0 || often(10) {
			fmt.Fprintf(&text, pick("%%%02x", "%%%02X"), s[i])
		} else {
			text.WriteByte(s[i])
		}
	}
	return text.String()
}

func query(operation string) string {
	odd := often(50)
	var parts []string
	for i, count := 0, random.Intn(3); i < count && operation != "containers/prune"; i++ {
		switch {
		case odd && often(20):
			parts = append(parts, pick("since=x", "before=x", "Filters={}", "filters", "x=1", "", "all=%00", "filter%73={}", "all;filters={}", "namespaces=1", "+filters={}"))
		case operation == "events":
			parts = append(parts, pick("since=", "until=")+strconv.Itoa(random.Intn(100)))
		default:
			parts = append(parts, pick("all=1", "all=true", "size=0", "limit=-1", "trunc_cmd=0", "limit=5"))
		}
	}
	if often(90) {
		parts = append(parts, "filters="+escaped(object(operation, odd)))
	}
	if odd && often(10) {
		parts = append(parts, "filters="+pick("", "{}", escaped(object(operation, odd))))
	}
	random.Shuffle(len(parts), func(i, k int) { parts[i], parts[k] = parts[k], parts[i] })
	separator := "&"
	if odd && often(5) {
		separator = pick(";", "&&", "&amp;", "%26")
	}
	return strings.Join(parts, separator)
}

// ---- the test ----

func main() {
	address, socket := os.Args[1], os.Args[2]
	count, _ := strconv.Atoi(os.Args[3])
	seed, _ := strconv.ParseInt(os.Args[4], 10, 64)
	var labels []string
	if os.Args[5] != "" {
		labels = strings.Split(os.Args[5], ",")
	}
	nameRegex := os.Args[6]
	random = rand.New(rand.NewSource(seed))
	fmt.Printf("seed %d\n", seed)

	var lock sync.Mutex
	var got *http.Request
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fail("%v", err)
	}
	os.Chmod(socket, 0o666)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() == "oracle" {
			lock.Lock()
			got = r
			lock.Unlock()
		}
		w.Write([]byte("[]"))
	}))
	// What the Engine compiles as a regex selects what the pattern shop-? and the name web select.
	if nameRegex != "" {
		compiled := regexp.MustCompile(nameRegex)
		for name, good := range map[string]bool{"/web": false, "web": true, "shop-1": true, "shop-": false, "shop-12": false, "webb": false,
			"aweb": false, "db/web": false, "shop-\n": false} {
			if compiled.MatchString(name) != good {
				fail("%s: %q", nameRegex, name)
			}
		}
	}
	operations := []string{"containers/json", "containers/json", "events", "containers/prune"}
	if nameRegex != "" {
		operations = operations[:1]
	}
	requests, _ := os.Create(os.Args[7])
	decisions, _ := os.Create(os.Args[8])
	passed, faithful := 0, 0
	connection := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for turn := 0; turn < count; turn++ {
		operation := operations[random.Intn(len(operations))]
		sent := query(operation)
		method := map[bool]string{true: "POST", false: "GET"}[operation == "containers/prune"]
		request := &http.Request{Method: method, Host: "docker", Header: http.Header{"User-Agent": {"oracle"}},
			URL: &url.URL{Scheme: "http", Host: address, Path: "/" + operation, RawQuery: sent}}
		lock.Lock()
		got = nil
		lock.Unlock()
		answer, err := connection.Do(request)
		if err != nil {
			continue // what Go's client does not send
		}
		answer.Body.Close()
		lock.Lock()
		received := got
		lock.Unlock()
		if answer.StatusCode != 400 { // HAProxy does not read it as a request
			fmt.Fprintf(requests, "%s /%s?%s\n", method, operation, sent)
			fmt.Fprintln(decisions, map[bool]string{true: "allowed", false: "denied"}[received != nil])
		}
		if received == nil {
			if answer.StatusCode != 403 && answer.StatusCode != 400 {
				fail("%s: status %d", sent, answer.StatusCode)
			}
			continue
		}
		passed++
		for _, semicolons := range []bool{false, true} {
			f, others, ok := read(received.URL.RawQuery, semicolons)
			if !ok {
				continue // the Engine answers 400
			}
			for _, label := range labels {
				if _, there := f["label"][label]; !there {
					fail("%s %s\nreaches the Engine as %s\nwithout the label %s", operation, sent, received.URL.RawQuery, label)
				}
			}
			if nameRegex != "" && !reflect.DeepEqual(f["name"], map[string]bool{nameRegex: true}) {
				fail("%s %s\nreaches the Engine as %s\nwith the names %v", operation, sent, received.URL.RawQuery, f["name"])
			}
			if operation == "events" && !reflect.DeepEqual(f["type"], map[string]bool{"container": true}) {
				fail("%s %s\nreaches the Engine as %s\nwith the types %v", operation, sent, received.URL.RawQuery, f["type"])
			}
			// What the client asked for is there, and nothing else.
			asked, other, fine := read(sent, semicolons)
			if !fine {
				fail("%s %s\nwhich the Engine refuses, reaches it as %s", operation, sent, received.URL.RawQuery)
			}
			for key, set := range asked {
				want := keys(set)
				if key == "label" {
					for _, label := range labels {
						want[label] = true
					}
				}
				if !reflect.DeepEqual(keys(f[key]), want) {
					fail("%s %s\nreaches the Engine as %s\nwith other values of %s", operation, sent, received.URL.RawQuery, key)
				}
				delete(f, key)
			}
			for key := range f {
				if key != "label" && key != "name" && key != "type" {
					fail("%s %s\nreaches the Engine as %s\nwith %s", operation, sent, received.URL.RawQuery, key)
				}
			}
			if other.Encode() != others.Encode() {
				fail("%s %s\nreaches the Engine as %s\nwith other parameters", operation, sent, received.URL.RawQuery)
			}
			faithful++
		}
	}
	fmt.Printf("%d queries, %d passed, %d read\n", count, passed, faithful)
	if passed < count/5 || passed > count*9/10 {
		fail("too few or too many have passed")
	}
}
