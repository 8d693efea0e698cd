package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/assaylab/assay/reports/theme"
)

// tag is the label of one mark, or of several that coincide: a line for each arm
// that is named, and the numbers of the others.
type tag struct {
	label
	lines []tagLine
	rank  Standing
	first int // smallest number, for a stable order
}

type tagLine struct {
	text string
	role theme.Role
	bold bool
}

const (
	tagLeading  = 13 // line height
	coincide    = 5  // marks whose centres are this near share a label
	namesShared = 3  // arms named in one shared label, the others by number
)

// tags groups the spots that coincide and words their labels, important ones first.
func tags(spots []spot, wide bool, width vg.Length) []tag {
	var out []tag
	for _, g := range clusters(spots) {
		t := tag{label: label{at: g[0].at}, first: g[0].Number}
		var numbers []string
		named := 0
		for _, s := range g {
			t.r = max(t.r, s.outer())
			t.rank = max(t.rank, s.Standing)
			t.first = min(t.first, s.Number)
			if s.Standing == Behind || named == namesShared {
				numbers = append(numbers, strconv.Itoa(s.Number))
				continue
			}
			named++
			t.lines = append(t.lines, s.named(wide, width))
		}
		if len(numbers) > 0 {
			t.lines = append(t.lines, tagLine{text: list(numbers, 6), role: theme.Muted})
		}
		t.measure()
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b tag) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.first, b.first))
	})
	return out
}

// named is the line of an arm on the front. On a narrow figure only the
// recommended arm has room for its name.
func (s spot) named(wide bool, width vg.Length) tagLine {
	l := tagLine{role: theme.Ink, bold: s.Standing == Recommended}
	l.text = strconv.Itoa(s.Number)
	if wide || l.bold {
		l.text += " " + fit(l.style(), s.Name, width*0.3)
	}
	if s.CostText != "" {
		l.text += " · " + s.CostText
	}
	return l
}

func list(items []string, most int) string {
	if len(items) > most {
		items = append(slices.Clone(items[:most]), fmt.Sprintf("+%d", len(items)-most))
	}
	return strings.Join(items, ", ")
}

// clusters joins spots in drawing order reversed, so that the important arm gives
// the group its place.
func clusters(spots []spot) [][]spot {
	var groups [][]spot
next:
	for _, s := range slices.Backward(spots) {
		for i, g := range groups {
			dx, dy := g[0].at.X-s.at.X, g[0].at.Y-s.at.Y
			if dx*dx+dy*dy < coincide*coincide {
				groups[i] = append(g, s)
				continue next
			}
		}
		groups = append(groups, []spot{s})
	}
	for _, g := range groups {
		slices.SortStableFunc(g[1:], func(a, b spot) int {
			return cmp.Or(cmp.Compare(b.Standing, a.Standing), cmp.Compare(a.Number, b.Number))
		})
	}
	return groups
}

func (l tagLine) style() textStyle { return sans(l.role, bodySize, l.bold) }

func (t *tag) measure() {
	for _, l := range t.lines {
		t.w = max(t.w, textWidth(l.style(), l.text)+4)
	}
	t.h = vg.Length(len(t.lines)) * tagLeading
}

// drawTags places the tags within c and draws them with their leaders.
func drawTags(c draw.Canvas, ts []tag, marks []vg.Rectangle, lines []segment) {
	labels := make([]label, len(ts))
	for i, t := range ts {
		labels[i] = t.label
	}
	at := place(c.Rectangle, labels, marks, lines)
	for _, p := range at {
		if p.ok && p.leader != nil {
			polyline(c, stroke(theme.Muted, 0.7), p.leader)
		}
	}
	for i, p := range at {
		if !p.ok {
			continue
		}
		for k, l := range ts[i].lines {
			y := p.box.Max.Y - tagLeading*(vg.Length(k)+0.5)
			write(c, l.style(), vg.Point{X: p.box.Min.X + 2, Y: y}, draw.XLeft, l.text)
		}
	}
}
