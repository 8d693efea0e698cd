package chart

import (
	"fmt"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Positions draws how many drafts stood as far as a position, a panel for each kind of request.
type Positions struct {
	Series []Series
	Panels []PositionsPanel
}

// PositionsPanel is one kind of request. Lines has one entry for each of the figure's series: shares by position, from
// the first, each with its interval.
type PositionsPanel struct {
	Title string
	Lines [][]Estimate
}

// Key implements Figure.
func (f Positions) Key() string { return "positions" }

// Title implements Figure.
func (f Positions) Title() string { return "Acceptance by position" }

// Alt implements Figure.
func (f Positions) Alt() string {
	return fmt.Sprintf("Share of the drafts of %d arms that stood as far as each position. The table gives how likely a draft stands if those before it do.", len(f.Series))
}

// Height implements Figure.
func (f Positions) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f Positions) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		p := frame(panel.axis(), linearAxis(0, 100, 5), "position in the draft")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) { f.lines(c, panel, px, py) })
		p.Draw(headed(grid.at(c, i), panel.Title, "% of drafts so long that stood as far"))
	}
}

// axis has a tick for every position, or for every second one where there are many.
func (p PositionsPanel) axis() axis {
	longest := 1
	for _, line := range p.Lines {
		longest = max(longest, len(line))
	}
	every := 1 + longest/10
	a := axis{min: 0.5, max: float64(longest) + 0.8, scale: plot.LinearScale{}}
	for i := 1; i <= longest; i += every {
		a.ticks = append(a.ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(i)})
	}
	return a
}

// lines draws the arms, and numbers each where it ends.
func (f Positions) lines(c draw.Canvas, p PositionsPanel, px, py func(float64) vg.Length) {
	var ts []tag
	var marks []vg.Rectangle
	var bars []segment
	for i, line := range p.Lines {
		var path []vg.Point
		for k, e := range line {
			at := vg.Point{X: px(float64(k + 1)), Y: py(100 * e.Value)}
			bars = append(bars, interval(c, at, Estimate{Low: 100 * e.Low, High: 100 * e.High}, py, theme.Series(i)))
			disc(c, at, 2.6, theme.Series(i))
			path, marks = append(path, at), append(marks, around(at, 3.2))
		}
		polyline(c, curve(f.Series, i), path)
		bars = append(bars, segments(path)...)
		if len(path) > 0 {
			ts = append(ts, numberTag(f.Series, i, path[len(path)-1]))
		}
	}
	drawTags(c, ts, marks, bars)
}
