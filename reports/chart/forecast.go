package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Forecast draws what was measured against what a model expected, a panel for each kind of request and a point for each
// arm at each load. Arms are told apart by colour and number, loads by shape.
type Forecast struct {
	Series []Series
	Loads  []string
	Panels []ForecastPanel
}

// ForecastPanel is one kind of request.
type ForecastPanel struct {
	Title  string
	Points []ForecastPoint
}

// ForecastPoint is an arm at a load.
type ForecastPoint struct {
	Series, Load int // of the figure's
	Expected     float64
	Measured     Estimate
}

// Key implements Figure.
func (f Forecast) Key() string { return "forecast" }

// Title implements Figure.
func (f Forecast) Title() string { return "Expected and measured speed-up" }

// Alt implements Figure.
func (f Forecast) Alt() string {
	return fmt.Sprintf("Measured speed-up of %d arms against the one that a model of acceptance and of step times expects; on the diagonal the model is right.", len(f.Series))
}

// Height implements Figure.
func (f Forecast) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, f.legend()).height()
}

// Draw implements Figure.
func (f Forecast) Draw(c draw.Canvas) {
	l := f.legend()
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y := panel.axes()
		p := frame(x, y, "expected, times as fast (estimated)")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) { f.points(c, panel, px, py) })
		p.Draw(headed(grid.at(c, i), panel.Title, "measured, times as fast"))
	}
}

// axes have one range, so that the diagonal is where both are equal.
func (p ForecastPanel) axes() (x, y axis) {
	values := []float64{1}
	for _, pt := range p.Points {
		values = append(values, pt.Expected, pt.Measured.Low, pt.Measured.High)
	}
	low, high := slices.Min(values), slices.Max(values)
	grow := 0.08*(high-low) + 0.02
	return linearAxis(max(0, low-grow), high+grow, 4), linearAxis(max(0, low-grow), high+grow, 5)
}

func (f Forecast) points(c draw.Canvas, p ForecastPanel, px, py func(float64) vg.Length) {
	x, _ := p.axes()
	ends := []vg.Point{{X: px(x.min), Y: py(x.min)}, {X: px(x.max), Y: py(x.max)}}
	polyline(c, stroke(theme.Ink, 1, 5, 3), ends)
	for _, even := range [][]vg.Point{{{X: px(1), Y: c.Min.Y}, {X: px(1), Y: c.Max.Y}}, {{X: c.Min.X, Y: py(1)}, {X: c.Max.X, Y: py(1)}}} {
		polyline(c, stroke(theme.Muted, 0.8, 1.5, 2.5), even)
	}
	var spots []spot
	var boxes []vg.Rectangle
	bars := []segment{{ends[0], ends[1]}}
	for _, pt := range p.Points {
		at := vg.Point{X: px(pt.Expected), Y: py(pt.Measured.Value)}
		if math.IsInf(pt.Measured.Value, 0) || pt.Series >= len(f.Series) {
			continue
		}
		bars = append(bars, interval(c, at, pt.Measured, py, theme.Series(pt.Series)))
		spots = append(spots, spot{Arm: Arm{Number: f.Series[pt.Series].Number}, at: at, r: forecastMark})
		boxes = append(boxes, around(at, forecastMark+0.5))
		shape(c, pt.Load, at, forecastMark, theme.Series(pt.Series))
	}
	slices.SortStableFunc(spots, func(a, b spot) int { return b.Number - a.Number }) // a shared label has them in order
	drawTags(c, tags(spots, false, c.Max.X-c.Min.X), boxes, bars)
}

const forecastMark = 3.6

// legend has the arms by colour, then the loads by shape.
func (f Forecast) legend() legend {
	var l legend
	for i, s := range f.Series {
		l = append(l, entry{text: strconv.Itoa(s.Number) + " " + s.Name, bold: s.Strong, swatch: 14,
			sample: func(c draw.Canvas, at vg.Point) { shape(c, 0, at, forecastMark, theme.Series(i)) }})
	}
	for i, name := range f.Loads {
		l = append(l, entry{text: name, swatch: 14, sample: func(c draw.Canvas, at vg.Point) { shape(c, i, at, forecastMark, theme.Muted) }})
	}
	return l
}
