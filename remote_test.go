package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// anthropicAnswer is an answer of Anthropic's API, with limits in its header and the key where it ought not to be.
func anthropicAnswer(key string) scripted.Script {
	var b strings.Builder
	for _, data := range []string{
		`{"type":"message_start","message":{"id":"msg_` + key + `","model":"claude-x-20260101","usage":{"input_tokens":3,"cache_creation_input_tokens":9,"cache_read_input_tokens":0,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, `{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"One two"}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" three"}}`,
		`{"type":"content_block_stop","index":0}`, `{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":6}}`, `{"type":"message_stop"}`,
	} {
		fmt.Fprintf(&b, "data: %s\n\n", data)
	}
	header := map[string]string{"request-id": "req_1", "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "0"}
	return scripted.Script{Header: header, Steps: []scripted.Step{{Bytes: b.String()}}}
}

// A scenario's target is checked and planned without a key, not loaded without a budget, and loaded in its dialect. The key is in
// what is sent and in no file, also where the server repeats it.
func TestRunTarget(t *testing.T) {
	const key = "sk-planted-0123456789abcdef"
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		switch {
		case r.Header.Get("X-Api-Key") != key:
			return scripted.Refuse(401, 0, "invalid x-api-key")
		case r.Path != "/v1/messages":
			return scripted.Refuse(404, 0, "no such path")
		case r.N%5 == 4:
			return scripted.Refuse(529, 0, "Overloaded: "+key)
		}
		return anthropicAnswer(key)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	t.Setenv("TARGET_KEY", key)
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	file := testkit.WriteFile(t, filepath.Join(dir, "api.toml"), `name = "api"
[model]
path = "embedded:gopherling-2m"
[target]
url = "`+s.URL()+`/v1"
dialect = "anthropic"
model = "claude-x"
key_env = "TARGET_KEY"
region = "here"
unpriced = true
budget_requests = 22
budget_tokens = 13332
[[load]]
arrival = "constant"
rates = [100]
requests = 20
warmup = 2
prompt_tokens = 600
output_tokens = 6
text = "text.txt"
`)
	t.Run("planned", func(t *testing.T) {
		r := testkit.Run(t, dir, "run", file, "--dry-run", "--set", "target.key_env=NONE")
		expect(t, r, exitOK)
		if want := "claude-x at " + s.URL() + "/v1, dialect anthropic, at most 22 requests and 13332 tokens"; !strings.Contains(r.Stdout, want) {
			t.Errorf("%s does not say %q", r.Stdout, want)
		}
	})
	t.Run("over its budget", func(t *testing.T) {
		expect(t, testkit.Run(t, dir, "run", file, "--set", "target.budget_requests=21"), exitUsage, "the budget is 21 requests")
		if n := len(s.Served()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	t.Run("without leave", func(t *testing.T) {
		expect(t, testkit.Run(t, dir, "run", file), exitUsage, "the run may spend up to what 13332 tokens of an unknown price cost: give --yes to let it")
	})
	r := testkit.Run(t, dir, "run", file, "--out", "run", "--yes")
	if r.Code == exitUsage || r.Code == exitEnvironment {
		t.Fatalf("%+v", r)
	}
	expectNoKey(t, dir, key)
	if strings.Contains(r.Stdout+r.Stderr, key) {
		t.Error("the key is printed")
	}
	set := setOf(t, filepath.Join(dir, "run"))
	if notes := strings.Join(set.Run.Notes, "\n"); !strings.Contains(notes, "the dialect anthropic") || !strings.Contains(notes, "as declared: here") || !strings.Contains(notes, "What it does not tell") {
		t.Errorf("notes %s", notes)
	}
	expectTarget(t, filepath.Join(dir, "run", "trials", set.Trials[0].Key.ID))
}

// expectTarget reads the requests of the trial.
func expectTarget(t *testing.T, dir string) {
	t.Helper()
	rs, err := result.ReadFile(filepath.Join(dir, record.RequestsFile), filepath.Join(dir, record.EventsFile))
	if err != nil || len(rs) != 20 {
		t.Fatalf("%d requests: %v", len(rs), err)
	}
	counts := map[string]int{}
	for _, q := range rs {
		counts[q.Outcome]++
		if q.Outcome == result.Overloaded {
			if q.Error != "529: Overloaded: [API key]" {
				t.Error(q.Error)
			}
			continue
		}
		want := result.Request{ID: "msg_[API key]", RequestID: "req_1", Model: "claude-x-20260101", Finish: "length", Said: "max_tokens", LimitRequests: 50,
			PromptTokens: 12, Written: 9, OutputTokens: 6, Estimated: true}
		got := result.Request{ID: q.ID, RequestID: q.RequestID, Model: q.Model, Finish: q.Finish, Said: q.Said, LimitRequests: q.LimitRequests, LeftRequests: q.LeftRequests,
			PromptTokens: q.PromptTokens, Written: q.Written, OutputTokens: q.OutputTokens, Estimated: q.Estimated}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if counts[result.OK] != 16 || counts[result.Overloaded] != 4 {
		t.Errorf("%v", counts)
	}
}
