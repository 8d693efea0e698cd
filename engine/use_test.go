package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/sample"
)

// TestUsesSumToWhatTheEngineDid: every multiply-add and every nanosecond of a step is somebody's, also
// where requests are preempted and drafts computed.
func TestUsesSumToWhatTheEngineDid(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for name, o := range map[string]Options{
		"plain":     options(func(o *Options) { o.TokenBudget = 24 }),
		"drafts":    options(func(o *Options) { o.Drafter = DrafterNgram }),
		"preempted": options(func(o *Options) { o.KVTokens = 256; o.MaxBatch = 6 }),
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, o)
			var streams []*Stream
			var all sync.WaitGroup
			for i, p := range workload(t) {
				s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 10 + i, IgnoreEOS: true, Sampling: sample.Params{Seed: uint64(i)}})
				if err != nil {
					t.Fatal(err)
				}
				streams = append(streams, s)
				all.Go(func() { collect(t, s) })
			}
			all.Wait()
			var sum Use
			for _, s := range streams {
				u := s.Used()
				if u.PrefillOps == 0 || u.DecodeOps == 0 || u.Time <= 0 || u.BlockTime < u.Time {
					t.Errorf("a request used %+v", u)
				}
				sum.PrefillOps, sum.DecodeOps, sum.Time = sum.PrefillOps+u.PrefillOps, sum.DecodeOps+u.DecodeOps, sum.Time+u.Time
			}
			s := e.Stats()
			if sum.PrefillOps != s.PrefillOps || sum.DecodeOps != s.DecodeOps {
				t.Errorf("operations of requests %d and %d, of the engine %d and %d", sum.PrefillOps, sum.DecodeOps, s.PrefillOps, s.DecodeOps)
			}
			if off, most := s.Busy-sum.Time, time.Duration(s.Steps)*time.Duration(len(streams)); off < 0 || off > most {
				t.Errorf("requests took %v of %v, which is %v less; want at most %v", sum.Time, s.Busy, off, most)
			}
			if name == "preempted" && s.Preemptions == 0 {
				t.Error("nothing was preempted: the test tests nothing")
			}
		})
	}
}

// TestBlockTime of one request, on a clock that moves by a millisecond whenever it is read: at the beginning of a
// step, before it computes, and at its end.
func TestBlockTime(t *testing.T) {
	const size, n = 16, 40
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(func(o *Options) { o.BlockSize = size }))
	e.clock = ticking(1)
	p := workload(t)[0]
	s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: n, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	collect(t, s)
	blocks := func(positions int) time.Duration { return time.Duration((positions + size - 1) / size) }
	want := 2 * time.Millisecond * blocks(len(p))
	for i := 1; i < n; i++ {
		want += 3 * time.Millisecond * blocks(len(p)+i)
	}
	if got := s.Used().BlockTime; got != want {
		t.Errorf("%d tokens and %d more had blocks for %v, want %v", len(p), n, got, want)
	}
}
