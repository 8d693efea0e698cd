package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// TestPinnedPromptsStay: what is pinned is found by requests of every salt after a load that
// evicts everything else, changes no answer, and cannot fill the cache.
func TestPinnedPromptsStay(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)
	system := slices.Concat(work[0], work[1], work[2])[:40]
	asked := slices.Concat(system, work[3])
	want := generate(t, start(t, m, nil, options(nil)), 8, sample.Params{}, asked)
	for _, index := range []string{kvcache.IndexHash, kvcache.IndexRadix} {
		t.Run(index, func(t *testing.T) {
			o := options(func(o *Options) { o.PrefixCache, o.KVTokens, o.Context, o.BlockSize = index, 256, 192, 8 })
			e := start(t, m, nil, o)
			if n, err := e.Pin(context.Background(), system); n != 40 || err != nil {
				t.Fatalf("pinned %d tokens: %v", n, err)
			}
			for range 2 {
				for _, p := range work {
					s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 30, IgnoreEOS: true, Salt: 7})
					if err != nil {
						t.Fatal(err)
					}
					collect(t, s)
				}
			}
			if b := e.Stats().Blocks; b.Pinned != 5 || b.Held != 5 || e.Stats().Evictions == 0 {
				t.Errorf("blocks %+v, %d evictions: want 5 pinned", b, e.Stats().Evictions)
			}
			for _, salt := range []uint64{0, 7, 8} {
				s, err := e.Submit(context.Background(), Request{Prompt: asked, MaxTokens: 8, IgnoreEOS: true, Salt: salt})
				if err != nil {
					t.Fatal(err)
				}
				ev, err := s.Next(context.Background())
				if err != nil || ev.Cached < 40 {
					t.Fatalf("salt %d: %d tokens cached, %v", salt, ev.Cached, err)
				}
				tokens, _ := collect(t, s)
				sameTokens(t, [][]int32{append(ev.Tokens, tokens...)}, want)
			}
			if _, err := e.Pin(context.Background(), slices.Concat(work...)[:120]); !errors.Is(err, ErrNoPin) {
				t.Errorf("120 tokens more, where 8 blocks may be pinned: %v", err)
			}
			s, err := e.Submit(context.Background(), Request{Prompt: slices.Concat(work...)[:191], MaxTokens: 1})
			if err != nil {
				t.Fatal(err)
			}
			if tokens, _ := collect(t, s); len(tokens) != 1 {
				t.Error("the longest sequence does not run beside what is pinned")
			}
		})
	}
	if _, err := start(t, m, nil, options(nil)).Pin(context.Background(), system); !errors.Is(err, ErrNoPin) {
		t.Errorf("without a prefix cache: %v", err)
	}
}
