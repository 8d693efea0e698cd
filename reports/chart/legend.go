package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// entry is one item of a legend: a sample, drawn in a box swatch wide around a
// point, and its text.
type entry struct {
	text   string
	bold   bool
	swatch vg.Length
	sample func(c draw.Canvas, at vg.Point)
}

// legend flows its entries over as many lines as the width needs.
type legend []entry

const (
	legendLine = 18 // line height
	legendGap  = 16 // between entries
)

// flow gives the offset of each entry from the top left corner, the text that
// fits, and the height of all lines.
func (l legend) flow(width vg.Length) (at []vg.Point, texts []string, height vg.Length) {
	var x, y vg.Length
	for _, e := range l {
		sty := sans(theme.Ink, bodySize, e.bold)
		s := fit(sty, e.text, width-e.swatch-5)
		w := e.swatch + 5 + textWidth(sty, s)
		if x > 0 && x+w > width {
			x, y = 0, y+legendLine
		}
		at = append(at, vg.Point{X: x, Y: y})
		texts = append(texts, s)
		x += w + legendGap
	}
	if len(l) == 0 {
		return nil, nil, 0
	}
	return at, texts, y + legendLine
}

func (l legend) height(width vg.Length) vg.Length {
	_, _, h := l.flow(width)
	return h
}

// draw puts the legend at the top of c and returns what is left below.
func (l legend) draw(c draw.Canvas) draw.Canvas {
	at, texts, h := l.flow(c.Max.X - c.Min.X)
	for i, e := range l {
		mid := vg.Point{X: c.Min.X + at[i].X, Y: c.Max.Y - at[i].Y - legendLine/2}
		e.sample(c, vg.Point{X: mid.X + e.swatch/2, Y: mid.Y})
		write(c, sans(theme.Ink, bodySize, e.bold), vg.Point{X: mid.X + e.swatch + 5, Y: mid.Y}, draw.XLeft, texts[i])
	}
	return draw.Crop(c, 0, 0, 0, -h)
}
