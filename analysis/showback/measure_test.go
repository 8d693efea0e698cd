package showback

import (
	"math"
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
