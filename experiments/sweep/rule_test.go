package sweep

import (
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// The rule of a scenario's limits reaches the record of each, and the default is not written.
func TestRuleIsRecorded(t *testing.T) {
	for name, want := range map[string]string{scenario.RuleMLPerf: record.RuleMLPerf, scenario.RuleBounds: ""} {
		m := &Matrix{Scenario: &scenario.Scenario{SLO: scenario.SLO{Rule: name, Limits: []scenario.Limit{{Metric: "ttft", Percentile: .9, Limit: 1}}}}}
		if run := m.Run(Circumstances{}); run.SLOs[0].Rule != want {
			t.Errorf("%s is recorded as %q, want %q", name, run.SLOs[0].Rule, want)
		}
	}
}
