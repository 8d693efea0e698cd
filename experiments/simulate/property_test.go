package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/loadgen/arrival"
)

// variants are engines of every policy, with and without prefixes that are found, with blocks enough and short.
func variants() map[string]Engine {
	all := map[string]Engine{}
	add := func(name string, change func(*Engine)) {
		e := engineLike()
		change(&e)
		all[name] = e
	}
	for _, p := range sched.Policies {
		add(string(p), func(e *Engine) {
			e.Sched.Policy, e.Sched.BatchWait, e.Sched.Preferred = p, 20*time.Millisecond, []int{2, 4}
		})
	}
	for _, o := range sched.PrefillOrders {
		add(string(o), func(e *Engine) { e.Sched.Order, e.Sched.Chunk = o, 24 })
	}
	for _, o := range sched.QueueOrders {
		add("queue "+string(o), func(e *Engine) { e.Sched.Queue, e.Sched.Ageing = o, time.Millisecond })
	}
	add("fewer rows than sequences", func(e *Engine) { e.Sched.TokenBudget, e.Sched.Order = 5, sched.Mixed })
	add("whole prompts", func(e *Engine) { e.Sched.Chunked = false })
	add("short of blocks", func(e *Engine) { e.Cache.Blocks = 16 })
	add("radix", func(e *Engine) { e.Cache.Index, e.Cache.Blocks = kvcache.IndexRadix, 60 })
	add("hash", func(e *Engine) { e.Cache.Index = kvcache.IndexHash })
	add("slots", func(e *Engine) { e.Cache.SlotBlocks, e.Context = 16, 256 })
	add("bounded queue", func(e *Engine) { e.MaxQueue, e.MaxQueuedTokens = 4, 300 })
	add("without noise", func(e *Engine) { e.Noise = false })
	return all
}

// collected runs and sorts timelines by request.
func collected(t *testing.T, d Deployment, s Source) ([]Timeline, *Outcome) {
	t.Helper()
	var all []Timeline
	o, err := Run(d, s, func(l *Timeline) { all = append(all, *l) })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b Timeline) int { return a.Seq - b.Seq })
	return all, o
}

func grouped() Traffic {
	t := mixed()
	t.Groups, t.Shared = 5, 48
	return t
}

// Blocks of steps give every stamp, every gap and every count that one step at a time gives.
func TestBlocksAreSteps(t *testing.T) {
	traffic := grouped()
	preempted, cached := 0, 0
	for name, e := range variants() {
		for _, events := range []bool{false, true} {
			d := Deployment{Engine: e, Replicas: 2, Router: LeastLoad, Seed: 6, Warmup: 30, Events: events}
			const n = 300
			blocks, a := collected(t, d, traffic.Open(100, n, 0, 7))
			d.Stepwise = true
			steps, b := collected(t, d, traffic.Open(100, n, 0, 7))
			if len(blocks) != n {
				t.Fatalf("%s: %d of %d requests", name, len(blocks), n)
			}
			for i := range blocks {
				if !reflect.DeepEqual(blocks[i], steps[i]) {
					t.Fatalf("%s: request %d:\nblocks %+v\nsteps  %+v", name, i, blocks[i], steps[i])
				}
				preempted, cached = preempted+blocks[i].Preemptions, cached+blocks[i].Cached
			}
			if !reflect.DeepEqual(a.Replicas, b.Replicas) || !reflect.DeepEqual(spread(a.Gaps), spread(b.Gaps)) || a.End != b.End {
				t.Errorf("%s: blocks %+v, steps %+v", name, a.Replicas, b.Replicas)
			}
		}
	}
	if preempted == 0 || cached == 0 {
		t.Errorf("%d preemptions and %d cached tokens: the test says nothing of them", preempted, cached)
	}
}

// spread is a histogram's counts without the room behind them.
func spread(h *Histogram) []int64 {
	n := len(h.counts)
	for n > 0 && h.counts[n-1] == 0 {
		n--
	}
	return append(slices.Clone(h.counts[:n]), h.n, h.sum, h.infinite)
}

// Replicas apart, several at a time, give what all in one event loop give; and twice the same is the same.
func TestSplitIsRun(t *testing.T) {
	traffic := grouped()
	for _, router := range Routings {
		d := Deployment{Engine: engineLike(), Replicas: 5, Router: router, Seed: 3}
		requests := drawn(traffic.Open(100, 1500, 0, 11))
		together, a := collected(t, d, List(requests))
		again, b := collected(t, d, List(requests))
		if !reflect.DeepEqual(together, again) || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: twice the same is not the same", router)
		}
		var apart []Timeline
		o, err := RunSplit(d, requests, func(l *Timeline) { apart = append(apart, *l) })
		if !router.Independent() {
			if err == nil {
				t.Errorf("%s: replicas that depend on each other were simulated apart", router)
			}
			continue
		}
		slices.SortFunc(apart, func(a, b Timeline) int { return a.Seq - b.Seq })
		if err != nil || !reflect.DeepEqual(together, apart) || !reflect.DeepEqual(a.Replicas, o.Replicas) || !reflect.DeepEqual(spread(a.Gaps), spread(o.Gaps)) {
			t.Errorf("%s: apart is not together: %v", router, err)
		}
	}
}

// Every request ends once or is refused, with all its tokens, and its stamps are in order.
func TestRequestsAreConserved(t *testing.T) {
	traffic := grouped()
	for name, e := range variants() {
		const n = 600
		d := Deployment{Engine: e, Replicas: 2, Router: TwoChoices, Seed: 1, Events: true}
		all, o := collected(t, d, traffic.Open(200, n, 0, 2))
		var tokens, refused int64
		for i, l := range all {
			switch {
			case l.Seq != i:
				t.Fatalf("%s: request %d came %d.", name, l.Seq, i)
			case l.Refused:
				refused++
				continue
			case l.Request.At > l.Arrived || l.Arrived > l.Started || l.Started >= l.First || l.First > l.Last || len(l.Tokens) != l.Output || !slices.IsSorted(l.Tokens):
				t.Fatalf("%s: %+v", name, l)
			}
			tokens += int64(l.Output)
		}
		var u Usage
		for _, r := range o.Replicas {
			u.Tokens, u.Served, u.Refused = u.Tokens+r.Tokens, u.Served+r.Served, u.Refused+r.Refused
		}
		if len(all) != n || u.Tokens != tokens || u.Refused != refused || u.Served+u.Refused != n {
			t.Errorf("%s: %d requests, %d tokens of %d, %d served, %d refused", name, len(all), u.Tokens, tokens, u.Served, u.Refused)
		}
		if name == "bounded queue" && refused == 0 {
			t.Errorf("%s refused nothing", name)
		}
	}
}

// With one queue for all, one replica more never has anybody wait longer in the mean, whatever the requests.
func TestMoreReplicasWaitLess(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 13))
	for range 12 {
		traffic, rate, seed := short(), 500+2000*rng.Float64(), rng.Uint64()
		before := 0.0
		for n := 1; n <= 6; n++ {
			d := Deployment{Engine: lone(constant(1e6)), Replicas: n, Router: Shared}
			sum := 0.0
			for _, w := range waits(t, d, traffic.Open(rate, 500, 0, seed)) {
				sum += w
			}
			if n > 1 && sum > before {
				t.Fatalf("%d replicas at %g per second: %g waited in all, with one less %g", n, rate, sum, before)
			}
			before = sum
		}
	}
}

// A closed loop has never more requests under way than users, and asks again when it has thought.
func TestClosedLoop(t *testing.T) {
	traffic := mixed()
	const users, n, think = 5, 300, 100 * time.Millisecond
	all, _ := collected(t, Deployment{Engine: engineLike(), Replicas: 1, Seed: 2}, traffic.Closed(users, n, think, 4))
	if len(all) != n {
		t.Fatalf("%d requests, want %d", len(all), n)
	}
	ends := make(map[int64]int)
	for _, l := range all {
		ends[l.Last+int64(think)]++
		under := 0
		for _, o := range all {
			if o.Request.At <= l.Request.At && l.Request.At < o.Last {
				under++
			}
		}
		if under > users {
			t.Fatalf("%d requests are under way at %d", under, l.Request.At)
		}
	}
	for i, l := range all {
		if i >= users && ends[l.Request.At] == 0 {
			t.Fatalf("request %d is sent at %d, when nobody had thought", i, l.Request.At)
		}
	}
}

func TestHourlyShape(t *testing.T) {
	traffic := short()
	traffic.Shape = []float64{0, 1, 3, 0, 2}
	var count [5]int
	for _, q := range drawn(traffic.Open(2, 0, 10*time.Hour, 5)) {
		count[q.At/int64(time.Hour)%5]++
	}
	for i, want := range []float64{0, 1, 3, 0, 2} {
		want *= 2 * 2 * 3600 * 5 / 6.
		if got := float64(count[i]); want == 0 && got > 0 || want > 0 && (got < .95*want || got > 1.05*want) {
			t.Errorf("hour %d has %v requests, want about %v", i, got, want)
		}
	}
}

// A schedule of the load generator gives the times, and the traffic all else.
func TestTimesOfASchedule(t *testing.T) {
	s, err := arrival.Gamma(50, 2, 400, 9)
	if err != nil {
		t.Fatal(err)
	}
	traffic := grouped()
	requests := drawn(traffic.Times(s, 4))
	if len(requests) != 400 {
		t.Fatalf("%d requests, want 400", len(requests))
	}
	for i, q := range requests {
		if q.At != s.Offset(i) || q.Prompt < 4 || q.Prompt > 100 || q.Output < 1 || q.Output > 60 || q.Group < 1 || q.Group > 5 || q.Shared != min(48, q.Prompt) {
			t.Fatalf("request %d at %d: %+v", i, s.Offset(i), q)
		}
	}
	if again := drawn(traffic.Times(s, 4)); !slices.Equal(again, requests) {
		t.Error("the same seed gives other requests")
	}
	if other := drawn(traffic.Times(s, 5)); slices.Equal(other, requests) {
		t.Error("another seed gives the same requests")
	}
}

// Gaps have the coefficient of variation that is asked for, and another rate is the same stream at another unit of time.
func TestOpenTraffic(t *testing.T) {
	for _, cv := range []float64{.5, 1, 2} {
		traffic := short()
		traffic.CV = cv
		slow, fast := drawn(traffic.Open(10, 20000, 0, 3)), drawn(traffic.Open(30, 20000, 0, 3))
		var gaps []float64
		mean, square := 0.0, 0.0
		for i := 1; i < len(slow); i++ {
			gaps = append(gaps, float64(slow[i].At-slow[i-1].At)/1e9)
			mean += gaps[i-1] / float64(len(slow)-1)
			if off := float64(slow[i].At) - 3*float64(fast[i].At); math.Abs(off) > 4 || slow[i].Prompt != fast[i].Prompt {
				t.Fatalf("request %d comes at %d and, three times as fast, at %d", i, slow[i].At, fast[i].At)
			}
		}
		for _, g := range gaps {
			square += (g - mean) * (g - mean) / float64(len(gaps))
		}
		if got := math.Sqrt(square) / mean; math.Abs(mean-.1) > .005 || math.Abs(got/cv-1) > .05 {
			t.Errorf("cv %v: gaps of mean %v and cv %v", cv, mean, got)
		}
	}
}

// A run that is stopped ends with the reason.
func TestStop(t *testing.T) {
	traffic, asked := mixed(), 0
	d := Deployment{Engine: engineLike(), Replicas: 1, Stop: func() error {
		if asked++; asked > 1 {
			return context.Canceled
		}
		return nil
	}}
	if _, err := Run(d, traffic.Open(20, 0, 0, 1), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestBadInput(t *testing.T) {
	good := func() Deployment { return Deployment{Engine: engineLike(), Replicas: 1} }
	for name, change := range map[string]func(*Deployment){
		"replicas":     func(d *Deployment) { d.Replicas = 0 },
		"router":       func(d *Deployment) { d.Router = "nearest" },
		"step model":   func(d *Deployment) { d.Engine.Step = nil },
		"draft_length": func(d *Deployment) { d.Engine.Sched.DraftLength = 2 },
		"kv_policy":    func(d *Deployment) { d.Engine.Sched.Bound.Policy = kvcache.PolicyH2O },
		"preemption":   func(d *Deployment) { d.Engine.Sched.Swap = true },
		"max_batch":    func(d *Deployment) { d.Engine.Sched.MaxBatch = 0 },
		"blocks":       func(d *Deployment) { d.Engine.Cache.Blocks = 0 },
	} {
		d := good()
		change(&d)
		if _, err := Run(d, List(nil), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, q := range []Request{{Prompt: 0, Output: 1}, {Prompt: 1, Output: 0}, {Prompt: 1 << 20, Output: 1}} {
		if _, err := Run(good(), List([]Request{q}), nil); err == nil {
			t.Errorf("%+v: no error", q)
		}
	}
	for i, traffic := range []Traffic{{}, {Recorded: []Pair{{1, 0}}}, {Recorded: []Pair{{1, 1}}, CV: -1}, {Recorded: []Pair{{1, 1}}, Groups: 1}, {Recorded: []Pair{{1, 1}}, Shape: []float64{0}}} {
		if traffic.Validate() == nil {
			t.Errorf("traffic %d is valid", i)
		}
	}
}

// BenchmarkRun has simulated seconds per second, of blocks and of single steps.
func BenchmarkRun(b *testing.B) {
	for _, x := range []struct {
		replicas int
		router   Routing
		stepwise bool
		times    float64 // as long as those of a small model on one core
	}{{1, RoundRobin, true, 1}, {1, RoundRobin, false, 1}, {1, RoundRobin, false, 25}, {64, LeastLoad, false, 1}, {1000, TwoChoices, false, 25}} {
		b.Run(fmt.Sprintf("replicas=%d/router=%s/stepwise=%v/steps=%v", x.replicas, x.router, x.stepwise, x.times), func(b *testing.B) {
			traffic, simulated := mixed(), 0.0
			for i := range b.N {
				d := Deployment{Engine: engineLike(), Replicas: x.replicas, Router: x.router, Stepwise: x.stepwise}
				m := typical()
				m.Scale = x.times
				d.Engine.Step = m
				o, err := Run(d, traffic.Open(20/x.times*float64(x.replicas), 500*x.replicas, 0, uint64(i)), nil)
				if err != nil {
					b.Fatal(err)
				}
				simulated += float64(o.End) / float64(second)
			}
			b.ReportMetric(simulated*float64(x.replicas)/b.Elapsed().Seconds(), "replica-s/s")
		})
	}
}

// BenchmarkDay is a day of 1000 replicas of a large model, of which 16 are simulated with their share of a load that moves
// from hour to hour.
func BenchmarkDay(b *testing.B) {
	traffic := mixed()
	traffic.Shape = []float64{.4, .3, .3, .2, .2, .3, .5, .8, 1.1, 1.4, 1.5, 1.5, 1.4, 1.5, 1.6, 1.5, 1.4, 1.3, 1.2, 1.2, 1.1, .9, .7, .5}
	m := typical()
	m.Scale = 25
	e := engineLike()
	e.Step = m
	for i := range b.N {
		d := Deployment{Engine: e, Replicas: 16, Router: LeastLoad}
		if _, err := Run(d, traffic.Open(.8*16, 0, 24*time.Hour, uint64(i)), nil); err != nil {
			b.Fatal(err)
		}
	}
}
