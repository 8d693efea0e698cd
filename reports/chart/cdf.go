package chart

import (
	"cmp"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// CDF draws latency distributions, a panel for each load, or for each class of one. The share is of all
// issued requests: failures keep a curve below 100 %.
type CDF struct {
	Name   string // key
	Metric string // "TTFT"
	Of     string // what has a panel each; "" for loads
	Series []Series
	Panels []CDFPanel
}

// CDFPanel is one load. Curves has one entry for each of the figure's series, nil
// where the arm was not measured there.
type CDFPanel struct {
	Title  string
	Limit  Limit
	Curves [][]Step
}

// Step says that the share Share of the issued requests took at most NS nanoseconds.
type Step struct{ NS, Share float64 }

// Limit is an SLO's: that share of requests within NS. The zero Limit draws nothing.
type Limit struct {
	NS    float64
	Share float64 // 0.95
}

// Key implements Figure.
func (f CDF) Key() string { return f.Name }

// Title implements Figure.
func (f CDF) Title() string { return f.Metric + " distribution" }

// Alt implements Figure.
func (f CDF) Alt() string {
	return fmt.Sprintf("Share of issued requests by %s, %d arms, a panel for each of %d %s; the tables give the percentiles.",
		f.Metric, len(f.Series), len(f.Panels), cmp.Or(f.Of, "loads"))
}

// Height implements Figure.
func (f CDF) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f CDF) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	x := f.axis()
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		pc := headed(grid.at(c, i), panel.Title, "% of issued requests")
		p := frame(x, shareAxis(), joinNote(f.Metric, x.note))
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) {
			panel.Limit.draw(c, px, py)
			f.curves(c, panel, px, py)
		})
		p.Draw(pc)
	}
}

// axis is shared by the panels, so that they compare at a glance.
func (f CDF) axis() axis {
	var values []float64
	for _, p := range f.Panels {
		if p.Limit.NS > 0 {
			values = append(values, p.Limit.NS)
		}
		for _, c := range p.Curves {
			if len(c) > 0 {
				values = append(values, c[0].NS, c[len(c)-1].NS)
			}
		}
	}
	return durationAxis(values, 5)
}

func shareAxis() axis {
	a := axis{min: 0, max: 1, scale: plot.LinearScale{}}
	for _, pct := range []int{0, 25, 50, 75, 95} {
		a.ticks = append(a.ticks, plot.Tick{Value: float64(pct) / 100, Label: fmt.Sprint(pct)})
	}
	return a
}

// draw marks the corner that a curve has to pass on the left.
func (l Limit) draw(c draw.Canvas, px, py func(float64) vg.Length) {
	v := px(l.NS)
	if l.NS <= 0 || v > c.Max.X {
		return
	}
	sty := stroke(theme.Bad, 1, 5, 3)
	c.StrokeLine2(sty, v, c.Min.Y, v, py(l.Share))
	c.StrokeLine2(sty, c.Min.X, py(l.Share), v, py(l.Share))
	text, note := "limit "+Duration(l.NS), sans(theme.Bad, bodySize-1, false)
	if v+3+textWidth(note, text) < c.Max.X {
		write(c, note, vg.Point{X: v + 3, Y: c.Min.Y + 8}, draw.XLeft, text)
	} else {
		write(c, note, vg.Point{X: v - 3, Y: c.Min.Y + 8}, draw.XRight, text)
	}
}

// curves draws the steps, and each series' number at a height of its own, where
// the curves are apart.
func (f CDF) curves(c draw.Canvas, p CDFPanel, px, py func(float64) vg.Length) {
	var ts []tag
	var marks []vg.Rectangle
	var lines []segment
	for i, steps := range p.Curves {
		if len(steps) == 0 {
			continue
		}
		pts := staircase(steps, c, px, py)
		polyline(c, curve(f.Series, i), pts)
		lines = append(lines, segments(pts)...)
		at := along(pts, py(0.25+0.5*float64(i)/float64(max(len(p.Curves)-1, 1))))
		disc(c, at, 3, theme.Series(i))
		marks = append(marks, around(at, 3))
		ts = append(ts, numberTag(f.Series, i, at))
	}
	drawTags(c, ts, marks, lines)
}

// staircase turns the steps into pixels, leaving out steps too small to see, and
// goes on to the right border at the last height.
func staircase(steps []Step, c draw.Canvas, px, py func(float64) vg.Length) []vg.Point {
	pts := []vg.Point{{X: clamp(px(steps[0].NS), c), Y: py(0)}}
	for i, s := range steps {
		at, last := vg.Point{X: clamp(px(s.NS), c), Y: py(s.Share)}, pts[len(pts)-1]
		if i+1 < len(steps) && at.X-last.X < 0.7 && math.Abs(float64(at.Y-last.Y)) < 0.7 {
			continue
		}
		pts = append(pts, vg.Point{X: at.X, Y: last.Y}, at)
	}
	return append(pts, vg.Point{X: c.Max.X, Y: pts[len(pts)-1].Y})
}

func clamp(x vg.Length, c draw.Canvas) vg.Length { return min(max(x, c.Min.X), c.Max.X) }

// along is the point where a rising path reaches height y, its end where it never does.
func along(pts []vg.Point, y vg.Length) vg.Point {
	for i := 1; i < len(pts); i++ {
		if pts[i].Y >= y {
			return vg.Point{X: pts[i].X, Y: min(y, pts[i].Y)}
		}
	}
	return pts[len(pts)-1]
}
