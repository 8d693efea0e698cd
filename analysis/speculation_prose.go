package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// draftAdvice says for every load who is to draft, and above which rate nobody.
func (a *analysis) draftAdvice(g *DraftGroup) []string {
	var out []string
	if s := a.unprovenChoice(g); s != "" {
		out = append(out, s)
	}
	picked := false
	for _, k := range g.Kinds() {
		levels := g.Of(k)
		if s := draftEdge(k, levels); s != "" {
			out = append(out, s)
		}
		for i := range levels {
			out = append(out, a.levelAdvice(g, &levels[i]))
			picked = picked || levels[i].Judged && len(levels[i].Arms) > 1
		}
	}
	if picked {
		out = append(out, "The best of several arms was picked by the measurements that it is quoted with, which flatters it a little; intervals are those of one arm.")
	}
	return out
}

// Kinds are the different kinds of load, in the run's order.
func (g *DraftGroup) Kinds() []string {
	var out []string
	for _, l := range g.Levels {
		if !slices.Contains(out, l.Kind) {
			out = append(out, l.Kind)
		}
	}
	return out
}

// Of are the loads of a kind, by rate.
func (g *DraftGroup) Of(kind string) []DraftLevel {
	levels := slices.DeleteFunc(slices.Clone(g.Levels), func(l DraftLevel) bool { return l.Kind != kind })
	slices.SortStableFunc(levels, func(x, y DraftLevel) int { return cmp.Compare(x.Rate, y.Rate) })
	return levels
}

// draftEdge says up to which rate drafting pays, "" where one load alone was tested.
func draftEdge(kind string, levels []DraftLevel) string {
	all, tested := len(levels), "tested load"
	levels = slices.DeleteFunc(slices.Clone(levels), func(l DraftLevel) bool { return !l.Judged })
	if len(levels) < 2 {
		return ""
	}
	if len(levels) < all {
		tested = "load that was measured validly"
	}
	var pays, not []string
	top, holes := -1, false
	for i, l := range levels {
		if l.Best == "" {
			not = append(not, l.pace())
			continue
		}
		pays, holes, top = append(pays, l.pace()), len(not) > 0, i
	}
	last := len(levels) - 1
	switch {
	case top < 0:
		return fmt.Sprintf("Speculation, %s: off. At no %s is a gain proven.", kind, tested)
	case holes:
		return fmt.Sprintf("Speculation, %s: no clean edge. A gain is proven at %s, and not at %s.", kind, words.List(pays), words.List(not))
	case top == last:
		return fmt.Sprintf("Speculation, %s: on. A gain is proven at every %s, up to %s.", kind, tested, levels[last].pace())
	}
	return fmt.Sprintf("Speculation, %s: off above %s. That is the highest %s with a proven gain; the next, %s, has none.", kind, levels[top].pace(), tested, levels[top+1].pace())
}

// pace is "20 requests/s" or "4 in flight".
func (l *DraftLevel) pace() string {
	if l.Closed {
		return words.Number(l.Rate) + " in flight"
	}
	return perSecond(l.Rate)
}

// levelAdvice is for one load.
func (a *analysis) levelAdvice(g *DraftGroup, l *DraftLevel) string {
	var usable []*DraftCell
	for i := range l.Arms {
		if l.Arms[i].Usable {
			usable = append(usable, &l.Arms[i])
		}
	}
	where := "At " + loadName(a.run, l.Load)
	if len(usable) == 0 {
		return fmt.Sprintf("%s nothing can be said of speculation: %s.", where, a.whyUnusable(g, l))
	}
	slices.SortStableFunc(usable, func(x, y *DraftCell) int { return cmp.Compare(y.Speedup.Estimate, x.Speedup.Estimate) })
	best := usable[0]
	for _, c := range usable { // the best may be one that is not believed
		if !c.Contradicted() {
			best = c
			break
		}
	}
	if l.Best == "" {
		return fmt.Sprintf("%s, draft nothing: %s, %s.%s", where, a.armName(best.Arm), noGain(best, l), behindText(best, l))
	}
	if i := slices.IndexFunc(usable, func(c *DraftCell) bool { return c.Arm == l.Best }); i >= 0 {
		best = usable[i]
	}
	s := fmt.Sprintf("%s, draft with %s (%s): %s.%s", where, a.armName(best.Arm), a.draftSettings(g.Baseline, best.Arm), gainText(best), behindText(best, l))
	return s + careText(best) + a.untold(best, usable, l)
}

// careText warns of a gain that is far from what the engine's counters expect.
func careText(c *DraftCell) string {
	e, ok := c.Error()
	if !ok || 1+e < contradiction && 1+e > 1/contradiction {
		return ""
	}
	return fmt.Sprintf(" What its engine counted makes %s likely, so take the size of the gain with care.", times(c.Expected.Estimate))
}

// gainText is "1.62 times as fast per token (95 % interval 1.55 to 1.7, 58 requests in pairs)".
func gainText(c *DraftCell) string {
	s := withInterval(c.Speedup, times)
	inner, ok := strings.CutSuffix(s, ")")
	if !ok {
		return s + " as fast per token as without"
	}
	number, interval, _ := strings.Cut(inner, " (")
	return fmt.Sprintf("%s as fast per token as without (%s, %s in pairs)", number, interval, words.Count(c.Pairs, "request"))
}

// times prints a ratio.
func times(v float64) string { return words.Number(v) + " times" }

// noGain says why the best arm is not good enough.
func noGain(c *DraftCell, l *DraftLevel) string {
	s := "the best, is " + gainText(c)
	switch {
	case c.Contradicted():
		return s + fmt.Sprintf(", but what its engine counted makes %s likely: something else differed between the two runs, and nothing is proven", times(c.Expected.Estimate))
	case c.Unresolved && c.Speedup.Low > 1:
		return s + ", but by less than the instrument's error"
	case c.Speedup.High < 1:
		return s + ", which is slower"
	case c.Speedup.Low > 1 && l.Behind:
		return s + ", but delivers less"
	}
	return s + ", which is not proven to be a gain"
}

// behindText adds the throughput where it tells arms apart.
func behindText(c *DraftCell, l *DraftLevel) string {
	if !l.Behind || !c.Throughput.Known() {
		return ""
	}
	why := "Without drafts this load is more than is delivered"
	if l.Closed {
		why = "In a closed loop what is faster is asked more"
	}
	return fmt.Sprintf(" %s; the throughput is %s that without.", why, withInterval(c.Throughput, times))
}

// untold names the arms whose gain may be as much.
func (a *analysis) untold(best *DraftCell, usable []*DraftCell, l *DraftLevel) string {
	var names []string
	for _, c := range usable {
		if c != best && l.proves(c) && c.Speedup.High >= best.Speedup.Low {
			names = append(names, fmt.Sprintf("%s (%s)", a.armName(c.Arm), times(c.Speedup.Estimate)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " Not told apart from it: " + words.List(names) + "."
}

// whyUnusable is the reason of the first arm.
func (a *analysis) whyUnusable(g *DraftGroup, l *DraftLevel) string {
	switch c := &l.Arms[0]; {
	case c.Speedup.Note == Insufficient:
		return "too few requests"
	case c.Speedup.Note != "":
		return c.Speedup.Note
	case !a.keepsQuality(g.Baseline, c.Arm):
		return "the quality of the arms that draft is not within its bound"
	}
	return "the measurements are not valid"
}

func (a *analysis) armName(id string) string {
	if j := a.armByID(id); j != nil {
		return j.Arm.Arm.Name
	}
	return id
}

// draftSettings are those in which an arm differs from its baseline.
func (a *analysis) draftSettings(baseline, id string) string {
	b, d := a.armByID(baseline), a.armByID(id)
	if b == nil || d == nil {
		return ""
	}
	value := func(arm record.Arm, name string) string {
		for _, s := range arm.Settings {
			if s.Name == name {
				return s.Value
			}
		}
		return ""
	}
	var parts []string
	for _, s := range d.Arm.Arm.Settings {
		if isDraftSetting(s.Name) && s.Value != "" && s.Value != value(b.Arm.Arm, s.Name) {
			parts = append(parts, s.Name+" "+s.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// unprovenChoice says where the recommended arm drafts and no gain is proven at the load that it is recommended for: arms
// are ranked by what an engine is busy with, not by how fast a token is.
func (a *analysis) unprovenChoice(g *DraftGroup) string {
	w := a.armByID(a.study.Choice.Arm)
	if w == nil || w.at == nil || !slices.Contains(g.Arms, a.study.Choice.Arm) {
		return ""
	}
	i := slices.IndexFunc(g.Levels, func(l DraftLevel) bool { return l.Load == w.at.Load })
	if i < 0 || !g.Levels[i].Judged || g.Levels[i].proven(w.Arm.Arm.ID) {
		return ""
	}
	return fmt.Sprintf("The recommended arm, %s, drafts, though no gain in time per token is proven for it at %s: it was ranked by how busy the engine is.", w.Arm.Arm.Name, loadName(a.run, w.at.Load))
}

// proven reports whether an arm's gain is.
func (l *DraftLevel) proven(arm string) bool {
	return slices.ContainsFunc(l.Arms, func(c DraftCell) bool { return c.Arm == arm && l.proves(&c) })
}
