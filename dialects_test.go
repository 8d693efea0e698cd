//go:build dialects

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

const dialectKey = "sk-planted-0123456789abcdef"

// recordedAnswers are the fixtures of loadgen/dialect that providers' own clients can read, as scripts.
func recordedAnswers(t *testing.T) map[string]scripted.Script {
	t.Helper()
	all := map[string]scripted.Script{}
	for _, name := range []string{"openai-chat", "openai-responses", "anthropic", "gemini", "gemini-whole"} {
		files, err := filepath.Glob(filepath.Join("loadgen", "dialect", "testdata", name, "*.http"))
		if err != nil || len(files) < 8 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := bytes.Cut(raw, []byte("\n\n"))
			s := scripted.Script{Status: resp.StatusCode, Header: map[string]string{}, Steps: []scripted.Step{{Bytes: string(body)}}}
			for key := range resp.Header {
				s.Header[key] = resp.Header.Get(key)
			}
			all[name+"/"+strings.TrimSuffix(filepath.Base(file), ".http")] = s
		}
	}
	return all
}

// fixtureOf is what a request of a client asks for: its dialect is the beginning of the path, its model the fixture.
func fixtureOf(r scripted.Received) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/")
	if _, model, ok := strings.Cut(rest, "/models/"); ok {
		model, _, _ = strings.Cut(model, ":")
		return name + "/" + model
	}
	var body struct{ Model string }
	_ = json.Unmarshal(r.Body, &body)
	return name + "/" + body.Model
}

// heard is what a client made of an answer.
type heard struct {
	Fixture, Text, Thought, Error string
	Finish                        *string
	Prompt, Cached, Output        int
}

// The providers' own clients hear the same in every fixture as we do, and ask in the same way.
func TestDialectsOfClients(t *testing.T) {
	answers := recordedAnswers(t)
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		if script, ok := answers[fixtureOf(r)]; ok {
			return script
		}
		return scripted.Refuse(404, 0, "no fixture "+fixtureOf(r))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := filepath.Join("loadgen", "dialect", "testdata", "sdk")
	args := []string{"check.py", s.URL(), dialectKey}
	for name := range answers {
		if !strings.HasSuffix(name, "/truncated") { // clients take the end of a connection for that of the answer
			args = append(args, name)
		}
	}
	bin, err := filepath.Abs(virtualEnv(t, filepath.Join(dir, "requirements.txt")))
	if err != nil {
		t.Fatal(err)
	}
	out := tool(t, dir, []string{"PYTHONDONTWRITEBYTECODE=1"}, filepath.Join(bin, "python"), args...)
	lines := 0
	for line := range strings.Lines(out) {
		var h heard
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Logf("not of the check: %s", line)
			continue
		}
		lines++
		compareHeard(t, h)
	}
	if lines != len(args)-3 {
		t.Errorf("%d answers to %d requests:\n%s", lines, len(args)-3, out)
	}
	for _, r := range s.Served() {
		if strings.HasSuffix(fixtureOf(r.Received), "/normal") {
			compareAsked(t, r.Received)
		}
	}
}

// decodedGolden is what we make of a fixture.
type decodedGolden struct {
	Outcome string `json:"outcome"`
	Error   string `json:"error"`
	Prompt  int    `json:"prompt_tokens"`
	Cached  int    `json:"cached_tokens"`
	Output  int    `json:"output_tokens"`
	Finish  string `json:"finish"`
	Said    string `json:"said"`
	Texts   []struct {
		Text    string `json:"text"`
		Thought bool   `json:"thought"`
	} `json:"texts"`
}

// unheard are fixtures that Google's client does not read: it asks for no reason to end, reads no comments, and takes an error that
// came with status 200 for an empty answer.
var unheard = map[string]bool{"gemini/no-reason": true, "gemini/keep-alive": true, "gemini-whole/error": true}

func compareHeard(t *testing.T, h heard) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("loadgen", "dialect", "testdata", h.Fixture+".golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g decodedGolden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	if unheard[h.Fixture] {
		return
	}
	if (g.Outcome != "ok") != (h.Error != "") {
		t.Errorf("%s: we say %s %s, the client %q", h.Fixture, g.Outcome, g.Error, h.Error)
		return
	}
	if g.Outcome != "ok" {
		return
	}
	text, thought := "", ""
	for _, p := range g.Texts {
		if p.Thought {
			thought += p.Text
		} else {
			text += p.Text
		}
	}
	if strings.HasSuffix(h.Fixture, "gemini-whole/thinking") { // one message to us
		h.Thought, h.Text = "", h.Thought+h.Text
	}
	if h.Text != text || h.Thought != thought {
		t.Errorf("%s: text %q and thought %q, the client has %q and %q", h.Fixture, text, thought, h.Text, h.Thought)
	}
	if h.Prompt != g.Prompt || h.Cached != g.Cached || h.Output > 0 && h.Output != g.Output {
		t.Errorf("%s: tokens %d, %d, %d, the client has %d, %d, %d", h.Fixture, g.Prompt, g.Cached, g.Output, h.Prompt, h.Cached, h.Output)
	}
	if said := strings.TrimPrefix(g.Said, "response."); h.Finish != nil && *h.Finish != said && *h.Finish != g.Finish {
		t.Errorf("%s: finish %s (said %s), the client has %s", h.Fixture, g.Finish, g.Said, *h.Finish)
	}
}

// compareAsked holds a client's request to ours for the same prompt.
func compareAsked(t *testing.T, r scripted.Received) {
	t.Helper()
	name, _, _ := strings.Cut(fixtureOf(r), "/")
	kind, _ := dialect.Named(name)
	key, err := dialect.NewKey(dialectKey)
	if err != nil {
		t.Fatal(err)
	}
	call, err := kind.Dialect.Encode(workload.Prompt{Text: "Count.", MaxTokens: 16}, dialect.Options{Model: "normal", Usage: dialect.UsageFinal, Key: key, ServerSampling: name == "anthropic"}) // whose client sends no temperature
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ := strings.Cut(call.Path, "?")
	if r.Path != "/"+name+path {
		t.Errorf("%s: the client asks at %s, we at %s", name, r.Path, path)
	}
	header := call.Header.Clone()
	call.Auth.Sign(header)
	for _, h := range []string{call.Auth.Header, "Content-Type", "Anthropic-Version"} {
		if header.Get(h) != r.Header.Get(h) {
			t.Errorf("%s: header %s is %q of the client, %q of ours", name, h, r.Header.Get(h), header.Get(h))
		}
	}
	var theirs, ours any
	if err := json.Unmarshal(r.Body, &theirs); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(call.Body, &ours); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(theirs, ours) {
		t.Errorf("%s: the client sends\n%s\nwe send\n%s", name, r.Body, call.Body)
	}
}
