package gateway

import (
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// BreakerState says whether a server is asked.
type BreakerState int

// States of a breaker.
const (
	Closed   BreakerState = iota // it is asked
	Open                         // it is not
	HalfOpen                     // it is asked by a few, to see
)

func (s BreakerState) String() string { return [...]string{"closed", "open", "half-open"}[s] }

// breaker keeps requests from a server that fails. It opens after so many failures in a row, or when their
// share among the last ones is too high; after a while a few requests may try, all of which must succeed.
type breaker struct {
	rule   scenario.BreakerRule
	state  BreakerState
	opened time.Time
	row    int // failures in a row
	epoch  int // how often the state has changed: what began before tells nothing of now

	window   []bool // outcomes, of which true are failures; a ring once it is full
	at       int
	failures int // in window

	trying    int // half-open: requests under way
	succeeded int // half-open
}

func newBreaker(r scenario.BreakerRule) *breaker { return &breaker{rule: r} }

// State is that at a time: an open one is half-open when its time is over.
func (b *breaker) State(now time.Time) BreakerState {
	if b.state == Open && now.Sub(b.opened) >= b.rule.Open {
		return HalfOpen
	}
	return b.state
}

// ready says whether begin may be called.
func (b *breaker) ready(now time.Time) bool {
	switch b.State(now) {
	case Open:
		return false
	case HalfOpen:
		return b.state == Open || b.trying+b.succeeded < b.rule.Probes
	}
	return true
}

// begin is the start of a request, to be followed by end with what it returns.
func (b *breaker) begin(now time.Time) (epoch int) {
	if b.state == Open && b.State(now) == HalfOpen {
		b.become(HalfOpen)
	}
	if b.state == HalfOpen {
		b.trying++
	}
	return b.epoch
}

// become is another state, in which what was before counts no more.
func (b *breaker) become(s BreakerState) {
	*b = breaker{rule: b.rule, state: s, epoch: b.epoch + 1}
}

// end is what became of a request. Those that were cancelled tell nothing.
func (b *breaker) end(now time.Time, epoch int, how outcome) {
	if epoch != b.epoch {
		return
	}
	if b.state == HalfOpen {
		b.trying--
	}
	switch how {
	case cancelled:
	case failed:
		b.fail(now)
	default:
		b.succeed()
	}
}

func (b *breaker) succeed() {
	b.row = 0
	switch b.state {
	case HalfOpen:
		if b.succeeded++; b.succeeded >= b.rule.Probes {
			b.become(Closed)
		}
	case Closed:
		b.note(false)
	}
}

func (b *breaker) fail(now time.Time) {
	b.row++
	switch b.state {
	case HalfOpen:
		b.trip(now)
	case Closed:
		b.note(true)
		full := len(b.window) == b.rule.Window
		if b.row >= b.rule.Failures || full && float64(b.failures) >= b.rule.Rate*float64(b.rule.Window) {
			b.trip(now)
		}
	}
}

func (b *breaker) trip(now time.Time) {
	b.become(Open)
	b.opened = now
}

func (b *breaker) note(failure bool) {
	if len(b.window) < b.rule.Window {
		b.window = append(b.window, failure)
	} else {
		if b.window[b.at] {
			b.failures--
		}
		b.window[b.at] = failure
		b.at = (b.at + 1) % b.rule.Window
	}
	if failure {
		b.failures++
	}
}
