package analysis

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// LadderCell is what a ladder of deployments did with the requests of a cell.
type LadderCell struct {
	Arm, Load string // ids
	Trials    []string
	Currency  string
	Rungs     []RungUse // in the ladder's order
	Issued    int       // of the trials with a trace
	Kept      int       // within all limits
	Refused   int
	Left      int // gone before a rung served them: clients that had waited too long
	Retried   int // asked of another server after the first failed
	Untraced  int // issued, and not in the gateway's trace: connections that never reached it
	// Loss is the mean quality loss over answered requests, of what rungs were measured or declared to lose.
	Loss     Value
	LossName string       // what it is, in words
	Declared bool         // a part of it is declared
	Spent    money.Amount // on rungs that are paid per token
	Ratio    []float64    // time to first token by what was predicted: at 5, 50 and 95 %; none without predictions
	Ratios   int          // requests that these are of
	Slices   []LadderSlice
	Window   int64 // nanoseconds, of the longest trial
}

// RungUse is a rung's part of a cell.
type RungUse struct {
	record.LadderRung
	Requests, Kept int
	Spent          money.Amount
}

// LadderSlice is a part of the time, all trials together.
type LadderSlice struct {
	Issued, Kept, Unserved int   // unserved are those refused, and those that left
	Rungs                  []int // requests by rung
}

// ladderSlices are as many as a figure can tell apart.
const ladderSlices = 24

// climb says what the gateways of ladders did, where there were any.
func (a *analysis) climb() error {
	for i := range a.cells {
		m := &a.cells[i]
		c := &LadderCell{Arm: m.Arm, Load: m.Load}
		var ratios []float64
		for _, id := range m.Trials {
			l, err := a.set.Ladder(id)
			if err != nil {
				return err
			}
			if l == nil {
				continue
			}
			more, err := a.climbed(c, id, l)
			if err != nil {
				return err
			}
			ratios = append(ratios, more...)
		}
		if len(c.Trials) > 0 {
			c.conclude(ratios)
			a.study.Ladders = append(a.study.Ladders, *c)
		}
	}
	return nil
}

// climbed adds a trial, and returns its ratios of actual to predicted times.
func (a *analysis) climbed(c *LadderCell, id string, l *record.Ladder) (ratios []float64, err error) {
	trial := &a.set.Trials[slices.IndexFunc(a.set.Trials, func(t record.Trial) bool { return t.Key.ID == id })]
	if err := c.begin(l); err != nil {
		return nil, fmt.Errorf("trial %s: %w", id, err)
	}
	c.Trials, c.Window = append(c.Trials, id), max(c.Window, trial.WindowNS)
	served := map[uint64]*record.LadderRequest{}
	for i := range l.Requests {
		q := &l.Requests[i]
		if q.Seq != nil && q.At >= 0 { // what was before is warm-up
			served[*q.Seq] = q
		}
	}
	limits := a.run.LimitsOf(a.run.Loads[a.loadOrder[c.Load]])
	columns, err := a.set.Columns(id)
	if err != nil {
		return nil, err
	}
	for r := range columns.All() {
		q := served[r.Seq]
		c.add(r, q, metric.JudgeAll(limits.Of(r.Class), r) == metric.Pass, trial.WindowNS)
		if q != nil && q.PredictedNS > 0 && q.FirstNS > 0 && q.Retries == 0 {
			ratios = append(ratios, float64(q.FirstNS)/float64(q.PredictedNS))
		}
	}
	return ratios, columns.Err()
}

// begin takes what the ladder is from the first trial, and holds the others to it.
func (c *LadderCell) begin(l *record.Ladder) error {
	if c.Rungs != nil {
		if len(c.Rungs) != len(l.Rungs) || c.Currency != l.Currency {
			return fmt.Errorf("its ladder is not that of the other repetitions")
		}
		return nil
	}
	if err := money.CheckCurrency(l.Currency); err != nil {
		return err
	}
	c.Currency, c.Spent = l.Currency, money.Zero(l.Currency)
	c.Slices = make([]LadderSlice, ladderSlices)
	for i := range c.Slices {
		c.Slices[i].Rungs = make([]int, len(l.Rungs))
	}
	for _, r := range l.Rungs {
		c.Rungs = append(c.Rungs, RungUse{LadderRung: r, Spent: money.Zero(l.Currency)})
	}
	return nil
}

// add counts a request; q is nil where the gateway has no line of it.
func (c *LadderCell) add(r *result.Request, q *record.LadderRequest, kept bool, window int64) {
	slice := &c.Slices[min(ladderSlices-1, max(0, int(float64(r.Intended)/float64(max(window, 1))*ladderSlices)))]
	c.Issued++
	slice.Issued++
	if kept {
		c.Kept++
		slice.Kept++
	}
	if q == nil {
		c.Untraced++
		return
	}
	if q.Retries > 0 {
		c.Retried++
	}
	i := slices.IndexFunc(c.Rungs, func(u RungUse) bool { return u.Name == q.Rung })
	if i < 0 {
		slice.Unserved++
		if q.Rung == "" {
			c.Left++
		} else {
			c.Refused++
		}
		return
	}
	u := &c.Rungs[i]
	u.Requests++
	slice.Rungs[i]++
	if kept {
		u.Kept++
	}
	if cost, err := money.Parse(q.Cost, c.Currency); err == nil {
		u.Spent, c.Spent = u.Spent.Add(cost), c.Spent.Add(cost)
	}
}

func (c *LadderCell) conclude(ratios []float64) {
	c.Loss = c.loss()
	if c.Ratios = len(ratios); c.Ratios > 0 {
		slices.Sort(ratios)
		for _, p := range []float64{.05, .5, .95} {
			c.Ratio = append(c.Ratio, stat.NearestRank(ratios, p))
		}
	}
}

// loss is the mean over answered requests, where all rungs that had some say one in the same words.
func (c *LadderCell) loss() Value {
	total, n := 0.0, 0
	for i := range c.Rungs {
		u := &c.Rungs[i]
		switch {
		case u.Requests == 0:
			continue
		case u.QualityLoss == nil || c.LossName != "" && u.Loss != c.LossName:
			return Value{Unit: "ratio", Note: NotMeasured}
		}
		c.LossName, c.Declared = u.Loss, c.Declared || u.Declared
		total += *u.QualityLoss * float64(u.Requests)
		n += u.Requests
	}
	if n == 0 || math.IsNaN(total) {
		return Value{Unit: "ratio", Note: NotMeasured}
	}
	v := total / float64(n)
	return Value{Estimate: v, Low: v, High: v, N: n, Unit: "ratio", Estimated: c.Declared}
}
