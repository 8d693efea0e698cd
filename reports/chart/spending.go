package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Spending draws what each way to serve the same demand costs, month by month, by what the money is for. All panels have
// one axis, so that heights compare across them.
type Spending struct {
	Currency string
	Parts    []string // from the bottom up
	Panels   []SpendingPanel
}

// SpendingPanel is one way. A month has an amount for each of the figure's parts; income is below 0.
type SpendingPanel struct {
	Title  string
	Note   string // its total
	Months []string
	Costs  [][]float64
}

// Key implements Figure.
func (f Spending) Key() string { return "spending" }

// Title implements Figure.
func (f Spending) Title() string { return "Cost by month" }

// Alt implements Figure.
func (f Spending) Alt() string {
	return fmt.Sprintf("Cost by month in %s of %d ways to serve the same demand, by what the money is for; the tables give the values.", f.Currency, len(f.Panels))
}

// Height implements Figure.
func (f Spending) Height(width vg.Length) vg.Length {
	return layout(len(f.Panels), width, f.legend()).height()
}

func (f Spending) legend() legend {
	var l legend
	for i, name := range f.Parts {
		l = append(l, entry{name, false, 14, func(c draw.Canvas, at vg.Point) { part(c, i, at.X-7, at.Y-5, at.X+7, at.Y+5) }})
	}
	return l
}

// part fills a box with the i-th part's colour; the second six have a line across, since colours repeat.
func part(c draw.Canvas, i int, x0, y0, x1, y1 vg.Length) {
	fill(c, theme.Series(i), x0, y0, x1, y1)
	if i >= 6 {
		c.StrokeLine2(stroke(theme.Paper, 1.2), x0, y0, x1, y1)
	}
}

// Draw implements Figure.
func (f Spending) Draw(c draw.Canvas) {
	l := f.legend()
	grid := layout(len(f.Panels), c.Max.X-c.Min.X, l)
	c = draw.Crop(l.draw(c), 0, 0, 0, -8)
	y := f.amounts()
	for i, panel := range f.Panels {
		at := grid.at(c, i)
		x := monthsAxis(panel.Months, 0, at.Max.X-at.Min.X-labelWidth(y))
		p := frame(x, y, "")
		with(p, panel.bars)
		note := f.Currency + " a month"
		if panel.Note != "" {
			note += " (" + panel.Note + ")"
		}
		p.Draw(headed(at, panel.Title, fit(sans(theme.Muted, bodySize, false), note, at.Max.X-at.Min.X)))
	}
}

// amounts covers the highest and the lowest stack of any panel.
func (f Spending) amounts() axis {
	low, high := 0.0, 0.0
	for _, p := range f.Panels {
		for _, costs := range p.Costs {
			up, down := stacked(costs)
			low, high = min(low, down), max(high, up)
		}
	}
	if high == 0 && low == 0 {
		high = 1
	}
	if low == 0 {
		return amounts(linearAxis(0, high, 4))
	}
	return amounts(linearAxis(low*1.05, high, 5))
}

// stacked is the height above and the depth below 0 of a stack.
func stacked(costs []float64) (up, down float64) {
	for _, x := range costs {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			up, down = up+max(x, 0), down+min(x, 0)
		}
	}
	return up, down
}

func (p SpendingPanel) bars(c draw.Canvas, px, py func(float64) vg.Length) {
	for i, costs := range p.Costs {
		x0, x1 := px(float64(i)), px(float64(i+1))
		gap := (x1 - x0) * 0.12
		up, down := 0.0, 0.0
		for k, x := range costs {
			switch {
			case math.IsNaN(x) || math.IsInf(x, 0):
			case x > 0:
				part(c, k, x0+gap, py(up), x1-gap, py(up+x))
				up += x
			case x < 0:
				part(c, k, x0+gap, py(down+x), x1-gap, py(down))
				down += x
			}
		}
	}
	c.StrokeLine2(stroke(theme.Muted, 0.8), c.Min.X, py(0), c.Max.X, py(0))
}
