// Package stat turns samples into numbers that may be printed: nearest-rank
// percentiles with distribution-free intervals and sample floors, exact bounds of
// a share, bootstrap intervals of means and ratios, cluster intervals of paired
// differences, and comparisons of two subjects over the same items.
//
// It knows nothing of requests or arms. Randomness is an argument, so that the same
// samples and the same source give the same interval.
package stat
