package group

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// Trial is a finished trial with its requests, ordered by intended time, then seq:
// the order in which a file lists them changes nothing.
type Trial struct {
	record.Trial
	Requests []result.Request // without Trimmed
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
		n += len(t.Requests)
	}
	return n
}

// All iterates over the requests of all repetitions.
func (c *Cell) All() iter.Seq[*result.Request] {
	return func(yield func(*result.Request) bool) {
		for _, t := range c.Trials {
			for i := range t.Requests {
				if !yield(&t.Requests[i]) {
					return
				}
			}
		}
	}
}

// PerSecond is a series for each repetition of something per second of its window, which is spread evenly over its
// requests, so that a resample of as many requests has the same window.
func (c *Cell) PerSecond(of func(Trial, *result.Request) float64) []stat.Series {
	var runs []stat.Series
	for _, t := range c.Trials {
		n := len(t.Requests)
		s := stat.Series{Num: make([]float64, n), Den: make([]float64, n)}
		for i := range t.Requests {
			s.Num[i] = of(t, &t.Requests[i])
			s.Den[i] = float64(t.Measured()) / 1e9 / float64(n)
		}
		runs = append(runs, s)
	}
	return runs
}

// Sweep iterates over the cells of the sweep that have at least one finished trial,
// arm-major in the run's order. Only one cell's requests are in memory at a time. It
// ends at the first error.
func Sweep(set *record.Set) iter.Seq2[Cell, error] {
	return cells(set, func(k record.TrialKey) bool { return k.Repetition < record.Confirmation })
}

// Confirmations iterates over the cells that were run again on fresh prompts.
func Confirmations(set *record.Set) iter.Seq2[Cell, error] {
	return cells(set, func(k record.TrialKey) bool { return k.Repetition == record.Confirmation })
}

// DoubleLab iterates over the cells that were run again while the lab did twice its work.
func DoubleLab(set *record.Set) iter.Seq2[Cell, error] {
	return cells(set, func(k record.TrialKey) bool { return k.Repetition == record.DoubleLab })
}

// Of is one cell of the sweep, without trials where none of it has been run.
func Of(set *record.Set, arm record.Arm, load record.Load) (Cell, error) {
	var trials []record.Trial
	for _, t := range set.Trials {
		if t.Key.Arm == arm.ID && t.Key.Load == load.ID && t.Key.Repetition < record.Confirmation {
			trials = append(trials, t)
		}
	}
	return gather(set, arm, load, trials)
}

// Unprofiled is the trials of a cell that were run once more without a profile.
func Unprofiled(set *record.Set, arm record.Arm, load record.Load) (Cell, error) {
	var trials []record.Trial
	for _, t := range set.Trials {
		if t.Key.Arm == arm.ID && t.Key.Load == load.ID && t.Key.Repetition >= record.Unprofiled {
			trials = append(trials, t)
		}
	}
	return gather(set, arm, load, trials)
}

type cellKey struct{ arm, load string }

func cells(set *record.Set, want func(record.TrialKey) bool) iter.Seq2[Cell, error] {
	trials := map[cellKey][]record.Trial{}
	for _, t := range set.Trials {
		if want(t.Key) {
			k := cellKey{t.Key.Arm, t.Key.Load}
			trials[k] = append(trials[k], t)
		}
	}
	return func(yield func(Cell, error) bool) {
		for _, arm := range set.Run.Arms {
			for _, load := range set.Run.Loads {
				ts := trials[cellKey{arm.ID, load.ID}]
				if len(ts) == 0 {
					continue
				}
				c, err := gather(set, arm, load, ts)
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

// gather reads the requests of one cell and checks it.
func gather(set *record.Set, arm record.Arm, load record.Load, trials []record.Trial) (Cell, error) {
	c := Cell{Arm: arm, Load: load}
	slices.SortStableFunc(trials, func(a, b record.Trial) int { return cmp.Compare(a.Key.Repetition, b.Key.Repetition) })
	for _, t := range trials {
		if t.Status != record.StatusOK {
			c.Failed = append(c.Failed, t)
			c.Invalid = append(c.Invalid, fmt.Sprintf("repetition %d failed: %s", t.Key.Repetition, t.Reason))
			continue
		}
		requests, err := set.Requests(t.Key.ID)
		var torn *result.TornError
		switch {
		case errors.As(err, &torn):
			c.Invalid = append(c.Invalid, fmt.Sprintf("repetition %d: %v", t.Key.Repetition, torn))
		case err != nil:
			return c, err
		}
		if err := plausible(requests); err != nil {
			return c, fmt.Errorf("trial %s: %w", t.Key.ID, err)
		}
		slices.SortFunc(requests, func(a, b result.Request) int {
			return cmp.Or(cmp.Compare(a.Intended, b.Intended), cmp.Compare(a.Seq, b.Seq))
		})
		c.Trials = append(c.Trials, Trial{Trial: t, Requests: requests})
	}
	c.check(set.Run.SLOs)
	c.checkInstrument(&set.Run)
	c.overTime()
	return c, nil
}

// mostTokens is more than any context holds. A count above it is a damaged file, and
// would be spread over as many samples.
const mostTokens = 1 << 24

func plausible(requests []result.Request) error {
	for _, r := range requests {
		most := max(r.AskedOutput, r.AskedPrompt, r.PromptTokens, r.OutputTokens)
		for _, e := range r.Events {
			most = max(most, e.Tokens)
		}
		if most > mostTokens {
			return fmt.Errorf("request %d counts %d tokens: expected at most %d", r.Seq, most, mostTokens)
		}
	}
	return nil
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
