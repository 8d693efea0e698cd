package gateway

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// Deployment words what a rung is.
func Deployment(l *scenario.Ladder, r scenario.Rung) string {
	var parts []string
	switch {
	case r.Like != "":
		parts = append(parts, "the servers of "+r.Like)
	case r.Model != "":
		parts = append(parts, r.Model+" "+r.Engine.Quantization, fmt.Sprintf("batch %d", r.Engine.MaxBatch))
		if r.Engine.Drafts() {
			parts = append(parts, "drafts")
		}
	default:
		parts = append(parts, strings.Join(r.URLs, " "))
	}
	if r.Replicas > 1 && r.Like == "" {
		parts = append(parts, fmt.Sprintf("%d servers", r.Replicas))
	}
	if r.MaxTokens > 0 {
		parts = append(parts, fmt.Sprintf("answers of at most %d tokens", r.MaxTokens))
	}
	if r.NoDrafts {
		parts = append(parts, "no drafts")
	}
	return strings.Join(parts, ", ")
}

// DeclaredFacts is what the ladder file says of its rungs.
func DeclaredFacts(l *scenario.Ladder) []record.LadderRung {
	var all []record.LadderRung
	for _, r := range l.Rungs {
		f := record.LadderRung{Name: r.Name, Deployment: Deployment(l, r), PriceInput: r.PriceInput, PriceOutput: r.PriceOutput}
		if d := r.Declared; d != nil {
			f.Declared, f.Source, f.Rate = true, cmp.Or(d.Source, l.File), d.Rate
			if !math.IsNaN(d.QualityLoss) {
				f.QualityLoss, f.Loss = &d.QualityLoss, d.Loss
			}
		}
		all = append(all, f)
	}
	return all
}

// Speed is how fast a rung was measured to be: the time of a decode step of one sequence, and prompt tokens per second.
type Speed struct {
	Step    time.Duration
	Prefill float64
}

// Measured takes what the ladder's run says of the arms that its rungs are, beside what is declared of the others. Speeds
// are by rung, 0 where they are not known.
func Measured(l *scenario.Ladder, set *record.Set, study *analysis.Study) ([]record.LadderRung, []Speed, error) {
	facts, speeds := DeclaredFacts(l), make([]Speed, len(l.Rungs))
	for i, r := range l.Rungs {
		if r.Arm == "" {
			continue
		}
		a := findArm(study, r.Arm)
		if a == nil {
			return nil, nil, l.Problem(l.Key(i, "arm"), fmt.Sprintf("%q", r.Arm), fmt.Sprintf("an arm of %s: %s", l.Measured, armNames(study)), "")
		}
		f := &facts[i]
		f.Source, f.Rate = l.Measured+", arm "+a.Arm.Name, a.Capacity.Rate
		if q := a.QualityLoss; q.Note == "" {
			loss := math.Expm1(q.Estimate)
			f.QualityLoss, f.Loss = &loss, "relative rise of perplexity"
		}
		speeds[i] = speed(set, a.Arm.ID)
	}
	return facts, speeds, nil
}

func findArm(s *analysis.Study, name string) *analysis.Arm {
	for i := range s.Arms {
		if a := &s.Arms[i]; a.Arm.Name == name || a.Arm.ID == name {
			return a
		}
	}
	return nil
}

func armNames(s *analysis.Study) string {
	var all []string
	for _, a := range s.Arms {
		all = append(all, fmt.Sprintf("%q", a.Arm.Name))
	}
	return strings.Join(all, ", ")
}

// speed is from the engine's own counters over all trials of an arm: steps that only decode by how many sequences they have,
// and what is left of the time for the prompts.
func speed(set *record.Set, arm string) (s Speed) {
	var one, decode record.BatchSteps
	var busy, prompts int64
	for _, t := range set.Trials {
		if t.Key.Arm != arm || t.Status != record.StatusOK {
			continue
		}
		for _, b := range t.Engine.Batches {
			decode.BusyNS += b.BusyNS
			if b.Sequences == b.Steps {
				one.Steps, one.BusyNS = one.Steps+b.Steps, one.BusyNS+b.BusyNS
			}
		}
		busy += t.Engine.BusyNS
		prompts += t.Engine.PromptTokens - t.Engine.PrefixHitTokens
	}
	if one.Steps == 0 || prompts <= 0 || busy <= decode.BusyNS {
		return s
	}
	return Speed{time.Duration(one.BusyNS / one.Steps), float64(prompts) / (float64(busy-decode.BusyNS) / 1e9)}
}
