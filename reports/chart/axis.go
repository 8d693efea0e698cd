package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/internal/text"
	"github.com/assaylab/assay/reports/theme"
)

// logSpan is the ratio of largest to smallest value from which an axis is
// logarithmic: on a linear one the small values would share a few pixels.
const logSpan = 20

// axis is a range with its scale and its labelled ticks.
type axis struct {
	min, max float64
	scale    plot.Normalizer
	ticks    []plot.Tick
	note     string // "log scale", "" for a linear axis
}

// logScale puts what is not positive, such as the lower end of a wide interval, at
// the lower end of the axis; gonum's own scale panics there.
type logScale struct{}

// Normalize implements plot.Normalizer.
func (logScale) Normalize(min, max, x float64) float64 {
	if x <= min {
		return 0
	}
	return math.Log(x/min) / math.Log(max/min)
}

// symlog is linear around 0 and logarithmic away from it, for values of both signs.
type symlog struct{ linear float64 }

func (s symlog) at(x float64) float64 {
	return math.Copysign(math.Log1p(math.Abs(x)/s.linear), x)
}

// Normalize implements plot.Normalizer.
func (s symlog) Normalize(min, max, x float64) float64 {
	return (s.at(x) - s.at(min)) / (s.at(max) - s.at(min))
}

// durationAxis covers the positive finite values, nanoseconds, with about n
// labelled ticks.
func durationAxis(values []float64, n int) axis {
	v := slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return !(x > 0) || math.IsInf(x, 0) })
	if len(v) == 0 {
		return axis{max: 1, scale: plot.LinearScale{}, ticks: []plot.Tick{{Value: 0, Label: "0"}}}
	}
	lo, hi := slices.Min(v), slices.Max(v)
	if hi/lo > logSpan {
		return axis{min: lo / 1.25, max: hi * 1.25, scale: logScale{}, ticks: logTicks(lo/1.25, hi*1.25, n), note: "log scale"}
	}
	a := linearAxis(0, hi, n)
	for i := range a.ticks {
		a.ticks[i].Label = Duration(a.ticks[i].Value)
	}
	return a
}

// linearAxis goes from lo to a little beyond hi, its ticks at 1, 2 or 5 times a
// power of ten.
func linearAxis(lo, hi float64, n int) axis {
	if !(hi > lo) {
		hi = lo + 1
	}
	step := niceStep((hi - lo) / float64(max(n, 1)))
	a := axis{min: lo, max: hi + (hi-lo)*0.04, scale: plot.LinearScale{}}
	for k := math.Ceil(lo/step - 1e-9); k*step <= a.max; k++ {
		a.ticks = append(a.ticks, plot.Tick{Value: k * step, Label: number(k*step, step)})
	}
	return a
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that is at least x.
func niceStep(x float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= x*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// logTicks labels 1, 2, 5 times each power of ten where that gives about n labels,
// else 1 and 3, else the powers alone.
func logTicks(lo, hi float64, n int) []plot.Tick {
	var ticks []plot.Tick
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		ticks = ticks[:0]
		for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi); e++ {
			for _, m := range steps {
				if v := m * math.Pow(10, e); v >= lo && v <= hi {
					ticks = append(ticks, plot.Tick{Value: v, Label: Duration(v)})
				}
			}
		}
		if len(ticks) <= n+1 {
			break
		}
	}
	return ticks
}

// percentAxis covers values of both signs, in percent, 0 always among them.
func percentAxis(values []float64, n int) axis {
	lo, hi, small := 0.0, 0.0, math.Inf(1)
	for _, v := range values {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
		if v != 0 {
			small = min(small, math.Abs(v))
		}
	}
	span := max(hi, -lo)
	if span == 0 {
		lo, hi, span = -0.5, 1, 1
	}
	if span/small <= logSpan {
		a := linearAxis(lo-(hi-lo)*0.06, hi+(hi-lo)*0.06, n)
		return a
	}
	// Two decades of logarithm are enough to tell "no loss" from "some".
	linear := math.Pow(10, math.Floor(math.Log10(max(small, span/100))))
	s := symlog{linear}
	a := axis{min: lo, max: hi, scale: s, note: "log away from 0"}
	grow := (s.at(hi) - s.at(lo)) * 0.06
	a.max = s.inverse(s.at(hi) + grow)
	a.min = s.inverse(s.at(lo) - grow)
	a.ticks = append(a.ticks, plot.Tick{Value: 0, Label: "0"})
	for v := linear; v <= a.max || -v >= a.min; v *= 10 {
		for _, m := range []float64{v, 3 * v} {
			if m <= a.max {
				a.ticks = append(a.ticks, plot.Tick{Value: m, Label: number(m, v)})
			}
			if -m >= a.min {
				a.ticks = append(a.ticks, plot.Tick{Value: -m, Label: number(-m, v)})
			}
		}
	}
	return a
}

func (s symlog) inverse(y float64) float64 {
	return math.Copysign(math.Expm1(math.Abs(y))*s.linear, y)
}

// widen moves the upper end so that the present range takes the given share of
// the axis; the rest is the lane of values beyond the slowest success.
func (a axis) widen(share float64) axis {
	if _, ok := a.scale.(logScale); ok {
		a.max = a.min * math.Pow(a.max/a.min, 1/share)
	} else {
		a.max = a.min + (a.max-a.min)/share
	}
	return a
}

// number prints v with the decimals that multiples of step need.
func number(v, step float64) string {
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// Duration prints a tick or a limit of ns nanoseconds in its natural unit, with as
// few digits as it takes.
func Duration(ns float64) string {
	if ns == 0 {
		return "0"
	}
	unit, name := 1.0, "ns"
	switch abs := math.Abs(ns) * (1 + 1e-9); {
	case abs >= 1e9:
		unit, name = 1e9, "s"
	case abs >= 1e6:
		unit, name = 1e6, "ms"
	case abs >= 1e3:
		unit, name = 1e3, "µs"
	}
	return strconv.FormatFloat(math.Round(ns/unit*1000)/1000, 'f', -1, 64) + " " + name
}

// frame is an empty plot with our axes: a rule and ticks below, grid lines instead
// of a rule at the left, headings drawn by the caller.
func frame(x, y axis, xLabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Min, p.X.Max, p.X.Scale = x.min, x.max, x.scale
	p.Y.Min, p.Y.Max, p.Y.Scale = y.min, y.max, y.scale
	p.X.Padding, p.Y.Padding = 0, 0
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(x.ticks), plot.ConstantTicks(y.ticks)
	p.X.LineStyle, p.Y.LineStyle = stroke(theme.Muted, 0.8), draw.LineStyle{}
	p.X.Tick.LineStyle, p.Y.Tick.LineStyle = stroke(theme.Muted, 0.8), draw.LineStyle{}
	p.X.Tick.Length, p.Y.Tick.Length = 4, 0
	tick := sans(theme.Muted, bodySize, false)
	tick.XAlign, tick.YAlign = draw.XCenter, draw.YTop
	p.X.Tick.Label = tick
	tick.XAlign, tick.YAlign = draw.XRight, draw.YCenter
	p.Y.Tick.Label = tick
	p.X.Label.Text = text.Printable(xLabel)
	p.X.Label.TextStyle = sans(theme.Muted, bodySize, false)
	p.X.Label.TextStyle.XAlign, p.X.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	p.X.Label.Padding = 2
	p.Add(grid{x.ticks, y.ticks})
	return p
}

// grid rules the data area at the labelled ticks.
type grid struct{ x, y []plot.Tick }

// Plot implements plot.Plotter.
func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	sty := stroke(theme.Grid, 0.7)
	for _, t := range g.x {
		if v := x(t.Value); t.Value >= p.X.Min && v <= c.Max.X+0.1 {
			c.StrokeLine2(sty, v, c.Min.Y, v, c.Max.Y)
		}
	}
	for _, t := range g.y {
		if v := y(t.Value); v >= c.Min.Y-0.1 && v <= c.Max.Y+0.1 {
			c.StrokeLine2(sty, c.Min.X, v, c.Max.X, v)
		}
	}
}

// with adds a drawing in the data area. px and py give pixels of data values.
func with(p *plot.Plot, f func(c draw.Canvas, px, py func(float64) vg.Length)) {
	p.Add(plotter(f))
}

type plotter func(c draw.Canvas, px, py func(float64) vg.Length)

// Plot implements plot.Plotter.
func (f plotter) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	f(c, x, y)
}
