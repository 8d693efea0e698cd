package spec

import (
	"math/rand/v2"
	"testing"
	"time"
)

// orchard is what an engine would measure where drafts are trees: successors of each rank are right
// so often, which differs from what the proposer says by a factor.
type orchard struct {
	cost   func(rows int) time.Duration
	factor float64
	random *rand.Rand
	s      *successors
	shape  shape
}

func newOrchard(cost func(int) time.Duration, first, factor float64) *orchard {
	o := &orchard{cost: cost, factor: factor, random: rand.New(rand.NewPCG(1, 3)), s: newSuccessors(2 * mostSuccessors)}
	for token := range int32(2 * mostSuccessors) {
		for i := range int32(mostSuccessors) {
			o.s.follow(token, mostSuccessors-1-i)
		}
	}
	o.s.ranks.seen = 1e6
	for i := range o.s.ranks.hits {
		o.s.ranks.hits[i] = 1e6 * first
		first *= .4
	}
	return o
}

// stands draws how many of a tree of n nodes stand.
func (o *orchard) stands(n int) (nodes, stood int) {
	o.shape.grow(o.s, 0, n)
	draft, parents := o.shape.byDepth(nil, nil)
	rates := o.s.ranks.rates()
	at := int32(-1)
	for {
		u, right := o.random.Float64(), int32(-1)
		for rank, rate := range rates {
			if u -= rate * o.factor; u < 0 {
				right = int32(rank) // the successor of this rank is the token of this number
				break
			}
		}
		if right < 0 {
			return len(draft), stood
		}
		if at = childOf(draft, parents, at, right); at < 0 {
			return len(draft), stood
		}
		stood++
	}
}

// run is machine.run for trees.
func (o *orchard) run(choose func(lengths []int, of []*Acceptance), judged func(of *Acceptance, n, stood int), batch, most, steps int) (speed, drafts float64) {
	of := make([]*Acceptance, batch)
	for i := range of {
		of[i] = new(Acceptance)
		of[i].Forecast = o.shape.chances(nil, &o.s.ranks, most)
	}
	lengths, tokens, spent := make([]int, batch), 0, time.Duration(0)
	for range steps {
		for i := range lengths {
			lengths[i] = most
		}
		choose(lengths, of)
		rows := batch
		for i, want := range lengths {
			tokens++
			if want == 0 {
				continue
			}
			n, stood := o.stands(want)
			rows, tokens, drafts = rows+n, tokens+stood, drafts+float64(n)
			judged(of[i], n, stood)
		}
		judged(nil, rows, 0)
		spent += o.cost(rows)
	}
	return float64(tokens) / spent.Seconds(), drafts / float64(steps*batch)
}

func (o *orchard) adaptive(a *Adaptive, batch, most, steps int) (speed, drafts float64) {
	return o.run(a.Choose, func(of *Acceptance, n, stood int) {
		if of == nil {
			a.ObserveStep(n, o.cost(n))
			return
		}
		a.Judged(of, n, stood)
	}, batch, most, steps)
}

func (o *orchard) static(batch, n, steps int) float64 {
	speed, _ := o.run(func(lengths []int, _ []*Acceptance) {
		for i := range lengths {
			lengths[i] = n
		}
	}, func(*Acceptance, int, int) {}, batch, n, steps)
	return speed
}

// Whatever trees cost and are worth, and however wrong the proposer is about that, the chosen sizes are hardly worse
// than none, and not far from the best constant one.
func TestAdaptiveTreesComparedWithConstants(t *testing.T) {
	linear := func(fixed, row time.Duration) func(int) time.Duration {
		return func(rows int) time.Duration { return fixed + time.Duration(rows)*row }
	}
	for name, cost := range map[string]func(int) time.Duration{"memory": linear(95e4, 5e4), "between": linear(8e5, 2e5), "arithmetic": linear(1e5, 9e5)} {
		for _, first := range []float64{.1, .4, .6} {
			for _, factor := range []float64{0, .5, 1, 1.2} {
				for _, batch := range []int{1, 8} {
					o := newOrchard(cost, first, factor)
					a := new(Adaptive)
					o.adaptive(a, batch, 16, 1000)
					speed, drafts := o.adaptive(a, batch, 16, 4000)
					none, best := o.static(batch, 0, 100), 0.0
					for _, n := range []int{0, 1, 2, 3, 4, 6, 8, 12, 16} {
						best = max(best, o.static(batch, n, 1500))
					}
					if speed < max(.97*none, .87*best) {
						t.Errorf("%s, first choices right at %v x %v, %d sequences: %.3g of the best (none %.3g of it), %.3g drafts a step", name, first, factor, batch, speed/best, none/best, drafts)
					}
				}
			}
		}
	}
}

// What is measured overrules what the proposer says: of two sequences alike to it the one whose trees fell drafts less.
func TestAdaptiveTellsTreesApart(t *testing.T) {
	a := new(Adaptive)
	for rows := range 20 {
		a.Costs.Observe(rows, time.Duration(10+rows))
	}
	o := newOrchard(nil, .5, 1)
	of := []*Acceptance{new(Acceptance), new(Acceptance)}
	for i := range of {
		of[i].Forecast = o.shape.chances(nil, &o.s.ranks, 8)
		for range 50 {
			a.Judged(of[i], 8, 2*i)
		}
	}
	lengths := []int{8, 8}
	a.Choose(lengths, of)
	if lengths[0] > 1 || lengths[1] < 3 {
		t.Errorf("lengths %v, want next to none and some", lengths)
	}
}
