// Package metric derives the quantities of MEASUREMENT from a request's timeline:
// TTFT, TPOT, ITL, gaps, E2E, tokens inside the window, and whether a request met
// its limits.
//
// It takes one request at a time and computes no percentile. Values are nanoseconds
// as float64: +Inf where a request failed, so that a failure is slower than any
// success, and undefined (false) where a reply has no such quantity.
package metric
