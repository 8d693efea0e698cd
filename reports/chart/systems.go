package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Systems draws arms of several systems by quality, latency and cost: quality over latency, and below it, with the same
// latencies, cost over latency. An arm whose quality or cost is not known is in the other panel alone. Shape and colour say
// which system it is; a hollow mark is priced by a list of prices per token, a full one by a machine's time.
type Systems struct {
	Latency string  // what the x axis is, with the percentile and the load
	Limit   float64 // nanoseconds, 0 for none
	Quality string  // what the upper y axis is
	Share   bool    // it is a share that is right, of which more is better; else a loss
	Bound   float64 // percent that may be lost, or of a share that must be right; 0 draws none
	Cost    string  // what the lower y axis is
	Groups  []SystemGroup
	Arms    []SystemArm
}

// Shape of a mark.
type Shape int

// The shapes, by what can be known of a system.
const (
	Round    Shape = iota // the included engine
	Square                // started on the same machine
	Triangle              // a server that is there
	Diamond               // a managed API
)

// SystemGroup is a system of the legend.
type SystemGroup struct {
	Name   string // with its hardware and what it is priced by
	Shape  Shape
	Listed bool
}

// SystemArm is a point of one or both panels.
type SystemArm struct {
	Number   int
	Name     string
	Group    int // of Systems.Groups
	Latency  Estimate
	Quality  *Estimate // percent, nil where it is not known
	Cost     *Estimate // nil where it is not known
	CostText string
	Standing Standing
}

const (
	systemsPanel  vg.Length = 250
	systemRadius  vg.Length = 5
	namedAtMost             = 6 // arms that are all named; of more, those on the front are
	systemsWideAt vg.Length = 600
)

// Key implements Figure.
func (f Systems) Key() string { return "systems" }

// Title implements Figure.
func (f Systems) Title() string { return "Quality, latency and cost by system" }

// Alt implements Figure.
func (f Systems) Alt() string {
	var names, chosen []string
	for _, g := range f.Groups {
		names = append(names, g.Name)
	}
	for _, a := range f.Arms {
		if a.Standing == Recommended {
			chosen = append(chosen, a.Name)
		}
	}
	s := fmt.Sprintf("%s, and %s, against %s; %d of the arms of these systems: %s", f.Quality, f.Cost, f.Latency, len(f.Arms), strings.Join(names, "; "))
	if len(chosen) > 0 {
		s += "; recommended: " + strings.Join(chosen, ", ")
	}
	return s + "."
}

// value of an arm in a panel.
func (a SystemArm) in(quality bool) *Estimate {
	if quality {
		return a.Quality
	}
	return a.Cost
}

func (f Systems) shown(quality bool) (arms []SystemArm) {
	for _, a := range f.Arms {
		if v := a.in(quality); v != nil && v.finite() && a.Latency.finite() {
			arms = append(arms, a)
		}
	}
	return arms
}

// panels are those that have an arm: true is quality.
func (f Systems) panels() (all []bool) {
	for _, quality := range []bool{true, false} {
		if len(f.shown(quality)) > 0 {
			all = append(all, quality)
		}
	}
	return all
}

// Height implements Figure.
func (f Systems) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 8 + vg.Length(len(f.panels()))*systemsPanel
}

// Draw implements Figure.
func (f Systems) Draw(c draw.Canvas) {
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	for i, quality := range f.panels() {
		panel := c
		panel.Max.Y = c.Max.Y - vg.Length(i)*systemsPanel
		panel.Min.Y = panel.Max.Y - systemsPanel + 6
		f.panel(panel, quality)
	}
}

func (f Systems) panel(c draw.Canvas, quality bool) {
	arms := f.shown(quality)
	width := c.Max.X - c.Min.X
	x := f.xAxis(width)
	y, title := f.yAxis(quality)
	indent := vg.Length(0) // both panels begin at the same place, whatever their labels are
	for _, other := range f.panels() {
		a, _ := f.yAxis(other)
		indent = max(indent, labelWidth(a)-labelWidth(y))
	}
	p := frame(x, y, joinNote(f.Latency, x.note))
	with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
		f.limits(c, px, py, quality)
		f.marks(c, px, py, arms, quality, width)
	})
	write(c, sans(theme.Muted, bodySize, false), vg.Point{X: c.Min.X, Y: c.Max.Y - 8}, draw.XLeft, fit(sans(theme.Muted, bodySize, false), title, width))
	p.Draw(draw.Crop(c, indent, 0, 0, -22))
}

// yAxis of a panel, and what it is.
func (f Systems) yAxis(quality bool) (axis, string) {
	arms := f.shown(quality)
	if quality {
		y := f.qualityAxis(arms)
		return y, joinNote(f.Quality, y.note)
	}
	low, high := costRange(arms)
	return amountAxis(low, high, 5), f.Cost + ", log scale"
}

// xAxis covers the latencies of both panels, so that an arm is in the same place in both.
func (f Systems) xAxis(width vg.Length) axis {
	var values []float64
	for _, a := range slices.Concat(f.shown(true), f.shown(false)) {
		values = append(values, a.Latency.Value, a.Latency.Low, a.Latency.High)
	}
	top := 0.0
	for _, v := range values {
		if !math.IsInf(v, 0) {
			top = max(top, v)
		}
	}
	if f.Limit > 0 && f.Limit < 3*top {
		values = append(values, f.Limit)
	}
	n := 4
	if width >= systemsWideAt {
		n = 7
	}
	return durationAxis(values, n)
}

func (f Systems) qualityAxis(arms []SystemArm) axis {
	var all []float64
	for _, a := range arms {
		all = append(all, a.Quality.Value, a.Quality.Low, a.Quality.High)
	}
	if f.Bound > 0 {
		all = append(all, f.Bound)
	}
	if f.Share {
		all = slices.DeleteFunc(all, func(x float64) bool { return math.IsInf(x, 0) })
		low, high := slices.Min(all), slices.Max(all)
		return linearAxis(max(0, low-(high-low)*.1), high, 5)
	}
	return percentAxis(all, 5)
}

// costRange is that of the values. Ends of intervals are in it as far as they stay within a decade.
func costRange(arms []SystemArm) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, a := range arms {
		v := *a.Cost
		low, high = min(low, v.Value), max(high, v.Value)
		if v.Low > v.Value/10 {
			low = min(low, v.Low)
		}
		if v.High < v.Value*10 {
			high = max(high, v.High)
		}
	}
	return low / 1.3, high * 1.3
}

func (f Systems) limits(c draw.Canvas, px, py func(float64) vg.Length, quality bool) {
	dashed, note := stroke(theme.Bad, 1, 5, 3), sans(theme.Bad, bodySize-1, false)
	if quality && f.Bound > 0 {
		v := py(f.Bound)
		c.StrokeLine2(dashed, c.Min.X, v, c.Max.X, v)
		name := "quality bound "
		if f.Share {
			name = "at least "
		}
		write(c, note, vg.Point{X: c.Max.X - 3, Y: v + 8}, draw.XRight, name+trim(f.Bound)+" %")
	}
	if v := px(f.Limit); f.Limit > 0 && v <= c.Max.X {
		c.StrokeLine2(dashed, v, c.Min.Y, v, c.Max.Y)
		write(c, note, vg.Point{X: v - 3, Y: c.Min.Y + 8}, draw.XRight, "limit "+Duration(f.Limit))
	}
}

// marks draws intervals, then marks, then labels that rather avoid both.
func (f Systems) marks(c draw.Canvas, px, py func(float64) vg.Length, arms []SystemArm, quality bool, width vg.Length) {
	var spots []spot
	var bars []segment
	var boxes []vg.Rectangle
	for _, a := range arms {
		v := *a.in(quality)
		at := vg.Point{X: clamp(px(a.Latency.Value), c), Y: within(py(v.Value), c)}
		role := theme.Series(a.Group)
		if math.IsInf(a.Latency.High, 1) {
			arrow(c, vg.Point{X: c.Max.X, Y: at.Y}, 1, 0, role)
		}
		if math.IsInf(v.High, 1) {
			arrow(c, vg.Point{X: at.X, Y: c.Max.Y}, 0, 1, role)
		}
		bars = append(bars, errorBar(c, role, vg.Point{X: clamp(px(a.Latency.Low), c), Y: at.Y}, vg.Point{X: endOf(px, a.Latency.High, c.Max.X), Y: at.Y})...)
		bars = append(bars, errorBar(c, role, vg.Point{X: at.X, Y: within(py(v.Low), c)}, vg.Point{X: at.X, Y: endOf(py, v.High, c.Max.Y)})...)
		s := spot{Arm: Arm{Number: a.Number, Name: a.Name, Standing: a.named(len(f.Arms))}, at: at, r: systemRadius}
		if !quality {
			s.CostText = a.CostText
		}
		spots = append(spots, s)
	}
	for i, a := range arms {
		f.Groups[a.Group].mark(c, spots[i].at, theme.Series(a.Group))
		if a.Standing == Recommended {
			ring(c, spots[i].at, systemRadius+4, stroke(theme.Accent, 1.6))
		}
		boxes = append(boxes, around(spots[i].at, spots[i].outer()))
	}
	slices.SortStableFunc(spots, func(a, b spot) int { return int(a.Standing) - int(b.Standing) })
	drawTags(c, tags(spots, width >= systemsWideAt, width), boxes, bars)
}

// named says whether the label has the arm's name, by the standings that tags go by.
func (a SystemArm) named(arms int) Standing {
	if a.Standing == Behind && arms <= namedAtMost {
		return Front
	}
	return a.Standing
}

func within(y vg.Length, c draw.Canvas) vg.Length { return min(max(y, c.Min.Y), c.Max.Y) }

// endOf is where a bar ends that may be infinitely long.
func endOf(pixel func(float64) vg.Length, v float64, end vg.Length) vg.Length {
	if math.IsInf(v, 1) {
		return end
	}
	return min(pixel(v), end)
}

// errorBar draws one with caps, nothing for nothing, and returns it.
func errorBar(c draw.Canvas, role theme.Role, a, b vg.Point) []segment {
	if a == b {
		return nil
	}
	sty := stroke(role, 0.9)
	c.StrokeLine2(sty, a.X, a.Y, b.X, b.Y)
	for _, end := range []vg.Point{a, b} {
		if a.Y == b.Y {
			c.StrokeLine2(sty, end.X, end.Y-barCap, end.X, end.Y+barCap)
		} else {
			c.StrokeLine2(sty, end.X-barCap, end.Y, end.X+barCap, end.Y)
		}
	}
	return []segment{{a, b}}
}

// corners of the shape around a point.
func (g SystemGroup) corners(at vg.Point, r vg.Length) []vg.Point {
	switch g.Shape {
	case Square:
		r *= 0.9
		return []vg.Point{{X: at.X - r, Y: at.Y - r}, {X: at.X + r, Y: at.Y - r}, {X: at.X + r, Y: at.Y + r}, {X: at.X - r, Y: at.Y + r}}
	case Triangle:
		return []vg.Point{{X: at.X - r, Y: at.Y - 0.7*r}, {X: at.X + r, Y: at.Y - 0.7*r}, {X: at.X, Y: at.Y + 1.1*r}}
	case Diamond:
		r *= 1.2
		return []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y + r}}
	}
	return nil
}

func (g SystemGroup) mark(c draw.Canvas, at vg.Point, role theme.Role) {
	fill, border := role, stroke(theme.Paper, 0.8)
	if g.Listed {
		fill, border = theme.Paper, stroke(role, 1.8)
	}
	corners := g.corners(at, systemRadius)
	if corners == nil {
		disc(c, at, systemRadius, fill)
		ring(c, at, systemRadius, border)
		return
	}
	c.FillPolygon(fill.Color(), corners)
	c.StrokeLines(border, append(corners, corners[0], corners[1])) // once around and on, so that the last corner is one
}

func (f Systems) legend() legend {
	var l legend
	for i, g := range f.Groups {
		l = append(l, entry{text: g.Name, swatch: 14, sample: func(c draw.Canvas, at vg.Point) { g.mark(c, at, theme.Series(i)) }})
	}
	if slices.ContainsFunc(f.Arms, func(a SystemArm) bool { return a.Standing == Recommended }) {
		l = append(l, entry{text: "recommended", swatch: 20, sample: func(c draw.Canvas, at vg.Point) { ring(c, at, systemRadius+2, stroke(theme.Accent, 1.6)) }})
	}
	return l
}
