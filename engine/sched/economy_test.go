package sched

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// economy runs a scheduler in time that it makes up: a step costs a fixed time, and some for each
// row, as on a machine that reads all weights in every step. So what a policy is worth can be
// told to the nanosecond, whatever else the machine that tests is doing.
type economy struct {
	step, row time.Duration
	arrivals  []arrival
}

type arrival struct {
	at             time.Duration
	prompt, answer int
}

// verdict is what clients saw.
type verdict struct {
	ttft, itl []time.Duration // sorted
	tokens    int
	took      time.Duration
}

func (v *verdict) percentile(of []time.Duration, p float64) time.Duration {
	return of[min(len(of)-1, int(math.Ceil(p*float64(len(of))))-1)]
}

// load draws n arrivals of a Poisson process: prompts of lo to hi tokens, and answers with a long tail.
func (e *economy) load(n int, perSecond float64, lo, hi, median, most int, sigma float64) {
	r, at := rand.New(rand.NewPCG(9, 9)), 0.0
	e.arrivals = nil
	for range n {
		at += r.ExpFloat64() / perSecond
		answer := min(most, max(2, int(float64(median)*math.Exp(sigma*r.NormFloat64()))))
		e.arrivals = append(e.arrivals, arrival{time.Duration(at * 1e9), lo + r.IntN(hi-lo+1), answer})
	}
}

// run serves all arrivals.
func (e *economy) run(t *testing.T, c Config) verdict {
	t.Helper()
	s := New(c, newPool(1<<12, 16, false))
	var v verdict
	var p Plan
	now, next, last := time.Duration(0), 0, map[uint64]time.Duration{}
	for next < len(e.arrivals) || s.Waiting()+s.Running() > 0 {
		for ; next < len(e.arrivals) && e.arrivals[next].at <= now; next++ {
			a := e.arrivals[next]
			q := sequence(uint64(next), a.prompt, a.prompt+a.answer, 0)
			q.Arrived = a.at
			if err := s.Add(q); err != nil {
				t.Fatal(err)
			}
		}
		if !s.Next(&p, now) {
			now = e.wake(now, next, p.Wake)
			continue
		}
		now += e.step + time.Duration(p.Rows())*e.row
		for i := range p.Items {
			if it := &p.Items[i]; it.Last() {
				v.token(e.arrivals[it.Seq.ID].at, last, it.Seq.ID, now)
			}
		}
		commitAll(s, &p)
	}
	v.took = now
	slices.Sort(v.ttft)
	slices.Sort(v.itl)
	return v
}

// wake is when something happens next: an arrival, or a batch that is due.
func (e *economy) wake(now time.Duration, next int, due time.Duration) time.Duration {
	if due > now && (next == len(e.arrivals) || due < e.arrivals[next].at) {
		return due
	}
	return e.arrivals[next].at
}

func (v *verdict) token(arrived time.Duration, last map[uint64]time.Duration, id uint64, now time.Duration) {
	if before, ok := last[id]; ok {
		v.itl = append(v.itl, now-before)
	} else {
		v.ttft = append(v.ttft, now-arrived)
	}
	last[id] = now
	v.tokens++
}

// TestContinuousServesThreeTimesAsMuch: with answers of very different lengths, there is a load three times that
// of static batches at which continuous ones still have the better p95 of the time to the first token.
func TestContinuousServesThreeTimesAsMuch(t *testing.T) {
	e := &economy{step: 10 * time.Millisecond, row: 50 * time.Microsecond}
	serve := func(rate float64, c Config) (perSecond float64, p95 time.Duration) {
		e.load(2000, rate, 16, 64, 24, 400, 1)
		c.MaxBatch, c.TokenBudget, c.Chunked = 8, 512, true
		v := e.run(t, c)
		return float64(v.tokens) / v.took.Seconds(), v.percentile(v.ttft, .95)
	}
	for _, batches := range []Config{{Policy: Static, BatchWait: 20 * time.Millisecond}, {Policy: Dynamic, Preferred: []int{2, 4}, BatchWait: 20 * time.Millisecond}} {
		tokens, p95 := serve(4, batches)
		more, better := serve(12.5, Config{})
		t.Logf("%s: %.0f tokens/s with a p95 TTFT of %v; continuous: %.0f and %v", batches.Policy, tokens, p95, more, better)
		if more < 3*tokens || better > p95 {
			t.Errorf("continuous serves %.0f tokens/s with a p95 TTFT of %v, %s %.0f with %v: want three times as many, no later", more, better, batches.Policy, tokens, p95)
		}
	}
	if one, _ := serve(4, Config{Policy: None}); one > 200 {
		t.Errorf("one at a time serves %.0f tokens/s, more than there are steps", one)
	}
}

// TestChunksCutTheGap: beside long prompts, chunks after the answers under way cut the p99 between two
// tokens to a third and less of that with whole prompts first.
func TestChunksCutTheGap(t *testing.T) {
	e := &economy{step: 2 * time.Millisecond, row: 50 * time.Microsecond}
	e.load(1000, 10, 320, 448, 32, 64, .3)
	first := e.run(t, Config{MaxBatch: 8, TokenBudget: 512, Order: PrefillFirst})
	chunks := e.run(t, Config{MaxBatch: 8, TokenBudget: 512, Chunked: true, Chunk: 32})
	mixed := e.run(t, Config{MaxBatch: 8, TokenBudget: 64, Chunked: true, Order: Mixed})
	p99 := func(v verdict) time.Duration { return v.percentile(v.itl, .99) }
	t.Logf("p99 ITL: prefill-first %v, chunks of 32 %v, mixed %v; p95 TTFT %v, %v, %v", p99(first), p99(chunks), p99(mixed),
		first.percentile(first.ttft, .95), chunks.percentile(chunks.ttft, .95), mixed.percentile(mixed.ttft, .95))
	if 3*p99(chunks) > p99(first) {
		t.Errorf("the p99 between two tokens is %v with chunks, %v with prompts first: want a third", p99(chunks), p99(first))
	}
}
