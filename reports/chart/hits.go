package chart

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Hits draws a latency percentile against the share of prompt tokens that were found in the prefix
// cache, a panel for each load and a point for each arm. Settings are told apart by colour, shape and
// size, in this order, and arms by their numbers.
type Hits struct {
	Latency  string // "p95 TTFT"
	Settings []HitSetting
	Panels   []HitPanel
}

// HitSetting is a setting that differs between arms; a figure has at most three.
type HitSetting struct {
	Name   string
	Values []string
}

// HitPanel is one load.
type HitPanel struct {
	Title  string
	Limit  float64 // nanoseconds, 0 for none
	Points []HitPoint
}

// HitPoint is one arm.
type HitPoint struct {
	Number  int
	Name    string // shown where Strong
	Strong  bool   // the recommended arm
	Values  []int  // of the figure's settings: which value each has
	Share   float64
	Latency Estimate
}

// Key implements Figure.
func (f Hits) Key() string { return "hits" }

// Title implements Figure.
func (f Hits) Title() string { return "Hit rate against " + f.Latency }

// Alt implements Figure.
func (f Hits) Alt() string {
	return fmt.Sprintf("%s against the share of prompt tokens found in the prefix cache, %d loads; the tables give the values.", f.Latency, len(f.Panels))
}

// Height implements Figure.
func (f Hits) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, f.legend()).height()
}

// Draw implements Figure.
func (f Hits) Draw(c draw.Canvas) {
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, f.legend())
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y, beyond := panel.axes()
		p := frame(x, y, "prompt tokens found in the prefix cache, %")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
			t := panel.points()
			notes := t.limit(c, px, py)
			if beyond {
				notes = append(notes, lanes(c, t.beyond(px)))
			}
			panel.draw(c, px, py, notes)
		})
		p.Draw(headed(grid.at(c, i), panel.Title, joinNote(f.Latency, y.note)))
	}
}

// points are the panel's as those of a throughput, over the share in percent: the latency has one axis,
// limit and lane in both.
func (p HitPanel) points() ThroughputPanel {
	t := ThroughputPanel{Limit: p.Limit, Lines: make([][]ThroughputPoint, 1)}
	for _, pt := range p.Points {
		t.Lines[0] = append(t.Lines[0], ThroughputPoint{100 * pt.Share, pt.Latency})
	}
	return t
}

func (p HitPanel) axes() (x, y axis, beyond bool) {
	_, y, beyond = p.points().axes()
	x = linearAxis(0, 100, 5)
	x.min, x.max = -4, 104 // marks at either end are whole
	return x, y, beyond
}

// draw draws intervals, then marks, the small ones on the large ones, then numbers, which keep off the
// boxes there are.
func (p HitPanel) draw(c draw.Canvas, px, py func(float64) vg.Length, boxes []vg.Rectangle) {
	var spots []spot
	var bars []segment
	points := slices.Clone(p.Points)
	slices.SortStableFunc(points, func(a, b HitPoint) int {
		return cmp.Or(cmp.Compare(b.radius(), a.radius()), cmp.Compare(b.Number, a.Number))
	})
	for _, pt := range points {
		at := vg.Point{X: px(100 * pt.Share), Y: c.Max.Y - (c.Max.Y-c.Min.Y)*(1-lane)/2}
		if pt.Latency.finite() {
			at.Y = py(pt.Latency.Value)
			bars = append(bars, interval(c, at, pt.Latency, py, pt.role()))
		}
		s := spot{Arm: Arm{Number: pt.Number, Name: pt.Name}, at: at, r: pt.radius()}
		if pt.Strong {
			s.Standing = Recommended
		}
		spots, boxes = append(spots, s), append(boxes, around(at, s.outer()))
	}
	for i, pt := range points {
		pt.mark(c, spots[i].at)
	}
	slices.SortStableFunc(spots, func(a, b spot) int { // a shared label has the numbers in order
		return cmp.Or(cmp.Compare(a.Standing, b.Standing), cmp.Compare(b.Number, a.Number))
	})
	drawTags(c, tags(spots, false, c.Max.X-c.Min.X), boxes, bars)
}

// value is which value of the k-th setting a point has.
func (p HitPoint) value(k int) int {
	if k < len(p.Values) {
		return p.Values[k]
	}
	return 0
}

func (p HitPoint) role() theme.Role { return theme.Series(p.value(0)) }

func (p HitPoint) radius() vg.Length { return 3.2 + 1.5*vg.Length(p.value(2)%4) }

func (p HitPoint) mark(c draw.Canvas, at vg.Point) {
	shape(c, p.value(1), at, p.radius(), p.role())
	if p.Strong {
		ring(c, at, p.radius()+3, stroke(theme.Accent, 1.6))
	}
}

// shape paints one of four marks of about equal area, with a border that keeps it apart from what is
// under it.
func shape(c draw.Canvas, kind int, at vg.Point, r vg.Length, role theme.Role) {
	var pts []vg.Point
	corner := func(x, y vg.Length) { pts = append(pts, vg.Point{X: at.X + x*r, Y: at.Y + y*r}) }
	switch kind % 4 {
	case 0:
		disc(c, at, r, role)
		ring(c, at, r, stroke(theme.Paper, 0.8))
		return
	case 1:
		corner(-0.9, -0.9)
		corner(0.9, -0.9)
		corner(0.9, 0.9)
		corner(-0.9, 0.9)
	case 2:
		corner(-1.2, -0.8)
		corner(1.2, -0.8)
		corner(0, 1.3)
	case 3:
		corner(0, -1.3)
		corner(1.3, 0)
		corner(0, 1.3)
		corner(-1.3, 0)
	}
	c.FillPolygon(role.Color(), pts)
	polyline(c, stroke(theme.Paper, 0.8), append(slices.Clone(pts), pts[0]))
}

// legend shows each value of each setting in the way that tells it apart.
func (f Hits) legend() legend {
	var l legend
	for k, s := range f.Settings {
		for i, value := range s.Values {
			values := make([]int, k+1)
			values[k] = i
			l = append(l, entry{text: s.Name + " " + value, swatch: 18, sample: func(c draw.Canvas, at vg.Point) {
				p := HitPoint{Values: values}
				role := theme.Muted
				if k == 0 {
					role = p.role()
				}
				shape(c, p.value(1), at, p.radius(), role)
			}})
		}
	}
	return l
}
