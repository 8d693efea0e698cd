// Package admit predicts when a new request would get its first token, from what steps took so far
// and what is ahead of it, so that an engine can refuse a request that would come too late
// rather than let it wait for nothing.
//
// A step is taken to cost a + p x prompt rows + g x generated rows. The three are fitted by least squares
// over the last hundred steps or so, older ones counting less, and none is below zero. How long a
// sequence keeps its place in the batch is measured in steps, too.
//
// The prediction is an expectation, not a bound: it takes all that waits to go first, whatever the
// order of the queue, and no prefix to be cached. A Margin makes a bound of it, from how long first
// tokens took that were predicted before. Nothing here knows a clock or a scheduler, and nothing is
// predicted before anything was measured.
package admit
