package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// Supply draws the demand that is forecast, month by month, with what the planned machines carry within the limits, and
// below it when each order has to be placed and is delivered.
type Supply struct {
	Unit   string // of demand and capacity: "requests/s at peak"
	Months []SupplyMonth
	Orders []Order // by date
}

// SupplyMonth is one month. Overflow is what machines have no room for.
type SupplyMonth struct {
	Name     string
	Demand   Estimate // expected, and the quantiles about it
	Planned  float64  // what is bought for: the demand of the scenario that is planned for
	Capacity float64
	Overflow float64
}

// Order is one line below the months. By and Ready are months from the start of the plan; By is below 0 where it has to be
// placed before.
type Order struct {
	By, Ready float64
	Text      string
}

const (
	supplyHeight = 250
	orderLine    = 19
	ordersShown  = 14 // lines, the last of which says how many more there are
)

// Key implements Figure.
func (f Supply) Key() string { return "supply" }

// Title implements Figure.
func (f Supply) Title() string { return "Demand, capacity and orders" }

// Alt implements Figure.
func (f Supply) Alt() string {
	if len(f.Months) == 0 {
		return "No months are planned."
	}
	first, last := f.Months[0], f.Months[len(f.Months)-1]
	return fmt.Sprintf("Forecast demand goes from %s to %s %s in %d months, and planned capacity from %s to %s, with %d orders.", Amount(first.Demand.Value), Amount(last.Demand.Value),
		f.Unit, len(f.Months), Amount(first.Capacity), Amount(last.Capacity), len(f.Orders))
}

// Height implements Figure.
func (f Supply) Height(width vg.Length) vg.Length {
	return f.legend().height(width) + 8 + supplyHeight + vg.Length(f.lines())*orderLine + 14
}

func (f Supply) lines() int { return min(len(f.Orders), ordersShown) }

func (f Supply) legend() legend {
	l := legend{
		{"demand, expected", false, 24, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Series1, 1.8), at.X-12, at.Y, at.X+12, at.Y)
		}},
		{"its quantiles", false, 16, func(c draw.Canvas, at vg.Point) { fill(c, theme.Grid, at.X-8, at.Y-5, at.X+8, at.Y+5) }},
		{"planned for", false, 24, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Series1, 1.2, 3, 2.5), at.X-12, at.Y, at.X+12, at.Y)
		}},
		{"capacity within the limits", false, 24, func(c draw.Canvas, at vg.Point) {
			c.StrokeLine2(stroke(theme.Ink, 2.2), at.X-12, at.Y, at.X+12, at.Y)
		}},
	}
	if f.overflows() {
		l = append(l, entry{"above the machines: an API or a lesser arm", false, 16, func(c draw.Canvas, at vg.Point) { fill(c, theme.Series2, at.X-8, at.Y-5, at.X+8, at.Y+5) }})
	}
	if len(f.Orders) > 0 {
		l = append(l, entry{"from the last day to order until delivery", false, 24, func(c draw.Canvas, at vg.Point) { leadTime(c, at.X-10, at.X+10, at.Y) }})
	}
	return l
}

func (f Supply) overflows() bool {
	for _, m := range f.Months {
		if m.Overflow > 0 {
			return true
		}
	}
	return false
}

// Draw implements Figure.
func (f Supply) Draw(c draw.Canvas) {
	c = draw.Crop(f.legend().draw(c), 0, 0, 0, -8)
	bottom := vg.Length(f.lines())*orderLine + 14
	upper, lower := c, c
	upper.Min.Y = c.Min.Y + bottom
	lower.Max.Y = upper.Min.Y
	y := f.amounts()
	left := labelWidth(y)
	x := f.months(c.Max.X - c.Min.X - left)
	p := frame(x, y, "")
	var px func(float64) vg.Length // of the data area, for the orders to line up with
	with(p, func(c draw.Canvas, x, y func(float64) vg.Length) {
		px = x
		f.draw(c, x, y)
	})
	p.Draw(headed(upper, "", f.Unit))
	if px != nil {
		f.orders(lower, px)
	}
}

func (f Supply) months(width vg.Length) axis {
	var names []string
	for _, m := range f.Months {
		names = append(names, m.Name)
	}
	from := 0.0
	for _, o := range f.Orders {
		from = min(from, o.By)
	}
	return monthsAxis(names, max(from, -float64(len(names))), width)
}

func (f Supply) amounts() axis {
	most := 0.0
	for _, m := range f.Months {
		for _, v := range []float64{m.Demand.Value, m.Demand.High, m.Planned, m.Capacity} {
			if !math.IsInf(v, 0) {
				most = max(most, v)
			}
		}
	}
	return amounts(linearAxis(0, most*1.05, 5))
}

func (f Supply) draw(c draw.Canvas, px, py func(float64) vg.Length) {
	var demand, planned, capacity []vg.Point
	at := func(i int, v float64) []vg.Point {
		y := min(max(py(v), c.Min.Y), c.Max.Y)
		return []vg.Point{{X: px(float64(i)), Y: y}, {X: px(float64(i + 1)), Y: y}}
	}
	for i, m := range f.Months {
		low, high := at(i, m.Demand.Low), at(i, min(m.Demand.High, math.MaxFloat64))
		fill(c, theme.Grid, low[0].X, low[0].Y, high[1].X, high[1].Y)
		if m.Overflow > 0 {
			carried := at(i, m.Planned-m.Overflow)
			fill(c, theme.Series2, carried[0].X+3, carried[0].Y, carried[1].X-3, at(i, m.Planned)[0].Y)
		}
		demand, planned, capacity = append(demand, at(i, m.Demand.Value)...), append(planned, at(i, m.Planned)...), append(capacity, at(i, m.Capacity)...)
	}
	polyline(c, stroke(theme.Series1, 1.2, 3, 2.5), planned)
	polyline(c, stroke(theme.Series1, 1.8), demand)
	polyline(c, stroke(theme.Ink, 2.2), capacity)
}

// orders are lines below the months, on the same axis.
func (f Supply) orders(c draw.Canvas, px func(float64) vg.Length) {
	for i := range f.lines() {
		y := c.Max.Y - 8 - (vg.Length(i)+0.5)*orderLine
		if i == ordersShown-1 && len(f.Orders) > ordersShown {
			write(c, sans(theme.Muted, bodySize, false), vg.Point{X: px(0), Y: y}, draw.XLeft, fmt.Sprintf("and %d more", len(f.Orders)-i))
			return
		}
		f.Orders[i].draw(c, px, y)
	}
}

// draw writes the order beside its bar, on the side that has more room.
func (o Order) draw(c draw.Canvas, px func(float64) vg.Length, y vg.Length) {
	from, to := clamp(px(o.By), c), clamp(px(o.Ready), c)
	leadTime(c, from, to, y)
	sty := sans(theme.Ink, bodySize, false)
	at, align, room := vg.Point{X: to + 6, Y: y}, draw.XLeft, c.Max.X-to-6
	if w := from - 6 - c.Min.X; w > room {
		at.X, align, room = from-6, draw.XRight, w
	}
	write(c, sty, at, align, fit(sty, o.Text, room))
}

// leadTime is a bar from the day of an order to that of its delivery.
func leadTime(c draw.Canvas, from, to, y vg.Length) {
	const role = theme.Series3
	c.StrokeLine2(stroke(role, 2), from, y, to, y)
	c.FillPolygon(role.Color(), []vg.Point{{X: from, Y: y + 4}, {X: from + 4, Y: y}, {X: from, Y: y - 4}, {X: from - 4, Y: y}})
	disc(c, vg.Point{X: to, Y: y}, 2.6, role)
}
