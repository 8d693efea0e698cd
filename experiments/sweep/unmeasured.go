package sweep

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// Caps on how much is said about interactions.
const (
	mostPairs        = 10 // sentences
	mostCombinations = 3  // named in a sentence
)

// unmeasured names the pairs of axes whose interaction the arms do not cover: a pair
// is covered when every two of their values were run together in some arm. A
// combination that cannot exist is not missing.
func unmeasured(axes []record.Axis, arms []Arm) []string {
	var sentences []string
	for i, a := range axes {
		for _, b := range axes[i+1:] {
			if s := uncovered(a, b, arms); s != "" {
				sentences = append(sentences, s)
			}
		}
	}
	if more := len(sentences) - mostPairs; more > 0 {
		sentences = append(sentences[:mostPairs], fmt.Sprintf("%d further pairs of axes are not covered either.", more))
	}
	return sentences
}

// uncovered words what is missing of one pair, "" where nothing is.
func uncovered(a, b record.Axis, arms []Arm) string {
	da, _ := scenario.FindSetting(a.Name)
	db, _ := scenario.FindSetting(b.Name)
	arms = slices.DeleteFunc(slices.Clone(arms), func(x Arm) bool { return !hasEffect(da, x.Settings) || !hasEffect(db, x.Settings) })
	run := map[[2]string]bool{}
	for _, x := range arms {
		run[[2]string{da.Get(&x.Settings), db.Get(&x.Settings)}] = true
	}
	var missing []string
	for _, va := range seen(da, a, arms) {
		for _, vb := range seen(db, b, arms) {
			if !run[[2]string{va, vb}] && exists(da, va, db, vb, arms) {
				missing = append(missing, phrase(da, va)+" with "+phrase(db, vb))
			}
		}
	}
	if len(missing) == 0 {
		return ""
	}
	named := strings.Join(missing[:min(mostCombinations, len(missing))], ", ")
	if more := len(missing) - mostCombinations; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("How %s and %s act together is measured for %d of %d combinations; not for %s.",
		a.Name, b.Name, len(run), len(run)+len(missing), named)
}

// seen lists the values of an axis that the arms have, in the axis' order.
func seen(d scenario.Setting, a record.Axis, arms []Arm) []string {
	return slices.DeleteFunc(slices.Clone(a.Values), func(v string) bool {
		return !slices.ContainsFunc(arms, func(x Arm) bool { return d.Get(&x.Settings) == v })
	})
}

// exists says whether some arm could have both values.
func exists(da scenario.Setting, va string, db scenario.Setting, vb string, arms []Arm) bool {
	return slices.ContainsFunc(arms, func(x Arm) bool {
		s := x.Settings
		return da.Parse(&s, va) == nil && db.Parse(&s, vb) == nil && s.Validate() == nil
	})
}

// phrase words a value: "Q8_0", "max_batch 8", "no draft_model".
func phrase(d scenario.Setting, v string) string {
	switch {
	case d.Name == "quantization":
		return v
	case v == "" || v == "false":
		return "no " + d.Name
	case v == "true":
		return d.Name
	}
	return d.Name + " " + v
}
