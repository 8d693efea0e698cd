package analysis

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
)

// whyNot says in one sentence why an arm is not the recommended one, which may be nil.
func (a *analysis) whyNot(j, winner *judged) string {
	switch j.standing() {
	case unmeasured:
		return "None of its trials has finished."
	case invalid:
		return "No valid measurement: " + a.firstInvalid(j) + "."
	case ineligible:
		return a.whyIneligible(j)
	case tooSlow:
		return a.whyTooSlow(j)
	case unpriced:
		return j.unpriced + " So it is in no order of cost with the others."
	case unproven:
		return a.whyUnproven(j)
	}
	return a.whyBehind(j, winner)
}

func (a *analysis) firstInvalid(j *judged) string {
	for _, r := range j.rungs {
		for _, m := range r.cells {
			if !m.Valid {
				return a.atLoad(m) + ", " + strings.TrimSuffix(m.Invalid[0], ".")
			}
		}
	}
	return "every load is invalid"
}

func (a *analysis) whyIneligible(j *judged) string {
	for _, s := range j.Scores {
		if !s.Within() {
			return s.short()
		}
	}
	if !qualityPlanned(a.run) {
		return a.whyNoExam(j) + " So it is not known what its answers are worth."
	}
	bound := words.Percent(a.run.Quality.Bound)
	if j.unbounded() {
		return fmt.Sprintf("Its quality loss is %s, so it cannot be held against the bound of %s, and no task has a least share of right answers that it could be held against in its place.", orNote(j.QualityLoss), bound)
	}
	if !j.QualityLoss.Known() {
		return fmt.Sprintf("Its quality loss is %s, so it cannot be held against the bound of %s.", orNote(j.QualityLoss), bound)
	}
	if j.lossWithin(a.run.Quality.Bound) {
		return a.sampledSentence(j)
	}
	return fmt.Sprintf("It raises perplexity by %s: the upper end is beyond the bound of %s.", lossText(j.QualityLoss), bound)
}

func orNote(v Value) string {
	if v.Note != "" {
		return v.Note
	}
	return "unknown"
}

// whyTooSlow names the limit that is missed most clearly at the lowest valid rate.
func (a *analysis) whyTooSlow(j *judged) string {
	for _, r := range j.rungs {
		if !r.valid() {
			continue
		}
		for _, m := range r.cells {
			if s, ok := m.worstMiss(); ok {
				return fmt.Sprintf("It misses a limit already %s: %s, with %d of %s over it.",
					a.atLoad(m), against(m, s.SLO), s.Misses, words.Count(s.N, "request"))
			}
			if len(m.OverTime.OverSaturated) > 0 {
				return a.whySaturated(m)
			}
		}
	}
	return "It meets the limits at no tested rate."
}

func (m *measured) worstMiss() (SLOResult, bool) {
	var worst SLOResult
	for _, s := range m.SLOs {
		if s.Verdict == Missed && (worst.N == 0 || s.Low > worst.Low) {
			worst = s
		}
	}
	return worst, worst.N > 0
}

// whyUnproven names the limit that is furthest from being decided.
func (a *analysis) whyUnproven(j *judged) string {
	var open SLOResult
	for _, s := range j.at.SLOs {
		if s.NeedMore > open.NeedMore {
			open = s
		}
	}
	if j.Capacity.Search != "" {
		return "Not proven: its search found no rate that it surely holds."
	}
	return fmt.Sprintf("Not proven %s: %d of %s over the limit of %s, and %s more within it would prove it.",
		a.atLoad(j.at), open.Misses, words.Count(open.N, "request"), sloName(open.SLO), words.Count(open.NeedMore, "request"))
}

// whyBehind compares a proven arm with the winner, which is then proven too.
func (a *analysis) whyBehind(j, winner *judged) string {
	own, best := j.at.p95("e2e"), winner.at.p95("e2e")
	var s string
	switch {
	case a.mixed && a.whyBehindAcross(j, winner) != "":
		s = a.whyBehindAcross(j, winner)
	case j.at.Load != winner.at.Load:
		s = a.dearer(j, winner)
	case a.toldByBusy(winner) && j.at.BusyPerRequest.Known() && winner.at.BusyPerRequest.Known():
		s = fmt.Sprintf("It holds the same load, so no difference in cost was measured, but keeps the engine busy longer %s: %s a request against %s",
			a.atLoad(j.at), words.Duration(j.at.BusyPerRequest.Estimate), words.Duration(winner.at.BusyPerRequest.Estimate))
		if own.Known() && best.Known() && own.Estimate < best.Estimate && a.toldApart("e2e", 0.95, own, best) {
			s += fmt.Sprintf(", though its p95 E2E is lower, %s against %s", shortDuration(own), shortDuration(best))
		}
	default:
		s = fmt.Sprintf("It holds the same load, so no difference in cost was measured; its p95 E2E %s is %s against %s",
			a.atLoad(j.at), shortDuration(own), shortDuration(best))
		if !a.toldApart("e2e", 0.95, own, best) {
			s += ", which the instrument cannot tell apart"
		}
	}
	if a.dominates(winner, j) {
		s += "; it is no better in quality, p95 latency or cost"
	}
	return s + "."
}

func shortDuration(v Value) string {
	if !v.Known() {
		return "unknown"
	}
	return words.Duration(v.Estimate)
}

func (a *analysis) dearer(j, winner *judged) string {
	own, best := j.at.rates.Tokens.Value, winner.at.rates.Tokens.Value
	if !(own > 0 && best > 0) {
		return fmt.Sprintf("The load it holds is %s, that of the recommended arm %s", a.holds(j), a.holds(winner))
	}
	return fmt.Sprintf("It costs %s times as much per token at capacity: the load it holds is %s, that of the recommended arm %s",
		words.Number(best/own), a.holds(j), a.holds(winner))
}

// dominates compares two arms on the front's axes by their estimates.
func (a *analysis) dominates(x, y *judged) bool {
	p, okX := a.coordinates(x)
	q, okY := a.coordinates(y)
	if !okX || !okY {
		return false
	}
	better := false
	for i := range p {
		if p[i] > q[i] {
			return false
		}
		better = better || p[i] < q[i]
	}
	return better
}
