package sched

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// A scheduler whose steps are repeated is where one is that was asked for each of them, under every policy, and with blocks
// short: plans, blocks, turns and accounts.
func TestRepeatIsNextAndCommit(t *testing.T) {
	repeats, preempted := 0, 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 9))
		cfg, cache := repeatConfig(r)
		one, many := New(cfg, kvcache.New(cache)), New(cfg, kvcache.New(cache))
		var p, q Plan
		now, id := time.Duration(0), uint64(0)
		for range 60 {
			if r.IntN(3) == 0 {
				id++
				prompt, out := 1+r.IntN(12), 1+r.IntN(20)
				for _, s := range []*Scheduler{one, many} {
					seq := &Sequence{ID: id, Tokens: make([]int32, prompt), Prompt: prompt, Limit: prompt + out, Arrived: now, Tenant: fmt.Sprint(id % 3), Weight: 1 + int(id%2)}
					for i := range seq.Tokens {
						seq.Tokens[i] = int32(id)
					}
					if s.Add(seq) != nil {
						break // too large for both
					}
				}
			}
			now++
			if more := many.Next(&q, now); more != one.Next(&p, now) || p.String() != q.String() {
				t.Fatalf("seed %d: plans differ:\n%s\n%s", seed, &p, &q)
			}
			preempted += len(q.Preempted)
			n := many.Repeats(&q, r.IntN(30))
			for range n {
				commit(one, &p)
				if !one.Next(&p, now) {
					t.Fatalf("seed %d: nothing to repeat", seed)
				}
			}
			many.Repeat(&q, n)
			repeats += n
			if p.String() != q.String() {
				t.Fatalf("seed %d: after %d repeats:\n%s\n%s", seed, n, &p, &q)
			}
			commit(one, &p)
			commit(many, &q)
			same(t, seed, one, many)
		}
	}
	if repeats < 1000 || preempted < 100 {
		t.Errorf("only %d repeats and %d preemptions: the test says little", repeats, preempted)
	}
}

func repeatConfig(r *rand.Rand) (Config, kvcache.Config) {
	c := Config{MaxBatch: 1 + r.IntN(5), TokenBudget: 6 + r.IntN(20), Chunked: true, Policy: Policies[r.IntN(3)], BatchWait: 3,
		Order: PrefillOrders[r.IntN(3)], Queue: QueueOrders[r.IntN(3)], Ageing: 1}
	k := kvcache.Config{Blocks: 8 + r.IntN(20), BlockSize: 4, Index: kvcache.Indexes[r.IntN(3)]}
	return c, k
}

// commit has every item draw its sequence's last token once more.
func commit(s *Scheduler, p *Plan) {
	for i := range p.Items {
		it := &p.Items[i]
		if !it.Last() {
			s.Commit(it, nil, false)
			continue
		}
		q := it.Seq
		s.Commit(it, []int32{q.Tokens[len(q.Tokens)-1]}, len(q.Tokens)+1 == q.Limit)
	}
}

func same(t *testing.T, seed uint64, a, b *Scheduler) {
	t.Helper()
	if a.steps != b.steps || a.Running() != b.Running() || a.Waiting() != b.Waiting() {
		t.Fatalf("seed %d: %d steps, %d running, %d waiting; repeated: %d, %d, %d", seed, a.steps, a.Running(), a.Waiting(), b.steps, b.Running(), b.Waiting())
	}
	for i, q := range a.running {
		o := b.running[i]
		if q.ID != o.ID || q.stamp != o.stamp || q.turn != o.turn || q.Computed != o.Computed || len(q.Tokens) != len(o.Tokens) || len(q.Table.Blocks()) != len(o.Table.Blocks()) {
			t.Fatalf("seed %d: sequence %d with stamp %x, turn %x, %d of %d tokens in %d blocks; repeated: %d, %x, %x, %d of %d in %d", seed,
				q.ID, q.stamp, q.turn, q.Computed, len(q.Tokens), len(q.Table.Blocks()), o.ID, o.stamp, o.turn, o.Computed, len(o.Tokens), len(o.Table.Blocks()))
		}
	}
	_, free, cached, held := a.pool.Counts()
	if _, f, c, h := b.pool.Counts(); f != free || c != cached || h != held {
		t.Fatalf("seed %d: blocks %d %d %d, repeated %d %d %d", seed, free, cached, held, f, c, h)
	}
	for tenant, x := range a.accounts {
		if y := b.accounts[tenant]; y == nil || x.served != y.served {
			t.Fatalf("seed %d: tenant %s was served differently", seed, tenant)
		}
	}
}
