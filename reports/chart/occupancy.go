package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Occupancy draws how many blocks of a KV cache were held, cached and free over a trial, one on the
// other, a panel for each trial.
type Occupancy struct{ Panels []OccupancyPanel }

// OccupancyPanel is one trial, in slices of equal length.
type OccupancyPanel struct {
	Title  string
	Unit   string  // of the y axis: "KV blocks of 16 tokens"
	Span   float64 // nanoseconds
	Blocks int     // of the whole cache
	Slices []OccupancySlice
}

// OccupancySlice has blocks that are held, cached and free, none where nothing ran.
type OccupancySlice struct {
	Held, Cached, Free int
	Preempted          bool // a sequence was put back
}

const occupancyHeight = 176 // of a panel

// Key implements Figure.
func (f Occupancy) Key() string { return "occupancy" }

// Title implements Figure.
func (f Occupancy) Title() string { return "KV cache over time" }

// Alt implements Figure.
func (f Occupancy) Alt() string {
	return fmt.Sprintf("Blocks of the KV cache that are held, cached and free over the time of a trial, %d panels; where sequences were put back is marked.", len(f.Panels))
}

// Height implements Figure.
func (f Occupancy) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 8 + occupancyHeight*vg.Length(len(f.Panels))
}

// The parts, from the bottom. A free block is drawn too, so that it differs from no step at all.
var occupancyParts = []struct {
	name string
	role theme.Role
	of   func(OccupancySlice) int
}{
	{"held by requests", theme.Series1, func(s OccupancySlice) int { return s.Held }},
	{"cached prefixes", theme.Series2, func(s OccupancySlice) int { return s.Held + s.Cached }},
	{"free", theme.Grid, func(s OccupancySlice) int { return s.Held + s.Cached + s.Free }},
}

// legend names the parts that some panel has.
func (f Occupancy) legend() legend {
	var l legend
	for k, p := range occupancyParts {
		if !f.has(k) {
			continue
		}
		l = append(l, entry{p.name, false, 16, func(c draw.Canvas, at vg.Point) { fill(c, p.role, at.X-8, at.Y-4, at.X+8, at.Y+4) }})
	}
	for _, p := range f.Panels {
		for _, s := range p.Slices {
			if s.Preempted {
				return append(l, entry{"a request is preempted", false, 10, func(c draw.Canvas, at vg.Point) { preempted(c, at.X, at.Y+4) }})
			}
		}
	}
	return l
}

// has says whether a panel has blocks of a part's own.
func (f Occupancy) has(k int) bool {
	for _, p := range f.Panels {
		for _, s := range p.Slices {
			if n := occupancyParts[k].of(s); n > 0 && (k == 0 || n > occupancyParts[k-1].of(s)) {
				return true
			}
		}
	}
	return false
}

// preempted is a tick that hangs from y.
func preempted(c draw.Canvas, x, y vg.Length) {
	c.StrokeLine2(stroke(theme.Bad, 1.2), x, y, x, y-8)
}

// Draw implements Figure.
func (f Occupancy) Draw(c draw.Canvas) {
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	for _, p := range f.Panels {
		pc := c
		pc.Min.Y = c.Max.Y - occupancyHeight + 12
		p.draw(headed(pc, p.Title, p.Unit))
		c.Max.Y -= occupancyHeight
	}
}

func (p OccupancyPanel) draw(c draw.Canvas) {
	x := linearAxis(0, p.Span, 6)
	x.max = p.Span
	for i := range x.ticks {
		x.ticks[i].Label = Duration(x.ticks[i].Value)
	}
	y := linearAxis(0, float64(p.Blocks), 4)
	y.max = float64(p.Blocks) * 1.12 // room for the marks of preemptions
	y.scale = plot.LinearScale{}
	f := frame(x, y, "time")
	with(f, func(c draw.Canvas, px, py func(float64) vg.Length) {
		at := func(i int) vg.Length { return px(p.Span * float64(i) / float64(len(p.Slices))) }
		for i := len(occupancyParts) - 1; i >= 0; i-- { // the taller parts are behind
			p.part(c, i, at, py)
		}
		for i, s := range p.Slices {
			if s.Preempted {
				preempted(c, (at(i)+at(i+1))/2, c.Max.Y)
			}
		}
	})
	f.Draw(c)
}

// part fills the stretches without a break in which a part has blocks.
func (p OccupancyPanel) part(c draw.Canvas, k int, at func(int) vg.Length, py func(float64) vg.Length) {
	of := occupancyParts[k].of
	for from := 0; from < len(p.Slices); from++ {
		if of(p.Slices[from]) == 0 {
			continue
		}
		pts := []vg.Point{{X: at(from), Y: py(0)}}
		to := from
		for ; to < len(p.Slices) && of(p.Slices[to]) > 0; to++ {
			top := py(float64(of(p.Slices[to])))
			if last := pts[len(pts)-1]; to > from && last.Y == top {
				pts[len(pts)-1].X = at(to + 1)
				continue
			}
			pts = append(pts, vg.Point{X: at(to), Y: top}, vg.Point{X: at(to + 1), Y: top})
		}
		c.FillPolygon(occupancyParts[k].role.Color(), append(pts, vg.Point{X: at(to), Y: py(0)}))
		from = to
	}
}
