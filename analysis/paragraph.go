package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
)

// paragraph is the recommendation in words. order is best first, the winner included.
func (a *analysis) paragraph(order []*judged) string {
	if len(order) == 0 {
		return a.noArm()
	}
	c, w := &a.study.Choice, order[0]
	var s []string
	if c.Confirmed != nil && c.Confirmed.Verdict == Missed {
		s = append(s, "Not confirmed on fresh prompts, so doubt what follows.")
	}
	if w.proven {
		s = append(s, fmt.Sprintf("%s: it holds %s%s%s, with %s over %s.",
			a.advise(w.Arm.Arm), perSecond(w.Capacity.Rate), w.drawn(), a.bracket(w), a.figures(w.at), words.Count(w.at.Issued, "request")))
	} else if w.Capacity.Search != "" {
		s = append(s, fmt.Sprintf("Not proven: no search found a rate that an eligible arm surely holds. %s%s comes nearest, %s with %s.",
			w.Arm.Arm.Name, inBrackets(settings(w.Arm.Arm)), a.atLoad(w.at), a.figures(w.at)))
	} else {
		s = append(s, fmt.Sprintf("Not proven: no eligible arm is shown to meet every limit. %s%s comes nearest %s, with %s; %s more, all within the limits, would prove it.",
			w.Arm.Arm.Name, inBrackets(settings(w.Arm.Arm)), a.atLoad(w.at), a.figures(w.at), words.Count(c.NeedMore, "request")))
	}
	s = append(s, a.costSentence(w), a.volumeSentence(), a.qualitySentence(w), a.tieSentence(order), a.confirmedSentence())
	s = append(append(s, a.notJudged()...), a.cheaperUnjudged(w))
	if len(order) > 1 {
		r := order[1]
		s = append(s, fmt.Sprintf("Runner-up: %s%s. %s", r.Arm.Arm.Name, inBrackets(settings(r.Arm.Arm)), c.RunnerUpWhy))
	}
	s = slices.DeleteFunc(s, func(x string) bool { return x == "" })
	return strings.Join(s, " ")
}

// figures are the limits of a cell with what was measured, or the latency alone where
// there are no limits.
func (a *analysis) figures(m *measured) string {
	if len(m.SLOs) > 0 {
		return a.limits(m)
	}
	return "p95 E2E " + withInterval(m.p95("e2e"), words.Duration)
}

// drawnTolerance is how far the realised rate may be from the planned one before the
// paragraph names both: 60 Poisson arrivals scatter by 13 %.
const drawnTolerance = 0.05

// drawn says which rate the capacity was really measured at.
func (w *judged) drawn() string {
	if w.Capacity.Search != "" {
		return ""
	}
	if math.Abs(w.at.OfferedRate-w.Capacity.Rate) <= drawnTolerance*w.Capacity.Rate {
		return ""
	}
	return fmt.Sprintf(" (as drawn, the schedule came to %s)", perSecond(w.at.OfferedRate))
}

// bracket says what is known above the capacity.
func (a *analysis) bracket(w *judged) string {
	if w.Capacity.Search != "" {
		return a.found(w)
	}
	if w.Capacity.Next == 0 {
		return ", the highest rate that was tested"
	}
	for _, r := range w.rungs {
		if r.rate() == w.Capacity.Next {
			switch {
			case !r.valid():
				return fmt.Sprintf(" (the next tested rate, %s, has no valid measurement)", perSecond(w.Capacity.Next))
			case r.verdict() == Missed:
				return fmt.Sprintf(" (the next tested rate, %s, is missed)", perSecond(w.Capacity.Next))
			}
		}
	}
	return fmt.Sprintf(" (the next tested rate, %s, is undecided)", perSecond(w.Capacity.Next))
}

func (a *analysis) costSentence(w *judged) string {
	if a.mixed {
		return a.costAcross(w)
	}
	v := w.Cost.PerMillion
	if !v.Known() {
		return fmt.Sprintf("Its cost is not stated (%s).", orNote(v))
	}
	lead := "It costs"
	if !w.proven {
		lead = "If proven it would cost"
	}
	return fmt.Sprintf("%s %s per million tokens at %s utilisation.",
		lead, withInterval(v, a.money), words.Percent(a.run.Cost.Utilisation))
}

func (a *analysis) qualitySentence(w *judged) string {
	tasks, loss := a.examSentence(w), a.lossSentence(w)
	switch {
	case tasks == "" && loss == "":
		return "Quality was not measured."
	case tasks == "" || loss == "":
		return tasks + loss
	}
	return tasks + " " + loss
}

// lossSentence is "" where no loss was measured of an arm.
func (a *analysis) lossSentence(w *judged) string {
	switch {
	case !w.QualityLoss.Known():
		return ""
	case w.Arm.Arm.QualityID == a.run.Quality.ReferenceID && a.run.Quality.ReferenceID != "":
		return "It is the reference of quality itself."
	}
	sampled := ""
	if !w.SamplesExactly {
		sampled = fmt.Sprintf("; it does not sample exactly, and the perplexity of text that it samples is off by %s", lossText(w.Sampled))
	}
	return fmt.Sprintf("It changes perplexity by %s, bound %s%s.", lossText(w.QualityLoss), words.Percent(a.run.Quality.Bound), sampled)
}

// tieSentence says how the winner was told from the arms of its own bracket, whose
// cost was not measured apart.
func (a *analysis) tieSentence(order []*judged) string {
	w, same := order[0], 0
	for _, j := range order {
		if j.proven == w.proven && j.at.Load == w.at.Load && (!a.mixed || j.costKey(j.at.Load) == w.costKey(w.at.Load)) {
			same++
		}
	}
	if same < 2 {
		return ""
	}
	lead := fmt.Sprintf("%d arms hold this load, so their cost was not told apart", same)
	if !w.proven {
		lead = fmt.Sprintf("%d arms stand undecided at this load", same)
	}
	switch {
	case !w.proven:
		return lead + ": the order among them is that of the requests still needed, then of engine-busy time."
	case w.at.BusyPerRequest.Known() && a.toldByBusy(w):
		return fmt.Sprintf("%s: among them it keeps the engine busy least, %s a request at equal load.",
			lead, withInterval(w.at.BusyPerRequest, words.Duration))
	}
	return lead + ": among them it has the lowest p95 E2E."
}

func (a *analysis) confirmedSentence() string {
	c := a.study.Choice.Confirmed
	if c == nil {
		return ""
	}
	outcome := c.Comparison()
	switch {
	case c.Verdict == Missed:
		outcome = "which misses a limit: the recommendation is not confirmed"
	case !c.Agrees && c.Verdict == Met:
		outcome += ", with every limit met again"
	}
	percentile, metric, _ := strings.Cut(c.Metric, " ")
	return fmt.Sprintf("Run again on fresh prompts at %s, its %s %s was %s against %s in the sweep, %s.",
		loadName(a.run, c.Load), percentile, strings.ToUpper(metric), withInterval(c.Fresh, words.Duration), withInterval(c.InSweep, words.Duration), outcome)
}

func (a *analysis) noArm() string {
	if len(a.arms) == 0 || len(a.cells) == 0 {
		return "There is nothing to recommend yet: no trial has finished."
	}
	count := map[standing]int{}
	for i := range a.arms {
		count[a.arms[i].standing()]++
	}
	var parts []string
	for _, p := range []struct {
		of   standing
		what string
	}{
		{tooSlow, "missed a limit at every tested rate"},
		{unpriced, "have no price that compares with the others'"},
		{ineligible, "lost too much quality, or theirs is not known"},
		{invalid, "could not be measured validly"},
		{unmeasured, "have no finished trial"},
	} {
		if n := count[p.of]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.what))
		}
	}
	return fmt.Sprintf("No arm can be recommended: of %s, %s.", words.Count(len(a.arms), "arm"), words.List(parts))
}

// reasons are the paragraph's grounds, one each.
func (a *analysis) reasons(w *judged, order []*judged) []string {
	var out []string
	for _, s := range w.at.SLOs {
		out = append(out, fmt.Sprintf("%s is %s %s: %d of %s over the limit, at most %s by the %s bound and %s allowed.",
			sloName(s.SLO), s.Verdict, a.atLoad(w.at), s.Misses, words.Count(s.N, "request"), words.Percent(s.High), words.Percent(s.Level), words.Percent(1-s.SLO.Percentile)))
	}
	for _, s := range append([]string{a.qualitySentence(w), a.costSentence(w), a.volumeSentence(), a.tieSentence(order), a.confirmedSentence()}, a.notJudged()...) {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
