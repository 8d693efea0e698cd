package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/reports"
)

// standIn is a server of scripted answers, with no list of models; a request without its key is refused.
func standIn(t *testing.T, key string, a scripted.Answer) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		switch {
		case strings.HasSuffix(r.Path, "/models"):
			return scripted.Refuse(404, 0, "no such path")
		case key != "" && r.Header.Get("Authorization") != "Bearer "+key:
			return scripted.Refuse(401, 0, "no key")
		}
		return a.Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A server that is there is loaded, what it did is told, and its run directory is one that other verbs read.
func TestLoad(t *testing.T) {
	s := standIn(t, "secret", scripted.Steady(5*time.Millisecond, time.Millisecond, 8))
	t.Setenv("LOAD_TEST_KEY", "secret")
	dir := t.TempDir()
	args := []string{"load", s.URL() + "/v1", "--model", "m", "--api-key-env", "LOAD_TEST_KEY", "--rate", "100", "--requests", "20", "--prompt-tokens", "16", "--output-tokens", "8"}
	r := testkit.Run(t, dir, append(args, "--out", "run", "--json")...)
	var out reports.LoadJSON
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil || r.Code != exitOK {
		t.Fatalf("%v: %+v", err, r)
	}
	if len(out.Instrument) == 0 || out.Instrument[0].N == 0 {
		t.Errorf("nothing is said of the instrument: %+v", out.Instrument)
	}
	if out.OK != 20 || out.Issued != 20 || !strings.HasPrefix(out.Server, "m at http://") || out.Metrics["ttft"]["p50"] < 5e6 || out.Metrics["tpot"]["p50"] < .5e6 {
		t.Errorf("%+v", out)
	}
	set := setOf(t, filepath.Join(dir, "run"))
	if a := set.Run.Arms[0]; len(a.Settings) != 0 || a.Command != "" || set.Trials[0].Status != record.StatusOK {
		t.Errorf("claims settings of a server that it does not know: %+v", a)
	}
	expectNoKey(t, dir, "secret")
	if r := testkit.Run(t, dir, "compare", "run", "run"); r.Code != exitOK {
		t.Errorf("%+v", r)
	}
}

// expectNoKey reads every file below dir.
func expectNoKey(t *testing.T, dir, key string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "run", "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(err, files)
	}
	trials, _ := filepath.Glob(filepath.Join(dir, "run", "trials", "*", "*"))
	for _, f := range append(files, trials...) {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), key) {
			t.Errorf("%s has the API key", f)
		}
	}
}

// Limits decide the exit code; a busy machine can make a measurement invalid, which decides nothing.
func TestLoadLimits(t *testing.T) {
	s := standIn(t, "", scripted.Steady(30*time.Millisecond, time.Millisecond, 4))
	for _, row := range []struct {
		limit string
		code  int
	}{{"p50 ttft=20s", exitOK}, {"p50 ttft=1ms", exitBad}} {
		r := testkit.Run(t, t.TempDir(), "load", s.URL(), "--model", "m", "--rate", "40", "--requests", "12", "--prompt-tokens", "16", "--output-tokens", "4", "--slo", row.limit)
		if r.Code != row.code && !(r.Code == exitUndecided && strings.Contains(r.Stdout, "not a valid measurement")) {
			t.Errorf("%s: %+v", row.limit, r)
		}
	}
}

func TestLoadBadInput(t *testing.T) {
	s := standIn(t, "secret", scripted.Steady(time.Millisecond, time.Millisecond, 4))
	for _, row := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "expected a URL", []string{"localhost:8000"}},
		{exitUsage, "--rate[0]: string \"x\"", []string{s.URL(), "--rate", "x"}},
		{exitUsage, "--prompt-tokens: integer 0", []string{s.URL(), "--prompt-tokens", "0"}},
		{exitUsage, "--cv: ", []string{s.URL(), "--cv", "2"}},
		{exitUsage, "--slo is", []string{s.URL(), "--slo", "ttft=3s"}},
		{exitUsage, "--dialect: string \"respones\", expected one of chat", []string{s.URL(), "--dialect", "respones"}},
		{exitUsage, "--ignore-eos: ignore_eos cannot be sent to anthropic messages", []string{s.URL(), "--dialect", "anthropic", "--ignore-eos"}},
		{exitUsage, "--stop: stop cannot be sent to openai responses", []string{s.URL(), "--dialect", "openai-responses", "--stop", "x"}},
		{exitUsage, "--budget: missing, expected the most that the run may cost", []string{s.URL(), "--dialect", "gemini", "--model", "m"}},
		{exitUsage, "the run may not keep to it: it may send 64 requests and up to 12288 tokens", []string{s.URL(), "--model", "m", "--budget-tokens", "12287"}},
		{exitEnvironment, "NONE is not set", []string{"https://api.openai.com", "--api-key-env", "NONE", "--model", "m", "--unpriced", "--budget-tokens", "20000", "--yes"}},
		{exitEnvironment, "name one with --model", []string{s.URL()}},
		{exitEnvironment, "connection refused", []string{"http://127.0.0.1:1"}},
		{exitEnvironment, "warm-up: the API key is refused: 401 Unauthorized: no key", []string{s.URL(), "--model", "m", "--api-key-env", "NONE", "--requests", "4", "--rate", "50"}},
	} {
		if r := testkit.Run(t, t.TempDir(), append([]string{"load"}, row.args...)...); r.Code != row.code || !strings.Contains(r.Stderr, row.says) {
			t.Errorf("%v: %+v", row.args, r)
		}
	}
}

// Rows of a corpus are sent as the messages that they were recorded as, with the lengths that they say and as a team's; and
// a server that reads from its cache what nobody shared is not cold.
func TestLoadCorpus(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	for i := range 40 {
		fmt.Fprintf(&rows, `{"custom_id": "%d", "body": {"messages": [{"role": "system", "content": "Be %d."}, {"role": "user", "content": "say %d"}], "max_tokens": %d}}`+"\n", i, i, i, 3+i%2)
	}
	testkit.WriteFile(t, filepath.Join(dir, "rows.jsonl"), rows.String())
	for cached, says := range map[int]string{0: "", 9: "the cache was not cold: the server read 108 of "} {
		answer := scripted.Steady(time.Millisecond, time.Millisecond, 3)
		answer.Prompt, answer.Cached = 10, cached
		s := standIn(t, "", answer)
		r := testkit.Run(t, dir, "load", s.URL(), "--model", "m", "--rate", "100", "--requests", "12", "--out", fmt.Sprint("run", cached), "--json", "--team", "7",
			"--corpus", `{file = "rows.jsonl", max_prompt_tokens = 64, max_output_tokens = 8}`)
		var out reports.LoadJSON
		if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil || r.Code != exitOK {
			t.Fatalf("%v: %+v", err, r)
		}
		if got := strings.Join(out.Invalid, "; "); says == "" && strings.Contains(got, "cache") || !strings.Contains(got, says) {
			t.Errorf("%d cached: %q", cached, got)
		}
		if len(out.Teams) != 1 || out.Teams[0].Team != "7" || out.Teams[0].Requests != 12 || out.Teams[0].CachedTokens != int64(12*cached) || out.Teams[0].OutputTokens != 36 {
			t.Errorf("%+v", out.Teams)
		}
		seen := map[string]bool{}
		for _, q := range s.Served() {
			if !strings.HasSuffix(q.Path, "/completions") {
				continue
			}
			var body struct {
				User      string
				MaxTokens int `json:"max_tokens"`
				Messages  []struct{ Role, Content string }
			}
			if err := json.Unmarshal(q.Body, &body); err != nil || len(body.Messages) != 2 || body.User != "7" || seen[body.Messages[1].Content] {
				t.Fatalf("%s: %v", q.Body, err)
			}
			seen[body.Messages[1].Content] = true
			var i int
			if _, err := fmt.Sscanf(body.Messages[1].Content, "say %d", &i); err != nil || body.Messages[0].Content != fmt.Sprintf("Be %d.", i) || body.MaxTokens != 3+i%2 {
				t.Errorf("%s", q.Body)
			}
		}
		if len(seen) != 14 {
			t.Errorf("%d different requests, want 12 and 2 of warm-up", len(seen))
		}
	}
	r := testkit.Run(t, dir, "load", "http://127.0.0.1:1", "--model", "m", "--corpus", `{file = "none.jsonl", max_prompt_tokens = 64, max_output_tokens = 8}`)
	if r.Code != exitUsage || !strings.Contains(r.Stderr, "none.jsonl") {
		t.Errorf("%+v", r)
	}
}
