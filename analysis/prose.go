package analysis

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// sloName is "p95 TTFT".
func sloName(s record.SLO) string {
	return percentileName(s.Percentile) + " " + strings.ToUpper(s.Metric)
}

// withInterval prints a value and its interval: "12 ms (95 % interval 11 to 14 ms)".
func withInterval(v Value, print func(float64) string) string {
	switch {
	case v.Note == BeyondOK && v.Beyond > 0:
		return "beyond the slowest success (" + print(v.Beyond) + ")"
	case v.Note == BeyondOK:
		return "beyond the slowest success"
	case v.Note != "":
		return fmt.Sprintf("unknown (%s, n = %d)", v.Note, v.N)
	case v.Low == v.High:
		return print(v.Estimate)
	case math.IsInf(v.Low, -1) && math.IsInf(v.High, 1):
		return print(v.Estimate) + " (no interval: too few samples)"
	}
	return fmt.Sprintf("%s (%s interval %s)", print(v.Estimate), words.Percent(v.Level), words.Between(v.Low, v.High, print))
}

// against prints a percentile with its limit: "p95 TTFT 12 ms (95 % interval 11 to
// 14 ms, limit 50 ms)".
func against(m *measured, s record.SLO) string {
	q, _ := m.Percentile(s.Metric, s.Percentile)
	limit := "limit " + words.Duration(float64(s.LimitNS))
	figure := withInterval(q.Value, words.Duration)
	if inner, ok := strings.CutSuffix(figure, ")"); ok {
		return sloName(s) + " " + inner + ", " + limit + ")"
	}
	return sloName(s) + " " + figure + " (" + limit + ")"
}

func (a *analysis) limits(m *measured) string {
	var parts []string
	for _, k := range m.Classes {
		parts = append(parts, k.against(a.run.LimitsOf(loadOf(a.run, m.Load)).Of(k.Name)))
	}
	for _, s := range a.run.SLOs {
		if len(m.Classes) == 0 {
			parts = append(parts, against(m, s))
		}
	}
	return words.List(parts)
}

// settings prints what an arm sets: "weights Q8_0, max_batch 8".
func settings(arm record.Arm) string {
	list := arm.Swept
	if len(list) == 0 {
		list = arm.Settings
	}
	var parts []string
	for _, s := range list {
		if s.Value == "" { // a setting that is off
			parts = append(parts, "no "+s.Name)
			continue
		}
		parts = append(parts, s.Name+" "+s.Value)
	}
	return strings.Join(parts, ", ")
}

// lossText prints a quality loss as a change of perplexity, which is what the bound
// is stated in: exp(loss) - 1.
func lossText(v Value) string {
	if v.Known() {
		v.Estimate, v.Low, v.High = math.Expm1(v.Estimate), math.Expm1(v.Low), math.Expm1(v.High)
	}
	return withInterval(v, words.Percent)
}

func (a *analysis) money(v float64) string { return words.Money(v, a.run.Cost.Currency) }

// atLoad names a load in a sentence.
func (a *analysis) atLoad(m *measured) string { return "at " + loadName(a.run, m.Load) }

// inBrackets is what stands behind a name, nothing for nothing.
func inBrackets(words string) string {
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}
