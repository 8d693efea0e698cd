package sched

import (
	"errors"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
)

func TestValidateNamesEveryField(t *testing.T) {
	err := Config{DraftLength: -1, MaxQueue: -2, MaxQueuedTokens: -3}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"max_batch is 0", "token_budget is 0", "draft_length is -1", "max_queue is -2", "max_queued_tokens is -3", "at least 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	for want, c := range map[string]Config{
		`batching is "often"; it must be one of continuous, none, static, dynamic`: {Policy: "often"},
		`prefill_order is "last"`: {Order: "last"},
		`queue_order is "lifo"`:   {Queue: "lifo"},
		"batch_wait is -1ns":      {BatchWait: -1},
		"queue_ageing is -2ns":    {Ageing: -2},
		"patience is -2ns":        {Patience: -2},
		"prefill_chunk is 4, and": {Chunk: 4},
		"prefill_chunk is -1":     {Chunk: -1},
		"prefill_order is \"mixed\", and prompts are not chunked": {Order: Mixed},
		"preferred_batch is empty":                                {Policy: Dynamic},
		"preferred_batch is [4 2]":                                {Policy: Dynamic, Preferred: []int{4, 2}},
		"preferred_batch is [9]":                                  {Policy: Dynamic, Preferred: []int{9}},
	} {
		c.MaxBatch, c.TokenBudget = 8, 8
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	if err := (Config{MaxBatch: 1, TokenBudget: 1}).Validate(); err != nil {
		t.Errorf("the smallest configuration: %v", err)
	}
}

func sequence(id uint64, prompt, limit, drafts int) *Sequence {
	return &Sequence{ID: id, Tokens: make([]int32, prompt), Prompt: prompt, Limit: limit, Drafts: drafts}
}

func TestAddErrors(t *testing.T) {
	s := New(Config{MaxBatch: 1, TokenBudget: 8, MaxQueue: 1}, newPool(4, 4, false))
	if err := s.Add(sequence(1, 1, 18, 0)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("17 positions in a cache of 16: %v", err)
	}
	first := sequence(2, 1, 17, 0)
	if err := s.Add(first); err != nil {
		t.Errorf("16 positions in a cache of 16: %v", err)
	}
	if err := s.Add(first); err == nil || errors.Is(err, ErrQueueFull) {
		t.Errorf("the same sequence twice: %v", err)
	}
	if err := s.Add(sequence(3, 1, 2, 0)); !errors.Is(err, ErrQueueFull) {
		t.Errorf("a full queue: %v", err)
	}
}

// The caller's prompt must not be written through spare capacity.
func TestAddDoesNotShareSpareCapacity(t *testing.T) {
	backing := []int32{1, 2, 3, 4}
	s := New(Config{MaxBatch: 1, TokenBudget: 8}, newPool(4, 4, false))
	if err := s.Add(&Sequence{ID: 1, Tokens: backing[:2], Prompt: 2, Limit: 4}); err != nil {
		t.Fatal(err)
	}
	var p Plan
	s.Next(&p, 0)
	s.Commit(&p.Items[0], []int32{9}, false)
	if backing[2] != 3 {
		t.Errorf("the caller's array became %v", backing)
	}
}

func TestCommitMisusePanics(t *testing.T) {
	for _, row := range []struct {
		name     string
		budget   int
		accepted []int32
		finished bool
		want     string
	}{
		{"tokens for half a prompt", 2, []int32{1}, false, "not the last"},
		{"nothing for a whole prompt", 8, nil, false, "not finished"},
		{"drafts that were not reserved", 8, []int32{1, 2}, false, "reserved 0 drafts"},
		{"going on at the limit", 8, []int32{1}, false, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := New(Config{MaxBatch: 1, TokenBudget: row.budget, Chunked: true}, newPool(4, 4, false))
			if err := s.Add(sequence(1, 4, 6, 0)); err != nil {
				t.Fatal(err)
			}
			var p Plan
			s.Next(&p, 0)
			if row.want == "" { // one token is allowed, the second reaches the limit
				s.Commit(&p.Items[0], []int32{1}, false)
				s.Next(&p, 0)
				row.want = "at its limit"
			}
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("panicked with %v, want %q", err, row.want)
				}
			}()
			s.Commit(&p.Items[0], row.accepted, row.finished)
		})
	}
}

// A step that was planned and never computed is planned again.
func TestNextWithoutCommitRepeats(t *testing.T) {
	s := New(Config{MaxBatch: 2, TokenBudget: 8, Chunked: true, DraftLength: 2}, newPool(8, 4, true))
	for id := range uint64(2) {
		if err := s.Add(sequence(id, 3, 9, 2)); err != nil {
			t.Fatal(err)
		}
	}
	var p Plan
	for range 3 {
		s.Next(&p, 0)
		first := p.String()
		s.Next(&p, 0)
		if again := p.String(); again != first {
			t.Errorf("planned\n%s then\n%s", first, again)
		}
		commitAll(s, &p)
	}
}

// commitAll rejects all drafts and finishes at the limit.
func commitAll(s *Scheduler, p *Plan) {
	token := [1]int32{7}
	for i := range p.Items {
		it := &p.Items[i]
		if !it.Last() {
			s.Commit(it, nil, false)
			continue
		}
		s.Commit(it, token[:], len(it.Seq.Tokens)+1 == it.Seq.Limit)
	}
}

func TestCommitTwiceDoesNothing(t *testing.T) {
	s := New(Config{MaxBatch: 1, TokenBudget: 8}, newPool(8, 4, true))
	q := sequence(1, 3, 9, 0)
	if err := s.Add(q); err != nil {
		t.Fatal(err)
	}
	var p Plan
	s.Next(&p, 0)
	commitAll(s, &p)
	s.Commit(&p.Items[0], []int32{1}, true)
	if len(q.Tokens) != 4 || s.Running() != 1 {
		t.Errorf("%d tokens, %d running", len(q.Tokens), s.Running())
	}
}

func TestFinishedSequenceCanBeAddedAgain(t *testing.T) {
	pool := newPool(8, 4, true)
	s := New(Config{MaxBatch: 1, TokenBudget: 8}, pool)
	q := sequence(1, 5, 6, 0)
	var p Plan
	for range 2 {
		if err := s.Add(q); err != nil {
			t.Fatal(err)
		}
		s.Next(&p, 0)
		commitAll(s, &p)
		q.Tokens = q.Tokens[:5]
	}
	if q.Cached != 4 {
		t.Errorf("the second time %d positions were cached, want 4", q.Cached)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, row := range []struct {
		name  string
		reuse bool
		cfg   Config
	}{
		{"reuse", true, Config{}},
		{"no reuse", false, Config{}},
		{"classes", true, Config{Classes: true}},
		{"static", true, Config{Policy: Static}},
		{"mixed, in turns", true, Config{Order: Mixed, TokenBudget: 3}},
		{"prefill first, in turns", true, Config{Order: PrefillFirst, TokenBudget: 3}},
		{"fair", true, Config{Queue: Fair}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := row.cfg
			c.MaxBatch, c.Chunked, c.DraftLength = 4, true, 3
			if c.TokenBudget == 0 {
				c.TokenBudget = 32
			}
			s := New(c, newPool(512, 4, row.reuse))
			for id := range uint64(4) {
				if err := s.Add(sequence(id, 20, 500, 3)); err != nil {
					t.Fatal(err)
				}
			}
			var p Plan
			step := func() {
				s.Next(&p, 0)
				for i := range p.Items {
					p.Items[i].Draft = append(p.Items[i].Draft, 1, 2)
				}
				commitAll(s, &p)
			}
			for range 60 { // past the prompts
				step()
			}
			if n := testing.AllocsPerRun(1, func() {
				for range 200 {
					step()
				}
			}); n != 0 {
				t.Errorf("%v allocations in 200 steps", n)
			}
		})
	}
}

func kvPool() *kvcache.Pool { return newPool(64, 4, false) }

// newPool is a pool of blocks of so many positions, with reuse one that finds them by their hash.
func newPool(blocks, blockSize int, reuse bool) *kvcache.Pool {
	c := kvcache.Config{Blocks: blocks, BlockSize: blockSize}
	if reuse {
		c.Index = kvcache.IndexHash
	}
	return kvcache.New(c)
}
