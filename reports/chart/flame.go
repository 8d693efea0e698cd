package chart

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/assaylab/assay/reports/theme"
)

// Flame is a flame graph, hung from its root: the width of a function is its share of what its caller has, and
// what it calls is below it. Unlike a Figure it writes its own markup, in which every function has a tooltip.
type Flame struct {
	Key   string // letters, digits and hyphens
	Title string
	Alt   string // one sentence that can stand in for it
	Root  FlameNode
}

// FlameNode is a function under its caller. Children weigh no more than their parent.
type FlameNode struct {
	Names    []string // the fullest first: the first that fits is written
	Tip      string   // the tooltip
	Weight   float64
	Role     theme.Role
	Tint     float64 // of the role's colour on the page's, 0 to 1
	Children []FlameNode
}

const (
	flameRow     = 18            // height
	flameText    = vg.Length(11) // size of names
	flameLeast   = 1.2           // width below which a function is left out
	flameGap     = 1             // to the next one
	flamePadding = 4             // on either side of a name
	flameLetters = 4             // a name of which less fits says nothing
	flameDeepest = 64            // rows
	flameThin    = 0.05          // share of the width below which a row and all under it are left out
	flameRadius  = 1.5           // of corners
)

// SVG writes the figure at a width.
func (f Flame) SVG(w io.Writer, width vg.Length) error {
	p := &flamePrinter{limit: f.depth(width)}
	p.node(&f.Root, 0, 0, width)
	id := fmt.Sprintf("%s-%.0f", f.Key, width.Points())
	_, err := fmt.Fprintf(w,
		`<svg xmlns="http://www.w3.org/2000/svg" class="figure flame" role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %.5g %d" font-family="%s" font-size="%.3gpx">`+
			"\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n%s</svg>\n",
		id, id, width.Points(), p.rows*flameRow, theme.Fonts, flameText.Points(), id, esc(f.Title), id, esc(f.Alt), p.String())
	return err
}

type flamePrinter struct {
	strings.Builder
	rows, limit int // drawn so far; at most
}

// depth is how many rows are worth their height: those before the first that is nearly empty.
func (f Flame) depth(width vg.Length) int {
	var rows [flameDeepest + 1]vg.Length
	f.Root.fill(rows[:], width)
	for i, filled := range rows {
		if filled < flameThin*width {
			return i
		}
	}
	return flameDeepest
}

// fill adds up the widths that are drawn in each row.
func (n *FlameNode) fill(rows []vg.Length, width vg.Length) {
	if width < flameLeast || len(rows) == 0 || !(n.Weight > 0) {
		return
	}
	rows[0] += width
	for i := range n.Children {
		c := &n.Children[i]
		c.fill(rows[1:], width*vg.Length(c.Weight/n.Weight))
	}
}

// node draws a function and what it calls, from x on. Nothing is narrower than can be seen.
func (p *flamePrinter) node(n *FlameNode, row int, x, width vg.Length) {
	if width < flameLeast || row >= p.limit || !(n.Weight > 0) {
		return
	}
	p.rows = max(p.rows, row+1)
	shown := max(width-flameGap, flameLeast-flameGap/2.0)
	fmt.Fprintf(p, `<g><title>%s</title><rect x="%.2f" y="%d" width="%.2f" height="%d" rx="%g" style="fill:%s;fill-opacity:%.2f"/>`,
		esc(n.Tip), x.Points(), row*flameRow, shown.Points(), flameRow-1, flameRadius, n.Role.Var(), n.Tint)
	p.name(n.Names, x+flamePadding, row, width-flameGap-2*flamePadding)
	p.WriteString("</g>\n")
	for i := range n.Children {
		c := &n.Children[i]
		share := width * vg.Length(c.Weight/n.Weight)
		p.node(c, row+1, x, share)
		x += share
	}
}

// name writes the first of names that fits, or else the beginning of the last.
func (p *flamePrinter) name(names []string, x vg.Length, row int, width vg.Length) {
	if len(names) == 0 || width <= 0 {
		return
	}
	sty := sans(theme.Ink, flameText, false)
	i := slices.IndexFunc(names, func(s string) bool { return textWidth(sty, s) <= width })
	s := names[max(i, 0)]
	if i < 0 {
		if s = beginning(sty, names[len(names)-1], width); s == "" {
			return
		}
	}
	fmt.Fprintf(p, `<text x="%.2f" y="%.1f" style="fill:%s">%s</text>`, x.Points(), float64(row*flameRow)+flameRow*0.68, theme.Ink.Var(), esc(s))
}

// beginning is as much of s as fits with an ellipsis, "" where that is too little.
func beginning(sty textStyle, s string, width vg.Length) string {
	letters := []rune(s)
	for n := len(letters) - 1; n >= flameLetters; n-- {
		if short := string(letters[:n]) + "…"; textWidth(sty, short) <= width {
			return short
		}
	}
	return ""
}
