package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// label is a box to be put near its anchor, a mark of radius r at at.
type label struct {
	at   vg.Point
	r    vg.Length
	w, h vg.Length
}

// placed is where a label went. Without ok there was no room; nothing is drawn.
type placed struct {
	box    vg.Rectangle
	leader []vg.Point // two points where the label is away from its mark, else nil
	ok     bool
}

// segment is a stretch of line that labels should rather not cover.
type segment struct{ a, b vg.Point }

// segments are the stretches between the points of a path.
func segments(pts []vg.Point) []segment {
	var out []segment
	for i := 1; i < len(pts); i++ {
		out = append(out, segment{pts[i-1], pts[i]})
	}
	return out
}

// The placer's preferences, in pixels of distance that a label would rather go
// than put up with the matter.
const (
	gap           = 3  // between a mark and the label that touches it
	leaderFrom    = 7  // distances beyond this get a leader line
	coverLine     = 9  // a label over an error bar, a curve or a leader
	leaderOnMark  = 14 // a leader through another mark
	leaderOnLabel = 60 // a leader through a label
)

// rings are the distances tried; spokes the directions, the preferred ones first.
var (
	rings  = []vg.Length{gap, 8, 14, 21, 29, 38, 48, 60, 74, 90, 110, 135, 165, 200}
	spokes = []float64{0, 45, 315, 90, 270, 135, 225, 180, 22, 338, 68, 292, 112, 248, 158, 202}
)

// place puts the labels into bounds in the given order, so the important ones come
// first. Greedy by cost over a fixed list of candidates: deterministic, and no
// label ever overlaps another label, a mark or the border. Marks are the boxes of
// all marks, also of those without a label.
func place(bounds vg.Rectangle, labels []label, marks []vg.Rectangle, lines []segment) []placed {
	out := make([]placed, len(labels))
	for i, l := range labels {
		best := math.Inf(1)
		for _, d := range rings {
			if float64(d) >= best { // a farther ring cannot win
				break
			}
			for si, deg := range spokes {
				p := candidate(l, d, deg)
				if !inside(p.box, bounds) || touchesAny(p.box, marks) || touchesPlaced(p.box, out[:i]) {
					continue
				}
				cost := float64(d) + float64(si)*0.2 + p.cost(l, out[:i], marks, lines)
				if cost < best {
					best, out[i] = cost, p
					out[i].ok = true
				}
			}
		}
	}
	return out
}

// candidate is the label at distance d from the mark's edge in a direction.
func candidate(l label, d vg.Length, deg float64) placed {
	sin, cos := math.Sincos(deg * math.Pi / 180)
	ux, uy := vg.Length(cos), vg.Length(sin)
	edge := vg.Point{X: l.at.X + (l.r+d)*ux, Y: l.at.Y + (l.r+d)*uy}
	centre := vg.Point{X: edge.X + l.w/2*snap(ux), Y: edge.Y + l.h/2*snap(uy)}
	box := vg.Rectangle{
		Min: vg.Point{X: centre.X - l.w/2, Y: centre.Y - l.h/2},
		Max: vg.Point{X: centre.X + l.w/2, Y: centre.Y + l.h/2},
	}
	p := placed{box: box}
	if d > leaderFrom {
		p.leader = []vg.Point{{X: l.at.X + l.r*ux, Y: l.at.Y + l.r*uy}, edge}
	}
	return p
}

// snap stretches a direction to the box's side: full beyond 30 degrees off the axis.
func snap(u vg.Length) vg.Length { return min(max(2*u, -1), 1) }

func (p placed) cost(l label, others []placed, marks []vg.Rectangle, lines []segment) float64 {
	cost := 0.0
	for _, s := range lines {
		if crosses(s, p.box) {
			cost += coverLine
		}
	}
	for _, o := range others {
		if o.leader != nil && crosses(segment{o.leader[0], o.leader[1]}, p.box) {
			cost += coverLine
		}
	}
	if p.leader == nil {
		return cost
	}
	leader := segment{p.leader[0], p.leader[1]}
	for _, m := range marks {
		if !contains(m, l.at) && crosses(leader, m) {
			cost += leaderOnMark
		}
	}
	for _, o := range others {
		if o.ok && crosses(leader, o.box) {
			cost += leaderOnLabel
		}
	}
	return cost
}

func inside(r, bounds vg.Rectangle) bool {
	return r.Min.X >= bounds.Min.X && r.Min.Y >= bounds.Min.Y && r.Max.X <= bounds.Max.X && r.Max.Y <= bounds.Max.Y
}

func contains(r vg.Rectangle, p vg.Point) bool {
	return p.X >= r.Min.X && p.X <= r.Max.X && p.Y >= r.Min.Y && p.Y <= r.Max.Y
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

func touchesAny(r vg.Rectangle, others []vg.Rectangle) bool {
	for _, o := range others {
		if overlap(r, o) {
			return true
		}
	}
	return false
}

func touchesPlaced(r vg.Rectangle, others []placed) bool {
	for _, o := range others {
		if o.ok && overlap(r, o.box) {
			return true
		}
	}
	return false
}

// crosses reports whether the segment meets the rectangle: Liang and Barsky's
// clipping (ACM TOG 3(1), 1984) leaves a part of it.
func crosses(s segment, r vg.Rectangle) bool {
	t0, t1 := 0.0, 1.0
	dx, dy := float64(s.b.X-s.a.X), float64(s.b.Y-s.a.Y)
	for _, e := range [4][2]float64{
		{-dx, float64(s.a.X - r.Min.X)}, {dx, float64(r.Max.X - s.a.X)},
		{-dy, float64(s.a.Y - r.Min.Y)}, {dy, float64(r.Max.Y - s.a.Y)},
	} {
		p, q := e[0], e[1]
		switch {
		case p == 0 && q < 0:
			return false
		case p < 0:
			t0 = max(t0, q/p)
		case p > 0:
			t1 = min(t1, q/p)
		}
	}
	return t0 < t1
}
