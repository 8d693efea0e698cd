package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Gauge shows one value and its interval against its limit, as a bar beside the
// number. Name and Text stand in for it.
type Gauge struct {
	Name  string // key
	Label string // what is measured
	Text  string // value, interval and limit in words
	Value Estimate
	Limit float64
}

// GaugeWidth is the width it is shown at, in CSS pixels.
const GaugeWidth vg.Length = 200

// Key implements Figure.
func (g Gauge) Key() string { return g.Name }

// Title implements Figure.
func (g Gauge) Title() string { return g.Label }

// Alt implements Figure.
func (g Gauge) Alt() string { return g.Text }

// Height implements Figure.
func (g Gauge) Height(vg.Length) vg.Length { return 18 }

// Draw implements Figure. The scale starts at 0, or below where the interval does,
// and leaves room beyond the limit.
func (g Gauge) Draw(c draw.Canvas) {
	lo, hi := min(0, g.Value.Low), g.Limit*1.25
	for _, v := range []float64{g.Value.Value, g.Value.High} {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			hi = max(hi, v*1.05)
		}
	}
	x := func(v float64) vg.Length {
		share := min(max((v-lo)/(hi-lo), 0), 1)
		return c.Min.X + 4 + vg.Length(share)*(c.Max.X-c.Min.X-8)
	}
	y := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(stroke(theme.Grid, 6), x(lo), y, x(g.Limit), y)
	c.StrokeLine2(stroke(theme.Bad, 2), x(g.Limit), y-8, x(g.Limit), y+8)
	role := theme.Accent
	if !g.Value.finite() {
		arrow(c, vg.Point{X: c.Max.X, Y: y}, 1, 0, role)
		return
	}
	high := g.Value.High
	if math.IsInf(high, 1) {
		high = hi
		arrow(c, vg.Point{X: c.Max.X, Y: y}, 1, 0, role)
	}
	c.StrokeLine2(stroke(role, 2), x(g.Value.Low), y, x(high), y)
	disc(c, vg.Point{X: x(g.Value.Value), Y: y}, 4.5, role)
}
