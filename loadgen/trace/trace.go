package trace

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// Request is one of a trace.
type Request struct {
	At             time.Duration // after the first
	Prompt, Output int           // tokens, at least 1
}

// Trace is recorded traffic in the order in which it came.
type Trace struct {
	Requests []Request
	Skipped  int // lines without a prompt or an answer: requests that failed when they were recorded
}

// ErrEmpty is of a trace that no load can be made of.
var ErrEmpty = errors.New("the trace has fewer than two requests, or all at one time")

// ErrSpan is of times that no trace has.
var ErrSpan = errors.New("the times span more than ten years")

// Rate is the mean rate, in requests per second.
func (t Trace) Rate() float64 {
	n := len(t.Requests)
	if n < 2 || t.Requests[n-1].At <= 0 {
		return 0
	}
	return float64(n-1) / t.Requests[n-1].At.Seconds()
}

// Cut is the first n requests, all where there are fewer.
func (t Trace) Cut(n int) Trace {
	t.Requests = t.Requests[:min(n, len(t.Requests))]
	return t
}

// Copies lays n copies over each other, each but the first begun at a random place and joined end to start: n times the
// traffic of as many users as were recorded, whose bursts fall at different times. Compressing time instead would make
// every burst n times as steep.
func (t Trace) Copies(n int, seed uint64) Trace {
	if n <= 1 || len(t.Requests) < 2 {
		return t
	}
	all, rng := slices.Clone(t.Requests), rand.New(rand.NewPCG(seed, copiesStream))
	span := t.Requests[len(t.Requests)-1].At
	gap := span / time.Duration(len(t.Requests)-1) // between the end and the beginning: the mean
	for range n - 1 {
		shift := time.Duration(rng.Int64N(int64(span + gap)))
		for _, r := range t.Requests {
			r.At = (r.At + shift) % (span + gap)
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Request) int { return cmp.Compare(a.At, b.At) })
	first := all[0].At
	for i := range all {
		all[i].At -= first
	}
	return Trace{Requests: all, Skipped: t.Skipped}
}

const copiesStream = 0x7472616365000000

// Scaled multiplies every length by a factor, at least to 1, as for a model with a shorter context than what was recorded.
func (t Trace) Scaled(factor float64) Trace {
	scaled := make([]Request, len(t.Requests))
	for i, r := range t.Requests {
		r.Prompt, r.Output = max(1, int(float64(r.Prompt)*factor+.5)), max(1, int(float64(r.Output)*factor+.5))
		scaled[i] = r
	}
	t.Requests = scaled
	return t
}

// Longest is the most tokens that one request has in all.
func (t Trace) Longest() (n int) {
	for _, r := range t.Requests {
		n = max(n, r.Prompt+r.Output)
	}
	return n
}
