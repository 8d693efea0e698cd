package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Rungs draws, for arms that are ladders of deployments, which rung served how much of the requests over time, and
// what share of them kept the limits.
type Rungs struct {
	Names  []string // of the rungs, the best first
	Panels []RungsPanel
}

// RungsPanel is one arm at one load.
type RungsPanel struct {
	Title  string
	Window float64 // nanoseconds
	Slices []RungsSlice
}

// RungsSlice is a part of the time. Slices are of equal length.
type RungsSlice struct {
	Rate   float64   // requests per second
	Shares []float64 // of the requests, by rung
	Nobody float64   // likewise, of those that no rung served
	Kept   float64   // within all limits; NaN without requests
}

// Key implements Figure.
func (Rungs) Key() string { return "rungs" }

// Title implements Figure.
func (Rungs) Title() string { return "Which rung served, and what kept the limits" }

// Alt implements Figure.
func (f Rungs) Alt() string {
	return fmt.Sprintf("For %d arms, shares of requests by rung over time as stacked bars, with the share within the limits as a line; the table has the totals.", len(f.Panels))
}

// rungsHeight is that of a panel.
const rungsHeight = 250

// Height implements Figure.
func (f Rungs) Height(width vg.Length) vg.Length {
	rows := (len(f.Panels) + f.columns(width) - 1) / f.columns(width)
	return f.legend().height(width) + 8 + rungsHeight*vg.Length(rows)
}

func (f Rungs) columns(width vg.Length) int {
	if width >= 600 && len(f.Panels) > 1 {
		return 2
	}
	return 1
}

// legend has the rungs from the best, then what none served, and the line.
func (f Rungs) legend() (l legend) {
	for i, name := range f.Names {
		l = append(l, entry{name, false, 14, func(c draw.Canvas, at vg.Point) { rungBox(c, i, at.X-6, at.Y-5, at.X+6, at.Y+5) }})
	}
	return append(l,
		entry{"not served", false, 14, func(c draw.Canvas, at vg.Point) { emptyBox(c, at.X-6, at.Y-5, at.X+6, at.Y+5) }},
		entry{"share within all limits", true, 28, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Paper, 4.5), at.X-13, at.Y, at.X+13, at.Y)
			c.StrokeLine2(stroke(theme.Ink, 2), at.X-13, at.Y, at.X+13, at.Y)
		}})
}

// rungBox is a bar's part: a colour, and a hatch by the rung's number, so that colour is not the only difference.
func rungBox(c draw.Canvas, rung int, x0, y0, x1, y1 vg.Length) {
	if y1-y0 < .05 {
		return
	}
	fill(c, theme.Series(rung), x0, y0, x1, y1)
	sty := stroke(theme.Paper, .8)
	switch rung % 3 {
	case 1:
		for y := y0 + 3; y < y1; y += 5 {
			c.StrokeLine2(sty, x0, y, x1, y)
		}
	case 2:
		for x := x0 + 2; x < x1; x += 4 {
			c.StrokeLine2(sty, x, y0, x, y1)
		}
	}
}

// emptyBox is a frame.
func emptyBox(c draw.Canvas, x0, y0, x1, y1 vg.Length) {
	if y1-y0 < .05 {
		return
	}
	fill(c, theme.Panel, x0, y0, x1, y1)
	sty := stroke(theme.Bad, .8)
	c.StrokeLines(sty, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}})
}

// Draw implements Figure.
func (f Rungs) Draw(c draw.Canvas) {
	columns := f.columns(c.Max.X - c.Min.X)
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	w := (c.Max.X - c.Min.X - panelGap*vg.Length(columns-1)) / vg.Length(columns)
	most := 0.0
	for _, p := range f.Panels {
		most = max(most, p.most())
	}
	for i, p := range f.Panels {
		pc := c
		x, y := c.Min.X+vg.Length(i%columns)*(w+panelGap), c.Max.Y-vg.Length(i/columns)*rungsHeight
		pc.Rectangle = vg.Rectangle{Min: vg.Point{X: x, Y: y - rungsHeight + 10}, Max: vg.Point{X: x + w, Y: y}}
		p.draw(pc, most)
	}
}

func (p RungsPanel) most() (most float64) {
	for _, s := range p.Slices {
		most = max(most, s.Rate)
	}
	return most
}

// draw has shares above and the rate that they are of below, on one scale of time.
func (p RungsPanel) draw(c draw.Canvas, most float64) {
	mid := c.Max.Y - (c.Max.Y-c.Min.Y)*.68
	upper, lower := c, c
	upper.Min.Y, lower.Max.Y = mid+6, mid
	upper = headed(upper, p.Title, "share of requests, by when they were due")
	write(lower, sans(theme.Muted, bodySize, false), vg.Point{X: lower.Min.X, Y: lower.Max.Y - 6}, draw.XLeft, "requests/s")
	lower = draw.Crop(lower, 0, 0, 0, -18)
	shares, rates := rungShares(), linearAxis(0, most, 3)
	left := max(labelWidth(shares), labelWidth(rates))
	x := CoursePanel{Window: p.Window}.timeAxis(c.Max.X - c.Min.X - left)
	bare := x
	bare.ticks = nil
	top, bottom := frame(bare, shares, ""), frame(x, rates, "time of the trial")
	with(top, p.bars)
	with(top, p.line)
	with(bottom, p.rates)
	top.Draw(draw.Crop(upper, left-labelWidth(shares), 0, 0, 0))
	bottom.Draw(draw.Crop(lower, left-labelWidth(rates), 0, 0, 0))
}

// rungShares is from nothing to all.
func rungShares() axis {
	a := axis{min: 0, max: 1, scale: plot.LinearScale{}}
	for _, v := range []float64{0, .25, .5, .75, 1} {
		a.ticks = append(a.ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f %%", 100*v)})
	}
	return a
}

// at are the ends of slice i on the axis of time.
func (p RungsPanel) at(i int, px func(float64) vg.Length) (x0, x1 vg.Length) {
	n := float64(len(p.Slices))
	return px(p.Window * float64(i) / n), px(p.Window*float64(i+1)/n) - .6
}

func (p RungsPanel) bars(c draw.Canvas, px, py func(float64) vg.Length) {
	for i, s := range p.Slices {
		x0, x1 := p.at(i, px)
		low := 0.0
		for rung, share := range s.Shares {
			rungBox(c, rung, x0, py(low), x1, py(low+share))
			low += share
		}
		emptyBox(c, x0, py(low), x1, py(low+s.Nobody))
	}
}

func (p RungsPanel) line(c draw.Canvas, px, py func(float64) vg.Length) {
	var pts []vg.Point
	for i, s := range p.Slices {
		if x0, x1 := p.at(i, px); s.Kept == s.Kept { // not without requests
			pts = append(pts, vg.Point{X: (x0 + x1) / 2, Y: py(s.Kept)})
		}
	}
	polyline(c, stroke(theme.Paper, 4.5), pts)
	polyline(c, stroke(theme.Ink, 2), pts)
}

func (p RungsPanel) rates(c draw.Canvas, px, py func(float64) vg.Length) {
	for i, s := range p.Slices {
		x0, x1 := p.at(i, px)
		fill(c, theme.Faint, x0, py(0), x1, py(s.Rate))
	}
}
