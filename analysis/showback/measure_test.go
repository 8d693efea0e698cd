package showback

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

// counted is a trial of an engine whose prompt tokens take p seconds and whose generated ones d; half
// of these come in steps that also have prompts.
func counted(arm string, prompt, cached, generated int64, p, d float64) record.Trial {
	busy := p*float64(prompt-cached) + d*float64(generated)
	return record.Trial{Key: record.TrialKey{Arm: arm}, Status: record.StatusOK, Engine: record.Counters{Steps: 10, BusyNS: int64(math.Round(busy * 1e9)),
		PromptTokens: prompt, PrefixHitTokens: cached, GeneratedTokens: generated,
		Batches: []record.BatchSteps{{Steps: 4, Tokens: generated / 2, BusyNS: int64(math.Round(d * float64(generated/2) * 1e9))}}}}
}

func runOf(arms ...string) *record.Set {
	s := &record.Set{Dir: "runs/x"}
	for _, a := range arms {
		s.Run.Arms = append(s.Run.Arms, record.Arm{ID: "id of " + a, Name: a})
	}
	return s
}

// TestMeasure finds what the trials were made of.
func TestMeasure(t *testing.T) {
	set := runOf("fast", "slow")
	failed, invalid := counted("id of fast", 1000, 0, 100, 9, 9), counted("id of fast", 1000, 0, 100, 9, 9)
	failed.Status, invalid.Invalid = record.StatusFailed, []string{"the machine was busy"}
	set.Trials = []record.Trial{counted("id of fast", 4000, 1000, 600, 2e-4, 3e-3), counted("id of slow", 4000, 1000, 600, 9, 9), failed, invalid,
		counted("id of fast", 9000, 0, 2000, 2e-4, 3e-3)}
	w, err := Measure(set, "fast")
	if err != nil || math.Abs(w.Prefill-2e-4) > 1e-10 || math.Abs(w.Decode-3e-3) > 1e-10 || !w.Seconds || w.Cached != 0 {
		t.Fatalf("%+v, %v", w, err)
	}
	if !strings.Contains(w.Source, "2 trials") || !strings.Contains(w.Source, "200 µs (200 to 200)") {
		t.Error(w.Source)
	}
}

// TestTracedSteps: of steps that were made by the formula, the fit is the formula, and the weights of all that they
// had add up to their durations.
func TestTracedSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const constant, prompt, generated, block = 2e-3, 1e-4, 3e-4, 5e-6
	var m traced
	busy, rows, tokens, blocks := 0., 0., 0., 0.
	for range 500 {
		s := record.Step{Held: 10 + rng.IntN(100)}
		seconds := constant + block*float64(s.Held)
		for range rng.IntN(3) {
			it := record.StepItem{Kind: record.Prefill, Rows: 1 + rng.IntN(64), Tokens: 1}
			s.Items, seconds, rows, tokens = append(s.Items, it), seconds+prompt*float64(it.Rows), rows+float64(it.Rows), tokens+1
		}
		for range 1 + rng.IntN(6) {
			it := record.StepItem{Kind: "decode", Rows: 1, Drafts: rng.IntN(3), Tokens: 1}
			s.Items, seconds, tokens = append(s.Items, it), seconds+generated*float64(it.Rows+it.Drafts), tokens+1
		}
		s.Duration = int64(math.Round(seconds * 1e9))
		busy += seconds
		blocks += float64(s.Held)
		m.add(&s)
	}
	c, ok := m.solve()
	for i, want := range []float64{constant, prompt, generated, block} {
		if !ok || math.Abs(c[i]/want-1) > 1e-4 {
			t.Errorf("coefficient %d is %v, want %v", i, c[i], want)
		}
	}
	w, ok := m.weights()
	held := blocks * busy / 500 // block seconds, where steps are of one length
	if sum := w.Prefill*rows + w.Decode*tokens + w.KV*held; !ok || math.Abs(sum/busy-1) > 1e-3 || w.KV <= 0 {
		t.Errorf("weights %+v add up to %v s of %v", w, sum, busy)
	}
	if m.explained(c) < .999 {
		t.Error(m.explained(c))
	}
	var few traced
	few.add(&record.Step{Held: 1, Duration: 5, Items: []record.StepItem{{Kind: "decode", Rows: 1, Tokens: 1}}})
	if w, ok := few.weights(); ok {
		t.Errorf("one step tells %+v", w)
	}
}

func TestMeasureSaysWhatIsMissing(t *testing.T) {
	several, none, decoding := runOf("fast", "slow"), runOf("fast"), runOf("fast")
	several.Trials = []record.Trial{counted("id of fast", 10, 0, 10, 1, 1)}
	none.Trials = []record.Trial{{Key: record.TrialKey{Arm: "id of fast"}, Status: record.StatusOK, Engine: record.Counters{Steps: 5, BusyNS: 5}}}
	decoding.Trials = []record.Trial{counted("id of fast", 1000, 0, 1000, -1e-5, 1e-3)}
	for _, c := range []struct {
		set       *record.Set
		arm, want string
	}{{several, "", "fast; slow"}, {several, "quick", `arm "quick"`}, {none, "", "only generate"}, {decoding, "", "no measurable time"}} {
		if w, err := Measure(c.set, c.arm); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "runs/x") {
			t.Errorf("%+v, %v; want %s", w, err, c.want)
		}
	}
}
