package sched

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

var operations = flag.Int("ops", 10_000, "operations of TestRandomPolicies, of all policies together")

// TestRandomPolicies drives every policy and queue order through configurations drawn at random, a new
// one every few hundred operations: adds, aborts, steps, evictions of the whole index, and
// preemptions wherever blocks are short, for every other configuration by swapping them out.
// What must hold is in lab and referee.
func TestRandomPolicies(t *testing.T) {
	const each = 100
	for _, policy := range Policies {
		for _, queue := range QueueOrders {
			t.Run(fmt.Sprintf("%s, %s", policy, queue), func(t *testing.T) {
				var sum lab
				var early int
				rounds := max(24, *operations/len(Policies)/len(QueueOrders)/each)
				for seed := range uint64(rounds) {
					l := randomLab(t, policy, queue, seed)
					l.load(each)
					l.drain()
					sum.preemptions += l.preemptions
					sum.waits += l.waits
					sum.evictions += l.evictions
					early += l.rule.early
					sum.out += l.out
					sum.in += l.in
					if _, used := l.pool.Host(); used != 0 {
						t.Fatalf("seed %d: idle with %d blocks outside of the pool", seed, used)
					}
				}
				t.Logf("%d preemptions, %d blocks swapped out and %d in, %d waits, %d batches that did not wait, %d evictions",
					sum.preemptions, sum.out, sum.in, sum.waits, early, sum.evictions)
				if policy != None && sum.preemptions*sum.in == 0 || sum.in > sum.out || sum.evictions == 0 || policy.batched() && sum.waits*early == 0 {
					t.Error("nobody was preempted, or swapped in, or nothing evicted, or no batch waited for, or all: the test does not test it")
				}
			})
		}
	}
}

func randomLab(t *testing.T, policy Policy, queue QueueOrder, seed uint64) *lab {
	r := rand.New(rand.NewPCG(seed, 7))
	c := Config{Policy: policy, Queue: queue, Order: PrefillOrders[seed%3], MaxBatch: 2 + r.IntN(7), TokenBudget: 2 + r.IntN(30),
		Chunked: true, DraftLength: r.IntN(4), Classes: r.IntN(2) == 0, MaxQueue: r.IntN(2) * 12,
		BatchWait: time.Duration(r.IntN(40)), Ageing: time.Duration(1 + r.IntN(4))}
	if policy == Dynamic {
		c.Preferred = []int{1 + r.IntN(c.MaxBatch)}
	}
	if r.IntN(3) == 0 {
		c.Chunk = 1 + r.IntN(12)
	} else if c.Order != Mixed && r.IntN(3) == 0 {
		c.Chunked = false
	}
	if r.IntN(2) == 0 {
		c.Patience = time.Duration(20 + r.IntN(200))
	}
	size := 1 + r.IntN(4)
	cache := kvcache.Config{Blocks: 20/size + r.IntN(150)/size, BlockSize: size, Index: kvcache.IndexNone}
	if r.IntN(3) > 0 {
		cache.Index = kvcache.IndexHash
	}
	ranks := r.IntN(2) == 0
	if seed%2 == 1 {
		c.Swap, cache.HostBlocks = true, 1+r.IntN(2*cache.Blocks) // from hardly any room outside to enough for all
	}
	l := newLabOver(t, c, cache, seed)
	l.ranks = ranks
	return l
}

// TestFairShare floods one tenant's queue. The others, who ask for little and now and then, are served
// as promised: who waits never falls behind by more than twice what one choice costs.
func TestFairShare(t *testing.T) {
	gap := func(queue QueueOrder) float64 {
		c := Config{MaxBatch: 4, TokenBudget: 16, Chunked: true, Queue: queue}
		l := newLab(t, c, 200, 4, false, 3)
		l.rule.cfg.Queue = Fair // the referee counts either way, and judges nobody's turn here
		return l.flood()
	}
	most := 2 * float64(max(promptCost*20, generatedCost*4*16)) // of a prompt, or of a batch's answers, at weight 1
	if g := gap(Fair); g > most || g == 0 {
		t.Errorf("a tenant got %v ahead of one that waited, want at most %v", g, most)
	}
	if g := gap(FCFS); g <= most {
		t.Errorf("first come, first served keeps within %v too: the test does not test it", g)
	}
}

// flood has tenant a keep a long queue, and b and c ask for one sequence in a while.
func (l *lab) flood() float64 {
	ask := func(tenant string) {
		l.nextID++
		q := sequence(l.nextID, 1+l.r.IntN(20), 0, 0)
		q.Limit, q.Tenant, q.Arrived = q.Prompt+1+l.r.IntN(16), tenant, l.now
		if err := l.s.Add(q); err != nil {
			l.t.Fatal(err)
		}
		l.rule.add(q)
	}
	for step := range 3000 {
		for l.s.Waiting() < 60 {
			ask("a")
		}
		if step%8 == 0 {
			ask(string(rune('b' + l.r.IntN(2))))
		}
		l.now++
		waiting := append([]*Sequence(nil), l.s.waiting...)
		l.s.Next(&l.plan, l.now)
		for _, q := range waiting {
			if q.state == stateRunning {
				l.rule.remove(q)
				l.rule.charge(q)
			}
		}
		for i := range l.plan.Items {
			if it := &l.plan.Items[i]; it.Last() {
				l.rule.serve(it.Seq, 2)
			}
		}
		commitAll(l.s, &l.plan)
	}
	return l.rule.gap
}

// Tenants that have nothing to ask for can save up nothing, and their accounts go away.
func TestIdleTenantsAreForgotten(t *testing.T) {
	s := New(Config{MaxBatch: 1, TokenBudget: 64, Queue: Fair}, kvPool())
	var p Plan
	for i := range uint64(200) {
		q := sequence(i, 4, 6, 0)
		q.Tenant = fmt.Sprint(i)
		if err := s.Add(q); err != nil {
			t.Fatal(err)
		}
		for s.Next(&p, 0) {
			commitAll(s, &p)
		}
	}
	if len(s.accounts) > 2 {
		t.Errorf("%d accounts are kept", len(s.accounts))
	}
}
