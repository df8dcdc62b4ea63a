package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
)

func sorted(list []string) { sort.Strings(list) }

// proxy sends answers through a running proxy, as its Engine and as its client.
func proxy(address, socket, operations, words, program string, count int, seed int64, members, examples string) {
	t := read(members)
	lines, err := os.ReadFile(operations)
	if err != nil {
		fail("%v", err)
	}
	targets := map[string][2]string{}
	for _, line := range strings.Split(string(lines), "\n") {
		if f := strings.Fields(line); len(f) == 3 {
			targets[f[2]] = [2]string{f[0], strings.NewReplacer("{id}", "x", "{name}", "x").Replace(f[1])}
		}
	}
	var lock sync.Mutex
	var answer []byte
	var chunked bool
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fail("%v", err)
	}
	os.Chmod(socket, 0o666)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "oracle") {
			io.WriteString(w, "{}")
			return
		}
		lock.Lock()
		defer lock.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Api-Version", "1.44")
		if !chunked {
			w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
			w.Write(answer)
			return
		}
		for rest := answer; len(rest) > 0; {
			n := 1 + len(rest)/3
			w.Write(rest[:n])
			w.(http.Flusher).Flush()
			rest = rest[n:]
		}
	}))
	random := rand.New(rand.NewSource(seed))
	fmt.Printf("seed %d\n", seed)
	passed, refused := 0, 0
	for _, operation := range t.hiding(words) {
		target, open := targets[operation]
		if !open {
			fail("%s: not in %s", operation, operations)
		}
		root := t.tree(operation, words)
		j := newJudge(program, words, operation)
		known := real(examples, operation)
		for turn := 0; turn < count; turn++ {
			var good bool
			lock.Lock()
			answer, good = next(random, root, known, turn)
			chunked = random.Intn(2) == 0
			lock.Unlock()
			version := []string{"", "/v1.41", "/v1.51"}[random.Intn(3)]
			if strings.HasPrefix(target[1], "/libpod") {
				version = "/v5.0.0"
			}
			query := []string{"?size=1", "?format=x&ps_args=axe"}[random.Intn(2)]
			if strings.HasPrefix(operation, "ContainerTop") {
				query = "" // it is refused with one
			}
			request, _ := http.NewRequest(target[0], "http://"+address+version+target[1]+query, nil)
			if target[0] == "POST" {
				request.Body = io.NopCloser(strings.NewReader(`{"Name":"x"}`))
				request.Header.Set("Content-Type", "application/json")
			}
			request.Header.Set("User-Agent", "oracle")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				fail("%s: %v\n%q", operation, err, answer)
			}
			result, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != 200 {
				if response.StatusCode != 502 || !bytes.Contains(result, []byte("cannot be redacted")) {
					fail("%s: %d %q\nanswer %q", operation, response.StatusCode, result, answer)
				}
				result = nil
				refused++
			} else {
				passed++
			}
			if wrong := check(root, answer, result, good); wrong != "" {
				fail("REDACT=%s %s: %s\nanswer %q\nresult %q", words, operation, wrong, answer, result)
			}
			if told := j.run(answer); !bytes.Equal(told, result) || (told == nil) != (result == nil) {
				fail("REDACT=%s %s: explain tells %q, the proxy does %q\nanswer %q", words, operation, told, result, answer)
			}
		}
		j.close()
	}
	fmt.Printf("REDACT=%s: %d answers: %d passed, %d refused\n", words, passed+refused, passed, refused)
}
