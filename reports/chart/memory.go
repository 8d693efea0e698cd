package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Memory draws measures of quality against the memory that the keys and values of one
// request take, a panel for each measure, a line for each way to keep less.
type Memory struct {
	Series []Series
	Panels []MemoryPanel
}

// MemoryPanel is one measure, in percent. Lines has one entry for each of the figure's
// series.
type MemoryPanel struct {
	Title string
	Note  string // what better is
	Share bool   // of items: 0 to 100
	Lines [][]MemoryPoint
}

// MemoryPoint is an arm; a line has them by memory.
type MemoryPoint struct {
	Bytes   float64
	Quality Estimate
}

// Key implements Figure.
func (f Memory) Key() string { return "memory" }

// Title implements Figure.
func (f Memory) Title() string { return "Quality against memory" }

// Alt implements Figure.
func (f Memory) Alt() string {
	return fmt.Sprintf("Quality of %d ways to keep keys and values against the bytes that those of one request take; the tables give the values.", len(f.Series))
}

// Height implements Figure.
func (f Memory) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, seriesLegend(f.Series)).height()
}

// Draw implements Figure.
func (f Memory) Draw(c draw.Canvas) {
	l := seriesLegend(f.Series)
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	for i, panel := range f.Panels {
		x, y := panel.axes()
		p := frame(x, y, "keys and values of a request, mean over its steps, KiB")
		with(p, func(c draw.Canvas, px, py func(float64) vg.Length) { f.lines(c, panel, px, py) })
		p.Draw(headed(grid.at(c, i), panel.Title, joinNote(panel.Note, y.note)))
	}
}

func (p MemoryPanel) axes() (x, y axis) {
	var sizes, values []float64
	for _, line := range p.Lines {
		for _, pt := range line {
			sizes = append(sizes, pt.Bytes/1024)
			values = append(values, pt.Quality.Value, pt.Quality.Low, pt.Quality.High)
		}
	}
	if p.Share {
		return tokensAxis(sizes), linearAxis(0, 100, 5)
	}
	return tokensAxis(sizes), percentAxis(values, 5)
}

// lines draws the curves with their intervals, and numbers each at its largest memory.
func (f Memory) lines(c draw.Canvas, p MemoryPanel, px, py func(float64) vg.Length) {
	var ts []tag
	var marks []vg.Rectangle
	var bars []segment
	for i, line := range p.Lines {
		var pts []vg.Point
		for _, pt := range line {
			if math.IsInf(pt.Quality.Value, 0) {
				continue
			}
			at := vg.Point{X: px(pt.Bytes / 1024), Y: py(pt.Quality.Value)}
			bars = append(bars, interval(c, at, pt.Quality, py, theme.Series(i)))
			pts = append(pts, at)
		}
		polyline(c, curve(f.Series, i), pts)
		for _, at := range pts {
			disc(c, at, 3, theme.Series(i))
			marks = append(marks, around(at, 3.5))
		}
		bars = append(bars, segments(pts)...)
		if len(pts) > 0 {
			ts = append(ts, numberTag(f.Series, i, pts[len(pts)-1]))
		}
	}
	drawTags(c, ts, marks, bars)
}
