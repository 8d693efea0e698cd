package chart

import (
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	vgtext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/internal/text"
	"github.com/assaylab/assay/reports/theme"
)

// Text sizes in CSS pixels: figures are drawn at the width they are shown at.
const (
	bodySize  vg.Length = 11.5
	titleSize vg.Length = 12.5
)

// textStyle is how text is drawn.
type textStyle = vgtext.Style

func sans(role theme.Role, size vg.Length, bold bool) textStyle {
	f := font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
	if bold {
		f.Weight = xfont.WeightBold
	}
	return textStyle{Color: role.Color(), Font: f, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
}

// write draws s with its left end, middle or right end (align 0, -0.5, -1) at p,
// vertically centred on the letters.
func write(c draw.Canvas, sty textStyle, p vg.Point, align draw.XAlignment, s string) {
	sty.XAlign = align
	c.FillText(sty, p, text.Printable(s))
}

func textWidth(sty textStyle, s string) vg.Length { return sty.Width(text.Printable(s)) }

// fit shortens s until it is no wider than w.
func fit(sty textStyle, s string, w vg.Length) string {
	s = text.Printable(s)
	for n := len([]rune(s)); n > 1 && textWidth(sty, s) > w; n-- {
		s = text.Shorten(s, n-1)
	}
	return s
}

func stroke(role theme.Role, width vg.Length, dash ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: role.Color(), Width: width, Dashes: dash}
}

func disc(c draw.Canvas, p vg.Point, r vg.Length, role theme.Role) {
	c.SetColor(role.Color())
	c.Fill(circlePath(p, r))
}

func ring(c draw.Canvas, p vg.Point, r vg.Length, sty draw.LineStyle) {
	c.SetLineStyle(sty)
	c.Stroke(circlePath(p, r))
}

func circlePath(p vg.Point, r vg.Length) vg.Path {
	var path vg.Path
	path.Move(vg.Point{X: p.X + r, Y: p.Y})
	path.Arc(p, r, 0, 2*math.Pi)
	path.Close()
	return path
}

func cross(c draw.Canvas, p vg.Point, r vg.Length, sty draw.LineStyle) {
	c.StrokeLine2(sty, p.X-r, p.Y-r, p.X+r, p.Y+r)
	c.StrokeLine2(sty, p.X-r, p.Y+r, p.X+r, p.Y-r)
}

// arrow is a head at p pointing along (dx, dy), one of the four axis directions.
func arrow(c draw.Canvas, p vg.Point, dx, dy vg.Length, role theme.Role) {
	const size = 5
	c.FillPolygon(role.Color(), []vg.Point{
		p,
		{X: p.X - size*dx - size*dy/2, Y: p.Y - size*dy - size*dx/2},
		{X: p.X - size*dx + size*dy/2, Y: p.Y - size*dy + size*dx/2},
	})
}

// around is the square of half side r with its centre at p.
func around(p vg.Point, r vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: p.X - r, Y: p.Y - r}, Max: vg.Point{X: p.X + r, Y: p.Y + r}}
}

// polyline draws a path in one stroke.
func polyline(c draw.Canvas, sty draw.LineStyle, pts []vg.Point) {
	if len(pts) > 1 {
		c.StrokeLines(sty, pts)
	}
}
