package chart

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Course draws how a trial went: a latency of each request, and below it how many were in
// flight, both by when the request was due. A panel for each trial.
type Course struct{ Panels []CoursePanel }

// CoursePanel is one trial. Times are nanoseconds after the schedule's zero.
type CoursePanel struct {
	Title    string
	Of       string  // the latency: "time to first token"
	Window   float64 // to the last issue
	WarmUp   float64 // to the end of the warm-up, 0 where there is none
	Trimmed  bool    // the warm-up is left out of the figures
	Jump     float64 // where TPOT jumps, 0 where it does not
	Requests []CoursePoint
}

// CoursePoint is a request; its latency is +Inf where it failed, NaN where it has none.
type CoursePoint struct {
	At, Latency float64
	InFlight    int
}

const (
	courseHeight = 286 // of a panel
	upperShare   = 0.56
)

// Key implements Figure.
func (f Course) Key() string { return "course" }

// Title implements Figure.
func (f Course) Title() string { return "Latency and requests in flight over a trial" }

// Alt implements Figure.
func (f Course) Alt() string {
	return fmt.Sprintf("For %d trials, a latency of each request and requests in flight, by when requests were due; the warm-up is shaded.", len(f.Panels))
}

func (f Course) columns(width vg.Length) int {
	if width >= 600 && len(f.Panels) > 1 {
		return 2
	}
	return 1
}

// Height implements Figure.
func (f Course) Height(width vg.Length) vg.Length {
	rows := (len(f.Panels) + f.columns(width) - 1) / f.columns(width)
	return f.legend().height(width) + 8 + courseHeight*vg.Length(rows)
}

// legend names what some panel has.
func (f Course) legend() legend {
	has := func(of func(CoursePanel) bool) bool { return slices.ContainsFunc(f.Panels, of) }
	l := legend{
		{"a request", false, 10, func(c draw.Canvas, at vg.Point) { disc(c, at, 2, theme.Series1) }},
		{"requests in flight", false, 24, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Series2, 1.5), at.X-12, at.Y, at.X+12, at.Y)
		}},
	}
	if has(func(p CoursePanel) bool { return p.fails() }) {
		l = append(l, entry{"a failure", false, 10, func(c draw.Canvas, at vg.Point) { cross(c, at, 2.5, stroke(theme.Bad, 1.2)) }})
	}
	shaded := func(text string) entry {
		return entry{text, false, 16, func(c draw.Canvas, at vg.Point) { fill(c, theme.Grid, at.X-8, at.Y-4, at.X+8, at.Y+4) }}
	}
	if has(func(p CoursePanel) bool { return p.WarmUp > 0 && p.Trimmed }) {
		l = append(l, shaded("warm-up, left out"))
	}
	if has(func(p CoursePanel) bool { return p.WarmUp > 0 && !p.Trimmed }) {
		l = append(l, shaded("warm-up, counted"))
	}
	if has(func(p CoursePanel) bool { return p.Jump > 0 }) {
		l = append(l, entry{"TPOT jumps", false, 10, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Bad, 1.2, 4, 2), at.X, at.Y-6, at.X, at.Y+6)
		}})
	}
	return l
}

func (p CoursePanel) fails() bool {
	return slices.ContainsFunc(p.Requests, func(r CoursePoint) bool { return math.IsInf(r.Latency, 1) })
}

// Draw implements Figure.
func (f Course) Draw(c draw.Canvas) {
	columns := f.columns(c.Max.X - c.Min.X)
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	w := (c.Max.X - c.Min.X - panelGap*vg.Length(columns-1)) / vg.Length(columns)
	for i, p := range f.Panels {
		pc := c
		x, y := c.Min.X+vg.Length(i%columns)*(w+panelGap), c.Max.Y-vg.Length(i/columns)*courseHeight
		pc.Rectangle = vg.Rectangle{Min: vg.Point{X: x, Y: y - courseHeight + 10}, Max: vg.Point{X: x + w, Y: y}}
		p.draw(pc)
	}
}

func (p CoursePanel) draw(c draw.Canvas) {
	latency, inFlight := p.axes()
	mid := c.Max.Y - (c.Max.Y-c.Min.Y)*upperShare
	upper, lower := c, c
	upper.Min.Y, lower.Max.Y = mid+6, mid
	upper = headed(upper, p.Title, p.Of)
	write(lower, sans(theme.Muted, bodySize, false), vg.Point{X: lower.Min.X, Y: lower.Max.Y - 6}, draw.XLeft, "in flight")
	lower = draw.Crop(lower, 0, 0, 0, -18)
	left := max(labelWidth(latency), labelWidth(inFlight))
	x := p.timeAxis(c.Max.X - c.Min.X - left)
	bare := x
	bare.ticks = slices.Clone(x.ticks)
	for i := range bare.ticks {
		bare.ticks[i].Label = ""
	}
	top, bottom := frame(bare, latency, ""), frame(x, inFlight, "when the request was due")
	with(top, p.shade)
	with(bottom, p.shade)
	with(top, p.dots)
	with(bottom, p.line)
	top.Draw(draw.Crop(upper, left-labelWidth(latency), 0, 0, 0))
	bottom.Draw(draw.Crop(lower, left-labelWidth(inFlight), 0, 0, 0))
}

func labelWidth(a axis) (w vg.Length) {
	for _, t := range a.ticks {
		w = max(w, textWidth(sans(theme.Muted, bodySize, false), t.Label))
	}
	return w
}

func (p CoursePanel) timeAxis(width vg.Length) axis {
	x := linearAxis(0, p.Window, min(6, int(width/55)))
	x.max = max(p.Window, 1)
	x.ticks = slices.DeleteFunc(x.ticks, func(t plot.Tick) bool { return t.Value > x.max })
	for i := range x.ticks {
		x.ticks[i].Label = Duration(x.ticks[i].Value)
	}
	return x
}

func (p CoursePanel) axes() (latency, inFlight axis) {
	var all []float64
	most := 1
	for _, r := range p.Requests {
		all, most = append(all, r.Latency), max(most, r.InFlight)
	}
	latency = latencyAxis(all)
	if p.fails() {
		latency = latency.widen(0.9)
	}
	return latency, linearAxis(0, float64(most), 3)
}

// latencyAxis begins at 0 and is linear, whatever the range: a queue that grows evenly is a
// straight line.
func latencyAxis(values []float64) axis {
	most := 0.0
	for _, v := range values {
		if v > most && !math.IsInf(v, 0) {
			most = v
		}
	}
	a := linearAxis(0, most, 4)
	for i := range a.ticks {
		a.ticks[i].Label = Duration(a.ticks[i].Value)
	}
	return a
}

// shade marks the warm-up and the jump.
func (p CoursePanel) shade(c draw.Canvas, px, _ func(float64) vg.Length) {
	if p.WarmUp > 0 {
		fill(c, theme.Grid, c.Min.X, c.Min.Y, min(px(p.WarmUp), c.Max.X), c.Max.Y)
	}
	if p.Jump > 0 {
		x := px(p.Jump)
		c.StrokeLine2(stroke(theme.Bad, 1.2, 4, 2), x, c.Min.Y, x, c.Max.Y)
	}
}

func (p CoursePanel) dots(c draw.Canvas, px, py func(float64) vg.Length) {
	for _, r := range p.Requests {
		switch {
		case math.IsNaN(r.Latency):
		case math.IsInf(r.Latency, 1):
			cross(c, vg.Point{X: px(r.At), Y: c.Max.Y - 4}, 2.5, stroke(theme.Bad, 1.2))
		default:
			disc(c, vg.Point{X: px(r.At), Y: py(r.Latency)}, 1.6, theme.Series1)
		}
	}
}

func (p CoursePanel) line(c draw.Canvas, px, py func(float64) vg.Length) {
	var pts []vg.Point
	for _, r := range p.Requests {
		pts = append(pts, vg.Point{X: px(r.At), Y: py(float64(r.InFlight))})
	}
	polyline(c, stroke(theme.Series2, 1.5), pts)
}
