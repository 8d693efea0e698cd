package engine

import (
	"context"
	"sync"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// siblings asks for n samples of each prompt, as one group each.
func siblings(t *testing.T, e *Engine, n int, sampling sample.Params, prompts ...[]int32) [][]int32 {
	t.Helper()
	out := make([][]int32, n*len(prompts))
	var wg sync.WaitGroup
	for g, p := range prompts {
		for i := range n {
			r := Request{Prompt: p, MaxTokens: 20, IgnoreEOS: true, Sampling: sampling, Group: uint64(g + 1)}
			r.Sampling.Seed += uint64(i)
			s, err := e.Submit(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() { out[g*n+i], _ = collect(t, s) })
		}
	}
	wg.Wait()
	idle(t, e)
	return out
}

// TestSiblingsAreWhatTheyAreAlone: samples of one prompt share its blocks, and are the
// samples that each would be alone.
func TestSiblingsAreWhatTheyAreAlone(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-2m"), loadModel(t, "gopherling-2m"), workload(t)[:3]
	sampling := sample.Params{Temperature: 1, Seed: 5}
	alone := start(t, m, nil, options(nil))
	var want [][]int32
	for _, p := range work {
		for i := range 4 {
			one := sampling
			one.Seed += uint64(i)
			want = append(want, generate(t, alone, 20, one, p)[0])
		}
	}
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, options(change))
			sameTokens(t, siblings(t, e, 4, sampling, work...), want)
			s := e.Stats()
			if shares := name != "batch 1" && e.opts.BlockSize <= 16 && !e.opts.contiguous(); shares && s.SharedTokens+s.PrefixHits == 0 {
				t.Error("no prompt was shared")
			}
			if e.opts.PrefixCache == kvcache.IndexNone && s.PrefixHits != 0 {
				t.Errorf("%d tokens from a prefix cache that is off", s.PrefixHits)
			}
		})
	}
	t.Run("speculation", func(t *testing.T) {
		greedy := generate(t, alone, 20, sample.Params{}, work...)
		e := start(t, m, draft, options(func(o *Options) { o.DraftLength = 3 }))
		for i, got := range siblings(t, e, 4, sample.Params{}, work...) {
			sameTokens(t, [][]int32{got}, [][]int32{greedy[i/4]})
		}
		if e.Stats().SharedTokens == 0 {
			t.Error("no prompt was shared")
		}
		if s := e.Stats(); s.AcceptedTokens != s.DraftTokens { // the draft model has the shared positions, too
			t.Errorf("%d of %d drafts accepted, want all", s.AcceptedTokens, s.DraftTokens)
		}
	})
}

// TestSharedPromptIsComputedOnce counts the work.
func TestSharedPromptIsComputedOnce(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), workload(t)[0]
	work := func(n int) int64 {
		e := start(t, m, nil, options(func(o *Options) { o.BlockSize = 1 }))
		siblings(t, e, n, sample.Params{Temperature: 1}, p)
		return e.Stats().PrefillOps
	}
	one, four := work(1), work(4)
	if last := m.Ops(len(p)-1, true); four != one+3*last { // each computes the last position for its logits
		t.Errorf("four samples take %d multiply-adds of prompt, one %d: want %d more", four, one, 3*last)
	}
}
