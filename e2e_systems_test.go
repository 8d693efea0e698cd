package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// besideAPI is the included engine beside an API: $0.10 an hour, used by half, against $2 for a million tokens in and $4 out. A far limit,
// and a load without a schedule, let the lab be late, on a busy machine.
const besideAPI = `name = "beside"
[model]
path = "embedded:gopherling-2m"
[engine]
threads = 1
context = 256
[[target]]
name = "api"
url = "URL"
dialect = "openai-chat"
model = "made-up"
price = "made-up"
prices = ["prices.toml"]
budget = "USD 1"
[[load]]
arrival = "closed"
concurrencies = [1]
requests = 60
prompt_tokens = 16
output_tokens = 32
text = "text.txt"
[[task]]
kind = "choice"
file = "questions.jsonl"
[cost]
price_per_hour = "0.10"
utilisation = 0.5
[slo]
limit = [{ metric = "ttft", limit = "20s" }]
[run]
confirm = false
[profile]
cpu = false
`

const besidePrices = `currency = "USD"
[[api]]
name = "made-up"
source = "a test"
date = 2026-11-02
trust = "primary"
input = "2"
output = "4"
`

const twoQuestions = `{"id":"one","context":"1 + 1 =","choices":["3","2"],"answer":1}
{"id":"two","context":"1 + 2 =","choices":["4","3"],"answer":1}
`

// knowing answers questions with the second letter, and all else with 32 words, of 100 tokens that it was asked.
func knowing(r scripted.Received) scripted.Script {
	p := scripted.Provider{Dialect: "openai-chat", Model: "made-up", ID: "req", Words: strings.SplitAfter(strings.Repeat("word ", 32), " ")[:32], Gap: time.Millisecond, Prompt: 100, Output: 32}
	switch body := string(r.Body); {
	case body == "":
		return p.Refuse(404, 0, "no list")
	case strings.Contains(body, "1 + "):
		p.Words, p.Output = []string{"B"}, 1
	}
	return p.Script()
}

// The engine and an API that is paid by the token, from the scenario to the volume at which a machine is the cheaper: that is, by the
// records of the run, what a month of the machine costs over what the API took for a request.
func TestEngineBesideAPI(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	s, err := scripted.Start(knowing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	dir := t.TempDir()
	for name, text := range map[string]string{"text.txt": testkit.Corpus(t), "prices.toml": besidePrices, "questions.jsonl": twoQuestions, "beside.toml": strings.Replace(besideAPI, "URL", s.URL(), 1)} {
		testkit.WriteFile(t, filepath.Join(dir, name), text)
	}
	run := filepath.Join(dir, "run")
	r := testkit.Run(t, dir, "run", "beside.toml", "--yes", "--out", "run")
	if r.Code != exitOK {
		t.Fatalf("exit code %d: %s", r.Code, r.Stderr)
	}
	got := concluded(t, r, run).Systems
	if got == nil || len(got.Arms) != 2 || got.Arms[0].System != "" || got.Arms[1].System != "api" {
		t.Fatalf("%+v", got)
	}
	for i, right := range []float64{0, 1} { // the engine's model only knows code
		if k := got.Arms[i].Tasks; len(k) != 1 || k[0].Task != "questions.jsonl" || k[0].Right == nil || *k[0].Right != right || k[0].Items != 2 || !k[0].Met {
			t.Errorf("%s: %+v", got.Arms[i].Arm, k)
		}
	}
	engine, api := byHand(t, run)
	const month = 73.0 // 730 hours at $0.10
	if want := 1000 * (100*2.0 + 32*4) / 1e6; math.Abs(api-want) > 1e-12 {
		t.Errorf("by the records a thousand requests cost %v, by the script %v", api, want)
	}
	for i, want := range []float64{1000 * 0.10 / (3600 * .5 * engine), api} {
		if a := got.Arms[i]; a.Requests == nil || math.Abs(*a.Requests/want-1) > 1e-9 || a.Listed != (i == 1) {
			t.Fatalf("%s: %v, by hand %v", a.Arm, *a.Requests, want)
		}
	}
	volume := month / (api / 1000)
	if capacity := engine * .5 * 3600 * 730; capacity < volume {
		t.Fatalf("a machine carries %v, less than %v: the staircase matters, which is not what this test computes", capacity, volume)
	}
	if got.Machines != got.Arms[0].Arm || len(got.Volumes) != 1 {
		t.Fatalf("%+v", got)
	}
	if b := got.Volumes[0]; b.API != got.Arms[1].Arm || b.Verdict != "pays" || b.Always == nil || math.Abs(*b.Always/volume-1) > 1e-6 || *b.Low > volume || *b.High < volume*(1-1e-9) {
		t.Errorf("%+v, by hand %v", b, volume)
	}
	expectVolume(t, run)
}

// byHand computes what a run's records say, without the analysis: requests a second that the engine carries, and dollars that the API
// takes for a thousand.
func byHand(t *testing.T, run string) (engine, api float64) {
	t.Helper()
	set := readSet(t, run)
	for _, trial := range set.Trials {
		requests, err := result.ReadFile(filepath.Join(run, record.TrialsDir, trial.Key.ID, record.RequestsFile), filepath.Join(run, record.TrialsDir, trial.Key.ID, record.EventsFile))
		if err != nil {
			t.Fatal(err)
		}
		good, inWindow, dollars := 0.0, 0.0, 0.0 // the request at the end of the window is outside
		for _, r := range requests {
			if r.Outcome == result.OK && r.First-r.Intended <= (20*time.Second).Nanoseconds() {
				good++
				if r.Intended < trial.WindowNS {
					inWindow++
				}
			}
			dollars += float64(2*r.PromptTokens+4*r.OutputTokens) / 1e6
		}
		if trial.Server == nil {
			engine = inWindow / (float64(trial.WindowNS) / 1e9)
		} else {
			api = 1000 * dollars / good
		}
	}
	return engine, api
}

// expectVolume looks for the figures in what people read.
func expectVolume(t *testing.T, run string) {
	t.Helper()
	for file, wants := range map[string][]string{
		"summary.md":  {"## Machines or an API, by volume", "| 2 api", "$0.328", "| machines pay from there on", "Right answers, % of the items", "by the token: input $2.00, output $4.00 per million"},
		"report.html": {`<section id="volume">`, `id="fig-volume"`, "A machine costs $73.00 a month"},
	} {
		text, err := os.ReadFile(filepath.Join(run, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
}
