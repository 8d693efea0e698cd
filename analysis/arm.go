package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// judged is an arm with what the recommendation needs of it.
type judged struct {
	Arm
	index  int       // in analysis.arms
	rungs  []rung    // ascending
	at     *measured // the cell that cost and rank are taken from; nil where there is none
	proven bool      // at is the capacity; otherwise the verdict there is undecided

	pricing  pricing
	unpriced string // why it cannot be compared in cost with arms of other systems, a sentence; "" where it can
}

// rung is one level of the load ladder: usually one cell, several where loads of one
// rate differ in their lengths.
type rung struct {
	level float64
	cells []*measured
}

func (r rung) valid() bool {
	return !slices.ContainsFunc(r.cells, func(m *measured) bool { return !m.Valid })
}

// verdict is the worst of the cells: a rate is held when every load of it is.
func (r rung) verdict() Verdict {
	v := Met
	for _, m := range r.cells {
		v = worse(v, m.Verdict)
	}
	return v
}

// needMore is the number of further requests that would prove the rung.
func (r rung) needMore() int {
	n := 0
	for _, m := range r.cells {
		n = max(n, m.needMore())
	}
	return n
}

func (m *measured) needMore() int {
	n := 0
	for _, s := range m.SLOs {
		n = max(n, s.NeedMore)
	}
	return n
}

// holds says whether the observed share of misses is within every limit, proven or not.
func (r rung) holds() bool {
	for _, m := range r.cells {
		for _, s := range m.SLOs {
			if float64(s.Misses) > (1-s.SLO.Percentile)*float64(s.N) {
				return false
			}
		}
	}
	return true
}

func (a *analysis) judgeArms() (err error) {
	a.study.SampledCheck = newQuality(a.set.Quality[a.run.Quality.ReferenceID]).sampled
	cache := map[string]quality{}
	for _, arm := range a.run.Arms {
		q, known := cache[arm.QualityID]
		if !known {
			q = newQuality(a.set.Quality[arm.QualityID])
			cache[arm.QualityID] = q
		}
		j := judged{index: len(a.arms), Arm: Arm{Arm: arm}, rungs: a.ladder(arm.ID)}
		j.setQuality(q)
		j.MeanKVBytes = a.meanKV(arm.ID)
		j.setCapacity()
		if j.Boundaries, err = a.searched(arm.ID); err != nil {
			return err
		}
		j.takeBoundary()
		if err := j.setCost(a); err != nil {
			return err
		}
		a.arms = append(a.arms, j)
	}
	a.setUnpriced()
	return nil
}

// meanKV is what one request's keys and values took on average, in the trial of the arm where
// that is the most.
func (a *analysis) meanKV(arm string) (bytes int64) {
	for _, t := range a.set.Trials {
		if t.Key.Arm == arm {
			bytes = max(bytes, t.Engine.MeanKVBytes)
		}
	}
	return bytes
}

// ladder orders an arm's cells by offered rate. Closed-loop loads have no offered
// rate: they make the ladder, by concurrency, only where there is no open-loop load.
func (a *analysis) ladder(arm string) []rung {
	open := map[string]bool{}
	for _, l := range a.run.Loads {
		if l.Rate > 0 {
			open[l.ID] = true
		}
	}
	var rungs []rung
	for i := range a.cells {
		m := &a.cells[i]
		if m.Arm != arm || len(open) > 0 && !open[m.Load] {
			continue
		}
		if k := slices.IndexFunc(rungs, func(r rung) bool { return r.level == m.level }); k >= 0 {
			rungs[k].cells = append(rungs[k].cells, m)
			continue
		}
		rungs = append(rungs, rung{level: m.level, cells: []*measured{m}})
	}
	slices.SortStableFunc(rungs, func(x, y rung) int { return cmp.Compare(x.level, y.level) })
	return rungs
}

// setCapacity finds the highest rate that is met, and the cell to price: the one at
// capacity, or, where nothing is met, the most promising undecided one.
func (j *judged) setCapacity() {
	j.Capacity.Verdict = Undecided
	valid := slices.DeleteFunc(slices.Clone(j.rungs), func(r rung) bool { return !r.valid() })
	if len(valid) == 0 {
		return
	}
	j.Capacity.Verdict = valid[0].verdict()
	if i := lastMet(j.rungs); i >= 0 {
		r := j.rungs[i]
		j.Capacity = Capacity{Rate: r.rate(), Load: r.cells[0].Load, Verdict: Met}
		if i+1 < len(j.rungs) {
			j.Capacity.Next = j.rungs[i+1].rate()
		}
		j.at, j.proven = r.cells[0], true
		return
	}
	undecided := slices.DeleteFunc(valid, func(r rung) bool { return r.verdict() != Undecided })
	if r, ok := promising(undecided); ok {
		j.at = r.cells[0]
	}
}

// rate is the offered rate of a rung: as planned for open loops, as it came about
// for closed ones, which have no plan.
func (r rung) rate() float64 {
	if r.cells[0].closed {
		return r.cells[0].OfferedRate
	}
	return r.level
}

func lastMet(rungs []rung) int {
	for i, r := range slices.Backward(rungs) {
		if r.valid() && r.verdict() == Met {
			return i
		}
	}
	return -1
}

// promising is the highest undecided rung that holds so far, or else the one that
// needs the fewest further requests.
func promising(undecided []rung) (rung, bool) {
	for _, r := range slices.Backward(undecided) {
		if r.holds() {
			return r, true
		}
	}
	if len(undecided) == 0 {
		return rung{}, false
	}
	return slices.MinFunc(undecided, func(x, y rung) int { return cmp.Compare(x.needMore(), y.needMore()) }), true
}

func (j *judged) capacityAssumption(run *record.Run) string {
	name := loadName(run, j.at.Load)
	if j.proven && j.Capacity.Search != "" {
		return fmt.Sprintf("The capacity is %s, where the search found the limits to break; tokens and requests per second are those of %s, scaled to it.",
			perSecond(j.Capacity.Rate), name)
	}
	if j.proven {
		return fmt.Sprintf("The capacity is %s, measured at %s: the highest tested rate that meets every limit.", perSecond(j.Capacity.Rate), name)
	}
	return fmt.Sprintf("No tested rate is proven to meet every limit: the capacity is assumed to be %s, where the verdict is undecided (%s more, all within the limits, would prove it).",
		name, words.Count(j.at.needMore(), "request"))
}

func perSecond(rate float64) string { return words.Number(rate) + " requests/s" }

func loadName(run *record.Run, id string) string {
	for _, l := range run.Loads {
		if l.ID == id {
			return l.Name
		}
	}
	return id
}
