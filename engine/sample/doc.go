// Package sample turns logits into a token: greedy, temperature, top-k, top-p and
// min-p, with a random number that depends only on the request's seed and the
// token's position, so that batching and preemption change nothing.
//
// It keeps no state between positions.
package sample
