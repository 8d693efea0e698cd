package scenario

// The rules by which a limit is met: bounds of the share of misses at 95 %, or MLPerf's early stopping, which is at 99 %.
const (
	RuleBounds = "bounds"
	RuleMLPerf = "mlperf"
)
