package compare

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/each"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Options of a comparison.
type Options struct {
	Metrics      []Metric // nil for Metrics()
	First        string   // name or number from 1 of the one arm of the first run that is compared; "" for all that both have
	Second       string   // likewise of the second run
	Load         string   // id of the one load that is compared; "" for all
	OtherMachine bool     // compare runs of different machines, with a warning
	Seed         uint64
	Draws        int // of each bootstrap; 0 is DefaultDraws
}

// DefaultDraws places the ends of a 95 % interval among 25 draws on either side.
const DefaultDraws = 1000

// Alpha is the probability of any false alarm in a comparison.
const Alpha = 0.05

// Outcome of a row.
type Outcome string

// The outcomes. Undecided is no change that could be told from chance.
const (
	Better    Outcome = "better"
	Worse     Outcome = "worse"
	Undecided Outcome = "~"
	NotKnown  Outcome = "?" // one of them has no number
)

// Row is one metric of one arm at one load.
type Row struct {
	Arm, Load     string // names; an arm's are both where they differ
	Metric        Metric
	First, Second float64 // estimates over all repetitions; NaN where insufficient, +Inf beyond the slowest success
	Change        stat.Change
	Adjusted      float64 // Change.P by Holm, over all rows
	Error         float64 // nanoseconds that the instrument may be off by, 0 where it is not known
	Outcome       Outcome
	Note          string   // why there is no change, or what weakens it
	Invalid       []string // why the cell was not measured validly in one of the runs
}

// Comparison is what two runs say of each other.
type Comparison struct {
	First, Second record.Run
	Rows          []Row // by arm, load, metric
	Warnings      []string
}

// Runs compares the cells that two runs have in common.
func Runs(first, second *record.Set, o Options) (*Comparison, error) {
	if o.Draws == 0 {
		o.Draws = DefaultDraws
	}
	if o.Metrics == nil {
		o.Metrics = Metrics()
	}
	c := &Comparison{First: first.Run, Second: second.Run}
	if err := c.checkMachines(o); err != nil {
		return nil, err
	}
	c.checkProfiles(first, second)
	pairs, err := c.match(o)
	if err != nil {
		return nil, err
	}
	parts := make([]part, len(pairs))
	err = each.Index(len(pairs), func(i int) error { return parts[i].compare(first, second, pairs[i], o) })
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		c.Rows = append(c.Rows, p.rows...)
		for _, w := range p.warnings {
			c.warn("%s", w)
		}
	}
	if len(c.Rows) == 0 {
		return nil, fmt.Errorf("%s and %s have no measured cell in common", first.Dir, second.Dir)
	}
	c.decide()
	c.holdExact()
	return c, nil
}

func (c *Comparison) checkMachines(o Options) error {
	if c.First.Host.Fingerprint == c.Second.Host.Fingerprint {
		return nil
	}
	differ := fmt.Sprintf("the runs are of different machines: %s (%s) and %s (%s)", c.First.Host.CPU, c.First.Host.Fingerprint, c.Second.Host.CPU, c.Second.Host.Fingerprint)
	if !o.OtherMachine {
		return fmt.Errorf("%s, and nothing about builds or settings follows from that", differ)
	}
	c.warn("%s: what differs may be theirs", differ)
	return nil
}

func (c *Comparison) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, w := range c.Warnings {
		if w == text {
			return
		}
	}
	c.Warnings = append(c.Warnings, text)
}

// part is what one cell adds to a comparison. Parts are made at the same time.
type part struct {
	rows     []Row
	warnings []string
}

// compare reads both sides of a cell and compares every metric.
func (c *part) compare(first, second *record.Set, p pair, o Options) error {
	a, err := group.Of(first, p.first, p.load)
	if err != nil {
		return err
	}
	b, err := group.Of(second, p.second, p.otherLoad)
	if err != nil {
		return err
	}
	if len(a.Trials) == 0 || len(b.Trials) == 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("%s at %s has no finished trial in one of the runs", p.name(), p.load.Name))
		return nil
	}
	if n := min(len(a.Trials), len(b.Trials)); n < 3 {
		c.warnings = append(c.warnings, "fewer than 3 repetitions: intervals are of the requests in them, and how much runs differ is not in them")
	}
	s, err := newSides(&a, &b, o.Metrics, first.Run.Seed == second.Run.Seed && p.load.ID == p.otherLoad.ID)
	if err != nil {
		return err
	}
	for _, m := range o.Metrics {
		r := s.row(m, o.Draws, stat.Source(o.Seed, p.first.ID, p.second.ID, p.load.ID, m.String()))
		r.Arm, r.Load, r.Metric, r.Invalid = p.name(), p.load.Name, m, slices.Concat(said("first", a.Invalid), said("second", b.Invalid))
		c.rows = append(c.rows, r)
	}
	return nil
}

// said names the run that reasons are of.
func said(run string, reasons []string) []string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = "in the " + run + " run: " + r
	}
	return out
}

// decide corrects the probabilities for their number and names the outcomes.
func (c *Comparison) decide() {
	var tested []*Row
	var ps []float64
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Outcome != NotKnown {
			tested, ps = append(tested, r), append(ps, r.Change.P)
		}
	}
	for i, p := range stat.Holm(ps) {
		r := tested[i]
		r.Adjusted, r.Outcome = p, Undecided
		if p <= Alpha && r.Change.Ratio != 1 {
			r.Outcome = Worse
			if (r.Change.Ratio > 1) == r.Metric.HigherBetter {
				r.Outcome = Better
			}
		}
	}
}
