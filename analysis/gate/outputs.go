package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
)

// Outputs is the metric of an equality budget: how many of an arm's answers to fixed prompts are not, byte by byte, those of the baseline.
const Outputs = "outputs"

// OutputsBudget asks for answers that are those of the baseline.
func OutputsBudget(key, arm string) Budget {
	return Budget{Key: key, Metric: compare.Metric{Name: Outputs, Unit: "answers"}, Arm: arm, Limit: 0, Ratio: math.NaN()}
}

// exactFirst orders budgets so that what cannot be wrong by chance is judged before what can: answers, failures, perplexity, then times.
func exactFirst(budgets []Budget) []Budget {
	rank := func(b Budget) int {
		i := slices.Index([]string{Outputs, compare.Failures, Perplexity}, b.Metric.Name)
		if i < 0 {
			i = 3
		}
		return i
	}
	sorted := slices.Clone(budgets)
	slices.SortStableFunc(sorted, func(a, b Budget) int { return rank(a) - rank(b) })
	return sorted
}

// addOutputs compares answers.
func (j *judge) addOutputs(b Budget, arms []record.Arm) error {
	if !j.o.compared() {
		return fmt.Errorf("answers are compared with those of a baseline, and there is none")
	}
	for _, arm := range arms {
		now := j.set.Outputs[arm.ID]
		if now == nil {
			return fmt.Errorf("the run has no answers of %s: its scenario needs an [outputs] table", arm.Name)
		}
		was, ok := j.baseOutputs(arm)
		if !ok {
			return fmt.Errorf("the baseline has no answers of %s: its scenario needs an [outputs] table", arm.Name)
		}
		c, err := equality(was, now.Items)
		if err != nil {
			return fmt.Errorf("%s: %w", arm.Name, err)
		}
		c.Budget, c.Arm = b, arm.Name
		j.result.Checks = append(j.result.Checks, c)
	}
	return nil
}

func (j *judge) baseOutputs(arm record.Arm) ([]record.Output, bool) {
	if j.o.Stored != nil {
		return j.o.Stored.Outputs(arm)
	}
	if i := sameArm(j.o.Baseline.Run.Arms, arm); i >= 0 {
		o := j.o.Baseline.Outputs[j.o.Baseline.Run.Arms[i].ID]
		return itemsOf(o), o != nil
	}
	return nil, false
}

// sameArm is the index of the arm of the same settings, or else of the same name; -1 where there is none.
func sameArm(arms []record.Arm, arm record.Arm) int {
	if i := slices.IndexFunc(arms, func(a record.Arm) bool { return a.ID == arm.ID }); i >= 0 {
		return i
	}
	return slices.IndexFunc(arms, func(a record.Arm) bool { return a.Name == arm.Name })
}

func itemsOf(o *record.Outputs) []record.Output {
	if o == nil {
		return nil
	}
	return o.Items
}

// equality counts the answers that differ, and shows the first difference.
func equality(was, now []record.Output) (Check, error) {
	if len(was) != len(now) {
		return Check{}, fmt.Errorf("%d prompts, the baseline had %d", len(now), len(was))
	}
	differ, first := 0, ""
	for i := range now {
		if was[i].Prompt != now[i].Prompt {
			return Check{}, fmt.Errorf("prompt %d is not the baseline's: the scenario, its text or the seed changed", i+1)
		}
		if was[i].Text == now[i].Text {
			continue
		}
		if differ++; first == "" {
			first = fmt.Sprintf("; the first, to prompt %d, after %s", i+1, difference(was[i].Text, now[i].Text))
		}
	}
	n := float64(differ)
	c := Check{Estimate: n, Low: n, High: n, P: math.NaN(), Verdict: Pass, Reason: fmt.Sprintf("all %d answers are the same, byte by byte", len(now))}
	if differ > 0 {
		c.Verdict, c.Reason = Fail, fmt.Sprintf("%d of %d answers differ%s", differ, len(now), first)
	}
	return c, nil
}

// shown is how many bytes of each answer are shown before and after their first difference.
const shown = 24

// difference shows where two answers part.
func difference(was, now string) string {
	at := 0
	for at < len(was) && at < len(now) && was[at] == now[at] {
		at++
	}
	return fmt.Sprintf("%d bytes: %s became %s", at, around(was, at), around(now, at))
}

// around quotes what is about a place, by whole characters.
func around(s string, at int) string {
	from, to := max(at-shown, 0), min(at+shown, len(s))
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	for to < len(s) && !utf8.RuneStart(s[to]) {
		to++
	}
	return strconv.Quote(s[from:to])
}
