package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Trend draws a metric over runs, a panel for each arm and load, with its levels between changes.
type Trend struct {
	Name   string // key
	Metric string
	Unit   string // "ns" or "tokens/s"
	Panels []TrendPanel
}

// TrendPanel is one series.
type TrendPanel struct {
	Title  string
	Points []TrendPoint
	Levels []TrendLevel
}

// TrendPoint is a run.
type TrendPoint struct {
	Day   string
	Value Estimate
}

// TrendLevel is the mean of the runs from From up to but not To. Change is against the level before it, "" for the first.
type TrendLevel struct {
	From, To int
	Mean     float64
	Change   string
	Worse    bool
}

// Key implements Figure.
func (f Trend) Key() string { return f.Name }

// Title implements Figure.
func (f Trend) Title() string { return f.Metric + " over runs" }

// Alt implements Figure.
func (f Trend) Alt() string {
	n := 0
	for _, p := range f.Panels {
		n += max(0, len(p.Levels)-1)
	}
	return fmt.Sprintf("%s of %d series over their runs, with %d changes.", f.Metric, len(f.Panels), n)
}

// Height implements Figure.
func (f Trend) Height(width vg.Length) vg.Length { return layout(len(f.Panels), width, nil).height() }

// Draw implements Figure.
func (f Trend) Draw(c draw.Canvas) {
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, nil)
	c = draw.Crop(c, 0, 0, 0, -8)
	for i, panel := range f.Panels {
		at := grid.at(c, i)
		p := frame(panel.runs(at.Max.X-at.Min.X), f.values(panel), "run")
		with(p, panel.draw)
		p.Draw(headed(at, panel.Title, f.Metric))
	}
}

// values is an axis about the points: a change by a tenth is to be seen, so it does not begin at 0.
func (f Trend) values(p TrendPanel) axis {
	low, high := math.Inf(1), 0.0
	for _, q := range p.Points {
		low, high = min(low, q.Value.Value, max(q.Value.Low, q.Value.Value*.7)), max(high, q.Value.Value, min(q.Value.High, q.Value.Value*1.4))
	}
	grow := .15*(high-low) + .02*high
	a := linearAxis(max(0, low-grow), high+grow, 5)
	if f.Unit == "ns" {
		for i := range a.ticks {
			a.ticks[i].Label = Duration(a.ticks[i].Value)
		}
	}
	return a
}

// runs is an axis of whole numbers, labelled with days where there is room.
func (p TrendPanel) runs(width vg.Length) axis {
	a := axis{min: -.6, max: float64(len(p.Points)) - .4, scale: plot.LinearScale{}}
	every := max(1, int(math.Ceil(float64(len(p.Points))/math.Max(2, float64(width)/90))))
	for i := 0; i < len(p.Points); i += every {
		a.ticks = append(a.ticks, plot.Tick{Value: float64(i), Label: p.Points[i].Day})
	}
	return a
}

func (p TrendPanel) draw(c draw.Canvas, px, py func(float64) vg.Length) {
	inside := func(y vg.Length) vg.Length { return min(max(y, c.Min.Y), c.Max.Y) }
	for i, q := range p.Points {
		x := px(float64(i))
		c.StrokeLine2(stroke(theme.Faint, 1), x, inside(py(q.Value.Low)), x, inside(py(q.Value.High)))
		disc(c, vg.Point{X: x, Y: py(q.Value.Value)}, 2.4, theme.Series1)
	}
	for _, l := range p.Levels {
		from, to := px(float64(l.From)-.5), px(float64(l.To)-.5)
		y := py(l.Mean)
		c.StrokeLine2(stroke(theme.Ink, 1.4), from, y, to, y)
		if l.Change == "" {
			continue
		}
		role := theme.Good
		if l.Worse {
			role = theme.Bad
		}
		c.StrokeLine2(stroke(role, 1.4, 4, 3), from, c.Min.Y, from, c.Max.Y)
		p.mark(c, l, from, role)
	}
}

// mark writes the change beside its line, on the side that has room.
func (p TrendPanel) mark(c draw.Canvas, l TrendLevel, x vg.Length, role theme.Role) {
	sty := sans(role, bodySize, true)
	at, align := vg.Point{X: x + 4, Y: c.Max.Y - 7}, draw.XLeft
	if at.X+textWidth(sty, l.Change) > c.Max.X {
		at.X, align = x-4, draw.XRight
	}
	write(c, sty, at, align, l.Change)
}
