package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Standing is where an arm is with regard to the front.
type Standing int

// The standings.
const (
	Behind      Standing = iota // another arm is better in everything
	Front                       // no arm is better in everything
	Recommended                 // on the front or not: this one
)

// Arm is one point of a Tradeoff.
type Arm struct {
	Number   int    // as in the tables
	Name     string // shortened where it has to be
	Latency  Estimate
	Loss     Estimate // percent of perplexity
	Cost     float64  // sets the mark's area; 0: no cost is known
	CostText string   // printed
	Standing Standing
}

// Tradeoff draws quality loss over latency with the cost as area, the front's
// lower left hull, intervals, and labels: the name and cost of the arms on the
// front, the number of the others.
type Tradeoff struct {
	Latency string // what the x axis is, with the percentile and the load
	Limit   float64
	Bound   float64 // percent of perplexity that may be lost; 0 draws none
	Arms    []Arm
}

// Key implements Figure.
func (f Tradeoff) Key() string { return "tradeoff" }

// Title implements Figure.
func (f Tradeoff) Title() string { return "Quality, latency and cost" }

// Alt implements Figure.
func (f Tradeoff) Alt() string {
	var front, chosen []string
	for _, a := range f.Arms {
		switch a.Standing {
		case Recommended:
			chosen = append(chosen, a.Name)
		case Front:
			front = append(front, a.Name)
		}
	}
	s := fmt.Sprintf("Quality loss against %s for %d arms, the area of a point is its cost", f.Latency, len(f.Arms))
	if len(chosen) > 0 {
		s += "; recommended: " + strings.Join(chosen, ", ")
	}
	if len(front) > 0 {
		s += "; also on the front: " + strings.Join(front, ", ")
	}
	return s + "."
}

// Height implements Figure.
func (f Tradeoff) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 2*legendLine + max(width*0.58, 330)
}

const (
	maxRadius   vg.Length = 9 // of the dearest arm
	minRadius   vg.Length = 2.5
	barCap      vg.Length = 2.5
	crossRadius vg.Length = 3.5 // of an arm without a cost
	lane                  = 0.9 // share of an axis that the finite values take where some are beyond
)

// radius makes the area proportional to the cost, except that a mark stays visible.
func (f Tradeoff) radius(cost float64) vg.Length {
	top := 0.0
	for _, a := range f.Arms {
		top = max(top, a.Cost)
	}
	if top == 0 || cost == 0 {
		return crossRadius
	}
	return max(minRadius, maxRadius*vg.Length(math.Sqrt(cost/top)))
}

// axes covers all estimates, and the limit and the bound where they are near.
func (f Tradeoff) axes(width vg.Length) (x, y axis, beyond bool) {
	var xs, ys []float64
	for _, a := range f.Arms {
		if a.Latency.finite() {
			xs = append(xs, a.Latency.Value, a.Latency.Low, a.Latency.High)
		} else {
			beyond = true
		}
		ys = append(ys, a.Loss.Value, a.Loss.Low, a.Loss.High)
	}
	top := 0.0
	for _, v := range xs {
		if !math.IsInf(v, 0) {
			top = max(top, v)
		}
	}
	if f.Limit > 0 && (f.Limit < 3*top || top == 0) {
		xs = append(xs, f.Limit)
	}
	if f.Bound > 0 {
		ys = append(ys, f.Bound)
	}
	n := 4
	if width >= 600 {
		n = 7
	}
	x, y = durationAxis(xs, n), percentAxis(ys, 5)
	if beyond {
		x = x.widen(lane)
	}
	return x, y, beyond
}

// Draw implements Figure.
func (f Tradeoff) Draw(c draw.Canvas) {
	width := c.Max.X - c.Min.X
	c = f.legend().draw(c)
	x, y, beyond := f.axes(width)
	yTitle := "Quality loss, % of perplexity against the reference"
	if width < 600 {
		yTitle = "Quality loss, % of perplexity"
	}
	write(c, sans(theme.Muted, bodySize, false), vg.Point{X: c.Min.X, Y: c.Max.Y - 12}, draw.XLeft, joinNote(yTitle, y.note))
	c = draw.Crop(c, 0, 0, 0, -legendLine-6)
	p := frame(x, y, joinNote(f.Latency, x.note))
	with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
		front := f.lines(c, px, py, beyond)
		if beyond {
			f.lane(c)
		}
		f.marks(c, px, py, width >= 600, front)
	})
	p.Draw(c)
}

func joinNote(s, note string) string {
	if note == "" {
		return s
	}
	return s + " (" + note + ")"
}

// lines draws the bound, the limit and the front, and returns the front's stretches.
func (f Tradeoff) lines(c draw.Canvas, px, py func(float64) vg.Length, beyond bool) []segment {
	dashed := stroke(theme.Bad, 1, 5, 3)
	note := sans(theme.Bad, bodySize-1, false)
	if f.Bound > 0 {
		v := py(f.Bound)
		c.StrokeLine2(dashed, c.Min.X, v, c.Max.X, v)
		right := c.Max.X
		if beyond {
			right = laneEdge(c)
		}
		write(c, note, vg.Point{X: right - 3, Y: v + 9}, draw.XRight, "quality bound "+trim(f.Bound)+" %")
	}
	if v := px(f.Limit); f.Limit > 0 && v <= c.Max.X {
		c.StrokeLine2(dashed, v, c.Min.Y, v, c.Max.Y)
		write(c, note, vg.Point{X: v - 3, Y: c.Max.Y - 6}, draw.XRight, "limit "+Duration(f.Limit))
	}
	var pts []vg.Point
	for _, a := range f.hull() {
		at := vg.Point{X: px(a.Latency.Value), Y: py(a.Loss.Value)}
		if n := len(pts); n > 0 {
			pts = append(pts, vg.Point{X: at.X, Y: pts[n-1].Y})
		}
		pts = append(pts, at)
	}
	polyline(c, stroke(theme.Accent, 1.3), pts)
	return segments(pts)
}

func trim(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// hull is the part of the front that is best in latency and loss alone, from fast
// to faithful.
func (f Tradeoff) hull() []Arm {
	on := slices.DeleteFunc(slices.Clone(f.Arms), func(a Arm) bool {
		return a.Standing == Behind || !a.Latency.finite() || !a.Loss.finite()
	})
	slices.SortStableFunc(on, func(a, b Arm) int {
		return cmp.Or(cmp.Compare(a.Latency.Value, b.Latency.Value), cmp.Compare(a.Loss.Value, b.Loss.Value))
	})
	var out []Arm
	for _, a := range on {
		if len(out) == 0 || a.Loss.Value < out[len(out)-1].Loss.Value {
			out = append(out, a)
		}
	}
	return out
}

// lane marks off the part of the x axis for arms beyond the slowest success.
func (f Tradeoff) lane(c draw.Canvas) {
	v := laneEdge(c)
	c.StrokeLine2(stroke(theme.Muted, 0.8, 1.5, 2.5), v, c.Min.Y, v, c.Max.Y)
	sty := sans(theme.Muted, bodySize-1, false)
	sty.Rotation = math.Pi / 2
	write(c, sty, vg.Point{X: c.Max.X - 6, Y: c.Max.Y - 4}, draw.XRight, "beyond the slowest success")
}

func laneEdge(c draw.Canvas) vg.Length {
	return c.Min.X + (c.Max.X-c.Min.X)*(lane+0.01)
}

// spot is an arm in pixels.
type spot struct {
	Arm
	at vg.Point
	r  vg.Length
}

// spots gives every arm its place; the dear ones are drawn first, so that a small
// mark lies on a large one.
func (f Tradeoff) spots(c draw.Canvas, px, py func(float64) vg.Length) []spot {
	var out []spot
	for _, a := range f.Arms {
		if !a.Loss.finite() {
			continue
		}
		s := spot{Arm: a, at: vg.Point{X: px(a.Latency.Value), Y: py(a.Loss.Value)}, r: f.radius(a.Cost)}
		if !a.Latency.finite() {
			s.at.X = (laneEdge(c) + c.Max.X) / 2
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.Standing, b.Standing), cmp.Compare(b.r, a.r), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// marks draws intervals, points and labels, which rather avoid the bars.
func (f Tradeoff) marks(c draw.Canvas, px, py func(float64) vg.Length, wide bool, bars []segment) {
	spots := f.spots(c, px, py)
	for _, s := range spots {
		bars = append(bars, s.intervals(c, px, py)...)
	}
	boxes := make([]vg.Rectangle, len(spots))
	for i, s := range spots {
		s.mark(c)
		boxes[i] = around(s.at, s.outer())
	}
	drawTags(c, tags(spots, wide, c.Max.X-c.Min.X), boxes, bars)
}

func (s spot) role() theme.Role {
	if s.Standing == Behind {
		return theme.Faint
	}
	return theme.Accent
}

// outer is the radius with the ring of the recommended arm.
func (s spot) outer() vg.Length {
	if s.Standing == Recommended {
		return s.r + 4
	}
	return s.r + 1
}

// intervals draws the error bars and returns them. A bar that runs off to infinity
// ends in an arrow head.
func (s spot) intervals(c draw.Canvas, px, py func(float64) vg.Length) []segment {
	sty := stroke(s.role(), 0.9)
	var bars []segment
	bar := func(a, b vg.Point) {
		c.StrokeLine2(sty, a.X, a.Y, b.X, b.Y)
		for _, end := range []vg.Point{a, b} { // caps tell the bars of neighbours apart
			if a.Y == b.Y {
				c.StrokeLine2(sty, end.X, end.Y-barCap, end.X, end.Y+barCap)
			} else {
				c.StrokeLine2(sty, end.X-barCap, end.Y, end.X+barCap, end.Y)
			}
		}
		bars = append(bars, segment{a, b})
	}
	if s.Latency.finite() && s.Latency.High > s.Latency.Low {
		high := c.Max.X
		if math.IsInf(s.Latency.High, 1) {
			arrow(c, vg.Point{X: high, Y: s.at.Y}, 1, 0, s.role())
		} else {
			high = min(px(s.Latency.High), c.Max.X)
		}
		bar(vg.Point{X: max(px(s.Latency.Low), c.Min.X), Y: s.at.Y}, vg.Point{X: high, Y: s.at.Y})
	}
	if s.Loss.High > s.Loss.Low && !math.IsInf(s.Loss.High, 1) {
		bar(vg.Point{X: s.at.X, Y: py(s.Loss.Low)}, vg.Point{X: s.at.X, Y: py(s.Loss.High)})
	}
	return bars
}

func (s spot) mark(c draw.Canvas) {
	if s.Cost == 0 {
		disc(c, s.at, s.r+1.5, theme.Paper)
		cross(c, s.at, s.r, stroke(s.role(), 1.8))
	} else {
		disc(c, s.at, s.r, s.role())
		ring(c, s.at, s.r, stroke(theme.Paper, 0.8))
	}
	if s.Standing == Recommended {
		ring(c, s.at, s.r+3, stroke(theme.Accent, 1.6))
	}
}

func (f Tradeoff) legend() legend {
	dot := func(standing Standing, cost float64, r vg.Length) func(draw.Canvas, vg.Point) {
		return func(c draw.Canvas, at vg.Point) {
			spot{Arm: Arm{Standing: standing, Cost: cost}, at: at, r: r}.mark(c)
		}
	}
	l := legend{
		{text: "recommended", swatch: 16, sample: dot(Recommended, 1, 4.5)},
		{text: "on the front", swatch: 10, sample: dot(Front, 1, 4.5)},
		{text: "behind it", swatch: 10, sample: dot(Behind, 1, 4.5)},
		{text: "front in these two dimensions", swatch: 22, sample: func(c draw.Canvas, at vg.Point) {
			polyline(c, stroke(theme.Accent, 1.3), []vg.Point{{X: at.X - 11, Y: at.Y + 4}, {X: at.X, Y: at.Y + 4}, {X: at.X, Y: at.Y - 4}, {X: at.X + 11, Y: at.Y - 4}})
		}},
	}
	without := false
	low, high := Arm{Cost: math.Inf(1)}, Arm{}
	for _, a := range f.Arms {
		without = without || a.Cost == 0
		if a.Cost > 0 && a.Cost < low.Cost {
			low = a
		}
		if a.Cost > high.Cost {
			high = a
		}
	}
	if without {
		l = append(l, entry{text: "meets the limits at no tested rate: no cost", swatch: 10, sample: dot(Behind, 0, crossRadius)})
	}
	if high.Cost > 0 {
		l = append(l, entry{text: "area is cost: " + high.CostText, swatch: 2 * maxRadius, sample: dot(Behind, 1, f.radius(high.Cost))})
	}
	if high.Cost > low.Cost {
		l = append(l, entry{text: low.CostText, swatch: 2 * f.radius(low.Cost), sample: dot(Behind, 1, f.radius(low.Cost))})
	}
	return l
}
