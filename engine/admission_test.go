package engine

import (
	"github.com/assaylab/assay/engine/model"

	"errors"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/admit"
	"github.com/assaylab/assay/engine/sample"
)

// known are costs that are not measured.
var known = admit.Rates{Step: 1e6, Prompt: 1e4, Generated: 1e5, Stay: 50, Longest: 50}

// Each admission counts in the next one's prediction: nobody predicts while another one, who has
// predicted already, is not yet counted.
func TestAdmissionIsOneByOne(t *testing.T) {
	e := &Engine{opts: Options{MaxBatch: 4, TokenBudget: 64, MaxQueue: 1000, MaxTTFT: 500 * time.Millisecond}, forecast: forecast{rates: known}}
	done := make(chan error)
	e.mu.Lock() // a prediction waits for the loop
	go func() {
		_, err := e.admission(&Request{Prompt: make([]int32, 32)})
		done <- err
	}()
	for i := 0; e.gate.TryLock(); i++ {
		if e.gate.Unlock(); i > 10000 {
			t.Fatal("others may predict meanwhile")
		}
		time.Sleep(time.Millisecond)
	}
	e.mu.Unlock()
	if err := <-done; err != nil || !e.gate.TryLock() {
		t.Errorf("admitted with %v, and nobody else can be", err)
	}
}

// What a request has waited before is part of its time; and what any request would be refused for is
// known, and counted, before there is a prompt.
func TestRefusedEarly(t *testing.T) {
	e := &Engine{opts: Options{MaxBatch: 4, TokenBudget: 64, MaxQueue: 100, MaxTTFT: 500 * time.Millisecond}, forecast: forecast{rates: known}}
	if _, err := e.admission(&Request{Prompt: make([]int32, 8), Waited: 499 * time.Millisecond}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("waited nearly as long as it may: %v", err)
	}
	for e.Refuses(Request{}) == nil {
		if _, err := e.admission(&Request{Prompt: make([]int32, 1)}); err != nil {
			t.Fatalf("not refused, and then: %v", err)
		}
	}
	if e.refusedTTFT.Load() != 2 || e.refusedQueue.Load() != 0 {
		t.Errorf("refused %d and %d", e.refusedTTFT.Load(), e.refusedQueue.Load())
	}
	e.opts.MaxTTFT, e.opts.MaxQueue = 0, int(e.queued.Load())-4
	if err := e.Refuses(Request{}); err != ErrOverloaded || e.refusedQueue.Load() != 1 {
		t.Errorf("the queue is full: %v, counted %d", err, e.refusedQueue.Load())
	}
}

// What was learned under load does not keep an idle engine from work.
func TestIdleEngineTakesWork(t *testing.T) {
	e := &Engine{opts: Options{MaxBatch: 4, TokenBudget: 64, MaxQueue: 100, MaxTTFT: 20 * time.Millisecond}, forecast: forecast{rates: known}}
	r := &Request{Prompt: make([]int32, 8)}
	for range 1000 {
		e.margin.Learn(r.class(), time.Second, time.Hour, time.Second, 0)
	}
	if _, err := e.admission(r); err != nil {
		t.Errorf("idle: %v", err)
	}
	if _, err := e.admission(r); !errors.Is(err, ErrOverloaded) {
		t.Errorf("not idle: %v", err)
	}
}

// still is a loop that only the test moves, of an engine whose steps have known costs.
func still(t *testing.T, change func(*Options)) *loop {
	t.Helper()
	return stillOf(t, loadModel(t, "gopherling-2m"), nil, change)
}

func stillOf(t *testing.T, m, draft *model.Model, change func(*Options)) *loop {
	t.Helper()
	e := start(t, m, draft, options(change))
	e.Close()
	l, err := newLoop(e, draft, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.workers.Close)
	for i := range 200 {
		prompt, generated := i%7*10, i%5
		l.predictor.Observe(prompt, generated, time.Duration(1e6+1e4*prompt+1e5*generated))
	}
	l.predictor.Finished(50)
	return l
}

func (l *loop) submit(t *testing.T, id uint64, r Request) *Stream {
	t.Helper()
	if _, err := l.e.admission(&r); err != nil {
		t.Fatal(err)
	}
	s := newStream(l.e, id, r)
	l.add(s)
	return s
}

// Sequences that leave the queue for a step are still ahead of those who come while it runs.
func TestPredictionDuringAStep(t *testing.T) {
	l := still(t, func(o *Options) { o.MaxBatch, o.TokenBudget = 4, 64 })
	for i := range 8 {
		l.submit(t, uint64(i+1), Request{Prompt: make([]int32, 16), MaxTokens: 20, IgnoreEOS: true})
	}
	l.publish()
	before := l.e.predict(16)
	if !l.sched.Next(&l.plan, time.Second) || len(l.plan.Items) != 4 {
		t.Fatalf("planned %d items, want 4", len(l.plan.Items))
	}
	l.beginItems(time.Now())
	if during := l.e.predict(16); float64(during) < .95*float64(before) {
		t.Errorf("predicted %v before the step, %v while it runs", before, during)
	}
}

// What goes on between steps, such as handlers that have their turn, is waited for like steps.
func TestTimeBetweenStepsCounts(t *testing.T) {
	l := still(t, nil)
	at := time.Now()
	l.ready = at
	for range 500 { // steps without rows, 50 ms from end to end
		at = at.Add(50 * time.Millisecond)
		l.observe(at)
	}
	if r := l.predictor.Rates(); r.Step < 45e6 || r.Step > 55e6 {
		t.Errorf("a step takes %v ns", r.Step)
	}
}

// Everyone who is admitted is in Finished at the end: who finished, who left before a place was free or
// later, who was cut off when the engine closed, and who never left the inbox.
func TestEveryAdmittedRequestEnds(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)
	e := start(t, m, nil, options(func(o *Options) { o.MaxBatch, o.MaxQueue = 2, 8 }))
	generate(t, e, 4, sample.Params{}, work[0])
	var streams []*Stream
	for i := range 20 {
		s, err := e.Submit(t.Context(), Request{Prompt: work[i%len(work)], MaxTokens: 200, IgnoreEOS: true})
		if err == nil {
			streams = append(streams, s)
		} else if !errors.Is(err, ErrOverloaded) {
			t.Fatal(err)
		}
	}
	streams[0].Close()
	streams[len(streams)-1].Close()
	streams[1].Stop()
	e.Close()
	s := e.Stats()
	ended := int64(0)
	for _, n := range s.Finished {
		ended += n
	}
	if s.Admitted != int64(len(streams))+1 || ended != s.Admitted {
		t.Errorf("%d were taken, %d admitted, ended %v", len(streams)+1, s.Admitted, s.Finished)
	}
}

// Who is overtaken for long is promised less. The margin is learned from first tokens, and once from who
// waits for one longer than was expected.
func TestMarginIsLearned(t *testing.T) {
	l := still(t, func(o *Options) { o.MaxTTFT = time.Second })
	bound := func(priority int) time.Duration {
		return l.e.bound((&Request{Priority: priority}).class(), time.Second)
	}
	late := func(id uint64) {
		s := l.submit(t, id, Request{Prompt: make([]int32, 16), MaxTokens: 1, Priority: 5})
		s.class, s.bound = s.req.class(), time.Second
		s.arrived = time.Since(l.e.born) - time.Hour
	}
	before := bound(5)
	late(1)
	l.sched.Next(&l.plan, time.Second)
	l.move(l.plan.Moves)
	l.step()
	token := bound(5)
	late(2)
	l.sweep()
	waits := bound(5)
	l.sweep()
	if !(before < token && token < waits) || bound(5) != waits {
		t.Errorf("bounds of a second are %v, after a late token %v, with one who waits %v, then %v", before, token, waits, bound(5))
	}
	if other := bound(0); !(before < other && other < waits) {
		t.Errorf("another priority's is %v", other)
	}
}
