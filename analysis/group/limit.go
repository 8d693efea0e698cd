package group

import (
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Decide judges a limit by the misses among n requests, after the limit's own rule, and says at which confidence.
func Decide(s record.SLO, misses, n int) (t stat.ShareTest, level float64) {
	if s.Rule == record.RuleMLPerf {
		return stat.JudgeEarly(misses, n, 1-s.Percentile), stat.EarlyConfidence
	}
	return stat.JudgeShare(misses, n, 1-s.Percentile), stat.Confidence
}
