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

// Boundary draws what searches found: the room that trials had to their limits against the rate, the fitted curves, and where they cross.
type Boundary struct {
	Limits []string // names, a curve for each in every panel
	Panels []BoundaryPanel
}

// BoundaryPanel is one arm. Rates are requests per second, margins natural logarithms of limit over percentile.
type BoundaryPanel struct {
	Title  string
	Rate   Estimate
	Limits []BoundaryCurve // in the figure's order
}

// BoundaryCurve is one limit.
type BoundaryCurve struct {
	Probes, Curve []BoundaryPoint
}

// BoundaryPoint is a trial, or a point of a fit. An idle one was not used.
type BoundaryPoint struct {
	Rate, Margin float64
	Idle         bool
}

// Key implements Figure.
func (f Boundary) Key() string { return "boundary" }

// Title implements Figure.
func (f Boundary) Title() string { return "Where the limits break" }

// Alt implements Figure.
func (f Boundary) Alt() string {
	return fmt.Sprintf("Room that the trials of %d arms had to %d limits, by the rate, with the fitted curve of each limit and the interval of the rate at which the first one breaks.", len(f.Panels), len(f.Limits))
}

// Height implements Figure.
func (f Boundary) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, f.legend()).height()
}

func (f Boundary) legend() legend {
	var l legend
	for i, name := range f.Limits {
		l = append(l, entry{text: name, swatch: 34, sample: func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(limitLine(i), at.X-17, at.Y, at.X+17, at.Y)
			disc(c, at, 3, theme.Series(i))
		}})
	}
	return append(l, entry{text: "boundary, 95 % interval", swatch: 34, sample: func(c draw.Canvas, at vg.Point) {
		band(c, at.X-9, at.X+9, at.Y-6, at.Y+6)
		c.StrokeLine2(stroke(theme.Ink, 1.4), at.X, at.Y-6, at.X, at.Y+6)
	}})
}

func limitLine(i int) draw.LineStyle { return stroke(theme.Series(i), 1.6, dashes[i%len(dashes)]...) }

// band is the interval of a rate.
func band(c draw.Canvas, left, right, bottom, top vg.Length) {
	c.FillPolygon(theme.Grid.Color(), []vg.Point{{X: left, Y: bottom}, {X: left, Y: top}, {X: right, Y: top}, {X: right, Y: bottom}})
}

// Draw implements Figure.
func (f Boundary) Draw(c draw.Canvas) {
	l := f.legend()
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		at := grid.at(c, i)
		p := frame(panel.rates(at.Max.X-at.Min.X), roomAxis(), "requests per second, log scale")
		with(p, panel.draw)
		p.Draw(headed(at, panel.Title, "limit by percentile: above 1 it is held"))
	}
}

// roomAxis has margins as factors.
func roomAxis() axis {
	a := axis{min: -1.5, max: 1.5, scale: plot.LinearScale{}}
	for _, t := range []struct {
		by    float64
		label string
	}{{.25, "1/4"}, {.5, "1/2"}, {1, "1"}, {2, "2"}, {4, "4"}} {
		a.ticks = append(a.ticks, plot.Tick{Value: math.Log(t.by), Label: t.label})
	}
	return a
}

// rates is a logarithmic axis over what was probed, its labels as many as have room.
func (p BoundaryPanel) rates(width vg.Length) axis {
	low, high := math.Inf(1), 0.0
	for _, l := range p.Limits {
		for _, q := range l.Probes {
			low, high = min(low, q.Rate), max(high, q.Rate)
		}
	}
	if high == 0 {
		low, high = 1, 2
	}
	a := axis{min: low / 1.12, max: high * 1.12, scale: logScale{}}
	for _, t := range plainLogTicks(a.min, a.max, max(3, int(width/60))) {
		a.ticks = append(a.ticks, plot.Tick{Value: t, Label: strconv.FormatFloat(t, 'g', 4, 64)})
	}
	return a
}

// plainLogTicks are at most n values of 1, 2, 5 times powers of ten, or of a denser series where the range is short.
func plainLogTicks(low, high float64, n int) []float64 {
	var best []float64
	for _, steps := range [][]float64{{1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}, {1, 1.5, 2, 3, 4, 6, 8}, {1, 2, 3, 5}, {1, 2, 5}, {1}} {
		best = best[:0]
		for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
			for _, m := range steps {
				if v := m * math.Pow(10, e); v >= low && v <= high {
					best = append(best, v)
				}
			}
		}
		if len(best) <= n {
			break
		}
	}
	return best
}

func (p BoundaryPanel) draw(c draw.Canvas, px, py func(float64) vg.Length) {
	if p.Rate.finite() && p.Rate.Value > 0 {
		left, right := max(px(p.Rate.Low), c.Min.X), c.Max.X
		if !math.IsInf(p.Rate.High, 1) {
			right = min(px(p.Rate.High), right)
		}
		band(c, left, right, c.Min.Y, c.Max.Y)
		c.StrokeLine2(stroke(theme.Ink, 1.4), px(p.Rate.Value), c.Min.Y, px(p.Rate.Value), c.Max.Y)
	}
	c.StrokeLine2(stroke(theme.Bad, 1.4), c.Min.X, py(0), c.Max.X, py(0))
	for i, l := range slices.Backward(p.Limits) { // the first on top
		var path []vg.Point
		for _, q := range l.Curve {
			path = append(path, vg.Point{X: px(q.Rate), Y: py(q.Margin)})
		}
		polyline(c, limitLine(i), path)
		for _, q := range l.Probes {
			at := vg.Point{X: px(q.Rate), Y: py(q.Margin)}
			if q.Idle {
				cross(c, at, 3, stroke(theme.Faint, 1.2))
				continue
			}
			disc(c, at, 2.8, theme.Series(i))
		}
	}
}
