package gate

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
)

// compared says whether there is a baseline, as a run directory or as a stored summary.
func (o *Options) compared() bool { return o.Baseline != nil || o.Stored != nil }

// baselineRun is what the baseline was of, nil without one.
func (o *Options) baselineRun() *record.Run {
	switch {
	case o.Baseline != nil:
		return &o.Baseline.Run
	case o.Stored != nil:
		r := o.Stored.Record()
		return &r
	}
	return nil
}

// row compares a cell with the baseline's.
func (j *judge) row(b Budget, arm record.Arm, load record.Load) (compare.Row, error) {
	if j.o.Stored != nil {
		return j.storedRow(b, arm, load)
	}
	cmp, err := compare.Runs(j.o.Baseline, j.set, compare.Options{Metrics: []compare.Metric{b.Metric}, First: arm.Name, Second: arm.Name,
		Load: load.ID, OtherMachine: j.o.OtherMachine, Seed: j.o.Seed, Draws: j.o.Draws})
	if err != nil {
		return compare.Row{}, err
	}
	for _, w := range cmp.Warnings {
		j.warn(w)
	}
	return cmp.Rows[0], nil
}

// storedRow compares with a summary, of another machine only where it is told to.
func (j *judge) storedRow(b Budget, arm record.Arm, load record.Load) (compare.Row, error) {
	s := j.o.Stored
	was := s.Record()
	if err := j.sameMachine(&was); err != nil {
		return compare.Row{}, err
	}
	c, err := j.cell(arm, load)
	if err != nil {
		return compare.Row{}, err
	}
	return s.Change(&j.set.Run, c, b.Metric)
}

// sameMachine refuses a baseline of another machine, or warns of it where it is asked for.
func (j *judge) sameMachine(was *record.Run) error {
	if was.Host.Fingerprint == j.set.Run.Host.Fingerprint {
		return nil
	}
	name := "the baseline"
	if j.o.Stored != nil {
		name += " " + j.o.Stored.Label()
	}
	differ := fmt.Sprintf("%s is of another machine: %s (%s), this run is of %s (%s)",
		name, was.Host.CPU, was.Host.Fingerprint, j.set.Run.Host.CPU, j.set.Run.Host.Fingerprint)
	if !j.o.OtherMachine {
		return fmt.Errorf("%s, and nothing about builds or settings follows from that", differ)
	}
	j.warn(differ + ": what differs may be theirs")
	return nil
}

// basePerplexity is that of the baseline's arm.
func (j *judge) basePerplexity(arm record.Arm) (float64, bool) {
	if j.o.Stored != nil {
		return j.o.Stored.Perplexity(arm)
	}
	for _, a := range j.o.Baseline.Run.Arms {
		if a.ID == arm.ID {
			return perplexity(j.o.Baseline, a)
		}
	}
	return math.NaN(), false
}
