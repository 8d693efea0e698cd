package chart

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Shares draws what each of several pays of a total, a bar for each, by what it is for. Amounts are
// printed: bars have no axis.
type Shares struct {
	Name  string // of the figure, in a page
	Of    string // what is shared
	Parts []string
	Rows  []ShareRow
}

// ShareRow is one who pays. Parts has an amount for each of the figure's parts.
type ShareRow struct {
	Name  string
	Value string // the sum, printed
	Parts []float64
}

const (
	shareRow = 26
	shareBar = 15
)

// Key implements Figure.
func (f Shares) Key() string { return f.Name }

// Title implements Figure.
func (f Shares) Title() string { return "Who pays of " + f.Of }

// Alt implements Figure.
func (f Shares) Alt() string {
	return fmt.Sprintf("What each of %d pays of %s, by what it is for; the table gives the amounts.", len(f.Rows), f.Of)
}

// Height implements Figure.
func (f Shares) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 8 + shareRow*vg.Length(len(f.Rows))
}

func (f Shares) legend() legend {
	var l legend
	for i, name := range f.Parts {
		l = append(l, entry{name, false, 14, func(c draw.Canvas, at vg.Point) {
			fill(c, theme.Series(i), at.X-7, at.Y-5, at.X+7, at.Y+5)
		}})
	}
	return l
}

// Draw implements Figure.
func (f Shares) Draw(c draw.Canvas) {
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	ink, bold := sans(theme.Ink, bodySize, false), sans(theme.Ink, bodySize, true)
	width := c.Max.X - c.Min.X
	var names, values vg.Length
	most := 0.0
	for _, r := range f.Rows {
		names, values = max(names, textWidth(ink, r.Name)), max(values, textWidth(bold, r.Value))
		most = max(most, r.sum())
	}
	names = min(names, width*0.3)
	from, to := c.Min.X+names+10, c.Max.X-values-8
	for i, r := range f.Rows {
		y := c.Max.Y - shareRow*(vg.Length(i)+0.5)
		write(c, ink, vg.Point{X: c.Min.X, Y: y}, draw.XLeft, fit(ink, r.Name, names))
		x := from
		for k, part := range r.Parts {
			if part > 0 && most > 0 {
				next := x + (to-from)*vg.Length(part/most)
				fill(c, theme.Series(k), x, y-shareBar/2, next, y+shareBar/2)
				x = next
			}
		}
		write(c, bold, vg.Point{X: x + 6, Y: y}, draw.XLeft, r.Value)
	}
}

func (r ShareRow) sum() (all float64) {
	for _, x := range r.Parts {
		all += max(x, 0)
	}
	return all
}
