package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Timeline draws who ran in an engine's steps, a lane for each place in the batch, around a gap
// in one answer, a panel for each trial.
type Timeline struct{ Panels []TimelinePanel }

// TimelinePanel is a stretch of one trial. Times are nanoseconds from its beginning.
type TimelinePanel struct {
	Title          string
	Span           float64
	GapFrom, GapTo float64
	Lanes          int
	Boxes          []TimelineBox
}

// TimelineBox is one sequence's share of a step.
type TimelineBox struct {
	Lane     int // from 0
	From, To float64
	Prefill  bool
}

const (
	laneHeight  = 13
	timelineTop = 38 // of a panel: its title and what its lanes are
	timelineEnd = 44 // of a panel: its axis, and the gap to the next one
)

// Key implements Figure.
func (f Timeline) Key() string { return "timeline" }

// Title implements Figure.
func (f Timeline) Title() string { return "What the engine did around the longest gaps" }

// Alt implements Figure.
func (f Timeline) Alt() string {
	return fmt.Sprintf("The engine's steps over time, %d panels, a lane for each place in the batch; prompts and generated tokens are told apart, "+
		"and the longest gap between two tokens of an answer is marked.", len(f.Panels))
}

func (p TimelinePanel) height() vg.Length {
	return timelineTop + timelineEnd + laneHeight*vg.Length(max(p.Lanes, 1))
}

// Height implements Figure.
func (f Timeline) Height(width vg.Length) vg.Length {
	h := timelineLegend().height(width) + 8
	for _, p := range f.Panels {
		h += p.height()
	}
	return h
}

func timelineLegend() legend {
	box := func(role theme.Role) func(c draw.Canvas, at vg.Point) {
		return func(c draw.Canvas, at vg.Point) { fill(c, role, at.X-8, at.Y-4, at.X+8, at.Y+4) }
	}
	return legend{{"prompt", false, 16, box(theme.Bad)}, {"generated", false, 16, box(theme.Accent)},
		{"longest gap between two tokens of an answer", false, 16, box(theme.Grid)}}
}

// Draw implements Figure.
func (f Timeline) Draw(c draw.Canvas) {
	c = draw.Crop(timelineLegend().draw(c), 0, 0, 0, -8)
	for _, p := range f.Panels {
		pc := c
		pc.Min.Y = c.Max.Y - p.height() + 8
		p.draw(headed(pc, p.Title, "places in the batch"))
		c.Max.Y -= p.height()
	}
}

func (p TimelinePanel) draw(c draw.Canvas) {
	x := linearAxis(0, p.Span, 6)
	x.max = p.Span
	for i := range x.ticks {
		x.ticks[i].Label = Duration(x.ticks[i].Value)
	}
	y := axis{min: 0, max: float64(max(p.Lanes, 1)), scale: plot.LinearScale{}}
	f := frame(x, y, "time")
	with(f, func(c draw.Canvas, px, py func(float64) vg.Length) {
		fill(c, theme.Grid, px(p.GapFrom), c.Min.Y, px(p.GapTo), c.Max.Y)
		for _, b := range p.Boxes {
			role := theme.Accent
			if b.Prefill {
				role = theme.Bad
			}
			top := float64(p.Lanes - b.Lane)
			fill(c, role, px(max(b.From, 0)), py(top-1)+1.5, px(min(b.To, p.Span)), py(top)-1.5)
		}
	})
	f.Draw(draw.Crop(c, 8, 0, 0, 0)) // half of the first label stands to the left of the axis
}

// fill paints a rectangle.
func fill(c draw.Canvas, role theme.Role, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(role.Color(), []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}
