package chart

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Volume draws what a month costs against how much is served in it: straight lines for prices per token, staircases for
// machines, of which there are whole ones, and where they cross.
type Volume struct {
	Currency string
	Of       string // of the volume: "million tokens a month"
	Lines    []VolumeLine
	Crosses  []VolumeCross
	Marks    []VolumeMark
}

// VolumeLine is one way to serve. Its number in the figure is its place.
type VolumeLine struct {
	Name   string
	Points []VolumePoint // by volume
}

// VolumePoint is a cost.
type VolumePoint struct{ Volume, Cost float64 }

// VolumeCross is a volume from which on one line is below another, with the interval that follows from what was measured.
type VolumeCross struct {
	Volume Estimate
	Cost   float64
	Text   string
}

// VolumeMark is a volume to compare with, such as a month's demand.
type VolumeMark struct {
	Volume float64
	Text   string
}

const volumeHeight = 340

// Key implements Figure.
func (f Volume) Key() string { return "volume" }

// Title implements Figure.
func (f Volume) Title() string { return "Cost by volume" }

// Alt implements Figure.
func (f Volume) Alt() string {
	crosses := "the volumes"
	if len(f.Crosses) == 1 {
		crosses = "the volume"
	}
	s := fmt.Sprintf("Cost of a month in %s against the volume in %s for %d ways to serve it", f.Currency, f.Of, len(f.Lines))
	if len(f.Crosses) == 0 {
		return s + "."
	}
	return fmt.Sprintf("%s, with %s at which one becomes cheaper than another.", s, crosses)
}

// Height implements Figure.
func (f Volume) Height(width vg.Length) vg.Length {
	return seriesLegend(f.series()).height(width) + 8 + volumeHeight
}

func (f Volume) series() []Series {
	var all []Series
	for i, l := range f.Lines {
		all = append(all, Series{Number: i + 1, Name: l.Name})
	}
	return all
}

// Draw implements Figure.
func (f Volume) Draw(c draw.Canvas) {
	series := f.series()
	c = draw.Crop(seriesLegend(series).draw(c), 0, 0, 0, -8)
	x, y := f.axes(c.Max.X - c.Min.X)
	p := frame(x, y, f.Of+", log scale")
	with(p, func(c draw.Canvas, px, py func(float64) vg.Length) { f.lines(c, px, py, series) })
	p.Draw(headed(c, "", f.Currency+" a month, log scale"))
}

func (f Volume) axes(width vg.Length) (x, y axis) {
	var volumes, costs []float64
	for _, l := range f.Lines {
		for _, p := range l.Points {
			if p.Volume > 0 && p.Cost > 0 && !math.IsInf(p.Cost, 1) {
				volumes, costs = append(volumes, p.Volume), append(costs, p.Cost)
			}
		}
	}
	if len(volumes) == 0 {
		volumes, costs = []float64{1}, []float64{1}
	}
	return amountAxis(slices.Min(volumes), slices.Max(volumes), max(3, int(width/62))), amountAxis(slices.Min(costs), slices.Max(costs), 7)
}

// lines draws everything in the data area; labels keep off the curves and each other.
func (f Volume) lines(c draw.Canvas, px, py func(float64) vg.Length, series []Series) {
	var bars []segment
	var tags []tag
	for i, m := range f.Marks {
		f.mark(c, px, m, i)
	}
	for i, l := range f.Lines {
		var pts []vg.Point
		for _, p := range l.Points {
			if p.Volume > 0 && p.Cost > 0 && !math.IsInf(p.Cost, 1) {
				pts = append(pts, vg.Point{X: clamp(px(p.Volume), c), Y: min(max(py(p.Cost), c.Min.Y), c.Max.Y)})
			}
		}
		polyline(c, curve(series, i), pts)
		bars = append(bars, segments(pts)...)
		if n := len(pts); n > 0 {
			tags = append(tags, numberTag(series, i, pts[n-1]))
		}
	}
	var marks []vg.Rectangle
	for _, x := range f.Crosses {
		if !x.Volume.finite() || x.Volume.Value <= 0 {
			continue
		}
		at := vg.Point{X: clamp(px(x.Volume.Value), c), Y: min(max(py(x.Cost), c.Min.Y), c.Max.Y)}
		low, high := clamp(px(x.Volume.Low), c), c.Max.X
		if !math.IsInf(x.Volume.High, 1) {
			high = clamp(px(x.Volume.High), c)
		}
		c.StrokeLine2(stroke(theme.Ink, 1.2), low, at.Y, high, at.Y)
		ring(c, at, 4, stroke(theme.Ink, 1.6))
		marks = append(marks, around(at, 5))
		t := tag{label: label{at: at, r: 5}, lines: []tagLine{{text: x.Text, role: theme.Ink}}}
		t.measure()
		tags = append(tags, t)
	}
	drawTags(c, tags, marks, bars)
}

// mark is a vertical line with its words below the upper border, each mark's on a line of its own.
func (f Volume) mark(c draw.Canvas, px func(float64) vg.Length, m VolumeMark, line int) {
	x := px(m.Volume)
	if x < c.Min.X || x > c.Max.X {
		return
	}
	c.StrokeLine2(stroke(theme.Muted, 1, 1.5, 2.5), x, c.Min.Y, x, c.Max.Y)
	sty := sans(theme.Muted, bodySize-1, false)
	at, align := vg.Point{X: x + 3, Y: c.Max.Y - 6 - 12*vg.Length(line)}, draw.XLeft
	if at.X+textWidth(sty, m.Text) > c.Max.X {
		at.X, align = x-3, draw.XRight
	}
	write(c, sty, at, align, m.Text)
}
