package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// view is a Study with its indices. A lookup that fails gives a zero value: a
// half-finished run has holes, and a report of it must still come out.
type view struct {
	*analysis.Study
	number map[string]int // of an arm, from 1, in the run's order
	arms   map[string]*analysis.Arm
	loads  map[string]record.Load
	cells  map[[2]string]*analysis.Cell // by arm and load
	money  unit
}

func newView(s *analysis.Study) *view {
	v := &view{
		Study: s, number: map[string]int{}, arms: map[string]*analysis.Arm{},
		loads: map[string]record.Load{}, cells: map[[2]string]*analysis.Cell{}, money: money(s.Run.Cost.Currency),
	}
	for i := range s.Arms {
		a := &s.Arms[i]
		v.number[a.Arm.ID], v.arms[a.Arm.ID] = i+1, a
	}
	for _, l := range s.Run.Loads {
		v.loads[l.ID] = l
	}
	for i := range s.Cells {
		c := &s.Cells[i]
		v.cells[[2]string{c.Arm, c.Load}] = c
	}
	return v
}

// arm names an arm as everywhere in a report: its number and its name.
func (v *view) arm(id string) string {
	a, ok := v.arms[id]
	if !ok {
		return id
	}
	return fmt.Sprintf("%d %s", v.number[id], a.Arm.Name)
}

func (v *view) load(id string) string {
	if l, ok := v.loads[id]; ok && l.Name != "" {
		return l.Name
	}
	return id
}

// chosen is the recommended arm, nil where there is none.
func (v *view) chosen() *analysis.Arm { return v.arms[v.Choice.Arm] }

// reference is the arm that the others are compared with: the first with the
// reference's weights and cache, else the first of all. Nil without arms.
func (v *view) reference() *analysis.Arm {
	for i := range v.Arms {
		if id := v.Arms[i].Arm.QualityID; id != "" && id == v.Run.Quality.ReferenceID {
			return &v.Arms[i]
		}
	}
	if len(v.Arms) == 0 {
		return nil
	}
	return &v.Arms[0]
}

// trialsAt are the trials of all cells at a load, in the run's order; of all loads
// where load is "".
func (v *view) trialsAt(load string) []string {
	var ids []string
	for _, c := range v.Cells {
		if load == "" || c.Load == load {
			ids = append(ids, c.Trials...)
		}
	}
	return distinct(ids)
}

func (v *view) trialsOf(arms []*analysis.Arm) []string {
	var ids []string
	for _, c := range v.Cells {
		if slices.ContainsFunc(arms, func(a *analysis.Arm) bool { return a.Arm.ID == c.Arm }) {
			ids = append(ids, c.Trials...)
		}
	}
	return distinct(ids)
}

// distinct keeps the first of equal strings.
func distinct(s []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(s), func(x string) bool {
		dup := seen[x]
		seen[x] = true
		return dup
	})
}

// drawn are the arms that get a curve of their own: the recommended one, the
// runner-up, the rest of the front by how surely they are on it, and the
// reference, as many as there are colours.
func (v *view) drawn() (arms []*analysis.Arm, omitted int) {
	const most = 6
	add := func(a *analysis.Arm) {
		if a != nil && !slices.Contains(arms, a) && len(v.cellsOf(a.Arm.ID)) > 0 {
			arms = append(arms, a)
		}
	}
	add(v.chosen())
	add(v.arms[v.Choice.RunnerUp])
	ref := v.reference()
	var front []*analysis.Arm
	for i := range v.Arms {
		if v.Arms[i].OnFront && &v.Arms[i] != ref {
			front = append(front, &v.Arms[i])
		}
	}
	slices.SortStableFunc(front, func(a, b *analysis.Arm) int { return cmp.Compare(b.FrontProbability, a.FrontProbability) })
	for _, a := range front {
		add(a)
	}
	if over := len(arms) - (most - 1); over > 0 && !slices.Contains(arms[:most-1], ref) {
		arms, omitted = arms[:most-1], over
	}
	add(ref)
	return arms, omitted
}

func (v *view) cellsOf(arm string) []*analysis.Cell {
	var out []*analysis.Cell
	for i := range v.Cells {
		if v.Cells[i].Arm == arm {
			out = append(out, &v.Cells[i])
		}
	}
	return out
}

// series are the drawn arms for the figures, the reference named as such.
func (v *view) series(arms []*analysis.Arm) []chart.Series {
	var out []chart.Series
	for _, a := range arms {
		s := chart.Series{Number: v.number[a.Arm.ID], Name: a.Arm.Name}
		switch {
		case a.Arm.ID == v.Choice.Arm:
			s.Strong = true
			s.Name += " (" + v.standing() + ")"
		case a == v.reference():
			s.Name += " (reference)"
		}
		out = append(out, s)
	}
	return out
}

// standing says what the chosen arm is.
func (v *view) standing() string {
	if v.Choice.Proven {
		return "recommended"
	}
	return "best, not proven"
}

// percentile is one of a cell's; the zero Value where it was not computed.
func percentile(c *analysis.Cell, metric string, p float64) analysis.Value {
	if c == nil {
		return analysis.Value{}
	}
	for _, m := range c.Metrics {
		if m.Metric != metric {
			continue
		}
		for _, q := range m.Quoted {
			if math.Abs(q.P-p) < 1e-9 {
				return q.Value
			}
		}
	}
	return analysis.Value{}
}

var metricNames = map[string]string{"ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2e": "E2E", "max_gap": "largest gap",
	"tpot_n1": "TPOT over n − 1", "chunk_gap": "gap between messages", "e2e_per_token": "E2E per token"}

// metricName is a metric in words.
func metricName(m string) string {
	base, service := strings.CutSuffix(m, "_service")
	name, ok := metricNames[base]
	if !ok {
		name = base
	}
	if service {
		name += ", service time"
	}
	return name
}

func percentileName(p float64) string { return "p" + trim(p*100) }

func sloName(s record.SLO) string {
	return percentileName(s.Percentile) + " " + metricName(s.Metric)
}

func limitText(s record.SLO) string {
	return sloName(s) + " at most " + chart.Duration(float64(s.LimitNS))
}

// estimate is a value for a figure, in the figure's unit. A failure percentile is
// +Inf; ok is false where there is nothing to draw.
func estimate(val analysis.Value, of func(float64) float64) (est chart.Estimate, ok bool) {
	if val.Note == beyond {
		return chart.Estimate{Value: math.Inf(1), Low: math.Inf(1), High: math.Inf(1)}, true
	}
	if val.Note != "" || val == (analysis.Value{}) || math.IsNaN(val.Estimate) {
		return chart.Estimate{}, false
	}
	if math.IsInf(val.Low, -1) || math.IsNaN(val.Low) || math.IsNaN(val.High) { // no interval is known
		val.Low, val.High = val.Estimate, val.Estimate
	}
	return chart.Estimate{Value: of(val.Estimate), Low: of(val.Low), High: of(val.High)}, true
}

func same(x float64) float64 { return x }
