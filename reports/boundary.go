package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// boundaries shows what the run's searches found.
func (v *view) boundaries() Section {
	s := Section{ID: "boundary", Title: "How much load each arm holds"}
	for i, search := range v.Run.Searches {
		f := chart.Boundary{}
		t := boundaryTable(search.Name)
		var trials []string
		for _, slo := range v.Run.SLOs {
			f.Limits = append(f.Limits, sloName(slo))
		}
		for k := range v.Arms {
			a := &v.Arms[k]
			for _, b := range a.Boundaries {
				if b.Search.Name != search.Name {
					continue
				}
				f.Panels = append(f.Panels, v.boundaryPanel(a, &b))
				t.Rows = append(t.Rows, table.Row{Cells: v.boundaryCells(a, &b)})
				for _, p := range b.Probes {
					trials = append(trials, p.Trial.ID)
				}
			}
		}
		if len(f.Panels) == 0 {
			continue
		}
		if len(v.Run.Searches) > 1 {
			s.Blocks = append(s.Blocks, Heading(search.Name))
		}
		s.Blocks = append(s.Blocks, Figure{Figure: numbered{f, i}, Caption: boundaryCaption, Trials: distinct(trials)}, Table{Table: t, Trials: distinct(trials)})
	}
	return s
}

// numbered keeps the keys of a page's figures apart.
type numbered struct {
	chart.Boundary
	search int
}

// Key implements chart.Figure.
func (n numbered) Key() string { return fmt.Sprintf("%s-%d", n.Boundary.Key(), n.search+1) }

const boundaryCaption = "Each point is a trial: by what factor its percentile was below the limit (above 1) or beyond it. The curves are monotone fits. " +
	"Rates were chosen as the search went on, densest where the first limit breaks. Trials at a factor of 4 or 1/4 are at least that far away; a cross was not measured validly and says nothing."

func (v *view) boundaryPanel(a *analysis.Arm, b *analysis.Boundary) chart.BoundaryPanel {
	p := chart.BoundaryPanel{Title: v.arm(a.Arm.ID), Rate: chart.Estimate{Value: b.Rate, Low: b.Low, High: b.High}}
	for i, l := range b.Limits {
		var c chart.BoundaryCurve
		for _, pt := range l.Curve {
			c.Curve = append(c.Curve, chart.BoundaryPoint{Rate: pt.Rate, Margin: pt.Margin})
		}
		for _, q := range b.Probes {
			if i < len(q.Margins) {
				c.Probes = append(c.Probes, chart.BoundaryPoint{Rate: q.Rate, Margin: q.Margins[i], Idle: q.Unusable != ""})
			}
		}
		p.Limits = append(p.Limits, c)
	}
	return p
}

func boundaryTable(name string) table.Table {
	return table.Table{Caption: "Boundaries of " + name, Columns: []table.Column{{Title: "arm"}, {Title: "holds up to", Align: table.Right},
		{Title: "first limit to break", Prose: true}, {Title: "edge", Prose: true}, {Title: "trials", Align: table.Right}, {Title: "search", Prose: true}}}
}

func (v *view) boundaryCells(a *analysis.Arm, b *analysis.Boundary) []table.Cell {
	spent := table.Text(fmt.Sprint(len(b.Probes)))
	spent.Sub = b.Spent.Round(time.Second).String()
	return []table.Cell{table.Text(v.arm(a.Arm.ID)), boundaryRate(b), boundaryLimits(b), boundaryEdge(b), spent, boundaryEnd(b)}
}

func boundaryRate(b *analysis.Boundary) table.Cell {
	switch {
	case len(b.Limits) == 0:
		return table.Cell{Text: "not known", Tone: table.Quiet}
	case b.Rate == 0:
		return table.Cell{Text: "below " + trim(b.Search.MinRate) + " req/s", Tone: table.Bad}
	case math.IsInf(b.Rate, 1):
		return table.Cell{Text: "at least " + rateDigits(b.Tested()) + " req/s"}
	}
	return table.Cell{Text: rateDigits(b.Rate) + " req/s", Sub: rateDigits(b.Low) + " to " + rateDigits(b.High)}
}

// rateDigits is a rate to three digits.
func rateDigits(x float64) string {
	if math.IsInf(x, 1) {
		return "no bound"
	}
	return trim(roundTo(x, 3))
}

func roundTo(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// boundaryLimits names the limit that binds, and where the others break.
func boundaryLimits(b *analysis.Boundary) table.Cell {
	if len(b.Limits) == 0 || math.IsInf(b.Rate, 1) {
		return table.Cell{Text: "none", Tone: table.Quiet}
	}
	c := table.Text(sloName(b.Binding))
	var rest []string
	for _, l := range b.Limits {
		switch {
		case l.SLO == b.Binding:
		case math.IsInf(l.Rate, 1):
			rest = append(rest, sloName(l.SLO)+" not reached")
		case l.Rate > 0:
			rest = append(rest, sloName(l.SLO)+" at "+rateDigits(l.Rate))
		}
	}
	c.Sub = strings.Join(rest, ", ")
	if b.Share < .95 {
		c.Sub = strings.TrimPrefix(c.Sub+fmt.Sprintf(", in %.0f %% of draws", 100*b.Share), ", ")
	}
	return c
}

func boundaryEdge(b *analysis.Boundary) table.Cell {
	for _, l := range b.Limits {
		if l.SLO != b.Binding || math.IsNaN(l.Edge.Elasticity) {
			continue
		}
		c := table.Cell{Text: "smooth", Sub: fmt.Sprintf("1 %% more load: %.2g %% more latency", l.Edge.Elasticity)}
		if l.Edge.Cliff {
			c.Text, c.Tone = "cliff", table.Doubt
		}
		if len(l.Rising) > 0 {
			c.Text, c.Tone = c.Text+", not monotone", table.Doubt
		}
		return c
	}
	return table.Cell{Text: "not seen", Tone: table.Quiet}
}

func boundaryEnd(b *analysis.Boundary) table.Cell {
	switch b.End {
	case boundary.Found:
		return table.Cell{Text: "found", Tone: table.Good, Sub: b.Why}
	case boundary.Above:
		return table.Text("holds the highest rate allowed")
	case boundary.Below:
		return table.Cell{Text: "breaks at the lowest rate allowed", Tone: table.Bad}
	case boundary.Going:
		return table.Cell{Text: "not finished", Tone: table.Doubt}
	}
	return table.Cell{Text: "ended early", Tone: table.Doubt, Sub: b.Why}
}
