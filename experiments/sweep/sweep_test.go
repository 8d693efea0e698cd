package sweep

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

var update = flag.Bool("update", false, "rewrite the expected matrices")

// small is a model like the embedded one, with one draft that fits and one that does not.
var small = Capabilities{Shipped: "BF16", Context: 512, Layers: 4, Drafts: map[string]string{
	"embedded:tiny": "", "other.gguf": "its vocabulary has 32000 tokens, the model's 8192"}}

const head = `name = "x"
[model]
path = "embedded:small"
[[load]]
arrival = "poisson"
rates = [20, 40]
requests = 60
prompt_tokens = 24
output_tokens = { distribution = "uniform", min = 8, max = 24 }
text = "t.txt"
`

func parse(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("dir/x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expand(t *testing.T, c Capabilities, text string) *Matrix {
	t.Helper()
	m, err := Expand(parse(t, text), c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *Matrix) names() []string {
	var names []string
	for _, a := range m.Arms {
		names = append(names, a.Record.Name)
	}
	return names
}

// TestMatrices compares whole expansions with their goldens.
func TestMatrices(t *testing.T) {
	shortDraft := Capabilities{Shipped: "BF16", Context: 512, Layers: 4, Drafts: map[string]string{"embedded:tiny": ""}, Contexts: map[string]int{"embedded:tiny": 256}}
	formats := Capabilities{Shipped: "BF16", Context: 512, Layers: 4, Drafts: map[string]string{"embedded:tiny": ""}, DraftFormats: map[string]string{"embedded:tiny": "BF16"}}
	mixed := Capabilities{Shipped: "Q4_1", Mixed: true, Context: 2048, Drafts: map[string]string{"embedded:tiny": "another vocabulary"}}
	for _, c := range []struct {
		name string
		caps Capabilities
		text string
	}{
		{"no sweep", small, head},
		{"product", small, head + `[engine]
draft_length = 3
[sweep]
mode = "product"
[sweep.axes]
quantization = ["BF16", "Q8_0"]
max_batch = [1, 8]
draft_model = ["", "embedded:tiny"]
`},
		{"product with filters", small, head + `[sweep]
mode = "product"
include = [{ quantization = ["as-shipped", "Q4_0"] }]
exclude = [{ max_batch = 1, kv_format = "q8_0" }]
[sweep.axes]
kv_format = ["bf16", "q8_0"]
max_batch = [1, 8]
quantization = ["as-shipped", "Q8_0", "Q4_0"]
`},
		{"one at a time", small, head + `[engine]
prefix_cache = "hash"
[sweep]
mode = "one-at-a-time"
[sweep.axes]
quantization = ["Q8_0", "BF16", "Q4_0"]
prefix_cache = ["hash", "none"]
draft_model = ["embedded:tiny", "other.gguf"]
draft_length = [2, 8]
`},
		{"list", small, head + `[engine]
max_batch = 8
[sweep]
mode = "list"
[[sweep.arm]]
name = "the base"
[[sweep.arm]]
quantization = "Q4_0"
max_batch = 1
[[sweep.arm]]
quantization = "Q4_0"
draft_model = "embedded:tiny"
[[sweep.arm]]
quantization = "as-shipped"
draft_length = 8
context = 512
[[sweep.arm]]
name = "more than shipped"
quantization = "F32"
`},
		{"drafters", small, head + `[sweep]
mode = "product"
[sweep.axes]
draft_model = ["", "embedded:tiny"]
drafter = ["auto", "none", "model", "ngram", "suffix", "recycle"]
draft_length = [2, 8]
`},
		{"own layers", small, head + `[sweep]
mode = "product"
[sweep.axes]
draft_model = ["", "embedded:tiny"]
drafter = ["auto", "self"]
draft_layers = [0, 2, 3, 4]
`},
		{"draft formats", formats, head + `[sweep]
mode = "product"
[sweep.axes]
draft_model = ["", "embedded:tiny"]
draft_quantization = ["as-shipped", "BF16", "Q8_0", "F32"]
`},
		{"short draft", shortDraft, head + `[sweep]
mode = "product"
[sweep.axes]
draft_model = ["", "embedded:tiny"]
context = [0, 256]
`},
		{"drafts beyond the context", shortDraft, head + `[sweep]
mode = "product"
[sweep.axes]
drafter = ["none", "ngram"]
draft_length = [4, 14, 15]
context = [16, 48]
`},
		{"acceptance", small, sampling + acceptances},
		{"acceptance greedy", small, head + acceptances},
		{"ships mixed", mixed, head + `[sweep]
mode = "product"
[sweep.axes]
quantization = ["as-shipped", "Q8_0", "Q4_1", "Q4_0"]
draft_model = ["", "embedded:tiny"]
`},
		{"does not fit", small, head + `[sweep]
mode = "product"
[sweep.axes]
context = [0, 47, 48, 1024]
kv_tokens = [0, 40]
token_budget = [4, 256]
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := expand(t, c.caps, c.text)
			checkMatrix(t, m)
			golden(t, filepath.Join("testdata", strings.ReplaceAll(c.name, " ", "_")+".txt"), dump(m))
		})
	}
}

// sampling is head with a load that is not greedy.
var sampling = strings.Replace(head, "[[load]]\n", "[[load]]\ntemperature = 0.8\n", 1)

const acceptances = `[sweep]
mode = "product"
[sweep.axes]
drafter = ["none", "ngram"]
draft_acceptance = ["exact", "typical"]
draft_epsilon = [0.09, 0.3]
`

// checkMatrix holds for every matrix.
func checkMatrix(t *testing.T, m *Matrix) {
	t.Helper()
	ids, names := map[string]bool{}, map[string]bool{}
	for _, a := range m.Arms {
		if ids[a.Record.ID] || names[a.Record.Name] {
			t.Errorf("id or name is not unique: %s %s", a.Record.ID, a.Record.Name)
		}
		ids[a.Record.ID], names[a.Record.Name] = true, true
		back, err := ParseSettings(a.Record.Settings)
		if err != nil || back != a.Settings {
			t.Errorf("%s: read back as %+v, %v", a.Record.Name, back, err)
		}
		options, quantization, draft, err := a.Options()
		if err != nil || options != a.Settings.Options || quantization != a.Settings.Quantization || (draft == "") != (a.Settings.DraftModel == "") {
			t.Errorf("%s: options %+v %s %s, %v", a.Record.Name, options, quantization, draft, err)
		}
		deployed, err := scenario.Parse("dir/x.toml", []byte(head+a.Record.TOML))
		if err != nil || deployed.Engine != a.Settings {
			t.Errorf("%s: its TOML does not give its settings: %v", a.Record.Name, err)
		}
	}
}

func dump(m *Matrix) string {
	var b strings.Builder
	for _, a := range m.Arms {
		fmt.Fprintf(&b, "arm %s\n    %s\n", a.Record.Name, a.Record.Command)
	}
	for _, x := range m.Axes {
		fmt.Fprintf(&b, "axis %s %q\n", x.Name, x.Values)
	}
	for _, s := range m.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Name, s.Reason)
	}
	for _, u := range m.Unmeasured {
		fmt.Fprintf(&b, "unmeasured %s\n", u)
	}
	return b.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestExpandErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unused filter", head + "[sweep]\nmode = \"product\"\nexclude = [{max_batch = 2}]\n[sweep.axes]\nmax_batch = [1, 8]\n",
			"dir/x.toml:13: sweep.exclude[0]: a filter that no arm of the sweep matches (max_batch = 2), expected values that the sweep has; remove it or correct its values"},
		{"all excluded", head + "[sweep]\nmode = \"product\"\nexclude = [{max_batch = [1, 8]}]\n[sweep.axes]\nmax_batch = [1, 8]\n",
			"dir/x.toml:11: sweep: filters that drop every arm, expected at least one arm; loosen include and exclude"},
		{"nothing runs", head + "[engine]\nquantization = \"F32\"\n",
			"dir/x.toml:11: engine: no arm that can run (base: the model ships as BF16: stored as F32 it would be no more precise), expected at least one"},
		{"same load", head + strings.Replace(head[strings.Index(head, "[[load]]"):], "[20, 40]", "[40, 60]", 1),
			`dir/x.toml:11: load[1]: load "load 2 poisson 40/s", expected a load of its own; it is the same as "load 1 poisson 40/s"`},
		{"quality too long", head + "[quality]\ntext = \"t.txt\"\nlength = 1024\n",
			"dir/x.toml:13: quality.length: 1024, expected at most the model's context (512)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Expand(parse(t, c.text), small); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestUnknownShippedFormat runs such a model as it is and no other way.
func TestUnknownShippedFormat(t *testing.T) {
	m := expand(t, Capabilities{Shipped: "IQ2_XXS", Context: 512}, head+"[sweep]\nmode = \"product\"\n[sweep.axes]\nquantization = [\"as-shipped\", \"Q4_0\"]\n")
	if len(m.Arms) != 1 || m.Arms[0].Settings.Quantization != scenario.AsShipped || len(m.Skipped) != 1 {
		t.Errorf("%s", dump(m))
	}
}

const swept = head + `[quality]
text = "t.txt"
[sweep]
mode = "product"
[sweep.axes]
quantization = ["BF16", "Q4_0"]
kv_format = ["f32", "q8_0"]
max_batch = [1, 8]
[run]
repetitions = 3
`

func TestOrder(t *testing.T) {
	m := expand(t, small, swept)
	order := m.Order(1)
	if want := 8 * 2 * 3; len(order) != want {
		t.Fatalf("%d trials, want %d", len(order), want)
	}
	ids := map[string]bool{}
	for i, k := range order {
		if k.Repetition != i/16 {
			t.Errorf("trial %d is of repetition %d: repetitions are outermost", i, k.Repetition)
		}
		ids[k.ID] = true
	}
	if len(ids) != len(order) {
		t.Errorf("%d ids for %d trials", len(ids), len(order))
	}
	if !slices.Equal(order, expand(t, small, swept).Order(1)) {
		t.Error("the order is not a function of the scenario and the seed")
	}
	if slices.Equal(order, m.Order(2)) {
		t.Error("the order does not depend on the seed")
	}
	if sameArms(order[:16], order[16:32]) {
		t.Error("two repetitions have the same order")
	}
}

func sameArms(a, b []record.TrialKey) bool {
	return slices.EqualFunc(a, b, func(x, y record.TrialKey) bool { return x.Arm == y.Arm && x.Load == y.Load })
}

// TestTrialIDs holds that an id is a function of settings, load and repetition, and
// of nothing else: not of names, of other arms or of where the file is.
func TestTrialIDs(t *testing.T) {
	m := expand(t, small, swept)
	key := Key(m.Arms[0], m.Loads[0], 0)
	alone, err := scenario.Parse("/elsewhere/y.toml", []byte(strings.Replace(head, `"x"`, `"renamed"`, 1)+"[engine]\nkv_format = \"f32\"\nmax_batch = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := Expand(alone, small)
	if err != nil {
		t.Fatal(err)
	}
	if got := Key(n.Arms[0], n.Loads[0], 0); got != key {
		t.Errorf("got %+v, want %+v", got, key)
	}
	for name, other := range map[string]record.TrialKey{
		"arm": Key(m.Arms[1], m.Loads[0], 0), "load": Key(m.Arms[0], m.Loads[1], 0),
		"repetition": Key(m.Arms[0], m.Loads[0], 1), "confirmation": Key(m.Arms[0], m.Loads[0], record.Confirmation),
	} {
		if other.ID == key.ID {
			t.Errorf("another %s has the same id", name)
		}
	}
}

// TestGoldenIDs pins the hashes: changing them makes every run directory unresumable.
func TestGoldenIDs(t *testing.T) {
	m := expand(t, small, head)
	golden(t, filepath.Join("testdata", "ids.txt"), fmt.Sprintf("arm %s\nload %s\ntrial %s\nseed %d\n",
		m.Arms[0].Record.ID, m.Loads[0].Record.ID, Key(m.Arms[0], m.Loads[0], 0).ID, Mix("prompts", 1, m.Loads[0].Record.ID, 0)))
}

func TestMix(t *testing.T) {
	seen := map[uint64]string{}
	for _, purpose := range []string{"prompts", "arrivals"} {
		for seed := range uint64(3) {
			for _, load := range []string{"a", "b"} {
				for repetition := range 3 {
					name := fmt.Sprint(purpose, seed, load, repetition)
					v := Mix(purpose, seed, load, repetition)
					if other, dup := seen[v]; dup {
						t.Errorf("%s and %s have the same seed", name, other)
					}
					seen[v] = name
				}
			}
		}
	}
}

func TestProbes(t *testing.T) {
	m := expand(t, small, swept)
	var subjects []string
	ids := map[string]bool{}
	for _, p := range m.Probes() {
		subjects = append(subjects, p.Subject)
		ids[p.ID] = true
	}
	want := []string{"BF16 weights, f32 cache", "BF16 weights, q8_0 cache", "Q4_0 weights, f32 cache", "Q4_0 weights, q8_0 cache"}
	if !slices.Equal(subjects, want) {
		t.Errorf("got %q, want %q: the reference first, shared by arms that differ in max_batch only", subjects, want)
	}
	for _, a := range m.Arms {
		if !ids[a.Record.QualityID] {
			t.Errorf("%s: no probe %s", a.Record.Name, a.Record.QualityID)
		}
	}
	if m.Arms[0].Record.QualityID != m.Reference.ID {
		t.Error("the arm with the shipped weights and an f32 cache is not the reference")
	}
	if expand(t, small, head).Probes() != nil {
		t.Error("probes without [quality]")
	}
}

func TestLoads(t *testing.T) {
	m := expand(t, small, head+`[[load]]
name = "busy"
arrival = "closed"
concurrencies = [1, 4]
requests = 30
prompt_tokens = 80
output_tokens = 8
text = "t.txt"
shared_prefix = { groups = 4, tokens = 64 }
`)
	var names []string
	for _, l := range m.Loads {
		names = append(names, l.Record.Name)
	}
	if want := []string{"load 1 poisson 20/s", "load 1 poisson 40/s", "busy closed, 1 in flight", "busy closed, 4 in flight"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	got := m.Loads[3].Record
	got.ID = ""
	want := record.Load{Name: names[3], Arrival: "closed", Concurrency: 4, Requests: 30, Warmup: 4,
		PromptTokens: "80", OutputTokens: "8", SharedPrefix: "4 groups of 64 tokens", Cache: "cold"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := m.Loads[0].Record.OutputTokens; got != "uniform(8,24)" {
		t.Errorf("output tokens: %s", got)
	}
}

// TestEstimate adds up by hand: 1 arm, 2 loads of 60 requests at 20/s and 40/s, a confirming run at the longer, and both
// repetitions at the first once more without a profile.
func TestEstimate(t *testing.T) {
	a := Allowances{Start: time.Second, Request: 100 * time.Millisecond, QualityTokens: 1024}
	m := expand(t, small, head+"[quality]\ntext = \"t.txt\"\n[run]\nrepetitions = 2\n")
	e := m.EstimateTime(a)
	want := Estimate{
		Trials:    2*2 + 2 + 2,
		Schedules: 2*(3000+1500)*time.Millisecond + 2*3*time.Second + 2*3*time.Second,
		Overhead:  8 * (1000 + 100 + 4*100) * time.Millisecond,
		Quality:   8 * time.Second, // 2 probes (reference and bf16 cache) x 8 x 512 tokens
	}
	if e != want {
		t.Errorf("got %+v, want %+v", e, want)
	}
	if got := e.String(); got != "about 41s (estimate: 8 trials, 21s of load schedules, 12s of starts, warm-ups and drains, 8s of quality probes)" {
		t.Errorf("got %s", got)
	}
}

func TestRun(t *testing.T) {
	m := expand(t, small, swept+`confirm = false
[cost]
price_per_hour = "0.10"
utilisation = 0.5
[slo]
preset = "conversational"
scale = 0.1
`)
	run := m.Run(Circumstances{Created: time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC), TextSHA256: "ab", Host: record.Host{OS: "linux"}})
	if run.Format != record.FormatVersion || run.Created != "2030-01-02T03:04:05Z" || len(run.Order) != 48 || len(run.Arms) != 8 ||
		run.ScenarioHash != m.Scenario.SHA256 || run.Host.OS != "linux" {
		t.Errorf("got %+v", run)
	}
	if want := (record.SLO{Metric: "tpot", Percentile: 0.95, LimitNS: 5_000_000, Origin: "preset conversational x 0.1"}); run.SLOs[1] != want {
		t.Errorf("got %+v, want %+v", run.SLOs[1], want)
	}
	if want := (record.CostPlan{Currency: "USD", PricePerHour: "0.10", Utilisation: 0.5}); !reflect.DeepEqual(run.Cost, want) {
		t.Errorf("got %+v, want %+v", run.Cost, want)
	}
	if want := (record.QualityPlan{Protocol: "windows", Text: "t.txt", TextSHA256: "ab", Windows: 8, Length: 512, Bound: 0.01,
		ReferenceID: m.Reference.ID, Reference: "BF16 weights, f32 cache"}); !reflect.DeepEqual(run.Quality, want) {
		t.Errorf("got %+v, want %+v", run.Quality, want)
	}
	text, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var back record.Run
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Order, run.Order) {
		t.Errorf("run.json does not read back: %v", err)
	}
}
