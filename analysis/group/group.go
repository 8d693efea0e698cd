package group

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Trial is a finished trial with its requests, ordered by intended time, then seq:
// the order in which a file lists them changes nothing. They are read anew for each walk over them.
type Trial struct {
	record.Trial
	Requests Requests // without Trimmed
	Trimmed  Trimmed
	OverTime OverTime
}

// Cell is an arm at a load level. Its repetitions stay apart, so that dependence
// inside and between them can be seen; percentiles merge their raw samples.
type Cell struct {
	Arm     record.Arm
	Load    record.Load
	Trials  []Trial        // by repetition
	Failed  []record.Trial // trials without measurements
	Invalid []string       // why the cell may not win, one sentence each
	// OverSaturated says of which repetitions the queue only grew, one sentence each: the arm does not hold this load.
	OverSaturated []string
	Unsteady      []string // those of Invalid that are about a steady state
	Unchecked     []string // laws that the records do not allow to check
}

// Requests counts the requests of all repetitions.
func (c *Cell) Requests() int {
	n := 0
	for _, t := range c.Trials {
		n += t.Requests.Len()
	}
	return n
}

// Sweep iterates over the cells of the sweep that have at least one finished trial,
// arm-major in the run's order. It ends at the first error.
func Sweep(set *record.Set) iter.Seq2[Cell, error] { return readAll(set, Swept(set)) }

// Confirmations iterates over the cells that were run again on fresh prompts.
func Confirmations(set *record.Set) iter.Seq2[Cell, error] { return readAll(set, Confirming(set)) }

// DoubleLab iterates over the cells that were run again while the lab did twice its work.
func DoubleLab(set *record.Set) iter.Seq2[Cell, error] {
	return readAll(set, places(set, func(k record.TrialKey) bool { return k.Repetition == record.DoubleLab }))
}

// Of is one cell of the sweep, without trials where none of it has been run.
func Of(set *record.Set, arm record.Arm, load record.Load) (Cell, error) {
	return placeOf(set, arm, load, func(k record.TrialKey) bool { return k.Repetition < record.Confirmation }).Read(set)
}

// Unprofiled is the trials of a cell that were run once more without a profile.
func Unprofiled(set *record.Set, arm record.Arm, load record.Load) (Cell, error) {
	return placeOf(set, arm, load, func(k record.TrialKey) bool { return k.Repetition >= record.Unprofiled }).Read(set)
}

// Place is where a cell is: its arm, its load and its trials, which Read reads.
type Place struct {
	Arm    record.Arm
	Load   record.Load
	trials []record.Trial
}

func placeOf(set *record.Set, arm record.Arm, load record.Load, want func(record.TrialKey) bool) Place {
	p := Place{Arm: arm, Load: load}
	for _, t := range set.Trials {
		if t.Key.Arm == arm.ID && t.Key.Load == load.ID && want(t.Key) {
			p.trials = append(p.trials, t)
		}
	}
	return p
}

// Swept are the places of the sweep that have at least one finished trial, arm-major in the run's order.
func Swept(set *record.Set) []Place {
	return places(set, func(k record.TrialKey) bool { return k.Repetition < record.Confirmation })
}

// Confirming are the places that were run again on fresh prompts.
func Confirming(set *record.Set) []Place {
	return places(set, func(k record.TrialKey) bool { return k.Repetition == record.Confirmation })
}

// Read reads the cell of a place and checks it, in one walk over its requests.
func (p Place) Read(set *record.Set) (Cell, error) {
	c, err := p.open(set)
	if err != nil {
		return c, err
	}
	k := newChecks(&c, set.Run.SLOs)
	for i := range c.Trials {
		t, course := &c.Trials[i], c.newCourse(i)
		for r := range t.Requests.All() {
			k.see(i, r)
			course.see(r)
		}
		t.OverTime = course.judge(OverTimeAlpha / float64(len(c.Trials)))
	}
	k.say()
	c.checkInstrument(&set.Run)
	c.overTime()
	return c, c.Err()
}

type cellKey struct{ arm, load string }

func places(set *record.Set, want func(record.TrialKey) bool) []Place {
	trials := map[cellKey][]record.Trial{}
	for _, t := range set.Trials {
		if want(t.Key) {
			k := cellKey{t.Key.Arm, t.Key.Load}
			trials[k] = append(trials[k], t)
		}
	}
	var all []Place
	for _, arm := range set.Run.Arms {
		for _, load := range set.Run.Loads {
			if ts := trials[cellKey{arm.ID, load.ID}]; len(ts) > 0 {
				all = append(all, Place{arm, load, ts})
			}
		}
	}
	return all
}

func readAll(set *record.Set, all []Place) iter.Seq2[Cell, error] {
	return func(yield func(Cell, error) bool) {
		for _, p := range all {
			c, err := p.Read(set)
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func (p Place) open(set *record.Set) (Cell, error) {
	c, trials := Cell{Arm: p.Arm, Load: p.Load}, p.trials
	slices.SortStableFunc(trials, func(a, b record.Trial) int { return cmp.Compare(a.Key.Repetition, b.Key.Repetition) })
	for _, t := range trials {
		if t.Status != record.StatusOK {
			c.Failed = append(c.Failed, t)
			c.Invalid = append(c.Invalid, fmt.Sprintf("repetition %d failed: %s", t.Key.Repetition, t.Reason))
			continue
		}
		requests, err := set.Columns(t.Key.ID)
		var torn *result.TornError
		switch {
		case errors.As(err, &torn):
			c.Invalid = append(c.Invalid, fmt.Sprintf("repetition %d: %v", t.Key.Repetition, torn))
		case err != nil:
			return c, fmt.Errorf("trial %s: %w", t.Key.ID, err)
		}
		c.Trials = append(c.Trials, Trial{Trial: t, Requests: AllOf(requests)})
	}
	return c, nil
}

// Strays names the finished trials whose arm or load the run does not list.
func Strays(set *record.Set) []record.TrialKey {
	var strays []record.TrialKey
	for _, t := range set.Trials {
		arm := slices.ContainsFunc(set.Run.Arms, func(a record.Arm) bool { return a.ID == t.Key.Arm })
		load := slices.ContainsFunc(set.Run.Loads, func(l record.Load) bool { return l.ID == t.Key.Load })
		if !arm || !load {
			strays = append(strays, t.Key)
		}
	}
	return strays
}
