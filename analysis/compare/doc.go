// Package compare says what changed between two runs: of the same scenario with two builds, or of two
// arms. Every metric has an estimate, an interval and a probability, corrected for how many there are, and a direction
// that is the metric's own.
//
// It compares what is in two run directories and decides nothing about it: whether a change may be is the
// gate's business.
package compare
