package sched

import (
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
)

// Who was preempted is counted until it runs again, and who has not run yet never is.
func TestPreempted(t *testing.T) {
	s := New(Config{MaxBatch: 2, TokenBudget: 64, Chunked: true}, kvcache.New(kvcache.Config{Blocks: 4, BlockSize: 4}))
	for id := range uint64(3) {
		if err := s.Add(&Sequence{ID: id, Tokens: make([]int32, 6, 17), Prompt: 6, Limit: 17}); err != nil {
			t.Fatal(err)
		}
	}
	var p Plan
	preempted := 0
	for s.Next(&p, 0) {
		n, rows := 0, 0
		for _, q := range s.waiting {
			if q.Preemptions > 0 {
				n, rows = n+1, rows+len(q.Tokens)
			}
		}
		if gotN, gotRows := s.Preempted(); gotN != n || gotRows != rows {
			t.Fatalf("%d sequences and %d rows, want %d and %d", gotN, gotRows, n, rows)
		}
		preempted += n
		for i := range p.Items {
			it := &p.Items[i]
			if it.Last() {
				s.Commit(it, []int32{1}, len(it.Seq.Tokens)+1 == it.Seq.Limit)
			} else {
				s.Commit(it, nil, false)
			}
		}
	}
	if preempted == 0 {
		t.Error("nobody was preempted: the test tests nothing")
	}
}
