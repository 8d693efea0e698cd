package analysis

import (
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// Speculation is what drafting tokens gained, where a run sweeps it.
type Speculation struct {
	Groups []DraftGroup // in the run's order
	Advice []string     // what to use at which load, in sentences, of the group that matters most
}

// DraftGroup is arms that differ in nothing but how tokens are drafted, with the one of them that drafts none.
type DraftGroup struct {
	Baseline string   // id of the arm that drafts nothing
	Arms     []string // ids of those that draft, in the run's order
	Levels   []DraftLevel
}

// DraftLevel is a load at which the baseline and at least one arm that drafts were measured.
type DraftLevel struct {
	Load   string  // id
	Kind   string  // what loads that differ in their rate alone have in common: the name without it
	Rate   float64 // requests per second, or sequences in flight of a closed loop
	Closed bool    // the rate is in flight
	Behind bool    // the baseline delivered clearly less than was asked, or the loop is closed: throughput tells arms apart
	Arms   []DraftCell
	Judged bool   // the figures of an arm at least may decide: measured validly, in enough pairs, with the quality asked
	Best   string // id of the arm with the most gain of those proven to gain anything, "" where none is
}

// DraftCell compares an arm that drafts with the baseline at one load, over the same requests.
type DraftCell struct {
	Arm        string
	Pairs      int   // requests that both answered
	Speedup    Value // mean TPOT of the baseline by the arm's: above 1 drafting pays
	Throughput Value // output tokens per second of the arm by the baseline's
	Expected   Value // of Speedup, from acceptance and what steps took: an estimate, see expectedSpeedup
	Steps      DraftSteps
	Usable     bool // the figures may decide
	Unresolved bool // the gain per token is smaller than the instrument's error
}

// Error is how far the expected speed-up is from the measured one, as a share of that; false where one of them is not known.
func (c *DraftCell) Error() (share float64, ok bool) {
	if !c.Expected.Known() || !c.Speedup.Known() || c.Speedup.Estimate == 0 {
		return 0, false
	}
	return c.Expected.Estimate/c.Speedup.Estimate - 1, true
}

// isDraftSetting reports whether a setting says how tokens are drafted or accepted.
func isDraftSetting(name string) bool {
	return strings.HasPrefix(name, "draft") || name == "acceptance"
}

// draftsTokens reports whether an arm drafts, by its settings.
func draftsTokens(a record.Arm) bool {
	drafter, model, length := "", "", ""
	for _, s := range a.Settings {
		switch s.Name {
		case "drafter":
			drafter = s.Value
		case "draft_model":
			model = s.Value
		case "draft_length":
			length = s.Value
		}
	}
	switch {
	case length == "0" || drafter == "none":
		return false
	case drafter == "" || drafter == "auto":
		return model != ""
	}
	return true
}

// otherSettings is equal for arms that differ in nothing but drafting, whatever order they list it in.
func otherSettings(a record.Arm) string {
	var all []string
	for _, s := range a.Settings {
		if !isDraftSetting(s.Name) {
			all = append(all, s.Name+"\x00"+s.Value)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\x01")
}

// draftGroups pairs arms that draft with the first arm that is otherwise equal and does not. Arms without such a one are left out.
func draftGroups(arms []record.Arm) []DraftGroup {
	var groups []DraftGroup
	at := map[string]int{}
	for _, a := range arms {
		if k := otherSettings(a); !draftsTokens(a) {
			if _, known := at[k]; !known {
				at[k] = len(groups)
				groups = append(groups, DraftGroup{Baseline: a.ID})
			}
		}
	}
	for _, a := range arms {
		if i, known := at[otherSettings(a)]; known && draftsTokens(a) {
			groups[i].Arms = append(groups[i].Arms, a.ID)
		}
	}
	return slices.DeleteFunc(groups, func(g DraftGroup) bool { return len(g.Arms) == 0 })
}

// compareDrafts fills in what drafting gained, group by group and load by load.
func (a *analysis) compareDrafts() {
	s := &Speculation{}
	for _, g := range draftGroups(a.run.Arms) {
		for _, load := range a.run.Loads {
			if level, ok := a.draftLevel(&g, load); ok {
				g.Levels = append(g.Levels, level)
			}
		}
		if len(g.Levels) > 0 {
			s.Groups = append(s.Groups, g)
		}
	}
	if len(s.Groups) > 0 {
		s.Advice = a.draftAdvice(s.Main(a.study.Choice.Arm))
		a.study.Speculation = s
	}
}

// Main is the group that an arm is in, else the first.
func (s *Speculation) Main(arm string) *DraftGroup {
	for i, g := range s.Groups {
		if g.Baseline == arm || slices.Contains(g.Arms, arm) {
			return &s.Groups[i]
		}
	}
	return &s.Groups[0]
}

// draftLevel compares a group's arms at a load; false where there is nothing to compare.
func (a *analysis) draftLevel(g *DraftGroup, load record.Load) (DraftLevel, bool) {
	base := a.cellAt(g.Baseline, load.ID)
	if base == nil {
		return DraftLevel{}, false
	}
	l := DraftLevel{Load: load.ID, Kind: kind(load), Rate: level(load), Closed: load.Rate == 0}
	l.Behind = l.Closed || base.tokens.behind()
	curve := a.plainSteps(g.Baseline)
	for _, id := range g.Arms {
		if arm := a.cellAt(id, load.ID); arm != nil {
			c := a.draftCell(base, arm, curve)
			c.Unresolved = a.unresolvedGain(base, c.Speedup)
			c.Usable = base.Valid && arm.Valid && c.Speedup.Known() && a.keepsQuality(g.Baseline, id)
			l.Arms, l.Judged = append(l.Arms, c), l.Judged || c.Usable
		}
	}
	gain := 0.0
	for i := range l.Arms {
		if c := &l.Arms[i]; l.proves(c) && c.Speedup.Estimate > gain {
			gain, l.Best = c.Speedup.Estimate, c.Arm
		}
	}
	return l, len(l.Arms) > 0
}

// proves reports whether a gain is proven: the interval excludes 1, no less is delivered where that is what counts, the
// counters of the engine do not contradict it, and the instrument can tell it.
func (l *DraftLevel) proves(c *DraftCell) bool {
	less := l.Behind && c.Throughput.Known() && c.Throughput.High < 1
	return c.Usable && c.Speedup.Low > 1 && !less && !c.Contradicted() && !c.Unresolved
}

// contradiction is how far a gain may be above what the engine's own counters expect, where they expect none at all. The model errs by
// less; a machine that was busy with something else during one of the two runs easily does more.
const contradiction = 1.25

// Contradicted reports whether a gain was measured where the counters expect a loss, and far from it.
func (c *DraftCell) Contradicted() bool {
	return c.Expected.Known() && c.Speedup.Known() && c.Expected.Estimate < 1 && c.Speedup.Estimate > contradiction*c.Expected.Estimate && c.Speedup.Low > 1
}

// keepsQuality reports whether an arm answers as its baseline does, by quality's measure, or is within the bound itself.
func (a *analysis) keepsQuality(baseline, id string) bool {
	b, d := a.armByID(baseline), a.armByID(id)
	return b != nil && d != nil && (d.Eligible || d.Arm.Arm.QualityID == b.Arm.Arm.QualityID)
}

// kind is a load's name without its rate or concurrency: "greedy poisson" of "greedy poisson 20/s".
func kind(l record.Load) string {
	if i := strings.LastIndex(l.Name, ", "); i > 0 && strings.HasSuffix(l.Name, " in flight") {
		return l.Name[:i]
	}
	if i := strings.LastIndexByte(l.Name, ' '); i > 0 && strings.HasSuffix(l.Name, "/s") {
		return l.Name[:i]
	}
	return l.Name
}
