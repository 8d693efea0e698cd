package recordtest

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// Draft is how a made-up arm drafts tokens: always the same number, each of which stands with the same
// probability if those before it do.
type Draft struct {
	Length   int     // 0 drafts nothing, but has its steps counted
	Accept   float64 // probability
	Overhead float64 // of finding drafts, as a share of a plain step
	Row      float64 // of a drafted row and sequence, likewise
}

// batch is how many sequences a step has at a rate.
func batch(rate float64) float64 { return math.Round(min(max(rate/10, 1), 8)) }

// tokens is what a step gives a sequence.
func (d *Draft) tokens() float64 {
	sum := 0.0
	for i := range d.Length + 1 {
		sum += math.Pow(d.Accept, float64(i))
	}
	return sum
}

// cost is what a step takes, by one of as many sequences without drafts.
func (d *Draft) cost(n float64) float64 {
	if d.Length == 0 {
		return 1
	}
	return 1 + d.Overhead + d.Row*n*float64(d.Length)
}

// step is the time of a step without drafts.
func (a *Arm) step(n float64) float64 { return float64(a.TPOT) * (1 + 0.2*(n-1)) }

// pace is the time per token at a rate.
func (a *Arm) pace(rate float64) float64 {
	if a.Draft == nil {
		return float64(a.TPOT)
	}
	n := batch(rate)
	return a.step(n) * a.Draft.cost(n) / a.Draft.tokens()
}

// count fills in the counters of drafts.
func (d *Draft) count(a *Arm, e *record.Counters, rate float64) {
	n, each := batch(rate), d.tokens()
	sequenceSteps := float64(e.GeneratedTokens) / each
	took := sequenceSteps / n * a.step(n) * d.cost(n)
	b := record.BatchSteps{Steps: int64(sequenceSteps / n), Tokens: e.GeneratedTokens, BusyNS: int64(took)}
	b.Sequences = b.Steps * int64(n)
	b.Rows = b.Sequences * int64(1+d.Length)
	e.BusyNS, e.Steps = b.BusyNS+20*int64(time.Millisecond), b.Steps+20
	if d.Length > 0 {
		b.DraftNS = int64(took * d.Overhead / d.cost(n))
		e.Drafts, e.DraftNS, e.VerifyNS, e.VerifySteps = b.Sequences, b.DraftNS, b.BusyNS-b.DraftNS, b.Steps
		e.DraftTokens = e.Drafts * int64(d.Length)
		for i := range d.Length {
			stood := int64(float64(e.Drafts) * math.Pow(d.Accept, float64(i+1)))
			e.DraftedAt, e.AcceptedAt = append(e.DraftedAt, e.Drafts), append(e.AcceptedAt, stood)
			e.AcceptedTokens += stood
		}
		e.DraftsFallen = e.Drafts - e.AcceptedAt[d.Length-1]
	}
	e.Batches = []record.BatchSteps{b}
}

// Speculation is arms that differ in who drafts and how much, at three rates: most of them gain at the lowest and none
// at the highest.
func Speculation() Plan {
	p := base()
	p.Rates, p.Requests = []float64{2, 20, 60}, 62
	p.SLOs = []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 100e6, Origin: "made up"}}
	for _, a := range []struct {
		name, drafter, model string
		length               int
		adaptive             bool
		draft                Draft
	}{
		{"none", "none", "", 4, false, Draft{}},
		{"model, 2", "model", "small.gguf", 2, false, Draft{2, 0.8, 0.5, 0.09}},
		{"model, 4", "model", "small.gguf", 4, false, Draft{4, 0.8, 0.9, 0.06}},
		{"model, adaptive", "model", "small.gguf", 8, true, Draft{3, 0.8, 0.7, 0.08}},
		{"ngram, 4", "ngram", "", 4, false, Draft{4, 0.6, 0.01, 0.06}},
		{"ngram, adaptive", "ngram", "", 8, true, Draft{3, 0.6, 0.01, 0.07}},
		{"suffix, adaptive", "suffix", "", 16, true, Draft{6, 0.75, 0.02, 0.08}},
	} {
		p.Arms = append(p.Arms, Arm{ID: a.name, QualityID: "q", Busy: 20 * time.Millisecond, Capacity: 80,
			TTFT: 8 * time.Millisecond, TPOT: 3 * time.Millisecond, Draft: &a.draft,
			Swept: []record.Setting{{Name: "drafter", Value: a.drafter}, {Name: "draft_model", Value: a.model},
				{Name: "draft_length", Value: fmt.Sprint(a.length)}, {Name: "draft_adaptive", Value: fmt.Sprint(a.adaptive)}}})
	}
	return p
}
