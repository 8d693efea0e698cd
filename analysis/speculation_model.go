package analysis

import (
	"cmp"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// DraftSteps is what an engine counted of its steps in one cell. What was not counted is 0.
type DraftSteps struct {
	Rate      float64 // that a draft stands if those before it do: stood / (stood + the first of each that did not)
	Drafted   float64 // tokens, per sequence and step that only decodes
	Tokens    float64 // that came of one, the one that is not drafted included
	Batch     float64 // sequences in a step that only decodes
	Cost      float64 // what such a step took, by one of the baseline with as many sequences
	DraftTime float64 // share of the time in all steps: finding drafts
	Verify    float64 // share of the time in all steps: the rest of steps with drafts

	Positions []DraftPosition // from the first
}

// DraftPosition is one place in a draft.
type DraftPosition struct {
	Drafted int64 // drafts that were so long
	Stood   Value // share of these of which this token stood, and with it all before
}

// stepCounts are the engine's counters of a cell, added up over its repetitions.
type stepCounts struct {
	busy, drafting, verifying         int64
	drafts, fallen, drafted, accepted int64
	draftedAt, acceptedAt             []int64
	batches                           []record.BatchSteps
}

func newStepCounts(c *group.Cell) (s stepCounts) {
	for _, t := range c.Trials {
		e := t.Engine
		s.busy, s.drafting, s.verifying = s.busy+e.BusyNS, s.drafting+e.DraftNS, s.verifying+e.VerifyNS
		s.drafts, s.fallen = s.drafts+e.Drafts, s.fallen+e.DraftsFallen
		s.drafted, s.accepted = s.drafted+e.DraftTokens, s.accepted+e.AcceptedTokens
		s.draftedAt, s.acceptedAt = addColumns(s.draftedAt, e.DraftedAt), addColumns(s.acceptedAt, e.AcceptedAt)
		s.batches = append(s.batches, e.Batches...)
	}
	return s
}

// stepTime is what steps of so many sequences took, that only decode and draft nothing.
type stepTime struct{ sequences, ns float64 }

// fewestSteps is how many steps of a batch's size tell what one takes.
const fewestSteps = 5

// plainSteps are those of an arm, over all loads, the smallest batches first.
func (a *analysis) plainSteps(arm string) []stepTime {
	sum := map[int64]record.BatchSteps{}
	for i := range a.cells {
		if m := &a.cells[i]; m.Arm == arm {
			for _, b := range m.steps.batches {
				n := int64(math.Round(float64(b.Sequences) / float64(max(b.Steps, 1))))
				s := sum[n]
				s.Steps, s.Sequences, s.BusyNS = s.Steps+b.Steps, s.Sequences+b.Sequences, s.BusyNS+b.BusyNS
				sum[n] = s
			}
		}
	}
	var out []stepTime
	for _, s := range sum {
		if s.Steps >= fewestSteps {
			out = append(out, stepTime{float64(s.Sequences) / float64(s.Steps), float64(s.BusyNS) / float64(s.Steps)})
		}
	}
	slices.SortFunc(out, func(x, y stepTime) int { return cmp.Compare(x.sequences, y.sequences) })
	return out
}

// at is the time of a step, on the line between the sizes that were measured; false beyond them.
func at(curve []stepTime, sequences float64) (ns float64, ok bool) {
	for i, p := range curve {
		switch {
		case p.sequences == sequences:
			return p.ns, true
		case p.sequences > sequences && i > 0:
			b := curve[i-1]
			return b.ns + (p.ns-b.ns)*(sequences-b.sequences)/(p.sequences-b.sequences), true
		case p.sequences > sequences:
			return 0, false
		}
	}
	return 0, false
}

// draftSteps words the counters of an arm, next to the plain steps of its baseline.
func draftSteps(s *stepCounts, plain []stepTime) (d DraftSteps) {
	d.Rate = share(s.accepted, s.accepted+s.fallen)
	if s.fallen == 0 && len(s.draftedAt) == 0 {
		d.Rate = 0 // a record from before these were counted
	}
	d.DraftTime, d.Verify = share(s.drafting, s.busy), share(s.verifying, s.busy)
	var all record.BatchSteps
	for _, b := range s.batches {
		all.Steps, all.Sequences, all.Rows, all.Tokens = all.Steps+b.Steps, all.Sequences+b.Sequences, all.Rows+b.Rows, all.Tokens+b.Tokens
	}
	d.Drafted, d.Tokens, d.Batch = share(all.Rows-all.Sequences, all.Sequences), share(all.Tokens, all.Sequences), share(all.Sequences, all.Steps)
	d.Cost = stepCost(s.batches, plain)
	for i, n := range s.draftedAt {
		if i < len(s.acceptedAt) && n > 0 {
			d.Positions = append(d.Positions, DraftPosition{Drafted: n, Stood: countedShare(s.acceptedAt[i], n)})
		}
	}
	return d
}

func share(part, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

// stepCost is the time of steps by that of the baseline's with as many sequences. It is 0 where the baseline had batches
// of too few of these sizes: they must make up half of the time.
func stepCost(batches []record.BatchSteps, plain []stepTime) float64 {
	var took, plainly, left float64
	for _, b := range batches {
		if ns, ok := at(plain, float64(b.Sequences)/float64(max(b.Steps, 1))); ok {
			took, plainly = took+float64(b.BusyNS), plainly+ns*float64(b.Steps)
		} else {
			left += float64(b.BusyNS)
		}
	}
	if plainly == 0 || took < left {
		return 0
	}
	return took / plainly
}

// expectedSpeedup is what drafting should gain by its acceptance and its costs. A sequence's step is expected to give
// 1 + a + a^2 + ... tokens, one term for each drafted token, if every draft stands with the same probability a, whatever
// its place and the text (Leviathan et al. 2023, equation 1, here with the lengths that were drafted); and it takes as much
// longer than a plain step of as many sequences as was measured, finding drafts and verifying them. Steps with prompts in
// them, and batches that become smaller where answers are over sooner, are left out of it. That, and that a is not the
// same everywhere, is what it errs by.
func expectedSpeedup(s *stepCounts, d *DraftSteps) Value {
	v := Value{Unit: "times", Note: NotMeasured}
	if d.Cost == 0 || len(s.draftedAt) == 0 {
		return v
	}
	stood := 0.0
	for i, n := range s.draftedAt {
		stood += math.Pow(d.Rate, float64(i+1)) * float64(n)
	}
	tokens := 1.0
	if s.drafted > 0 {
		tokens += d.Drafted * stood / float64(s.drafted)
	}
	e := tokens / d.Cost
	return Value{Estimate: e, Low: e, High: e, Unit: "times", N: int(s.drafts), Estimated: true}
}

// draftCell compares an arm with its baseline.
func (a *analysis) draftCell(base, arm *measured, plain []stepTime) DraftCell {
	c := DraftCell{Arm: arm.Arm}
	a.comparePairs(&c, base, arm)
	c.Steps = draftSteps(&arm.steps, plain)
	c.Expected = expectedSpeedup(&arm.steps, &c.Steps)
	return c
}

// enoughDrafts is how many drafts tell how many stand.
const enoughDrafts = 30

// Positions are those of an arm over all loads of a kind, up to the first that too few drafts reached.
func (g *DraftGroup) Positions(kind, arm string) []DraftPosition {
	var drafted, stood []int64
	for _, l := range g.Of(kind) {
		for _, c := range l.Arms {
			if c.Arm != arm {
				continue
			}
			var n, hits []int64
			for _, p := range c.Steps.Positions {
				n, hits = append(n, p.Drafted), append(hits, int64(math.Round(p.Stood.Estimate*float64(p.Drafted))))
			}
			drafted, stood = addColumns(drafted, n), addColumns(stood, hits)
		}
	}
	var out []DraftPosition
	for i, n := range drafted {
		if n < enoughDrafts {
			break
		}
		out = append(out, DraftPosition{Drafted: n, Stood: countedShare(stood[i], n)})
	}
	return out
}

// ForecastError is how far expected speed-ups are from measured ones.
type ForecastError struct {
	Points    int
	Median    float64 // of the sizes of the errors, as shares
	Worst     float64 // the largest, with its sign: above 0 more was expected than was measured
	Arm, Load string  // ids, where that is
}

// ForecastError is of all arms at all loads of a group.
func (g *DraftGroup) ForecastError() ForecastError {
	var e ForecastError
	var sizes []float64
	for _, l := range g.Levels {
		for i := range l.Arms {
			share, ok := l.Arms[i].Error()
			if !ok {
				continue
			}
			sizes = append(sizes, math.Abs(share))
			if math.Abs(share) > math.Abs(e.Worst) || e.Points == 0 {
				e.Worst, e.Arm, e.Load = share, l.Arms[i].Arm, l.Load
			}
			e.Points++
		}
	}
	if e.Points > 0 {
		e.Median = stat.NearestRank(stat.Sorted(sizes), 0.5)
	}
	return e
}
