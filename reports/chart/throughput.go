package chart

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Throughput draws a latency percentile against the output throughput that was
// measured with it, a panel for each metric. Where a server falls behind, its curve
// bends back: more is offered and no more, or less, comes out.
type Throughput struct {
	Name    string // key
	Heading string
	Series  []Series
	Panels  []ThroughputPanel
}

// ThroughputPanel is one metric of one kind of request. Lines has one entry for each of the figure's series.
type ThroughputPanel struct {
	Title string // "p95 TTFT"
	Of    string // what it is a percentile of: "per request"
	Limit float64
	Lines [][]ThroughputPoint
}

// ThroughputPoint is an arm at a load; a line has them in the order of the loads. A
// latency of +Inf is beyond the slowest success and is drawn at the upper border.
type ThroughputPoint struct {
	Tokens  float64 // output tokens per second
	Latency Estimate
}

// Key implements Figure.
func (f Throughput) Key() string { return f.Name }

// Title implements Figure.
func (f Throughput) Title() string { return f.Heading }

// Alt implements Figure.
func (f Throughput) Alt() string {
	return fmt.Sprintf("Latency percentiles of %d arms against the output throughput in tokens per second; the tables give the values.", len(f.Series))
}

// Height implements Figure.
func (f Throughput) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f Throughput) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y, beyond := panel.axes()
		pc := headed(grid.at(c, i), panel.Title, joinNote(panel.Of, y.note))
		p := frame(x, y, "output throughput, tokens/s")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
			notes := panel.limit(c, px, py)
			if beyond {
				notes = append(notes, lanes(c, panel.beyond(px)))
			}
			f.lines(c, panel, px, py, notes)
		})
		p.Draw(pc)
	}
}

func (p ThroughputPanel) axes() (x, y axis, beyond bool) {
	var tokens, values []float64
	if p.Limit > 0 {
		values = append(values, p.Limit)
	}
	for _, line := range p.Lines {
		for _, pt := range line {
			tokens = append(tokens, pt.Tokens)
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
	return tokensAxis(tokens), y, beyond
}

// tokensAxis begins at 0: throughputs are compared as shares of each other.
func tokensAxis(tokens []float64) axis {
	if len(tokens) == 0 {
		return linearAxis(0, 1, 5)
	}
	return linearAxis(0, slices.Max(tokens)*1.09, 5)
}

// limit draws the limit with its words, and returns their box for labels to keep off.
func (p ThroughputPanel) limit(c draw.Canvas, px, py func(float64) vg.Length) []vg.Rectangle {
	if p.Limit <= 0 {
		return nil
	}
	v := py(p.Limit)
	c.StrokeLine2(stroke(theme.Bad, 1, 5, 3), c.Min.X, v, c.Max.X, v)
	return []vg.Rectangle{lineWords(c, v, theme.Bad, "limit "+Duration(p.Limit), p.marks(c, px, py))}
}

// lineWords writes what a horizontal line at v is in the first of four corners along it that no mark is in, and returns
// its box.
func lineWords(c draw.Canvas, v vg.Length, role theme.Role, s string, marks []vg.Rectangle) vg.Rectangle {
	sty := sans(role, bodySize-1, false)
	width := textWidth(sty, s) + 6
	corner := func(x, y vg.Length) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + width, Y: y + 12}}
	}
	box := corner(c.Min.X, v+2)
	for _, b := range []vg.Rectangle{box, corner(c.Max.X-width, v+2), corner(c.Min.X, v-14), corner(c.Max.X-width, v-14)} {
		if inside(b, c.Rectangle) && !touchesAny(b, marks) {
			box = b
			break
		}
	}
	write(c, sty, vg.Point{X: box.Min.X + 3, Y: box.Min.Y + 6}, draw.XLeft, s)
	return box
}

// marks are the boxes of the points, and all of the lane where there is one.
func (p ThroughputPanel) marks(c draw.Canvas, px, py func(float64) vg.Length) []vg.Rectangle {
	var out []vg.Rectangle
	for _, line := range p.Lines {
		for _, pt := range line {
			if pt.Latency.finite() {
				out = append(out, around(vg.Point{X: px(pt.Tokens), Y: py(pt.Latency.Value)}, 6))
				continue
			}
			edge := c.Min.Y + (c.Max.Y-c.Min.Y)*(lane+0.01)
			out = append(out, vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: edge - 1}, Max: c.Max})
		}
	}
	return out
}

// beyond are the places on the x axis of what is beyond the slowest success, or may be.
func (p ThroughputPanel) beyond(px func(float64) vg.Length) []vg.Length {
	var out []vg.Length
	for _, line := range p.Lines {
		for _, pt := range line {
			if !pt.Latency.finite() || math.IsInf(pt.Latency.High, 1) {
				out = append(out, px(pt.Tokens))
			}
		}
	}
	return out
}

// lanes marks off the upper part for what is beyond the slowest success, names it on the side where
// less stands in the way, and returns the box of the words.
func lanes(c draw.Canvas, taken []vg.Length) vg.Rectangle {
	v := c.Min.Y + (c.Max.Y-c.Min.Y)*(lane+0.01)
	c.StrokeLine2(stroke(theme.Muted, 0.8, 1.5, 2.5), c.Min.X, v, c.Max.X, v)
	sty := sans(theme.Muted, bodySize-1, false)
	width := textWidth(sty, beyondNote) + 6
	left, right := 0, 0
	for _, x := range taken {
		if x < c.Min.X+width+8 {
			left++
		}
		if x > c.Max.X-width-8 {
			right++
		}
	}
	from := c.Min.X
	if left > right {
		from = c.Max.X - width
	}
	write(c, sty, vg.Point{X: from + 3, Y: (v + c.Max.Y) / 2}, draw.XLeft, beyondNote)
	return vg.Rectangle{Min: vg.Point{X: from, Y: v}, Max: vg.Point{X: from + width, Y: c.Max.Y}}
}

const beyondNote = "beyond the slowest success"

// lines draws the curves with their intervals and numbers each at its last load, off the marks there are.
func (f Throughput) lines(c draw.Canvas, p ThroughputPanel, px, py func(float64) vg.Length, marks []vg.Rectangle) {
	var ts []tag
	var bars []segment
	for i, line := range p.Lines {
		var pts []vg.Point
		for _, pt := range line {
			at := vg.Point{X: px(pt.Tokens), Y: py(pt.Latency.Value)}
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
