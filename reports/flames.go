package reports

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/theme"
)

// Flames is one flame graph, or two side by side where there is room.
type Flames struct {
	Flames  []chart.Flame
	Legend  []Swatch
	Caption string
	Trials  []string
}

// Swatch names a colour of a figure.
type Swatch struct {
	Role theme.Role
	Tint float64
	Text string
}

// Widths of a flame graph on a desk, alone and with another beside it.
const flameWide, flameHalf vg.Length = 1060, 520

func (f Flames) html(p *printer) {
	wide, class := flameWide, "flames"
	if len(f.Flames) > 1 {
		wide, class = flameHalf, "flames two"
	}
	p.f("<figure class=\"%s\">\n", class)
	if len(f.Legend) > 0 {
		p.f("<ul class=\"swatches\">")
		for _, s := range f.Legend {
			p.f("<li><span style=\"background:%s;opacity:%.2f\"></span>%s</li>\n", s.Role.Var(), s.Tint, e(s.Text))
		}
		p.f("</ul>\n")
	}
	p.f("<div class=\"row\">\n")
	for _, flame := range f.Flames {
		p.f("<div><p class=\"eyebrow plain\">%s</p>\n", e(flame.Title))
		p.fail(f.draw(p, flame, "wide", wide))
		p.fail(f.draw(p, flame, "narrow", chart.Narrow))
		p.f("</div>\n")
	}
	p.f("</div>\n<figcaption>%s</figcaption>\n", e(f.Caption))
	source(p, f.Trials)
	p.f("</figure>\n")
}

func (f Flames) draw(p *printer, flame chart.Flame, class string, width vg.Length) error {
	p.f("<div class=\"%s\">", class)
	err := flame.SVG(p, width)
	p.f("</div>\n")
	return err
}

func (f Flames) markdown(p *printer) {
	for _, flame := range f.Flames {
		p.f("*%s*\n\n", md(flame.Alt))
	}
}

// stageColours are the colours of stages in a flame graph. Names are in the tooltips.
var stageColours = map[profile.Stage]theme.Role{
	profile.Matrix: theme.Series1, profile.Attention: theme.Series2, profile.Norm: theme.Series3, profile.Sampling: theme.Series4,
	profile.Drafting: theme.Series5, profile.HTTP: theme.Series6, profile.GC: theme.Bad,
	profile.Scheduling: theme.Muted, profile.Waiting: theme.Faint, profile.Profiling: theme.Faint, profile.Other: theme.Faint,
}

const stageTint, quietTint = 0.34, 0.16

func tintOf(s profile.Stage) float64 {
	switch stageColours[s] {
	case theme.Muted, theme.Faint:
		return quietTint
	}
	return stageTint
}

func stageLegend(stages []profile.Change) []Swatch {
	has := map[profile.Stage]bool{}
	for _, c := range stages {
		has[c.Stage] = true
	}
	var all []Swatch
	for _, s := range profile.Stages() {
		if has[s] {
			all = append(all, Swatch{stageColours[s], tintOf(s), s.Title()})
		}
	}
	return all
}

// flameOf draws one side of a tree by stage. Both sides of one have their functions in the same order.
func flameOf(key, title string, root *profile.Node, of func(*profile.Node) float64) chart.Flame {
	f := chart.Flame{Key: key, Title: title, Alt: fmt.Sprintf("Flame graph of %s: %s of processor time per generated token, by function.", title, nanoseconds(of(root)))}
	all := of(root)
	f.Root = flameNode(root, all, of)
	f.Root.Role, f.Root.Tint, f.Root.Tip = theme.Grid, 1, "all: "+nanoseconds(all)+" per token"
	f.Root.Names = []string{f.Root.Tip}
	return f
}

func flameNode(n *profile.Node, all float64, of func(*profile.Node) float64) chart.FlameNode {
	names := namesOf(n)
	out := chart.FlameNode{Names: names, Weight: of(n), Role: stageColours[n.Stage], Tint: tintOf(n.Stage),
		Tip: fmt.Sprintf("%s: %s per token, %s of all (%s)", names[0], nanoseconds(of(n)), percentOf(of(n), all), n.Stage.Title())}
	for _, c := range n.Children {
		if of(c) > 0 {
			out.Children = append(out.Children, flameNode(c, all, of))
		}
	}
	return out
}

// namesOf is a function with its package, and the function alone.
func namesOf(n *profile.Node) []string {
	full := profile.Short(n.Function)
	last := full
	if i := strings.LastIndexByte(strings.TrimSuffix(full, ".func1"), '.'); i >= 0 {
		last = full[i+1:]
	}
	return []string{full, last}
}

// differenceFlame draws what changed in a tree from First to Second. Widths are the mean of both, so that what went
// and what came both show.
func differenceFlame(key, title string, root *profile.Node) chart.Flame {
	most := 0.0
	largestChange(root, &most)
	f := chart.Flame{Key: key, Title: title, Alt: fmt.Sprintf("Differential flame graph of %s: from %s to %s of processor time per generated token.", title, nanoseconds(root.First), nanoseconds(root.Second))}
	f.Root = differenceNode(root, most)
	f.Root.Names = []string{fmt.Sprintf("all: %s per token", signedTime(root.Second-root.First))}
	f.Root.Tip = fmt.Sprintf("all: from %s to %s per token", nanoseconds(root.First), nanoseconds(root.Second))
	return f
}

// surely says whether a change is more than the number of samples alone would make.
func surely(n *profile.Node) bool { return math.Abs(n.Second-n.First) > 1.96*n.Noise }

// largestChange is that of any function but the root.
func largestChange(n *profile.Node, most *float64) {
	for _, c := range n.Children {
		if surely(c) {
			*most = max(*most, math.Abs(c.Second-c.First))
		}
		largestChange(c, most)
	}
}

func differenceNode(n *profile.Node, most float64) chart.FlameNode {
	delta := n.Second - n.First
	names := namesOf(n)
	out := chart.FlameNode{Names: names, Weight: (n.First + n.Second) / 2, Role: theme.Grid, Tint: 0.7,
		Tip: fmt.Sprintf("%s: %s per token, from %s to %s (%s)", names[0], signedTime(delta), nanoseconds(n.First), nanoseconds(n.Second), n.Stage.Title())}
	if surely(n) && most > 0 {
		sign := "+ "
		if out.Role = theme.Bad; delta < 0 {
			out.Role, sign = theme.Good, "− "
		}
		out.Names = []string{sign + names[0], sign + names[1]}
		out.Tint = 0.15 + 0.4*min(1, math.Abs(delta)/most)
	} else {
		out.Tip += "; no more than chance would make"
	}
	for _, c := range n.Children {
		out.Children = append(out.Children, differenceNode(c, most))
	}
	return out
}

var differenceLegend = []Swatch{{theme.Bad, 0.5, "+ takes more"}, {theme.Good, 0.5, "− takes less"}, {theme.Grid, 0.7, "no more than chance would make"}}
