package gate

import (
	"fmt"
	"math"
	"sync"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/each"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Perplexity is a metric of an arm, not of a cell: it is exact.
const Perplexity = "perplexity"

// Budget bounds one metric, of one arm at one load or of all.
type Budget struct {
	Key       string // where it stands in its file, as "budget[0]"
	Metric    compare.Metric
	Arm, Load string  // names; "" for every one
	Limit     float64 // in the metric's unit: at most, or at least where higher is better; NaN for none
	Ratio     float64 // to the baseline: at most, or at least where higher is better; NaN for none
}

// String words what it asks for.
func (b Budget) String() string {
	s := b.Metric.String()
	if b.Arm != "" {
		s += " of " + b.Arm
	}
	if b.Load != "" {
		s += " at " + b.Load
	}
	return s
}

// Verdict of a check, and of all together.
type Verdict string

// The verdicts.
const (
	Pass      Verdict = "pass"
	Fail      Verdict = "fail"
	Undecided Verdict = "undecided"
)

// Check is a budget judged on one cell.
type Check struct {
	Budget    Budget
	Arm, Load string // names; Load is "" for what has none
	Relative  bool   // to the baseline: Estimate, Low, High and Threshold are ratios
	Estimate  float64
	Low, High float64 // 95 % interval; equal to Estimate where it is exact
	Threshold float64
	P         float64 // of a change by chance, corrected for the number of relative checks; NaN where nothing is compared
	Verdict   Verdict
	NeedMore  int    // further requests or repetitions, all like those so far, that would decide it; 0 where decided or not known
	Of        string // of what: "requests", "repetitions"
	Reason    string // one sentence
}

// Result is all checks of a run, the worst verdict first in what it means: any failure fails, any undecided check leaves
// the whole undecided.
type Result struct {
	Run      record.Run
	Baseline *record.Run // nil without
	Checks   []Check
	Verdict  Verdict
	Warnings []string
}

// Options of a gate.
type Options struct {
	Baseline     *record.Set       // nil for none: relative budgets are then an error
	Stored       *baseline.Summary // in place of Baseline
	OtherMachine bool              // accept a baseline from another machine
	Seed         uint64
	Draws        int // of each bootstrap; 0 is compare.DefaultDraws
}

// Judge checks a run against budgets. An error is a budget that names nothing in the run, or that cannot be judged at all.
func Judge(set *record.Set, budgets []Budget, o Options) (*Result, error) {
	j := &judge{set: set, o: o, result: &Result{Run: set.Run}, cells: map[[2]string]*group.Cell{}}
	j.result.Baseline = o.baselineRun()
	for _, b := range exactFirst(budgets) {
		if err := j.add(b); err != nil {
			return nil, fmt.Errorf("%s: %w", b.Key, err)
		}
	}
	j.decideChanges()
	j.result.Verdict = worst(j.result.Checks)
	return j.result, nil
}

func worst(checks []Check) Verdict {
	v := Pass
	for _, c := range checks {
		if c.Verdict == Fail || c.Verdict == Undecided && v == Pass {
			v = c.Verdict
		}
		if v == Fail {
			break
		}
	}
	return v
}

type judge struct {
	set    *record.Set
	o      Options
	result *Result
	rows   []change

	reading sync.Mutex
	cells   map[[2]string]*group.Cell // those that were read
}

// change is a relative check that waits for the correction of all.
type change struct {
	check int
	row   compare.Row
}

func (j *judge) add(b Budget) error {
	arms, loads, err := j.named(b)
	if err != nil {
		return err
	}
	if b.Metric.Name == Outputs {
		return j.addOutputs(b, arms)
	}
	switch b.Metric.Name {
	case Perplexity:
		return j.addPerplexity(b, arms)
	case Capacity:
		return j.addCapacity(b, arms)
	}
	checks := make([]*Check, len(arms)*len(loads)) // on the cells of each arm, a load after the other
	err = each.Index(len(checks), func(i int) (err error) {
		checks[i], err = j.absolute(b, arms[i/len(loads)], loads[i%len(loads)])
		return err
	})
	if err != nil {
		return err
	}
	for i, c := range checks {
		if c != nil {
			j.result.Checks = append(j.result.Checks, *c)
		}
		if !math.IsNaN(b.Ratio) {
			if err := j.addChange(b, arms[i/len(loads)], loads[i%len(loads)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// named are the arms and loads that a budget is for.
func (j *judge) named(b Budget) (arms []record.Arm, loads []record.Load, err error) {
	for _, a := range j.set.Run.Arms {
		if b.Arm == "" || b.Arm == a.Name {
			arms = append(arms, a)
		}
	}
	for _, l := range j.set.Run.Loads {
		if b.Load == "" || b.Load == l.Name {
			loads = append(loads, l)
		}
	}
	switch {
	case len(arms) == 0:
		return nil, nil, fmt.Errorf("the run has no arm %q, expected one of %s", b.Arm, compare.ArmNames(j.set.Run.Arms))
	case len(loads) == 0:
		return nil, nil, fmt.Errorf("the run has no load %q, expected one of %s", b.Load, compare.LoadNames(j.set.Run.Loads))
	case !math.IsNaN(b.Ratio) && !j.o.compared():
		return nil, nil, fmt.Errorf("a bound on what may change needs a baseline, and there is none")
	}
	return arms, loads, nil
}

// absolute judges a limit on a cell; nil where the budget has none. Cells are judged at the same time.
func (j *judge) absolute(b Budget, arm record.Arm, load record.Load) (*Check, error) {
	c, err := j.cell(arm, load)
	if err != nil || math.IsNaN(b.Limit) {
		return nil, err
	}
	check := absolute(b, c)
	check.Budget, check.Arm, check.Load, check.Threshold, check.P = b, arm.Name, load.Name, b.Limit, math.NaN()
	spoil(&check, c)
	return &check, c.Err()
}

// cell reads a cell once.
func (j *judge) cell(arm record.Arm, load record.Load) (*group.Cell, error) {
	key := [2]string{arm.ID, load.ID}
	j.reading.Lock()
	c, ok := j.cells[key]
	j.reading.Unlock()
	if ok {
		return c, nil
	}
	read, err := group.Of(j.set, arm, load)
	if err != nil {
		return nil, err
	}
	j.reading.Lock()
	defer j.reading.Unlock()
	j.cells[key] = &read
	return &read, nil
}

// spoil leaves undecided what was not measured validly. What fails nevertheless stays failed only for failures: those are
// counted, whatever the clock did.
func spoil(c *Check, cell *group.Cell) {
	switch {
	case len(cell.Trials) == 0:
		c.Verdict, c.Reason = Undecided, "no trial of it has finished"
	case len(cell.Invalid) > 0 && !(c.Verdict == Fail && c.Budget.Metric.Name == compare.Failures):
		c.Verdict, c.Reason, c.NeedMore = Undecided, "not measured validly: "+cell.Invalid[0], 0
	}
}

// addPerplexity compares exact numbers.
func (j *judge) addPerplexity(b Budget, arms []record.Arm) error {
	for _, arm := range arms {
		x, ok := perplexity(j.set, arm)
		if !ok {
			return fmt.Errorf("the run did not measure the perplexity of %s", arm.Name)
		}
		exact := func(relative bool, estimate, threshold float64) {
			c := Check{Budget: b, Arm: arm.Name, Relative: relative, Estimate: estimate, Low: estimate, High: estimate, Threshold: threshold, P: math.NaN(), Verdict: Pass, Reason: "exact"}
			if estimate > threshold {
				c.Verdict = Fail
			}
			j.result.Checks = append(j.result.Checks, c)
		}
		if !math.IsNaN(b.Limit) {
			exact(false, x, b.Limit)
		}
		if math.IsNaN(b.Ratio) {
			continue
		}
		before, ok := j.basePerplexity(arm)
		if !ok {
			return fmt.Errorf("the baseline did not measure the perplexity of %s", arm.Name)
		}
		exact(true, x/before, b.Ratio)
	}
	return nil
}

func perplexity(set *record.Set, arm record.Arm) (float64, bool) {
	q, ok := set.Quality[arm.QualityID]
	if !ok || len(q.NLL) == 0 {
		return 0, false
	}
	mean, _, _ := stat.ClusterMean(q.NLL, q.Window)
	return math.Exp(mean), true
}
