package chart

import (
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Series is an arm that is drawn as a curve, the same in every panel and figure.
// Colour, dashes and number all tell it from the others.
type Series struct {
	Number int    // as in the tables
	Name   string // with "recommended" or "reference" where it is
	Strong bool   // drawn heavier: the recommended arm
}

var dashes = [][]vg.Length{nil, {7, 3}, {2, 2.5}, {9, 3, 2, 3}, {4, 2}, {12, 4}, {6, 2, 2, 2, 2, 2}, {1, 2}}

// curve is the line style of the i-th series.
func curve(all []Series, i int) draw.LineStyle {
	sty := stroke(theme.Series(i), 1.5, dashes[i%len(dashes)]...)
	if all[i].Strong {
		sty.Width = 2.6
	}
	return sty
}

func seriesLegend(all []Series) legend {
	var l legend
	for i, s := range all {
		l = append(l, entry{
			text:   strconv.Itoa(s.Number) + " " + s.Name,
			bold:   s.Strong,
			swatch: 34,
			sample: func(c draw.Canvas, at vg.Point) {
				c.StrokeLine2(curve(all, i), at.X-17, at.Y, at.X+17, at.Y)
			},
		})
	}
	return l
}

// numberTag labels a curve with its arm's number.
func numberTag(all []Series, i int, at vg.Point) tag {
	t := tag{label: label{at: at, r: 3}, lines: []tagLine{{text: strconv.Itoa(all[i].Number), role: theme.Ink, bold: true}}}
	t.measure()
	return t
}

// panels lays out small multiples: two columns where there is room for them.
type panels struct {
	columns, rows int
	top           vg.Length // legend
}

const (
	panelHeight = 236
	panelGap    = 22
)

func layout(n int, width vg.Length, l legend) panels {
	p := panels{columns: 1, top: l.height(width) + 8}
	if width >= 600 && n > 1 {
		p.columns = 2
	}
	p.rows = (n + p.columns - 1) / p.columns
	return p
}

func (p panels) height() vg.Length { return p.top + vg.Length(p.rows)*panelHeight }

// at is the canvas of panel i below the legend, row by row.
func (p panels) at(c draw.Canvas, i int) draw.Canvas {
	w := (c.Max.X - c.Min.X - panelGap*vg.Length(p.columns-1)) / vg.Length(p.columns)
	x := c.Min.X + vg.Length(i%p.columns)*(w+panelGap)
	y := c.Max.Y - vg.Length(i/p.columns)*panelHeight
	c.Rectangle = vg.Rectangle{Min: vg.Point{X: x, Y: y - panelHeight}, Max: vg.Point{X: x + w, Y: y - 8}}
	return c
}

// headed writes a panel's title and what its y axis is, and returns the rest.
func headed(c draw.Canvas, title, y string) draw.Canvas {
	bold := sans(theme.Ink, titleSize, true)
	width := c.Max.X - c.Min.X
	write(c, bold, vg.Point{X: c.Min.X, Y: c.Max.Y - 8}, draw.XLeft, fit(bold, title, width))
	write(c, sans(theme.Muted, bodySize, false), vg.Point{X: c.Min.X, Y: c.Max.Y - 24}, draw.XLeft, y)
	return draw.Crop(c, 0, 0, 0, -38)
}
