package simulate

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/loadgen/result"
)

// traced runs a replica and writes down what an engine's step trace would have, and the shapes that it does not have.
func traced(t *testing.T, e Engine, requests []Request) (steps *record.Steps, shapes []Shape, results []result.Request) {
	t.Helper()
	steps = &record.Steps{}
	d := Deployment{Engine: e, Replicas: 1, Stepwise: true}
	c := newCluster(&d, List(requests), func(l *Timeline) { results = append(results, l.Result()) })
	r := c.replicas[0]
	ids := map[*job]uint64{} // an engine gives every request a new number
	next := map[*job]int{}
	for {
		if r.state == computing {
			s := record.Step{Start: r.block.starts[0], Duration: r.block.ends[0] - r.block.starts[0], Waiting: r.sched.Waiting(), Running: r.sched.Running()}
			for _, q := range r.plan.Preempted {
				s.Preempted = append(s.Preempted, ids[r.jobs[q.ID]])
			}
			for i := range r.plan.Items {
				it := &r.plan.Items[i]
				j := r.jobs[it.Seq.ID]
				if _, ok := ids[j]; !ok || next[j] != j.line.Seq {
					ids[j], next[j] = uint64(j.line.Seq)+1, j.line.Seq
				}
				item := record.StepItem{Seq: ids[j], Kind: record.Prefill, Rows: it.To - it.From}
				if it.From >= it.Seq.Prompt && it.To-it.From == 1 {
					item.Kind = "decode"
				}
				if it.Last() {
					item.Tokens = 1
				}
				s.Items = append(s.Items, item)
			}
			shape := r.block.shape
			shape.Ended = r.ending(1)
			steps.Steps, shapes = append(steps.Steps, s), append(shapes, shape)
		}
		more := true
		for state, at := r.state, r.at; more && r.state == state && r.at == at; {
			var err error
			if more, err = c.step(); err != nil {
				t.Fatal(err)
			}
		}
		if !more {
			return steps, shapes, results
		}
	}
}

// What a trace and requests say of steps is what the scheduler planned: chunks, batches, preemption, cached prefixes.
func TestObserveFindsTheShapes(t *testing.T) {
	for name, change := range map[string]func(*Engine){
		"plenty":          func(*Engine) {},
		"short of blocks": func(e *Engine) { e.Cache.Blocks = 24 },
		"radix":           func(e *Engine) { e.Cache.Index = kvcache.IndexRadix },
		"small chunks":    func(e *Engine) { e.Sched.Chunk = 7 },
	} {
		e := engineLike()
		e.Noise, e.Overhead = false, Overhead{In: 1e5, InPerToken: 1e3, Out: 3e4, OutLast: 5e4}
		change(&e)
		traffic := grouped()
		steps, shapes, results := traced(t, e, drawn(traffic.Open(25, 300, 0, 4)))
		o, err := Observe(steps, results, 1)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		preempted, between, rests, cold := 0, 0, 0, 0
		for i, s := range o.Steps {
			preempted, rests, cold = preempted+len(steps.Steps[i].Preempted), rests+countOf(s.Rested > 0), cold+countOf(s.Cold > 0)
			if s.Shape != shapes[i] {
				t.Fatalf("%s: step %d is %+v, want %+v; %+v", name, i, s.Shape, shapes[i], steps.Steps[i])
			}
			if s.Between >= 0 {
				between++
				if want := e.Step.Between(s.Shape); float64(s.Between) > want+1 || float64(s.Between) < want-1 {
					t.Fatalf("%s: %d ns after step %d, want %v", name, s.Between, i, want)
				}
			}
		}
		if name == "short of blocks" && preempted == 0 || between < len(o.Steps)/2 || rests == 0 || cold < rests {
			t.Errorf("%s: %d preemptions, %d times between, %d rests with %d steps after them, of %d steps", name, preempted, between, rests, cold, len(o.Steps))
		}
		got := OverheadOf(o.Overhead)
		for _, x := range [][2]float64{{got.In, 1e5}, {got.InPerToken, 1e3}, {got.Out, 3e4}, {got.OutLast, 5e4}} {
			if x[0] < x[1]*.99-2 || x[0] > x[1]*1.01+2 {
				t.Errorf("%s: overhead %+v", name, Overhead{In: got.In, InPerToken: got.InPerToken, Out: got.Out, OutLast: got.OutLast})
			}
		}
	}
}

// Requests of another trial do not fit a trace.
func TestObserveRefusesOtherRequests(t *testing.T) {
	traffic := mixed()
	steps, _, _ := traced(t, engineLike(), drawn(traffic.Open(25, 100, 0, 4)))
	_, _, others := traced(t, engineLike(), drawn(traffic.Open(25, 100, 0, 5)))
	if _, err := Observe(steps, others, 1); err == nil {
		t.Error("no error")
	}
	if _, err := Observe(nil, others, 1); err == nil {
		t.Error("no trace: no error")
	}
	rng := rand.New(rand.NewPCG(1, 1)) // nothing that a trace may hold is a panic
	for range 200 {
		x := &record.Steps{}
		for range 1 + rng.IntN(20) {
			s := record.Step{Start: rng.Int64N(1e6), Duration: rng.Int64N(1e5)}
			for range rng.IntN(3) {
				s.Items = append(s.Items, record.StepItem{Seq: rng.Uint64N(5), Kind: []string{"prefill", "decode"}[rng.IntN(2)], Rows: rng.IntN(5) - 1, Tokens: rng.IntN(3)})
			}
			if rng.IntN(4) == 0 {
				s.Preempted = append(s.Preempted, rng.Uint64N(5))
			}
			x.Steps = append(x.Steps, s)
		}
		_, _ = Observe(x, others[:rng.IntN(5)], 1)
	}
	if !reflect.DeepEqual(OverheadOf(nil), Overhead{}) {
		t.Error("an overhead of nothing")
	}
}
