package analysis

import (
	"math"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// ProfileCost is what changes when the same requests are answered with a profile being taken, from without to with.
type ProfileCost struct {
	Arm, Load string // ids
	Trials    []string
	CPU       stat.Change // of the process's time per generated token; the ratio is NaN where the system does not say
	Busy      stat.Change // of the engine-busy time per generated token; below three pairs without an interval, as CPU
	TPOT      stat.Change // of its median; the ratio is NaN where there are too few requests for one
}

// costOfProfile compares trials with those that were run once more without a profile.
func (a *analysis) costOfProfile() (*ProfileCost, error) {
	arm, load, ok := a.unprofiled()
	if !ok {
		return nil, nil
	}
	with, err := group.Of(a.set, arm, load)
	if err != nil {
		return nil, err
	}
	without, err := group.Unprofiled(a.set, arm, load)
	if err != nil {
		return nil, err
	}
	var off, on []group.Trial
	for _, x := range without.Trials {
		for _, y := range with.Trials {
			if y.Key.Repetition == x.Key.Repetition-record.Unprofiled && y.Profile != nil && y.Profile.Missing == "" && x.Issued == y.Issued {
				off, on = append(off, x), append(on, y)
			}
		}
	}
	if len(on) == 0 {
		return nil, nil
	}
	c := &ProfileCost{Arm: arm.ID, Load: load.ID}
	c.CPU = perToken(off, on, func(t group.Trial) int64 { return t.Engine.CPUNS })
	c.Busy = perToken(off, on, func(t group.Trial) int64 { return t.Engine.BusyNS })
	for i := range on {
		c.Trials = append(c.Trials, on[i].Key.ID, off[i].Key.ID)
	}
	tpot := compare.Metric{Name: "tpot", Percentile: 0.5, Unit: "ns"}
	row, err := compare.Pairs(off, on, tpot, a.options.Draws, a.rng("cost of the profile"))
	c.TPOT = row.Change
	return c, err
}

// unprofiled is the cell that was run once more without a profile.
func (a *analysis) unprofiled() (arm record.Arm, load record.Load, ok bool) {
	for _, t := range a.set.Trials {
		if t.Key.Repetition < record.Unprofiled || t.Status != record.StatusOK {
			continue
		}
		for _, arm := range a.run.Arms {
			for _, load := range a.run.Loads {
				if arm.ID == t.Key.Arm && load.ID == t.Key.Load {
					return arm, load, true
				}
			}
		}
	}
	return arm, load, false
}

// perToken is the change of a counter per generated token: of the trials together, unless there are enough pairs to say how
// much runs differ.
func perToken(first, second []group.Trial, of func(group.Trial) int64) stat.Change {
	ratio := func(trials ...group.Trial) float64 {
		sum, tokens := 0.0, 0.0
		for _, t := range trials {
			sum, tokens = sum+float64(of(t)), tokens+float64(t.Engine.GeneratedTokens)
		}
		return sum / tokens
	}
	var before, after []float64
	for i := range first {
		before, after = append(before, ratio(first[i])), append(after, ratio(second[i]))
	}
	if paired, ok := stat.PairedRuns(before, after); ok {
		return paired
	}
	return stat.Change{Ratio: ratio(second...) / ratio(first...), P: 1, Runs: len(first), Within: true,
		Interval: stat.Interval{Low: 0, High: math.Inf(1), Level: stat.Confidence}}
}
