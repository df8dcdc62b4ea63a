// oracle holds the redaction against encoding/json: it decodes an answer, hides in the decoded values what members.def
// names, and compares that with what came out, value by value.
//
//	oracle fuzz JUDGE TRIES SEED MEMBERS ANSWERS      random answers, redacted by the program JUDGE. MEMBERS is
//	                                                  entrypoint/redact/members.def, ANSWERS a directory with answers of
//	                                                  real Engines, ANSWERS/NAME/OPERATION.json
//	oracle proxy ADDRESS SOCKET OPERATIONS WORDS JUDGE COUNT SEED MEMBERS ANSWERS
//	                                                  the same through a proxy at ADDRESS with REDACT=WORDS in front of
//	                                                  SOCKET, where this program serves as the Engine. OPERATIONS has
//	                                                  lines METHOD PATH OPERATION. The proxy has to do what JUDGE does.
package main

import (
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

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		fail("%s: %v", text, err)
	}
	return n
}

// A judge redacts answers of one operation.
type judge struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
}

func newJudge(program, words, operation string) *judge {
	j := &judge{command: exec.Command(program, words, operation)}
	j.command.Stderr = os.Stderr
	j.in, _ = j.command.StdinPipe()
	j.out, _ = j.command.StdoutPipe()
	if err := j.command.Start(); err != nil {
		fail("%s: %v", program, err)
	}
	return j
}

// run returns what the answer becomes, or nil for a refusal.
func (j *judge) run(answer []byte) []byte {
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(answer)))
	if _, err := j.in.Write(append(length[:], answer...)); err != nil {
		fail("judge: %v", err)
	}
	if _, err := io.ReadFull(j.out, length[:]); err != nil {
		fail("judge: %v\n%q", err, answer)
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size == ^uint32(0) {
		return nil
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(j.out, text); err != nil {
		fail("judge: %v", err)
	}
	return text
}

func (j *judge) close() {
	j.in.Close()
	if err := j.command.Wait(); err != nil {
		fail("judge: %v", err)
	}
}

// check returns what is wrong with the result of one answer, or "". sound: an Engine could write it, so it has to pass.
func check(root *node, answer, result []byte, sound bool) string {
	in, err := decode(answer)
	if result == nil {
		if sound {
			return "it is refused"
		}
		return ""
	}
	out, outErr := decode(result)
	if outErr != nil {
		return "the result is not JSON: " + outErr.Error()
	}
	if difference := compare(root.redact(out), out, ""); difference != "" {
		return "not hidden: " + difference
	}
	if err == nil {
		if difference := compare(root.redact(in), out, ""); difference != "" {
			return "not what the oracle makes of it: " + difference
		}
	}
	if sound && bytes.Contains(result, []byte(secret)) {
		return "the result has a value that should be hidden"
	}
	return ""
}

// words that are tried: each by itself, and more and more of them
var sets = []string{"environment", "commands", "labels", "mounts", "networks", "swarm", "environment,commands",
	"environment,labels,networks", "environment,commands,labels,mounts,networks,swarm"}

// real returns the answers of Engines to the operation.
func real(directory, operation string) [][]byte {
	var answers [][]byte
	names, _ := filepath.Glob(filepath.Join(directory, "*", operation+"*.json"))
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		if base != operation && !strings.HasPrefix(base, operation+"-") {
			continue
		}
		answer, err := os.ReadFile(name)
		if err != nil {
			fail("%v", err)
		}
		answers = append(answers, answer)
	}
	return answers
}

// next makes one answer, and says whether it is sound.
func next(random *rand.Rand, root *node, examples [][]byte, turn int) ([]byte, bool) {
	if turn < len(examples) {
		return examples[turn], true
	}
	var answer []byte
	sound := true
	if len(examples) > 0 && random.Intn(8) == 0 {
		answer = examples[random.Intn(len(examples))]
	} else {
		answer, sound = generate(random, root)
	}
	if random.Intn(3) == 0 {
		return mutate(random, root, answer), false
	}
	return answer, sound
}

func fuzz(program string, tries int, seed int64, table, examples string) {
	t := read(table)
	random := rand.New(rand.NewSource(seed))
	passed, refused, sound := 0, 0, 0
	fmt.Printf("seed %d\n", seed)
	jobs := 0
	for _, words := range sets {
		jobs += len(t.hiding(words))
	}
	for _, words := range sets {
		for _, operation := range t.hiding(words) {
			root := t.tree(operation, words)
			j := newJudge(program, words, operation)
			known := real(examples, operation)
			for turn := 0; turn < tries/jobs+1; turn++ {
				answer, good := next(random, root, known, turn)
				result := j.run(answer)
				if wrong := check(root, answer, result, good); wrong != "" {
					fail("REDACT=%s %s: %s\nanswer %q\nresult %q", words, operation, wrong, answer, result)
				}
				if result == nil {
					refused++
				} else {
					passed++
				}
				if good {
					sound++
				}
			}
			j.close()
		}
	}
	fmt.Printf("%d answers: %d passed, %d refused; %d were sound\n", passed+refused, passed, refused, sound)
}

func main() {
	a := os.Args[1:]
	switch {
	case len(a) == 6 && a[0] == "fuzz":
		fuzz(a[1], number(a[2]), int64(number(a[3])), a[4], a[5])
	case len(a) == 10 && a[0] == "proxy":
		proxy(a[1], a[2], a[3], a[4], a[5], number(a[6]), int64(number(a[7])), a[8], a[9])
	default:
		fail("usage: see main.go")
	}
}
