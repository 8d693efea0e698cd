package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
)

// lagging is a loop whose model drafts for itself, and leaves out what nobody asks for. What it drafts
// is then always right, unless some position that it has not computed counts as computed.
func lagging(t *testing.T, m *model.Model, change func(*Options)) *loop {
	l := stillOf(t, m, m, func(o *Options) {
		o.DraftAdaptive, o.DraftLength = true, 5
		change(o)
	})
	if !l.drafts.Lags {
		t.Fatal("the draft model keeps step: the test tests nothing")
	}
	return l
}

// advance runs a step with the drafts that are wanted of each stream, and reports whether there was one.
func (l *loop) advance(wanted func(*Stream) int) bool {
	for _, s := range l.live {
		s.seq.Drafts = wanted(s)
	}
	more := l.sched.Next(&l.plan, 0)
	if l.move(l.plan.Moves); more {
		l.step()
	}
	for _, s := range l.ended {
		for len(s.events) > 0 {
			<-s.events
		}
	}
	l.release()
	for _, s := range l.live {
		for len(s.events) > 0 {
			<-s.events
		}
	}
	return more
}

// Whatever a sequence comes to its blocks by, and whoever had them before: drafts are as right as if the draft
// model had computed all of it.
func TestDraftsAreRightAfterCatchingUp(t *testing.T) {
	small, deep := loadModel(t, "gopherling-2m"), loadModel(t, "gopherling-7m")
	for name, change := range map[string]func(*Options){
		"hash":       func(o *Options) { o.PrefixCache, o.KVTokens = kvcache.IndexHash, 512 },
		"radix":      func(o *Options) { o.PrefixCache, o.KVTokens = kvcache.IndexRadix, 512 },
		"swap":       func(o *Options) { o.Preemption, o.KVTokens = PreemptSwap, 300 },
		"swap,radix": func(o *Options) { o.Preemption, o.PrefixCache, o.KVTokens = PreemptSwap, kvcache.IndexRadix, 300 },
		"channels": func(o *Options) {
			channels(o)
			o.Preemption, o.PrefixCache, o.KVTokens = PreemptSwap, kvcache.IndexRadix, 288
		},
		"contiguous": func(o *Options) { o.KVLayout = LayoutContiguous },
	} {
		if testing.Short() && name != "swap,radix" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m := small
			if !testing.Short() && strings.Contains(name, "radix") {
				m = deep
			}
			l := lagging(t, m, func(o *Options) { o.TokenBudget = 40; change(o) })
			wander(t, l, rand.New(rand.NewPCG(1, uint64(len(name)))))
			s := l.snapshot()
			if s.DraftTokens < 500 || s.AcceptedTokens != s.DraftTokens {
				t.Errorf("%d of %d drafts accepted, want all", s.AcceptedTokens, s.DraftTokens)
			}
			o := l.e.opts
			if o.PrefixCache != kvcache.IndexNone && s.PrefixHits == 0 || o.Preemption == PreemptSwap && s.SwapInBytes == 0 {
				t.Errorf("%d prefix hits, %d bytes swapped in: the test tests nothing", s.PrefixHits, s.SwapInBytes)
			}
		})
	}
}

// wander has sequences come and go, alone and in groups, that begin like others and are drafted for now
// and then.
func wander(t *testing.T, l *loop, r *rand.Rand) {
	t.Helper()
	texts, id := copies(t), uint64(0)
	for step := 0; step < 1500; step++ {
		if len(l.live) < 6 && step < 1300 && r.IntN(4) == 0 {
			text := texts[r.IntN(len(texts))]
			q := Request{Prompt: slices.Clone(text[:1+r.IntN(len(text))]), MaxTokens: 1 + r.IntN(60), IgnoreEOS: true}
			n := 1
			if r.IntN(4) == 0 {
				id++
				q.Group, n = id, 3
			}
			for range n {
				id++
				l.submit(t, id, q)
			}
		}
		l.advance(func(s *Stream) int {
			if s.id%4 == 0 || r.IntN(20) > 0 && step%100 < 50 {
				return 0
			}
			return r.IntN(6)
		})
	}
	if len(l.live) > 0 {
		t.Errorf("%d requests are left", len(l.live))
	}
}

// What a draft model that is not asked costs: nothing, of any prompt and answer.
func TestUnusedDraftModelComputesNothing(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)[:3]
	var ops [2]int64
	for i, l := range []*loop{still(t, func(*Options) {}), lagging(t, m, func(*Options) {})} {
		for id, p := range work {
			l.submit(t, uint64(id), Request{Prompt: p, MaxTokens: 20, IgnoreEOS: true})
		}
		for l.advance(func(*Stream) int { return 0 }) {
			continue
		}
		ops[i] = l.stats.PrefillOps + l.stats.DecodeOps
	}
	if ops[0] != ops[1] || ops[0] == 0 {
		t.Errorf("%d multiply-adds with a draft model, %d without", ops[1], ops[0])
	}
}

// One step catches up on no more positions than a step may have rows.
func TestCatchingUpIsBounded(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	l := lagging(t, m, func(o *Options) { o.TokenBudget = 30 })
	s := l.submit(t, 1, Request{Prompt: slices.Concat(copies(t)...)[:200], MaxTokens: 50, IgnoreEOS: true})
	for len(s.seq.Tokens) < 201 {
		l.advance(func(*Stream) int { return 0 })
	}
	steps := 0
	for ; l.stats.Drafts == 0; steps++ {
		if behind := l.behind(s); behind > 200-29*steps {
			t.Fatalf("%d positions behind after %d steps", behind, steps)
		}
		l.advance(func(*Stream) int { return 3 })
	}
	if steps != 7 {
		t.Errorf("drafts after %d steps, want 7: 201 positions of at most 30 a step", steps)
	}
}

// Blocks in files have what the draft model computed of them, and those without are caught up on, also by
// an engine that is started later.
func TestDraftsAreRightAfterARestart(t *testing.T) {
	m, dir := loadModel(t, "gopherling-2m"), t.TempDir()
	o := options(func(o *Options) {
		o.PrefixCache, o.KVTokens, o.DraftAdaptive, o.DraftLength = kvcache.IndexHash, 512, true, 5
	})
	for turn := range 4 {
		e := start(t, m, m, o)
		e.Close()
		files := &Offload{Dir: dir, Bytes: 1 << 24, Model: "m", Draft: "d", Build: "b"}
		l, err := newLoop(e, m, files)
		if err != nil {
			t.Fatal(err)
		}
		for id, p := range copies(t)[:4] {
			l.submit(t, uint64(id), Request{Prompt: p, MaxTokens: 30, IgnoreEOS: true})
		}
		for l.advance(func(s *Stream) int { return int(s.id+uint64(turn)) % 4 / 2 * 4 }) {
			continue
		}
		s := l.snapshot()
		if s.DraftTokens == 0 || s.AcceptedTokens != s.DraftTokens || turn > 0 && s.OffloadHits == 0 {
			t.Errorf("turn %d: %d of %d drafts accepted, %d blocks from files", turn, s.AcceptedTokens, s.DraftTokens, s.OffloadHits)
		}
		l.closeFiles()
		l.workers.Close()
	}
}
