//go:build dialects

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// listening is a dialect that keeps what is decoded of one answer.
type listening struct {
	dialect.Dialect
	texts *[]string
}

func (l listening) NewDecoder() dialect.Decoder { return ear{l.Dialect.NewDecoder(), l.texts} }

type ear struct {
	dialect.Decoder
	texts *[]string
}

func (e ear) Decode(payload []byte) (dialect.Delta, error) {
	d, err := e.Decoder.Decode(payload)
	if d.Text != "" {
		*e.texts = append(*e.texts, d.Text)
	}
	return d, err
}

// wordCount counts words, as the golden files of loadgen/dialect have it.
type wordCount struct{}

func (wordCount) Count(text string) int { return len(strings.Fields(text)) }

// askOnce sends one request, and returns what became of it and the texts of the answer.
func askOnce(t *testing.T, url string, d dialect.Dialect, o dialect.Options, prompt workload.Prompt) (result.Request, []string) {
	t.Helper()
	schedule, err := arrival.Constant(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	var got result.Request
	p := loadgen.Plan{URL: url, Dialect: listening{d, &texts}, Options: o, Schedule: schedule, Prompts: []workload.Prompt{prompt}, Deadline: time.Minute, Counter: wordCount{}}
	if _, err := loadgen.Attack(t.Context(), p, func(r result.Request) { got = r }); err != nil {
		t.Fatal(err)
	}
	return got, texts
}

// spoken are the fixtures of gRPC that a server which keeps to the protocol can send, by name.
func spoken(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.http"))
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		_, status, told := strings.Cut(text, "\nGrpc-Status: ")
		if told && status[0] >= '0' && status[0] <= '9' && !strings.Contains(text, "\nhex ") && !strings.Contains(text, "\ncut ") {
			names = append(names, strings.TrimSuffix(filepath.Base(file), ".http"))
		}
	}
	return names
}

// leashed starts a command that ends with its input, which is closed when the test ends, and returns its output by lines.
func leashed(t *testing.T, c *exec.Cmd) *bufio.Scanner {
	t.Helper()
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = c.Wait()
	})
	return bufio.NewScanner(out)
}

// tritonServer is gRPC's own server with Triton's own messages. Every request that it reads is a line of its output.
func tritonServer(t *testing.T, python, dir string) (address string, lines *bufio.Scanner) {
	t.Helper()
	c := exec.CommandContext(t.Context(), python, "check.py", "serve", ".")
	c.Dir, c.Stderr = dir, os.Stderr
	lines = leashed(t, c)
	var ready struct {
		Port    int
		Differs []string
	}
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &ready) != nil || ready.Port == 0 {
		t.Fatalf("no address: %q, %v", lines.Text(), lines.Err())
	}
	if len(ready.Differs) > 0 {
		t.Errorf("service.textproto is not what Triton's client has:\n%s", strings.Join(ready.Differs, "\n"))
	}
	return fmt.Sprintf("127.0.0.1:%d", ready.Port), lines
}

// gRPC's own server, with Triton's own messages, sends what the fixtures say: we hear what the golden files say. It reads our
// requests as it reads those of Triton's own client.
func TestDialectsOfTritonGRPC(t *testing.T) {
	dir := filepath.Join("loadgen", "dialect", "testdata", "triton-grpc")
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join(dir, "requirements.txt")))
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(bin, "python")
	address, lines := tritonServer(t, python, dir)
	key, err := dialect.NewKey(dialectKey)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]map[string]any{}
	for _, name := range spoken(t, dir) {
		r, texts := askOnce(t, "http://"+address, dialect.TritonGRPC{}, dialect.Options{Model: name, Key: key}, workload.Prompt{Text: "Count.", MaxTokens: 16})
		compareSpoken(t, "triton-grpc/"+name, r, texts)
		asked[name] = requestRead(t, lines)
	}
	out := tool(t, dir, []string{"PYTHONDONTWRITEBYTECODE=1"}, python, "check.py", "ask", address, "normal")
	var texts []string
	if err := json.Unmarshal([]byte(out), &texts); err != nil || strings.Join(texts, "") != "One two three." {
		t.Errorf("Triton's client heard %q, %v", out, err)
	}
	theirs, ours := requestRead(t, lines), asked["normal"]
	if want := map[string]any{"triton_grpc_error": "true", "authorization": "Bearer " + dialectKey}; !reflect.DeepEqual(ours["metadata"], want) {
		t.Errorf("metadata %v", ours["metadata"])
	}
	delete(ours, "metadata") // Triton's client has no key
	delete(theirs, "metadata")
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("Triton's client sends\n%v\nwe send\n%v", theirs, ours)
	}
}

func requestRead(t *testing.T, lines *bufio.Scanner) (request map[string]any) {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the server says nothing more: %v", lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
		t.Fatalf("%v: %s", err, lines.Text())
	}
	return request
}

func compareSpoken(t *testing.T, fixture string, r result.Request, texts []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("loadgen", "dialect", "testdata", fixture+".golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g decodedGolden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range g.Texts {
		want = append(want, p.Text)
	}
	if r.Outcome != g.Outcome || r.Error != g.Error || r.OutputTokens != g.Output || r.Finish != g.Finish || !reflect.DeepEqual(texts, want) {
		t.Errorf("%s: %s %q, %d tokens, finish %q, texts %q; in the fixture %+v", fixture, r.Outcome, r.Error, r.OutputTokens, r.Finish, texts, g)
	}
}

// realTriton starts Triton's own server, with the models of serve.py.
func realTriton(t *testing.T) (http, grpc string) {
	t.Helper()
	dir := filepath.Join("loadgen", "dialect", "testdata", "triton")
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join(dir, "requirements.txt")))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(filepath.Join(bin, "python"), "serve.py") // ends by its input, and with it the server
	c.Dir, c.Env = dir, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var log strings.Builder
	c.Stderr = &log
	t.Cleanup(func() { // when it has ended
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})
	lines := leashed(t, c)
	var ports struct{ HTTP, GRPC int }
	for ports.GRPC == 0 {
		if !lines.Scan() {
			t.Fatalf("the server did not start: %v", lines.Err())
		}
		_ = json.Unmarshal(lines.Bytes(), &ports) // the server's own lines are none of ours
	}
	return fmt.Sprintf("http://127.0.0.1:%d", ports.HTTP), fmt.Sprintf("http://127.0.0.1:%d", ports.GRPC)
}

// Triton's own server answers what the dialects ask of it, word by word where it streams, and what it refuses is named.
func TestDialectsOfTritonServer(t *testing.T) {
	http, grpc := realTriton(t)
	urls := map[string]string{"triton": http, "triton-stream": http, "kserve": http, "triton-grpc": grpc}
	llmapi := map[string]string{"triton-llmapi": http, "triton-llmapi-stream": http, "triton-llmapi-grpc": grpc} // whose models take no batches, and so have no queue
	streamed := []string{"w0", " w1", " w2", " w3", " w4"}
	heard := `{"bad_words": [""], "max_tokens": [5], "stop_words": ["#"], "stream": [false], "temperature": [0.5], "text_input": ["Hi \u00e9"], "top_k": [3]}`
	const ofLLMAPI = `{"return_finish_reason": [true], "sampling_param_exclude_input_from_output": [true], "sampling_param_max_tokens": [5], "sampling_param_stop": ["#"], ` +
		`"sampling_param_temperature": [0.5], "sampling_param_top_k": [3], "streaming": [false], "text_input": ["Hi \u00e9"]}`
	for _, tc := range []struct {
		dialect, model, outcome, errors string
		texts                           []string
	}{
		{"triton-stream", "words", result.OK, "", streamed},
		{"triton-grpc", "words", result.OK, "", streamed},
		{"triton", "echo", result.OK, "", []string{heard}},
		{"triton-stream", "echo", result.OK, "", []string{strings.Replace(heard, "false", "true", 1)}},
		{"kserve", "echo", result.OK, "", []string{`{"max_tokens": [5], "stop_words": ["#"], "temperature": [0.5], "text_input": ["Hi \u00e9"], "top_k": [3]}`}},
		{"triton-grpc", "echo", result.OK, "", []string{`{"max_tokens": [5], "stop_words": ["#"], "stream": [true], "temperature": [0.5], "text_input": ["Hi \u00e9"], "top_k": [3]}`}},
		{"triton-stream", "broken", result.StreamErr, "out of blocks", []string{"w0"}},
		{"triton-grpc", "broken", result.StreamErr, "out of blocks", []string{"w0"}},
		{"kserve", "words", result.HTTPError, "decoupled", nil},
		{"triton", "none", result.HTTPError, "unknown model: 'none'", nil},
		{"triton-stream", "none", result.HTTPError, "unknown model: 'none'", nil},
		{"kserve", "none", result.HTTPError, "unknown model: 'none'", nil},
		{"triton-grpc", "none", result.StreamErr, "unknown model: 'none'", nil}, // it says so in a response
		{"triton-llmapi-stream", "grows", result.OK, "", streamed},
		{"triton-llmapi-grpc", "grows", result.OK, "", streamed},
		{"triton-llmapi", "heard", result.OK, "", []string{ofLLMAPI}},
		{"triton-llmapi-stream", "heard", result.OK, "", []string{strings.Replace(ofLLMAPI, `"streaming": [false]`, `"streaming": [true]`, 1)}},
		{"triton-llmapi-grpc", "heard", result.OK, "", []string{strings.Replace(ofLLMAPI, `"streaming": [false]`, `"streaming": [true]`, 1)}},
		{"triton-llmapi", "grows", result.StreamErr, "generate expects model to produce exactly 1 response", nil},
	} {
		kind, _ := dialect.Named(tc.dialect)
		o := dialect.Options{Model: tc.model, Temperature: 0.5, TopK: 3, Stop: []string{"#"}}
		r, texts := askOnce(t, cmp.Or(urls[tc.dialect], llmapi[tc.dialect]), kind.Dialect, o, workload.Prompt{Text: "Hi é", MaxTokens: 5})
		t.Logf("%s, %s: %d %s %q, texts %q", tc.dialect, tc.model, r.Status, r.Outcome, r.Error, texts)
		if r.Outcome != tc.outcome || !strings.Contains(r.Error, tc.errors) || !reflect.DeepEqual(texts, tc.texts) {
			t.Errorf("%s, %s: %d %s %q, texts %q; want %s %q, %q", tc.dialect, tc.model, r.Status, r.Outcome, r.Error, texts, tc.outcome, tc.errors, tc.texts)
		}
		if len(tc.texts) > 1 && (r.Events[0].At == r.Events[len(r.Events)-1].At || r.OutputTokens != len(tc.texts) || !r.Estimated) {
			t.Errorf("%s, %s: %+v", tc.dialect, tc.model, r)
		}
	}
	for name, url := range urls {
		overload(t, name, url)
	}
}

// overload asks for more at once than a model with a short queue takes: some are answered, and others refused as overloaded.
func overload(t *testing.T, name, url string) {
	t.Helper()
	kind, _ := dialect.Named(name)
	schedule, err := arrival.Constant(100, 6)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	p := loadgen.Plan{URL: url, Dialect: kind.Dialect, Options: dialect.Options{Model: "full"}, Schedule: schedule, Deadline: time.Minute, Counter: wordCount{}}
	for range 6 {
		p.Prompts = append(p.Prompts, workload.Prompt{Text: "x", MaxTokens: 1})
	}
	var errors []string
	if _, err := loadgen.Attack(t.Context(), p, func(r result.Request) {
		outcomes[r.Outcome]++
		errors = append(errors, r.Error)
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, full: %v %q", name, outcomes, errors)
	if outcomes[result.OK] == 0 || outcomes[result.Overloaded] == 0 || outcomes[result.OK]+outcomes[result.Overloaded] != 6 {
		t.Errorf("%s: %v %q, want some answered, and the others refused as overloaded", name, outcomes, errors)
	}
}
