package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/record"
)

// curveMetrics are those that a capacity plan can have limits on.
var curveMetrics = []string{"ttft", "tpot", "itl", "e2e"}

// Curve is the latency of an arm by its load: one point for each open-loop load that it was under, with the same requests. Where the
// run's loads have several kinds of requests, like is the name of one load of the kind that is meant.
//
// The rate of a point is that of the realised schedule. Closed loops have no rate of their own, and loads whose rate moves are no
// single point; both are left out, and the curve's notes say so.
func (s *Study) Curve(arm, like string) (capacity.Curve, error) {
	a, err := s.armNamed(arm)
	if err != nil {
		return capacity.Curve{}, err
	}
	c := capacity.Curve{Name: a.Name, Origin: predict.Measured, Source: fmt.Sprintf("run %q of %s", s.Run.Name, s.Run.Created)}
	loads, err := s.curveLoads(&c, like)
	if err != nil {
		return c, fmt.Errorf("curve of %s: %w", a.Name, err)
	}
	for i := range s.Cells {
		if cell := &s.Cells[i]; cell.Arm == a.ID && loads[cell.Load] != nil && cell.OfferedRate > 0 {
			c.Points = append(c.Points, point(cell))
			c.InputTokens, c.OutputTokens = c.InputTokens+cell.InputTokens, c.OutputTokens+cell.OutputTokens
			c.Arrivals = loads[cell.Load].Arrival
		}
	}
	if len(c.Points) == 0 {
		return c, fmt.Errorf("curve of %s: no cell of an open-loop load: expected at least one", a.Name)
	}
	c.InputTokens /= float64(len(c.Points))
	c.OutputTokens /= float64(len(c.Points))
	slices.SortStableFunc(c.Points, func(a, b capacity.Point) int { return cmp.Compare(a.Rate, b.Rate) })
	c.Points = slices.CompactFunc(c.Points, func(a, b capacity.Point) bool { return a.Rate == b.Rate })
	if c.Arrivals != "poisson" {
		c.Notes = append(c.Notes, fmt.Sprintf("Requests arrived as %q; traffic that is burstier waits longer than the curve says.", c.Arrivals))
	}
	return c, c.Check()
}

func (s *Study) armNamed(name string) (record.Arm, error) {
	var names []string
	for _, a := range s.Run.Arms {
		if a.Name == name || a.ID == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return record.Arm{}, fmt.Errorf("arm %q: the run has none of that name: expected one of %q", name, names)
}

// curveLoads are the loads of one kind of requests by id, and notes on those that are left out.
func (s *Study) curveLoads(c *capacity.Curve, like string) (map[string]*record.Load, error) {
	kinds, loads := map[string]string{}, map[string]*record.Load{}
	for i := range s.Run.Loads {
		l := &s.Run.Loads[i]
		switch {
		case l.Rate == 0:
			c.Notes = append(c.Notes, fmt.Sprintf("Load %s is a closed loop, which has no rate of its own: it is left out.", l.Name))
		case l.Shape != "":
			c.Notes = append(c.Notes, fmt.Sprintf("The rate of load %s moves (%s): it is left out.", l.Name, l.Shape))
		default:
			loads[l.ID] = l
			if k := requestKind(l); like == "" || l.Name == like || l.ID == like {
				kinds[k] = l.Name
			}
		}
	}
	if len(kinds) != 1 {
		var names []string
		for _, n := range kinds {
			names = append(names, n)
		}
		slices.Sort(names)
		if len(kinds) == 0 {
			return nil, noOpenLoad(like)
		}
		return nil, fmt.Errorf("loads %s have other requests: expected the name of one of them, whose kind is meant", words.List(names))
	}
	for id, l := range loads {
		if kinds[requestKind(l)] == "" {
			delete(loads, id)
		}
	}
	return loads, nil
}

func noOpenLoad(like string) error {
	if like == "" {
		return fmt.Errorf("no open-loop load of a steady rate: expected at least one")
	}
	return fmt.Errorf("no open-loop load of a steady rate named %q", like)
}

// requestKind is all of a load but how much of it there is.
func requestKind(l *record.Load) string {
	k := *l
	k.ID, k.Name, k.Rate, k.Requests, k.Warmup, k.Search, k.Trim = "", "", 0, 0, 0, "", ""
	return fmt.Sprintf("%+v", k)
}

// point is a cell on the curve.
func point(c *Cell) capacity.Point {
	p := capacity.Point{Rate: c.OfferedRate, Trials: c.Trials, Invalid: strings.Join(c.Invalid, "; ")}
	p.Collapsed = strings.Join(c.OverTime.OverSaturated, "; ")
	for _, m := range c.Metrics {
		if !slices.Contains(curveMetrics, m.Metric) {
			continue
		}
		for _, q := range m.Quoted {
			if ns, ok := curveLatency(q); ok {
				p.Latencies = append(p.Latencies, capacity.Latency{Metric: m.Metric, Percentile: q.P, NS: ns})
			}
		}
	}
	return p
}

// curveLatency is a percentile with the conservative interval, by which limits are judged. It is false where
// there are too few samples for one.
func curveLatency(q PercentileValue) (cost.Estimate, bool) {
	switch {
	case q.Value.Note == BeyondOK:
		low := q.JudgeLow
		if !(low > 0) {
			low = q.Value.Beyond
		}
		return cost.Estimate{Value: math.Inf(1), Low: low, High: math.Inf(1)}, low > 0
	case !q.Value.Known() || !(q.Value.Estimate > 0):
		return cost.Estimate{}, false
	}
	e := cost.Estimate{Value: q.Value.Estimate, Low: min(q.JudgeLow, q.Value.Estimate), High: max(q.JudgeHigh, q.Value.Estimate)}
	return e, e.Low >= 0
}
