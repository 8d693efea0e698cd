package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Speedup draws how many times as fast arms are as another one, by load, a panel for each kind of request.
type Speedup struct {
	Than   string // the other one, with its number
	Series []Series
	Panels []SpeedupPanel
}

// SpeedupPanel is one kind of request. Lines has one entry for each of the figure's series.
type SpeedupPanel struct {
	Title string
	Loads string // what the loads are: "requests per second"
	Lines [][]SpeedupPoint
}

// SpeedupPoint is an arm at a load; a line has them by load.
type SpeedupPoint struct {
	Load float64
	Gain Estimate
}

// Key implements Figure.
func (f Speedup) Key() string { return "speedup" }

// Title implements Figure.
func (f Speedup) Title() string { return "Speed-up by load" }

// Alt implements Figure.
func (f Speedup) Alt() string {
	return fmt.Sprintf("How many times as fast as %s %d arms with drafts are, by load, with the line at 1 where drafting breaks even; the table gives the values.", f.Than, len(f.Series))
}

// Height implements Figure.
func (f Speedup) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f Speedup) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y := panel.axes()
		p := frame(x, y, joinNote(panel.Loads, x.note))
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) { f.lines(c, panel, px, py) })
		p.Draw(headed(grid.at(c, i), panel.Title, "times as fast per token as without drafts"))
	}
}

func (p SpeedupPanel) axes() (x, y axis) {
	var loads []float64
	gains := []float64{1}
	for _, line := range p.Lines {
		for _, pt := range line {
			loads = append(loads, pt.Load)
			gains = append(gains, pt.Gain.Low, pt.Gain.High)
		}
	}
	low, high := slices.Min(gains), slices.Max(gains)
	return levelAxis(loads), linearAxis(max(0, low-0.06*(high-low)-0.01), high+0.04*(high-low)+0.01, 5)
}

// levelAxis has its ticks at the levels that were measured, as many as have room.
func levelAxis(levels []float64) axis {
	levels = slices.DeleteFunc(slices.Clone(levels), func(v float64) bool { return !(v > 0) || math.IsInf(v, 0) })
	if len(levels) == 0 {
		return linearAxis(0, 1, 5)
	}
	slices.Sort(levels)
	levels = slices.Compact(levels)
	low, high := levels[0], levels[len(levels)-1]
	span := max(high-low, high*0.1)
	a := axis{min: max(0, low-0.1*span), max: high + 0.14*span, scale: plot.LinearScale{}}
	if high/low > logSpan {
		grow := math.Pow(high/low, 0.1)
		a = axis{min: low / grow, max: high * math.Pow(grow, 1.4), scale: logScale{}, note: "log scale"}
	}
	const apart = 0.085 // of the axis, between two labels
	last := math.Inf(-1)
	for _, v := range levels {
		if at := a.scale.Normalize(a.min, a.max, v); at-last >= apart {
			a.ticks, last = append(a.ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 4, 64)}), at
		}
	}
	return a
}

// beside is how far apart arms at one load are drawn.
const beside = 4

// lines draws the arms beside each other at their loads, the line of breaking even under them, and numbers each at
// its last load.
func (f Speedup) lines(c draw.Canvas, p SpeedupPanel, px, py func(float64) vg.Length) {
	var ts []tag
	var bars []segment
	paths := p.paths(px, py)
	var marks []vg.Rectangle
	for _, path := range paths {
		for _, at := range path {
			marks = append(marks, around(at, 3.5))
		}
	}
	even := py(1)
	c.StrokeLine2(stroke(theme.Ink, 1, 5, 3), c.Min.X, even, c.Max.X, even)
	box := lineWords(c, even, theme.Ink, "break-even", marks)
	for i, path := range paths {
		polyline(c, curve(f.Series, i), path)
		for k, at := range path {
			bars = append(bars, interval(c, at, p.Lines[i][k].Gain, py, theme.Series(i)))
			disc(c, at, 3, theme.Series(i))
		}
		bars = append(bars, segments(path)...)
		if len(path) > 0 {
			ts = append(ts, numberTag(f.Series, i, path[len(path)-1]))
		}
	}
	drawTags(c, ts, append(marks, box), bars)
}

// paths are where the points are.
func (p SpeedupPanel) paths(px, py func(float64) vg.Length) [][]vg.Point {
	out := make([][]vg.Point, len(p.Lines))
	for i, line := range p.Lines {
		aside := beside * (vg.Length(i) - vg.Length(len(p.Lines)-1)/2)
		for _, pt := range line {
			out[i] = append(out[i], vg.Point{X: px(pt.Load) + aside, Y: py(pt.Gain.Value)})
		}
	}
	return out
}
