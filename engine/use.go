package engine

import (
	"sync/atomic"
	"time"
)

// Use is what a request has taken of the engine so far.
type Use struct {
	PrefillOps int64 // multiply-adds of its prompt's positions
	DecodeOps  int64 // of generated positions and of drafts, but not of what proposes them
	// Time is its part of the duration of the steps that it was in, by multiply-adds: those of
	// all requests sum to Stats.Busy, but for a nanosecond a step and request.
	Time time.Duration
	// BlockTime is blocks of the cache times how long it held them. A block that several
	// requests share counts for each of them.
	BlockTime time.Duration
}

// used is a Use that the loop adds to while others read it.
type used struct {
	prefillOps, decodeOps, time, blockTime atomic.Int64

	// Of the loop alone.
	stepOps int64     // of the step that runs
	blocks  int       // that it holds in the step
	since   time.Time // when BlockTime was last brought up to date
}

// Used is what the request has taken so far. After the event with a finish reason, it is all.
func (s *Stream) Used() Use {
	u := &s.used
	return Use{PrefillOps: u.prefillOps.Load(), DecodeOps: u.decodeOps.Load(), Time: time.Duration(u.time.Load()), BlockTime: time.Duration(u.blockTime.Load())}
}

// begin notes what a sequence holds in a step that starts now, and since when where it is fresh.
func (u *used) begin(now time.Time, blocks int, fresh bool) {
	if fresh {
		u.since = now
	}
	u.blocks, u.stepOps = blocks, 0
}

func (u *used) compute(prefill, decode int64) {
	u.prefillOps.Add(prefill)
	u.decodeOps.Add(decode)
	u.stepOps += prefill + decode
}

// charge shares a step's duration among the streams that were in it. It is theirs to see before they
// are told of their ends.
func (l *loop) charge(end time.Time, took time.Duration) {
	all := int64(0)
	for _, s := range l.stepping {
		all += s.used.stepOps
	}
	for _, s := range l.stepping {
		u := &s.used
		if all > 0 {
			u.time.Add(int64(float64(took) * (float64(u.stepOps) / float64(all))))
		}
		u.blockTime.Add(int64(u.blocks) * int64(end.Sub(u.since)))
		u.since = end
	}
	clear(l.stepping)
	l.stepping = l.stepping[:0]
}
