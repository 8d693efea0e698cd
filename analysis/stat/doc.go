// Package stat turns samples into numbers that may be printed: nearest-rank
// percentiles with distribution-free intervals and sample floors, exact bounds of
// a share, intervals of means and ratios of correlated series, cluster intervals of
// paired differences, comparisons of two subjects over the same items, MLPerf's early
// stopping, and a hierarchical bootstrap that draws several subjects together.
// docs/statistics.md has the methods and how often each interval holds the truth.
//
// It knows nothing of requests or arms. Randomness is an argument, so that the same
// samples and the same source give the same interval.
package stat
