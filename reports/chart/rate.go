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

// Rate draws a latency percentile against the offered rate, a panel for each
// metric.
type Rate struct {
	Series []Series
	Panels []RatePanel
}

// RatePanel is one metric. Lines has one entry for each of the figure's series.
type RatePanel struct {
	Title string // "p95 TTFT"
	Limit float64
	Lines [][]RatePoint
}

// RatePoint is an arm at a load. A latency of +Inf is beyond the slowest success
// and is drawn at the upper border.
type RatePoint struct {
	Rate    float64 // requests per second
	Latency Estimate
}

// Key implements Figure.
func (f Rate) Key() string { return "rate" }

// Title implements Figure.
func (f Rate) Title() string { return "Latency against offered rate" }

// Alt implements Figure.
func (f Rate) Alt() string {
	return fmt.Sprintf("Latency percentiles of %d arms against the offered rate in requests per second; the tables give the values.", len(f.Series))
}

// Height implements Figure.
func (f Rate) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f Rate) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y, beyond := panel.axes()
		pc := headed(grid.at(c, i), panel.Title, joinNote("per request", y.note))
		p := frame(x, y, "offered rate, requests/s")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
			panel.limit(c, py)
			if beyond {
				panel.lane(c)
			}
			f.lines(c, panel, px, py)
		})
		p.Draw(pc)
	}
}

func (p RatePanel) axes() (x, y axis, beyond bool) {
	var rates, values []float64
	if p.Limit > 0 {
		values = append(values, p.Limit)
	}
	for _, line := range p.Lines {
		for _, pt := range line {
			rates = append(rates, pt.Rate)
			if pt.Latency.finite() {
				values = append(values, pt.Latency.Value, pt.Latency.Low, pt.Latency.High)
			} else {
				beyond = true
			}
		}
	}
	y = durationAxis(values, 5)
	if beyond {
		y = y.widen(lane)
	}
	return rateAxis(rates), y, beyond
}

// rateAxis has a tick at each tested rate: there is nothing to read in between.
func rateAxis(rates []float64) axis {
	slices.Sort(rates)
	rates = slices.Compact(rates)
	if len(rates) == 0 {
		rates = []float64{0, 1}
	}
	lo, hi := rates[0], rates[len(rates)-1]
	pad := max((hi-lo)*0.09, hi*0.05)
	a := axis{min: lo - pad, max: hi + pad, scale: plot.LinearScale{}}
	if lo > 0 && hi/lo > logSpan {
		a = axis{min: lo / 1.3, max: hi * 1.3, scale: logScale{}}
	}
	last := math.Inf(-1)
	for _, r := range rates {
		if at := a.scale.Normalize(a.min, a.max, r); at-last >= 0.09 {
			last = at
			a.ticks = append(a.ticks, plot.Tick{Value: r, Label: trim(math.Round(r*100) / 100)})
		}
	}
	return a
}

func (p RatePanel) limit(c draw.Canvas, py func(float64) vg.Length) {
	if p.Limit <= 0 {
		return
	}
	v := py(p.Limit)
	c.StrokeLine2(stroke(theme.Bad, 1, 5, 3), c.Min.X, v, c.Max.X, v)
	write(c, sans(theme.Bad, bodySize-1, false), vg.Point{X: c.Min.X + 3, Y: v + 8}, draw.XLeft, "limit "+Duration(p.Limit))
}

func (p RatePanel) lane(c draw.Canvas) {
	v := c.Min.Y + (c.Max.Y-c.Min.Y)*(lane+0.01)
	c.StrokeLine2(stroke(theme.Muted, 0.8, 1.5, 2.5), c.Min.X, v, c.Max.X, v)
	write(c, sans(theme.Muted, bodySize-1, false), vg.Point{X: c.Min.X + 3, Y: (v + c.Max.Y) / 2}, draw.XLeft, "beyond the slowest success")
}

// lines draws the curves with their intervals, side by side where they share a
// rate, and numbers each at its right end.
func (f Rate) lines(c draw.Canvas, p RatePanel, px, py func(float64) vg.Length) {
	var ts []tag
	var marks []vg.Rectangle
	var bars []segment
	for i, line := range p.Lines {
		shift := 5 * (vg.Length(i) - vg.Length(len(p.Lines)-1)/2)
		var pts []vg.Point
		for _, pt := range line {
			at := vg.Point{X: px(pt.Rate) + shift, Y: py(pt.Latency.Value)}
			if !pt.Latency.finite() {
				at.Y = c.Max.Y - (c.Max.Y-c.Min.Y)*(1-lane)/2
				arrow(c, vg.Point{X: at.X, Y: at.Y + 7}, 0, 1, theme.Series(i))
			} else {
				bars = append(bars, interval(c, at, pt.Latency, py, theme.Series(i)))
			}
			pts = append(pts, at)
		}
		polyline(c, curve(f.Series, i), pts)
		for k, at := range pts {
			disc(c, at, 3, theme.Series(i))
			marks = append(marks, around(at, 3.5))
			if k > 0 {
				bars = append(bars, segment{pts[k-1], at})
			}
		}
		if len(pts) > 0 {
			ts = append(ts, numberTag(f.Series, i, pts[len(pts)-1]))
		}
	}
	drawTags(c, ts, marks, bars)
}

// interval draws a vertical bar, with an arrow head where it has no upper end.
func interval(c draw.Canvas, at vg.Point, e Estimate, py func(float64) vg.Length, role theme.Role) segment {
	low, high := max(py(e.Low), c.Min.Y), c.Max.Y
	if math.IsInf(e.High, 1) {
		arrow(c, vg.Point{X: at.X, Y: high}, 0, 1, role)
	} else {
		high = min(py(e.High), c.Max.Y)
	}
	c.StrokeLine2(stroke(role, 1), at.X, low, at.X, high)
	return segment{vg.Point{X: at.X, Y: low}, vg.Point{X: at.X, Y: high}}
}
