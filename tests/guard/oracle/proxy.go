package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// What the tests' proxy lets through to the guard.
var proxied = []string{"ContainerCreate", "ContainerCreate", "ContainerUpdate", "ContainerExec", "ContainerStart", "VolumeCreate",
	"NetworkCreate", "NetworkConnect", "ServiceCreate", "ServiceUpdate", "CheckpointCreate"}

var routes = map[string]string{
	"ContainerCreate": "/containers/create", "ContainerUpdate": "/containers/x/update", "ContainerExec": "/containers/x/exec",
	"ContainerStart": "/containers/x/start", "VolumeCreate": "/volumes/create", "NetworkCreate": "/networks/create",
	"NetworkConnect": "/networks/x/connect", "ServiceCreate": "/services/create", "ServiceUpdate": "/services/x/update",
	"CheckpointCreate": "/containers/x/checkpoints",
}

// engine stands where the Docker Engine would: it takes whatever the proxy lets through and notes what is dangerous.
type engine struct {
	sync.Mutex
	arrived int
	wrong   []string
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.Lock()
	defer e.Unlock()
	for operation, route := range routes {
		if r.URL.Path == route {
			e.arrived++
			if why := dangerous(operation, body, settings{}); why != "" {
				e.wrong = append(e.wrong, fmt.Sprintf("%s: %s\n%s", operation, why, body))
			}
		}
	}
	fmt.Fprint(w, "{}")
}

// pieces gives a body bit by bit, with and without a pause between.
type pieces struct {
	*rand.Rand
	rest []byte
	size int
	wait bool
}

func (p *pieces) Read(into []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	if p.wait && p.Intn(4) == 0 {
		time.Sleep(time.Millisecond)
	}
	n := copy(into[:min(len(into), p.size)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// proxy sends bodies through a running proxy (address) that forwards to socket, written and cut in different ways. What
// arrives must be harmless, and the proxy must say of each body what the program JUDGE says.
func proxy(address, socket, program string, count int, seed int64, corpus map[string][][]byte) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fail("%v", err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		fail("%v", err)
	}
	engine := &engine{}
	go http.Serve(listener, engine)
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: 10 * time.Second, DisableCompression: true}}
	random := rand.New(rand.NewSource(seed))
	passed, refused := 0, 0
	for done, round := 0, 0; done < count; round++ {
		operation := proxied[round%len(proxied)]
		g := &generator{Rand: random, corpus: corpus[operation]}
		bodies := make([][]byte, min(count-done, 50))
		for i := range bodies {
			bodies[i] = g.next(operation)
		}
		for i, verdict := range judge(program, operation, nil, bodies) {
			request, err := http.NewRequest("POST", "http://"+address+routes[operation], bytes.NewReader(bodies[i]))
			if err != nil {
				fail("%v", err)
			}
			request.Header.Set("Content-Type", "application/json")
			if random.Intn(2) == 0 {
				length := request.ContentLength
				request.Body = io.NopCloser(&pieces{random, bodies[i], 1 + random.Intn(60), random.Intn(3) == 0})
				request.GetBody = nil
				request.ContentLength = length
				if random.Intn(2) == 0 && length > 0 {
					request.ContentLength = -1 // chunked
				}
			}
			if random.Intn(20) == 0 {
				request.Header.Set("Expect", "100-continue")
			}
			response, err := client.Do(request)
			if err != nil {
				fail("%s: %v\n%s", operation, err, bodies[i])
			}
			answer, _ := io.ReadAll(response.Body)
			response.Body.Close()
			switch {
			case response.StatusCode == 200 && verdict == 'P':
				passed++
			case response.StatusCode == 403 && verdict == 'R' && strings.Contains(string(answer), "is forbidden: "):
				refused++
			default:
				fail("%s: %d %s, but the judge says %c\n%s", operation, response.StatusCode, answer, verdict, bodies[i])
			}
		}
		done += len(bodies)
	}
	for _, wrong := range engine.wrong {
		fmt.Printf("DANGEROUS AND PASSED: %s\n", wrong)
	}
	fmt.Printf("seed %d: %d bodies through the proxy: %d passed, %d refused, %d arrived\n", seed, count, passed, refused, engine.arrived)
	if len(engine.wrong) > 0 || engine.arrived != passed || passed < count/20 || refused < count/20 {
		os.Exit(1)
	}
}
