package sweep

import (
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// rule is how the record names the rule of a scenario's limits.
func rule(name string) string {
	if name == scenario.RuleMLPerf {
		return record.RuleMLPerf
	}
	return ""
}
