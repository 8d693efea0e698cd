package sched

import "testing"

// TestRandomLoad drives random adds, steps and aborts through configurations that make every
// resource short in turn. What must hold is in lab.
func TestRandomLoad(t *testing.T) {
	for _, row := range []struct {
		name              string
		cfg               Config
		blocks, blockSize int
		reuse             bool
	}{
		{"plenty", Config{MaxBatch: 8, TokenBudget: 64, Chunked: true, DraftLength: 4}, 256, 4, true},
		{"blocks short", Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4}, 18, 2, false},
		{"blocks short, reuse", Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4}, 18, 2, true},
		{"barely one fits, reuse", Config{MaxBatch: 4, TokenBudget: 8, Chunked: true, DraftLength: 3}, 6, 4, true},
		{"budget short", Config{MaxBatch: 8, TokenBudget: 9, Chunked: true, DraftLength: 5}, 64, 4, true},
		{"budget below batch", Config{MaxBatch: 8, TokenBudget: 3, Chunked: true, DraftLength: 2}, 64, 4, false},
		{"one row a step", Config{MaxBatch: 3, TokenBudget: 1, Chunked: true, DraftLength: 2}, 64, 2, true},
		{"whole prompts", Config{MaxBatch: 6, TokenBudget: 10, DraftLength: 4}, 40, 4, true},
		{"whole prompts, blocks short", Config{MaxBatch: 6, TokenBudget: 4, DraftLength: 2}, 12, 3, true},
		{"one at a time", Config{MaxBatch: 1, TokenBudget: 16, Chunked: true, DraftLength: 4, MaxQueue: 3}, 40, 1, true},
		{"no drafts", Config{MaxBatch: 4, TokenBudget: 16, Chunked: true}, 30, 2, true},
	} {
		run := func(t *testing.T) {
			l := newLab(t, row.cfg, row.blocks, row.blockSize, row.reuse, 1)
			l.load(12_000)
			l.drain()
			t.Log(l)
			if short := row.blocks*row.blockSize < 128; short && row.cfg.MaxBatch > 1 && l.preemptions == 0 {
				t.Error("no preemption: the test does not test it")
			}
			if row.cfg.MaxBatch > 1 && !row.reuse && l.shared == 0 {
				t.Error("no sibling shared a prompt: the test does not test it")
			}
			if row.reuse && l.cached == 0 || row.cfg.DraftLength > 0 && row.cfg.TokenBudget > 1 && l.accepted*l.rejected == 0 {
				t.Error("no prefix was found, or no draft accepted or rejected: the test does not test it")
			}
			if row.reuse && l.preemptions > 100 && l.regained == 0 {
				t.Error("no preempted sequence found what it had generated: the test does not test it")
			}
		}
		t.Run(row.name, run)
		if row.reuse {
			row.cfg.Classes = true
			t.Run(row.name+", classes", run)
		}
	}
}

// load adds, aborts and steps at random.
func (l *lab) load(events int) {
	l.t.Helper()
	for range events {
		switch n := l.r.IntN(20); {
		case n < 7 && len(l.order) < 20:
			l.add()
		case n == 7 && l.r.IntN(4) == 0:
			l.abort()
		case n == 8 && l.r.IntN(8) == 0:
			l.evict()
		default:
			l.step(true)
		}
	}
}

// drain runs to the end. The oldest sequence advances with every turn, so that takes no
// more turns than there are tokens left, and the tokens that preemption recomputes.
func (l *lab) drain() {
	l.t.Helper()
	for bound := 20 * 64 * (1 + l.patience()); l.step(false); bound-- {
		if bound == 0 {
			l.t.Fatalf("still at work on %v", l.order)
		}
	}
	total, free, cached, held := l.pool.Counts()
	if held != 0 || free+cached != total {
		l.t.Fatalf("idle with %d blocks held of %d", held, total)
	}
	if len(l.finished) == 0 {
		l.t.Fatal("nothing ever finished")
	}
}
