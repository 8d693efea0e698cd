package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/reports"
)

// sentBody is what these tests read of a request.
type sentBody struct {
	User      string
	Priority  int
	MaxTokens int `json:"max_tokens"`
	Messages  []struct{ Role, Content string }
}

// twoKinds answers requests of team "lab" late and all others soon.
func twoKinds(t *testing.T) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		if !strings.HasSuffix(r.Path, "/completions") {
			return scripted.Refuse(404, 0, "no such path")
		}
		var a sentBody
		if err := json.Unmarshal(r.Body, &a); err != nil {
			t.Errorf("%s: %v", r.Body, err)
		}
		if a.User == "lab" {
			return scripted.Steady(80*time.Millisecond, time.Millisecond, 4).Script()
		}
		return scripted.Steady(time.Millisecond, time.Millisecond, 4).Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

const mixture = `# two kinds
[[load.class]]
name = "chat"
weight = 3
team = "web"
slo = { limit = [{ metric = "ttft", percentile = 0.5, limit = "20s" }] }

[[load.class]]
name = "rows"
team = "lab"
priority = -1
corpus = { file = "rows.jsonl", max_prompt_tokens = 64, max_output_tokens = 8 } # beside this file
`

// mixtureIn writes the mixture and the rows of one of its classes below dir, and returns the path from there.
func mixtureIn(t *testing.T, dir string) string {
	t.Helper()
	var rows strings.Builder
	for i := range 80 {
		fmt.Fprintf(&rows, `{"custom_id": "%d", "body": {"messages": [{"role": "user", "content": "row %d"}], "max_tokens": 3}}`+"\n", i, i)
	}
	if err := os.MkdirAll(filepath.Join(dir, "kinds"), 0o700); err != nil {
		t.Fatal(err)
	}
	testkit.WriteFile(t, filepath.Join(dir, "kinds", "rows.jsonl"), rows.String())
	file := filepath.Join("kinds", "mixture.toml")
	testkit.WriteFile(t, filepath.Join(dir, file), mixture)
	return file
}

// The mixture is sent, told of, recorded and judged class by class: one that misses decides.
func TestLoadClasses(t *testing.T) {
	s, dir := twoKinds(t), t.TempDir()
	args := []string{"load", s.URL(), "--model", "m", "--rate", "100", "--requests", "60", "--prompt-tokens", "16", "--output-tokens", "4",
		"--classes", mixtureIn(t, dir), "--slo", "p50 ttft=10ms", "--out", "run"}
	r := testkit.Run(t, dir, append(args, "--json")...)
	var out reports.LoadJSON
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	if r.Code != exitBad && !(r.Code == exitUndecided && len(out.Invalid) > 0) || r.Code == exitBad && !strings.Contains(r.Stderr, "a limit of rows is missed") {
		t.Errorf("%+v", r)
	}
	for _, note := range []string{"note: --prompt-tokens holds for chat, not for rows: see kinds", "note: --slo holds for rows, not for chat: see kinds"} {
		if !strings.Contains(r.Stderr, note) {
			t.Errorf("%q does not say %q", r.Stderr, note)
		}
	}
	if strings.Contains(r.Stderr, "--output-tokens holds") {
		t.Error("says that a flag holds not for all that holds for all")
	}
	checkMixtureTold(t, out)
	checkMixtureSent(t, s)
	checkMixtureKept(t, filepath.Join(dir, "run"))
}

// checkMixtureTold looks at the summary: each class by its own limits.
func checkMixtureTold(t *testing.T, out reports.LoadJSON) {
	t.Helper()
	if len(out.Classes) != 2 || len(out.Limits) != 2 {
		t.Fatalf("%+v", out)
	}
	chat, rows := out.Classes[0], out.Classes[1]
	if chat.Class != "chat" || chat.Verdict != "met" || chat.Attainment["estimate"] != 1 || rows.Class != "rows" || rows.Team != "lab" || rows.Verdict != "missed" || rows.Attainment["estimate"] != 0 {
		t.Errorf("%+v and %+v", chat, rows)
	}
	if chat.Issued+rows.Issued != 60 || chat.Issued <= rows.Issued || rows.Issued < 5 {
		t.Errorf("%d and %d of 60 requests at weights of 3 to 1", chat.Issued, rows.Issued)
	}
	if chat.Metrics["ttft"]["p50"] >= rows.Metrics["ttft"]["p50"] || rows.Metrics["ttft"]["p50"] < 80e6 {
		t.Errorf("%v and %v", chat.Metrics, rows.Metrics)
	}
	if a, b := out.Limits[0], out.Limits[1]; a.Class != "chat" || a.LimitNS != 20e9 || b.Class != "rows" || b.LimitNS != 10e6 || b.Misses != b.N {
		t.Errorf("%+v", out.Limits)
	}
}

// checkMixtureSent looks at what came to the server: of each class what it says, and what the flags say where it says nothing.
func checkMixtureSent(t *testing.T, s *scripted.Server) {
	t.Helper()
	seen := map[string]int{}
	for _, q := range s.Served() {
		if !strings.HasSuffix(q.Path, "/completions") {
			continue
		}
		var a sentBody
		if err := json.Unmarshal(q.Body, &a); err != nil || len(a.Messages) != 1 {
			t.Fatalf("%s: %v", q.Body, err)
		}
		seen[a.User]++
		row := strings.HasPrefix(a.Messages[0].Content, "row ")
		if lab := a.User == "lab"; lab != row || lab != (a.MaxTokens == 3 && a.Priority == -1) || !lab && (a.MaxTokens != 4 || a.User != "web") {
			t.Errorf("%s", q.Body)
		}
	}
	if seen["lab"]+seen["web"] != 62 || len(seen) != 2 {
		t.Errorf("%v", seen)
	}
}

// checkMixtureKept looks at the run directory: its records have the classes, its scenario is a whole one, and report shows them.
func checkMixtureKept(t *testing.T, dir string) {
	t.Helper()
	set := setOf(t, dir)
	classes := set.Run.Loads[0].Classes
	if len(classes) != 2 || classes[0].Weight != 3 || len(classes[0].SLOs) != 1 || classes[1].SLOs != nil || classes[1].Corpus != filepath.Join("kinds", "rows.jsonl") {
		t.Errorf("%+v", classes)
	}
	requests, err := set.Requests(set.Trials[0].Key.ID)
	if err != nil || len(requests) != 60 {
		t.Fatal(err, len(requests))
	}
	for _, q := range requests {
		if (q.Class == "rows") != (q.Team == "lab") || (q.Class == "chat") != (q.Team == "web") {
			t.Errorf("class %q of team %q", q.Class, q.Team)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "scenario.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := scenario.Parse("kept.toml", text); err != nil || len(kept.Loads[0].Classes) != 2 {
		t.Errorf("%v: %s", err, text)
	}
	if err := os.Remove(filepath.Join(dir, "summary.md")); err != nil {
		t.Fatal(err)
	}
	r := testkit.Run(t, filepath.Dir(dir), "report", "run")
	page, err := os.ReadFile(filepath.Join(dir, "summary.md"))
	if err != nil || r.Code != exitOK || !strings.Contains(string(page), "Limits of every class at") || !strings.Contains(string(page), "Latency of every class at") {
		t.Errorf("%v: %+v", err, r)
	}
}

// The terminal has a line for each class, with its limits, and a load whose classes all keep theirs is well.
func TestLoadClassesText(t *testing.T) {
	s, dir := twoKinds(t), t.TempDir()
	file := mixtureIn(t, dir)
	r := testkit.Run(t, dir, "load", s.URL(), "--model", "m", "--rate", "100", "--requests", "40", "--prompt-tokens", "16", "--output-tokens", "4", "--classes", file, "--slo", "p50 ttft=20s")
	if r.Code != exitOK && !(r.Code == exitUndecided && strings.Contains(r.Stdout, "not a valid measurement")) {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"class  metric", "\nall    ttft", "\nchat   ttft", "\nrows   ttft", "class chat of team web: ", "class rows of team lab: ", "limit p50 ttft 20.0 s of chat: met", "limit p50 ttft 20.0 s of rows: met"} {
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("does not say %q:\n%s", want, r.Stdout)
		}
	}
	r = testkit.Run(t, dir, "load", s.URL(), "--model", "m", "--rate", "100", "--requests", "8", "--classes", file, "--slo", "p95 e2e=20s")
	if r.Code != exitUndecided || !strings.Contains(r.Stderr, "note: a p95 e2e limit takes 59 requests within it to be met, and class rows has some 2 of 8: --requests 296 would do") {
		t.Errorf("%+v", r)
	}
}

func TestLoadClassesBadInput(t *testing.T) {
	s, dir := twoKinds(t), t.TempDir()
	file := mixtureIn(t, dir)
	changed := 0
	change := func(old, now string) []string {
		if !strings.Contains(mixture, old) {
			t.Fatalf("no %q in the mixture", old)
		}
		changed++
		name := fmt.Sprintf("kinds/%d.toml", changed)
		testkit.WriteFile(t, filepath.Join(dir, name), strings.Replace(mixture, old, now, 1))
		return []string{"--classes", name}
	}
	for _, row := range []struct {
		says string
		args []string
	}{
		{"none.toml: no such file, expected [[load.class]] tables in TOML", []string{"--classes", "none.toml"}},
		{"rows.jsonl:1: not TOML", []string{"--classes", "kinds/rows.jsonl"}},
		{`.toml:4: load.class[0].wieght: unknown key; did you mean "weight"?`, change("weight", "wieght")},
		{`.toml:4: load.class[0].weight: integer 0, expected a number above 0 and at most 1000000`, change("weight = 3", "weight = 0")},
		{`.toml:4: load.class[0].weight: float -0.5, expected a number above 0`, change("weight = 3", "weight = -0.5")},
		{`.toml:6: load.class[0].slo.limit[0].metric: string "tftt", expected one of `, change(`"ttft"`, `"tftt"`)},
		{`.toml:12: load.class[1].corpus.file: `, change("rows.jsonl", "none.jsonl")},
		{`.toml:1: name: unknown key, expected one of load`, change("# two kinds", `name = "s"`)},
		{`.toml:8: load.class[1]: --output-tokens 64, expected at most corpus.max_output_tokens (8)`, []string{"--classes", file, "--output-tokens", "64"}},
		{`--shared-prefix.tokens 300, expected less than the shortest prompt (128 tokens)`, []string{"--classes", file, "--shared-prefix", "{groups = 2, tokens = 300}"}},
		{"--team holds for no class: every one of " + file + " says otherwise, by team; leave out one of the two", []string{"--classes", file, "--team", "x"}},
		{"--slo holds for no class: every one of ", append(change(`team = "lab"`, `slo = { preset = "server" }`), "--slo", "p95 ttft=1s")},
		{"--prompt-tokens holds for no class: every one of ", append(change("weight = 3", "prompt_tokens = 9"), "--prompt-tokens", "16")},
		{"--rate[0]: string \"x\"", []string{"--classes", file, "--rate", "x"}},
	} {
		r := testkit.Run(t, dir, append([]string{"load", s.URL(), "--model", "m"}, row.args...)...)
		if r.Code != exitUsage || !strings.Contains(r.Stderr, row.says) {
			t.Errorf("%v: want %q: %+v", row.args, row.says, r)
		}
	}
	for _, q := range s.Served() {
		if strings.HasSuffix(q.Path, "/completions") {
			t.Fatalf("%s was sent", q.Body)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "runs", "*")); len(left) > 0 {
		t.Errorf("run directories of what was refused: %v", left)
	}
}

// Lengths that neither a class nor a flag says have the flag's default, but of classes whose rows have lengths: those have no other.
func TestClassesHaveDefaults(t *testing.T) {
	dir := t.TempDir()
	o := loadOptions{classes: filepath.Join(dir, mixtureIn(t, dir)), tokenizer: defaultModel, keys: map[string]*string{}, given: func(string) bool { return false }}
	for _, k := range slices.Concat(targetKeys, loadKeys) {
		o.keys[k.flag] = &k.def
	}
	s, err := o.scenario("http://127.0.0.1:1", false)
	if err != nil {
		t.Fatal(err)
	}
	chat, rows := s.Loads[0].Classes[0], s.Loads[0].Classes[1]
	if chat.PromptTokens.String() != "128" || chat.OutputTokens.String() != "64" || chat.Text != builtInText {
		t.Errorf("%+v", chat)
	}
	if rows.OutputTokens.Distribution != "" || rows.Text != "" || rows.Corpus.File != filepath.Join(dir, "kinds", "rows.jsonl") {
		t.Errorf("%+v", rows)
	}
}

// So many requests have enough of a class in all but one of forty mixtures or so, and a tenth fewer do not; of one class alone they
// are as many as needed.
func TestEnoughFor(t *testing.T) {
	for _, row := range []struct {
		needed int
		share  float64
	}{{59, 0.25}, {59, 0.01}, {299, 0.5}, {59, 1}, {299, 0.9}} {
		n := enoughFor(row.needed, row.share)
		if row.share == 1 && n != row.needed {
			t.Errorf("%d needed: %d", row.needed, n)
		}
		short := func(n int) float64 { // probability that fewer than needed of n are of the class
			p := 0.0
			for k := range row.needed {
				a, _ := math.Lgamma(float64(n + 1))
				b, _ := math.Lgamma(float64(k + 1))
				c, _ := math.Lgamma(float64(n - k + 1))
				if k <= n && row.share < 1 {
					p += math.Exp(a - b - c + float64(k)*math.Log(row.share) + float64(n-k)*math.Log1p(-row.share))
				}
			}
			return p
		}
		if p := short(n); p > 0.04 {
			t.Errorf("%d needed of a share of %g: %d are too few with a probability of %.3f", row.needed, row.share, n, p)
		}
		if p := short(n - n/10); row.share < 1 && p < 0.05 {
			t.Errorf("%d needed of a share of %g: %d are more than it takes: a tenth fewer are too few with %.3f only", row.needed, row.share, n, p)
		}
	}
}
