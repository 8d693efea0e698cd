package scenario

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/engine"
)

func load(t *testing.T, path string) *Scenario {
	t.Helper()
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLoadEveryKey reads a file that gives every key another value than its default.
func TestLoadEveryKey(t *testing.T) {
	s := load(t, "testdata/good/full.toml")
	wantEngine := Settings{Quantization: "BF16", DraftWeights: AsShipped, Options: engine.Options{Drafter: "auto", DraftLength: 3, DraftAcceptance: "typical", DraftEpsilon: 0.2, Threads: 1, MaxBatch: 8,
		TokenBudget: 128, BlockSize: 32, KVTokens: 4096, KVFormat: "q8_0", KFormat: "q4_0", VFormat: "f16", KPerChannel: true,
		KVRotation: "hadamard", KVLayout: "paged", KVPolicy: "full", KVBudget: 128, KVSinks: 8, KVRecent: 20, KVObserve: 16,
		PrefixCache: "hash", Eviction: "cost", Preemption: "swap", SwapTokens: 2048, Context: 256,
		MaxQueue: 64, MaxQueuedTokens: 9000,
		Batching: "dynamic", BatchWait: 15 * time.Millisecond, PreferredBatch: "2,4", PrefillOrder: "prefill-first",
		QueueOrder: "shortest", QueueAgeing: 5 * time.Millisecond, MaxTTFT: 2 * time.Second}}
	wantLoads := []Workload{
		{Name: "steady", Trim: TrimNone, Arrival: Poisson, Rates: []float64{20, 40.5}, Requests: 60, Warmup: 2,
			PromptTokens: Length{Distribution: Normal, Mean: 80, StdDev: 6, Min: 72, Max: 96}, OutputTokens: Length{Distribution: Uniform, Mean: 16, Min: 8, Max: 24},
			IgnoreEOS: true, Temperature: 0.7, Text: "data/text.txt", SharedPrefix: SharedPrefix{Groups: 4, Tokens: 64, Skew: 1.5}, Timeout: 10 * time.Second, Cache: Cold,
			Conversation: Conversation{3, Length{Distribution: Uniform, Mean: 5, Min: 4, Max: 6}, 5, 300 * time.Millisecond, RepliesScripted}},
		{Name: "burst", Trim: TrimNone, Arrival: Closed, Concurrencies: []int{1, 4}, Requests: 30, Warmup: 4,
			PromptTokens: Length{Distribution: Fixed, Mean: 24, Min: 24, Max: 24}, OutputTokens: Length{Distribution: Lognormal, Mean: 16, StdDev: 8, Min: 1, Max: 64},
			Text: "data/text.txt", Timeout: 30 * time.Second, Cache: Cold},
	}
	wantLimits := []Limit{
		{"ttft", 0.9, 40 * time.Millisecond, "explicit"},
		{"tpot", 0.9, 5 * time.Millisecond, "preset conversational x 0.1"},
		{"e2e", 0.9, time.Second, "preset conversational x 0.1"},
		{"itl", 0.5, 4 * time.Millisecond, "explicit"},
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"name", s.Name, "full"},
		{"model", s.Model, "embedded:gopherling-7m"},
		{"engine", s.Engine, wantEngine},
		{"trace", s.TraceSteps, true},
		{"loads", s.Loads, wantLoads},
		{"quality", s.Quality, &Quality{"data/text.txt", 4, 256, 0.02, 3, []int{128, 256}, 32, 64}},
		{"cost", s.Cost, &Cost{PricePerHour: "0.10", Currency: "EUR", Utilisation: 0.6, Source: "a price list"}},
		{"limits", s.SLO.Limits, wantLimits},
		{"run", s.Run, Run{Seed: 7, Repetitions: 3, ReadyTimeout: 5 * time.Second, StopOversaturated: true}},
		{"mode", s.Sweep.Mode, Product},
		{"drafts", s.DraftModels(), []string{"drafts/tiny.gguf"}},
		{"resolved", s.Resolve("data/text.txt"), filepath.Join("testdata", "good", "data", "text.txt")},
		{"embedded", s.Resolve(s.Model), "embedded:gopherling-7m"},
		{"include", s.Sweep.Include[0].Values, map[string][]string{"quantization": {"Q4_0", "Q8_0"}}},
		{"exclude", s.Sweep.Exclude[0].String(), "draft_model = drafts/tiny.gguf, max_batch = 1"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, c.got, c.want)
		}
	}
	var axes []string
	for _, a := range s.Sweep.Axes {
		axes = append(axes, a.Name)
	}
	if got := strings.Join(axes, " "); got != "quantization max_batch draft_model" {
		t.Errorf("axes are not in the file's order: %s", got)
	}
}

// TestLoadDefaults reads the shortest file: every default is filled in.
func TestLoadDefaults(t *testing.T) {
	s := load(t, "testdata/good/least.toml")
	if s.Engine != BaseSettings() || s.Quality != nil || s.Cost != nil || len(s.SLO.Limits) != 0 || s.Sweep.Mode != NoSweep {
		t.Errorf("got %+v", s)
	}
	if want := (Run{Seed: 1, Repetitions: 1, Confirm: true, ReadyTimeout: 20 * time.Second, StopOversaturated: true}); s.Run != want {
		t.Errorf("run: got %+v, want %+v", s.Run, want)
	}
	l := s.Loads[0]
	if l.Name != "load 1" || l.Count(2.5) != 8 || l.Warmup != 4 || l.Timeout != 30*time.Second {
		t.Errorf("load: got %+v, %d requests", l, l.Count(2.5))
	}
}

func TestCheckFiles(t *testing.T) {
	err := load(t, "testdata/good/least.toml").CheckFiles()
	want := `testdata/good/least.toml:3: model.path: no readable file "testdata/good/model.gguf", expected a file, relative to the scenario's directory`
	if err == nil || filepath.ToSlash(err.Error()) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	err = load(t, "testdata/good/full.toml").CheckFiles()
	if p := strict.Problems(err); len(p) != 1 || p[0].Key != "sweep.axes.draft_model[1]" || p[0].Line != 59 {
		t.Errorf("got %v", err)
	}
}

func TestLoadUnreadable(t *testing.T) {
	if _, err := Load("testdata/none.toml"); err == nil || err.Error() != "testdata/none.toml: no such file, expected a scenario in TOML" {
		t.Errorf("got %v", err)
	}
	if _, err := Load("testdata"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory: got %v", err)
	}
	big := filepath.Join(t.TempDir(), "big.toml")
	if err := os.WriteFile(big, make([]byte, largestFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big); err == nil || !strings.Contains(err.Error(), "expected at most") {
		t.Errorf("a file too large: got %v", err)
	}
}

// TestPriceAsWritten holds that money never passes through a float.
func TestPriceAsWritten(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{"string", `"0.10"`, "0.10"},
		{"float", `0.10`, "0.10"},
		{"no binary fraction", `0.3000000000000000000000001`, "0.3000000000000000000000001"},
		{"whole", `2`, "2"},
		{"comment", "1.50 # a dollar fifty", "1.50"},
		{"exponent", `1e2`, ""},
		{"underscore", `1_0.5`, ""},
		{"sign", `+1.0`, ""},
		{"nothing", `"0.00"`, ""},
		{"infinite", `inf`, ""},
		{"words", `"one"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/good/least.toml")
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, "[cost]\nutilisation = 0.5\nprice_per_hour = "+c.written+"\n"...)
			s, err := Parse("x.toml", text)
			switch {
			case c.want == "" && (len(strict.Problems(err)) != 1 || strict.Problems(err)[0].Key != "cost.price_per_hour"):
				t.Errorf("got %v", err)
			case c.want != "" && (err != nil || s.Cost.PricePerHour != c.want):
				t.Errorf("got %+v, %v, want %s", s, err, c.want)
			}
		})
	}
}
