package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Tornado draws how far a result moves when one assumption at a time goes from its low to its high value, the one that
// moves it most on top.
type Tornado struct {
	Of   string // the result: "net present cost, USD"
	Base float64
	Bars []TornadoBar // by how far they move it, the farthest first
}

// TornadoBar is one assumption. A result is NaN where there is none: no plan is feasible.
type TornadoBar struct {
	Name                string
	Low, High           float64 // the result at either value
	LowValue, HighValue string  // of the assumption
	Changes             string  // what else is decided at one of them, "" for nothing
}

const tornadoLine = 42

// Key implements Figure.
func (f Tornado) Key() string { return "tornado" }

// Title implements Figure.
func (f Tornado) Title() string { return "What the result depends on" }

// Alt implements Figure.
func (f Tornado) Alt() string {
	if len(f.Bars) == 0 {
		return "No assumption was varied."
	}
	b := f.Bars[0]
	return fmt.Sprintf("How far %s moves from %s when one of %d assumptions changes; it moves most with %s.", f.Of, Amount(f.Base), len(f.Bars), b.Name)
}

// Height implements Figure.
func (f Tornado) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 8 + vg.Length(len(f.Bars))*tornadoLine + 64
}

func (f Tornado) legend() legend {
	box := func(role theme.Role) func(draw.Canvas, vg.Point) {
		return func(c draw.Canvas, at vg.Point) { fill(c, role, at.X-7, at.Y-5, at.X+7, at.Y+5) }
	}
	return legend{{"at the low value", false, 14, box(theme.Series1)}, {"at the high value", false, 14, box(theme.Series2)},
		{"as planned", false, 10, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Ink, 1.4), at.X, at.Y-6, at.X, at.Y+6)
		}}}
}

// Draw implements Figure.
func (f Tornado) Draw(c draw.Canvas) {
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	x := f.results(c.Max.X - c.Min.X)
	y := axis{min: 0, max: float64(max(1, len(f.Bars))), scale: plot.LinearScale{}}
	p := frame(x, y, f.Of)
	with(p, f.bars)
	p.Draw(draw.Crop(c, 8, -8, 0, 0))
}

// results has room for the labels at the ends of bars.
func (f Tornado) results(width vg.Length) axis {
	low, high := f.Base, f.Base
	for _, b := range f.Bars {
		for _, v := range []float64{b.Low, b.High} {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	grow := 0.28 * (high - low)
	if width < 500 {
		grow *= 1.7
	}
	return amounts(linearAxis(low-grow, high+grow, max(3, int(width/90))))
}

func (f Tornado) bars(c draw.Canvas, px, py func(float64) vg.Length) {
	base := px(f.Base)
	for i, b := range f.Bars {
		top := py(float64(len(f.Bars) - i))
		name := b.Name
		if b.Changes != "" {
			name += " — " + b.Changes
		}
		sty := sans(theme.Ink, bodySize, b.Changes != "")
		write(c, sty, vg.Point{X: c.Min.X + 2, Y: top - 9}, draw.XLeft, fit(sty, name, c.Max.X-c.Min.X-4))
		ends := []end{{b.Low, b.LowValue, theme.Series1}, {b.High, b.HighValue, theme.Series2}}
		if math.Abs(b.High-f.Base) > math.Abs(b.Low-f.Base) { // the longer one behind, where both are on one side
			ends[0], ends[1] = ends[1], ends[0]
		}
		f.ends(c, ends, px, base, top-27)
	}
	c.StrokeLine2(stroke(theme.Ink, 1.4), base, c.Min.Y, base, c.Max.Y)
}

// end is one end of a bar.
type end struct {
	result float64
	value  string
	role   theme.Role
}

// ends draws both halves of a bar and writes the assumption's values beside them. Where both are on one side the second
// value is written on the other.
func (f Tornado) ends(c draw.Canvas, ends []end, px func(float64) vg.Length, base, y vg.Length) {
	right := map[bool]bool{}
	for i, e := range ends {
		half := vg.Length(7 - 2*i)
		if math.IsNaN(e.result) || math.IsInf(e.result, 0) {
			continue
		}
		at := px(e.result)
		fill(c, e.role, min(base, at), y-half, max(base, at), y+half)
	}
	for _, e := range ends {
		at, text := base, e.value
		if math.IsNaN(e.result) || math.IsInf(e.result, 0) {
			text += ": infeasible"
		} else {
			at = px(e.result)
		}
		beyond := at > base || at == base && !right[true]
		if right[beyond] {
			beyond, at = !beyond, base
		}
		right[beyond] = true
		p, align := vg.Point{X: at + 4, Y: y}, draw.XLeft
		if !beyond {
			p.X, align = at-4, draw.XRight
		}
		sty, room := sans(theme.Muted, bodySize-0.5, false), c.Max.X-p.X
		if !beyond {
			room = p.X - c.Min.X
		}
		write(c, sty, p, align, fit(sty, text, room))
	}
}
