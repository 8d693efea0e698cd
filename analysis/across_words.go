package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// version is that of an arm's system: as it is known of all trials, or as the first one that ran said.
func (a *analysis) version(arm record.Arm) string {
	if arm.Deployment == nil {
		return a.run.Build.Version
	}
	if v := arm.Deployment.Version; v != "" {
		return v
	}
	for _, t := range a.set.Trials {
		if t.Key.Arm == arm.ID && t.Server != nil && t.Server.Version != "" {
			return t.Server.Version
		}
	}
	return ""
}

// advise is what to do to have an arm: "Run Q8_0 (weights Q8_0)", "Call api (model gpt, dialect openai-chat)".
func (a *analysis) advise(arm record.Arm) string {
	own := inBrackets(settings(arm))
	d := arm.Deployment
	if d == nil {
		if a.mixed {
			return "Run the included engine as " + arm.Name + own
		}
		return "Run " + arm.Name + own
	}
	title := strings.TrimSpace(d.Title + " " + a.version(arm))
	switch {
	case d.Started:
		return "Run " + title + " as " + arm.Name + own
	case d.Managed:
		return fmt.Sprintf("Call %s (%s)", arm.Name, words.List(spoken(d)))
	}
	return fmt.Sprintf("Use %s (%s)", arm.Name, words.List(append(spoken(d), "at "+d.URL)))
}

// spoken is how a server that is there is asked.
func spoken(d *record.Deployment) (parts []string) {
	if d.Model != "" {
		parts = append(parts, "model "+d.Model)
	}
	return append(parts, "dialect "+d.Dialect)
}

// costAcross is costSentence of a run of several systems.
func (a *analysis) costAcross(w *judged) string {
	each, million := w.Cost.PerThousandRequests, w.Cost.PerMillion
	if !each.Known() {
		return fmt.Sprintf("What it costs is not stated (%s), so it is not said to be the cheapest.", orNote(each))
	}
	lead := "It costs"
	if !w.proven {
		lead = "If proven it would cost"
	}
	price := fmt.Sprintf("%s %s per thousand requests (%s per million of its own tokens)", lead, withInterval(each, a.money), a.money(million.Estimate))
	if l := w.Cost.Listed; l != nil {
		return fmt.Sprintf("%s by the list price of %s, whatever is asked in a month.", price, l.Row.Date)
	}
	return fmt.Sprintf("%s at %s utilisation of a machine of %s an hour.", price, words.Percent(a.run.Cost.Utilisation), w.pricing.perHour.Exact())
}

// notJudged says which arms cannot be the best on an axis, because nobody knows where they are on it.
func (a *analysis) notJudged() (out []string) {
	if !a.mixed {
		return nil
	}
	if names := a.namesOf(func(j *judged) bool { return j.unpriced != "" }); len(names) > 0 {
		out = append(out, fmt.Sprintf("Without a price to compare, and so in no order of cost: %s.", few(names)))
	}
	if names := a.namesOf((*judged).unbounded); len(names) > 0 {
		out = append(out, fmt.Sprintf("The loss of %s cannot be measured, and no task has a least share of right answers: without a bound to be held against, nothing of it can be recommended.", few(names)))
	}
	if names := a.namesOf(func(j *judged) bool { return j.unjudged() && !j.unbounded() }); len(names) > 0 {
		out = append(out, fmt.Sprintf("Quality was not measured by the same protocol for %s, which can therefore neither be recommended nor be the best in it.", few(names)))
	}
	return append(out, a.worth()...)
}

// worth says how, and of whom, it is known what answers of different systems are worth.
func (a *analysis) worth() (out []string) {
	if exam := a.study.Exam; exam != nil {
		out = append(out, fmt.Sprintf("What the answers of different systems are worth is compared by the right ones to %s alone.", exam.Source))
		if names := a.namesOf(a.unexamined); len(names) > 0 {
			out = append(out, fmt.Sprintf("Not answered by %s, which can therefore not be recommended.", few(names)))
		}
		apart := func(j *judged) bool { return exam.Of(j.Arm.Arm.ID) == nil && !j.unjudged() && !a.unexamined(j) }
		if names := a.namesOf(apart); len(names) > 0 {
			out = append(out, fmt.Sprintf("Not so compared, and the best by quality in nothing: %s.", few(names)))
		}
		return out
	}
	if models := a.models(); !qualityPlanned(a.run) && len(models) > 1 {
		out = append(out, fmt.Sprintf("The arms answer with different models (%s), and what their answers are worth was not compared.", few(models)))
	}
	return out
}

// cheaperUnjudged names the arm that would be recommended in the winner's place, were its quality known to be good enough.
func (a *analysis) cheaperUnjudged(w *judged) string {
	if !a.mixed || a.byTime {
		return ""
	}
	costs := a.shareMeasured(a.comparable(w))
	var least *judged
	for i := range a.arms {
		j := &a.arms[i]
		if c := costs[j]; c != nil && j.unjudged() && costs[w] != nil && c.cost < costs[w].cost && (least == nil || c.cost < costs[least].cost) {
			least = j
		}
	}
	if least == nil {
		return ""
	}
	return fmt.Sprintf("%s would cost %s per thousand requests, less than that, if its quality were known to be within the bound.", least.Arm.Arm.Name, a.money(1000*costs[least].cost))
}

func (a *analysis) namesOf(want func(*judged) bool) (names []string) {
	for i := range a.arms {
		if j := &a.arms[i]; slices.ContainsFunc(j.rungs, rung.valid) && want(j) {
			names = append(names, j.Arm.Arm.Name)
		}
	}
	return names
}

// few lists names as far as a sentence bears them.
func few(names []string) string {
	const most = 4
	if len(names) > most+1 {
		names = append(names[:most:most], words.Count(len(names)-most, "other arm"))
	}
	return words.List(names)
}

// models are the different ones that targets were asked for.
func (a *analysis) models() (names []string) {
	seen := map[string]bool{}
	for _, arm := range a.run.Arms {
		if d := arm.Deployment; d != nil && d.Model != "" && !seen[d.Model] {
			seen[d.Model] = true
			names = append(names, d.Model)
		}
	}
	return names
}

// whyBehindAcross compares a proven arm with the winner, which is then proven too.
func (a *analysis) whyBehindAcross(j, winner *judged) string {
	costs := a.shareMeasured(a.comparable(winner))
	own, best := costs[j], costs[winner]
	if own == nil || best == nil || own.key == best.key || !(best.cost > 0) {
		return ""
	}
	if a.byTime {
		return fmt.Sprintf("A request takes %s times as much of the machine's time: the load it holds is %s, that of the recommended arm %s", words.Number(own.cost/best.cost), a.holds(j), a.holds(winner))
	}
	return fmt.Sprintf("A thousand requests cost %s, of the recommended arm %s", a.money(1000*own.cost), a.money(1000*best.cost))
}

// volumeSentence says from which volume on machines are cheaper than calling.
func (a *analysis) volumeSentence() string {
	v := a.study.Systems.volume()
	if v == nil || len(v.Calls) == 0 {
		return ""
	}
	var parts []string
	for _, c := range v.Calls {
		name := a.armByID(c.Arm).Arm.Arm.Name
		switch b := c.Break; b.Verdict {
		case cost.Pays:
			parts = append(parts, fmt.Sprintf("%s from %s on", name, monthly(b.Always.Value, b.Always.Low, b.Always.High)))
		case cost.Never:
			parts = append(parts, fmt.Sprintf("%s at no volume", name))
		default:
			parts = append(parts, fmt.Sprintf("%s undecided within the intervals", name))
		}
	}
	arm := a.armByID(v.Arm).Arm.Arm.Name
	return fmt.Sprintf("Whole machines with %s stay cheaper than %s.", arm, words.List(parts))
}

func monthly(value, low, high float64) string {
	count := func(x float64) string { return words.Number(x) }
	switch {
	case math.IsInf(value, 1):
		return "no volume that is sure"
	case low == high:
		return count(value) + " requests a month"
	}
	return fmt.Sprintf("%s requests a month (%s)", count(value), words.Between(low, high, count))
}
