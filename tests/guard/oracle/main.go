// oracle judges request bodies as the Docker Engine's decoder reads them, to hold the create guard against it.
//
//	oracle fuzz JUDGE TRIES SEED CORPUS [NAME=value ...]   random bodies, judged by the program JUDGE and by us: not one
//	                                                       that we call dangerous may pass. Some are made from those in
//	                                                       CORPUS and in the directory hostile beside it. The
//	                                                       variables are for the judge alone: a hole that the
//	                                                       run has to find.
//	oracle proxy ADDRESS SOCKET JUDGE COUNT SEED CORPUS    random bodies through a proxy: see proxy.go
//	oracle queries JUDGE TRIES SEED                        random queries, one call of JUDGE each
//	oracle kinds TRIES SEED CORPUS                         how often random bodies are dangerous, and why
//	oracle judge OPERATION [NAME=value ...]                one body on stdin: what is dangerous in it (then exit 3)
//	oracle query OPERATION QUERY [NAME=value ...]          the same for a query
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

var operations = []string{"ContainerCreate", "ContainerCreate", "ContainerCreate", "ContainerUpdate", "ContainerExec", "ContainerExecLibpod", "ContainerStart",
	"VolumeCreate", "NetworkCreate", "NetworkConnect", "NetworkDisconnect", "ServiceCreate", "ServiceCreate", "ServiceUpdate", "CheckpointCreate",
	"SecretCreate", "SecretUpdate", "ConfigCreate", "ConfigUpdate"}

// The variables that are tried: closed, lists, single booleans, images, names, and what a test says about the proxy.
var variables = [][]string{
	{},
	{"ALLOW_BIND_MOUNTS=/srv,/data", "ALLOW_CAP_ADD=NET_ADMIN", "ALLOW_SECURITY_OPT=label=disable", "ALLOW_RUNTIME=runsc"},
	{"ALLOW_PRIVILEGED=true", "ALLOW_SYSCTLS=true"},
	{"ALLOW_BIND_MOUNTS=/", "ALLOW_DEVICES=true", "ALLOW_VOLUMES_FROM=yes", "SELF_CONTAINER=" + self, "SELF_VOLUMES=volume.1"},
	{"ALLOW_BIND_MOUNTS=true", "ALLOW_CAP_ADD=true", "ALLOW_HOST_NAMESPACES=1"},
	{"ALLOW_BIND_MOUNTS=/var/run/docker.sock", "ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*", "ALLOW_CGROUP_PARENT=true"},
	{"REQUIRE_LABEL=team=blue"},
	{"ENGINE=docker", "SECRETS=open", "CONFIGS=open", "INSPECT=open"},
	{"ENGINE=podman", "SELF_CONTAINER=" + self, "SELF_VOLUMES=data,a_b", "ALLOW_VOLUME_NAMES=a_b"},
	{"ENGINE=docker", "ALLOW_VOLUME_DRIVERS=other,vieux/sshfs:latest,nfs,nfs4,cifs,smb3", "ALLOW_NETWORK_DRIVERS=macvlan,weave", "ALLOW_LOG_DRIVERS=syslog,fluentd"},
	{"ALLOW_HOST_NAMESPACES=network:host,network:container:gluetun,pid:container:web*,ipc:container:db,cgroup:host", "NAMED=db," + db, "ALLOW_DEVICES=/dev/dri/,/dev/net/tun,c:189:*", "ALLOW_SYSCTLS=net.ipv4.ip_forward,net.ipv6.*",
		"ALLOW_EXEC_COMMANDS=pg_dump -U * **,nginx -s reload,cat /backup/*.sql", "ALLOW_EXEC_USERS=postgres,1000:1000", "SELF_CONTAINER=" + self},
	{"ALLOW_HOST_NAMESPACES=pid:host,network:container:*,ipc:container:?b*", "ALLOW_DEVICES=gpu,b:8:0", "ALLOW_SYSCTLS=net/ipv4/conf/eth0.1/forwarding,kernel.msgmax", "ALLOW_EXEC_COMMANDS=ls **,sh /job.sh,tar c ?,head /data/*/* *,head /data/?? ?,tail --file=*/* ?*", "ENGINE=docker", "SELF_CONTAINER=" + self},
	{"ENGINE=podman", "SELF_CONTAINER=" + self, "ALLOW_VOLUME_NAMES=*a,??"},
	{"ALLOW_VOLUME_NAMES=d*,x?", "ALLOW_LOG_DRIVERS=gelf", "ALLOW_VOLUME_DRIVERS=nfs,cifs"},
}

// db is the id of the container "db", whose name is the beginning of other ids.
const db = "77d2a9c7be05316d8a4c0f2e79b1358604dca27fe913b5580ac6d42e17f9b03a"

// self is the proxy's own container, as the test's variables tell it.
const self = "4f1d2a9c7be05316d8a4c0f2e79b1358604dca27fe913b5580ac6d42e17f9b03,docker-socket-proxy"

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

func parse(arguments []string) settings {
	s := settings{}
	for _, argument := range arguments {
		name, value, _ := strings.Cut(argument, "=")
		s[name] = value
	}
	return s
}

// inspected says which operations the program under test looks at. Bodies of others would pass.
func inspected(program string) map[string]bool {
	out, err := exec.Command(program, "-o").Output()
	if err != nil {
		fail("%s -o: %v", program, err)
	}
	known := map[string]bool{}
	for _, operation := range strings.Fields(string(out)) {
		known[operation] = true
	}
	return known
}

// judge asks the program under test about many bodies at once.
func judge(program, operation string, arguments []string, bodies [][]byte) []byte {
	command := exec.Command(program, append([]string{operation}, arguments...)...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		fail("%v", err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		fail("%v", err)
	}
	if err := command.Start(); err != nil {
		fail("%v", err)
	}
	go func() {
		w := bufio.NewWriterSize(in, 1<<16)
		for _, body := range bodies {
			var length [4]byte
			binary.BigEndian.PutUint32(length[:], uint32(len(body)))
			w.Write(length[:])
			w.Write(body)
		}
		w.Flush()
		in.Close()
	}()
	verdicts, err := io.ReadAll(out)
	if err != nil {
		fail("%v", err)
	}
	if err := command.Wait(); err != nil || len(verdicts) != len(bodies) {
		fail("%s %s %v: %v, %d verdicts on %d bodies", program, operation, arguments, err, len(verdicts), len(bodies))
	}
	return verdicts
}

// readCorpus reads the bodies below a directory, by operation.
func readCorpus(directory string) map[string][][]byte {
	corpus := map[string][][]byte{}
	files, _ := filepath.Glob(filepath.Join(directory, "*", "*.json"))
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			fail("%v", err)
		}
		operation := filepath.Base(filepath.Dir(file))
		corpus[operation] = append(corpus[operation], body)
	}
	if len(corpus) == 0 {
		fail("%s: no bodies", directory)
	}
	return corpus
}

func fuzz(program string, tries int, seed int64, corpus, hostile map[string][][]byte, hole []string) {
	const batch = 500
	random := rand.New(rand.NewSource(seed))
	known := inspected(program)
	passed, caught, refused, wrong := 0, 0, 0, 0
	for round, done := 0, 0; done < tries; round++ {
		operation := operations[round%len(operations)]
		arguments := variables[(round/len(operations)+round)%len(variables)]
		s := parse(arguments)
		n := batch
		if n > tries-done {
			n = tries - done
		}
		g := &generator{Rand: random, corpus: corpus[operation], hostile: hostile[operation]}
		bodies := make([][]byte, n)
		for i := range bodies {
			bodies[i] = g.next(operation)
		}
		verdicts := bytes.Repeat([]byte{'P'}, n)
		if known[operation] {
			verdicts = judge(program, operation, append(append([]string{}, hole...), arguments...), bodies)
		}
		for i, verdict := range verdicts {
			why := dangerous(operation, bodies[i], s)
			switch {
			case verdict == 'P' && why != "":
				wrong++
				fmt.Printf("DANGEROUS AND PASSED: %s %v: %s\n%s\n", operation, arguments, why, bodies[i])
			case verdict == 'P':
				passed++
			case why != "":
				caught++
			default:
				refused++
			}
		}
		done += n
	}
	fmt.Printf("seed %d: %d bodies: %d harmless and passed, %d dangerous and refused, %d others refused, %d dangerous and passed\n",
		seed, tries, passed, caught, refused, wrong)
	if wrong > 0 {
		os.Exit(1)
	}
	// A run in which nothing passes, or nothing is dangerous, would prove nothing.
	if passed < tries/20 || caught < tries/20 {
		fail("too few of a kind: this run proves nothing")
	}
}

// kinds says how often the search comes upon each kind of danger: of which there is none, it could find no hole.
func kinds(tries int, seed int64, corpus, hostile map[string][][]byte) {
	random := rand.New(rand.NewSource(seed))
	count := map[string]int{}
	for i := 0; i < tries; i++ {
		operation := operations[i%len(operations)]
		s := parse(variables[(i/len(operations)+i)%len(variables)])
		g := &generator{Rand: random, corpus: corpus[operation], hostile: hostile[operation]}
		if why := dangerous(operation, g.next(operation), s); why != "" {
			count[why]++
		}
	}
	for why, n := range count {
		fmt.Printf("%d %q\n", n, why)
	}
}

// queries is fuzz for what follows the question mark.
func queries(program string, tries int, seed int64) {
	known := inspected(program)
	g := &generator{Rand: rand.New(rand.NewSource(seed))}
	passed, caught, refused, wrong := 0, 0, 0, 0
	for i := 0; i < tries; i++ {
		operation := queryOperations[i%len(queryOperations)]
		arguments := variables[(i/len(queryOperations)+i)%len(variables)]
		query := g.query(operation)
		verdict := true
		if known[operation] {
			err := exec.Command(program, append([]string{"-q", operation, query}, arguments...)...).Run()
			if exit, is := err.(*exec.ExitError); err != nil && (!is || exit.ExitCode() != 3) {
				fail("%s -q %s %s %v: %v", program, operation, query, arguments, err)
			}
			verdict = err == nil
		}
		why := dangerousQuery(operation, query, parse(arguments))
		switch {
		case verdict && why != "":
			wrong++
			fmt.Printf("DANGEROUS AND PASSED: %s %v: %s\n%s\n", operation, arguments, why, query)
		case verdict:
			passed++
		case why != "":
			caught++
		default:
			refused++
		}
	}
	fmt.Printf("seed %d: %d queries: %d harmless and passed, %d dangerous and refused, %d others refused, %d dangerous and passed\n",
		seed, tries, passed, caught, refused, wrong)
	if wrong > 0 {
		os.Exit(1)
	}
	if passed < tries/20 || caught < tries/20 {
		fail("too few of a kind: this run proves nothing")
	}
}

func say(why string) {
	if why != "" {
		fmt.Println(why)
		os.Exit(3)
	}
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fail("%v", err)
	}
	return n
}

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) >= 5 && arguments[0] == "fuzz":
		fuzz(arguments[1], int(number(arguments[2])), number(arguments[3]), readCorpus(arguments[4]), readCorpus(filepath.Join(arguments[4], "..", "hostile")), arguments[5:])
	case len(arguments) >= 2 && arguments[0] == "judge":
		body, err := io.ReadAll(os.Stdin)
		if err != nil {
			fail("%v", err)
		}
		say(dangerous(arguments[1], body, parse(arguments[2:])))
	case len(arguments) >= 3 && arguments[0] == "query":
		say(dangerousQuery(arguments[1], arguments[2], parse(arguments[3:])))
	case len(arguments) == 4 && arguments[0] == "kinds":
		kinds(int(number(arguments[1])), number(arguments[2]), readCorpus(arguments[3]), readCorpus(filepath.Join(arguments[3], "..", "hostile")))
	case len(arguments) == 4 && arguments[0] == "queries":
		queries(arguments[1], int(number(arguments[2])), number(arguments[3]))
	case len(arguments) == 7 && arguments[0] == "proxy":
		proxy(arguments[1], arguments[2], arguments[3], int(number(arguments[4])), number(arguments[5]), readCorpus(arguments[6]))
	default:
		fmt.Fprintln(os.Stderr, "usage: oracle fuzz|kinds|queries|proxy|judge|query ..., see main.go")
		os.Exit(2)
	}
}
