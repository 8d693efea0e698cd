package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// channels has keys in four bits with scales per channel, in blocks that allow it.
func channels(o *Options) {
	o.KVFormat, o.KPerChannel = "q4_0", true
	o.BlockSize = max(32, o.BlockSize)
}

// Keys and values in formats of their own, with scales per channel and rotated, are also the same
// however they are computed.
func TestMixedFormatsDoNotDependOnScheduling(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), workload(t)[:6]
	if testing.Short() {
		m, work = draft, work[:3]
	}
	for name, format := range map[string]func(*Options){
		"q8_0 and q4_0":        func(o *Options) { o.KFormat, o.VFormat = "q8_0", "q4_0" },
		"bf16 and q8_0":        func(o *Options) { o.KVFormat, o.VFormat = "bf16", "q8_0" },
		"q4_0 rotated":         func(o *Options) { o.KVFormat, o.KVRotation = "q4_0", "hadamard" },
		"channels":             channels,
		"channels, rotated":    func(o *Options) { channels(o); o.KFormat, o.KVRotation = "q8_0", "hadamard" },
		"channels beside bf16": func(o *Options) { channels(o); o.VFormat = "bf16" },
	} {
		t.Run(name, func(t *testing.T) {
			dependOnNothing(t, m, draft, format, work)
		})
	}
}

// With drafts, preemption and reuse at the same time, too.
func TestChannelsSurvivePreemptionAndReuse(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), workload(t)[:8]
	want := speak(t, start(t, m, nil, options(channels)), 40, sample.Params{}, work...)
	o := options(func(o *Options) { o.KVTokens, o.PrefixCache, o.TokenBudget = 256, kvcache.IndexHash, 12 })
	channels(&o)
	e := start(t, m, draft, o)
	sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
	for range 2 {
		sameWords(t, speak(t, e, 40, sample.Params{}, work[0]), want[:1])
	}
	if s := e.Stats(); s.PrefixHits == 0 || s.Preemptions == 0 || s.AcceptedTokens == 0 {
		t.Errorf("%d prefix hits, %d preemptions, %d accepted drafts: want some of each", s.PrefixHits, s.Preemptions, s.AcceptedTokens)
	}
}

// Parts of blocks are copied in whole units of positions that share scales, and what was swapped
// out within one is computed again from its beginning.
func TestChannelsSurviveCopiesAndSwap(t *testing.T) {
	m, base := loadModel(t, "gopherling-2m"), workload(t)[:6]
	var work [][]int32
	for i, p := range base { // alike for 32 positions at least, and for less than a block
		work = append(work, slices.Concat(base[0][:min(len(base[0]), 40+i)], p))
	}
	want := speak(t, start(t, m, nil, options(channels)), 60, sample.Params{}, work...)
	e := start(t, m, nil, options(func(o *Options) {
		channels(o)
		o.BlockSize, o.KVTokens, o.PrefixCache, o.Preemption = 64, 448, kvcache.IndexRadix, PreemptSwap
	}))
	for range 3 {
		sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
	}
	if s := e.Stats(); s.PrefixCopies == 0 || s.SwapInBytes == 0 {
		t.Errorf("%d parts of blocks copied, %d bytes swapped in: want some of each", s.PrefixCopies, s.SwapInBytes)
	}
}

// A contiguous cache runs as many sequences as it has slots, and shows what of them is not used.
func TestSlots(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)[:6]
	used := map[string]float64{}
	for _, layout := range Layouts {
		e := start(t, m, nil, options(func(o *Options) { o.KVLayout, o.KVTokens = layout, 600 }))
		speak(t, e, 40, sample.Params{}, work...)
		s := e.Stats()
		if layout == LayoutContiguous && (s.PeakRunning != 2 || s.Blocks.Total != 2*256/16 || s.Preemptions != 0) {
			t.Errorf("%d sequences ran at once in %d blocks, with %d preemptions; want 2 in slots of 256 positions, which take 512 of 600",
				s.PeakRunning, s.Blocks.Total, s.Preemptions)
		}
		if s.Positions.Held != 0 || s.PositionSteps.Used > s.PositionSteps.Held {
			t.Errorf("%s: positions %+v when idle, %+v over all steps", layout, s.Positions, s.PositionSteps)
		}
		used[layout] = float64(s.PositionSteps.Used) / float64(s.PositionSteps.Held)
	}
	if paged, slots := used[LayoutPaged], used[LayoutContiguous]; paged < 0.7 || slots > 0.7*paged {
		t.Errorf("%.2f of what is held is used when paged, %.2f of slots", paged, slots)
	}
	o := options(func(o *Options) { o.KVLayout, o.PrefixCache = LayoutContiguous, kvcache.IndexRadix })
	if _, err := New(m, nil, nil, o, nil); err == nil || !strings.Contains(err.Error(), "prefix_cache is \"radix\", want none with kv_layout") {
		t.Errorf("prefix reuse in slots: %v", err)
	}
}

// Of requests of one group each computes its prompt where blocks cannot be shared.
func TestGroupsInSlots(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)
	e := start(t, m, nil, options(func(o *Options) { o.KVLayout = LayoutContiguous }))
	var streams []*Stream
	for range 3 {
		s, err := e.Submit(context.Background(), Request{Prompt: work[0], MaxTokens: 8, IgnoreEOS: true, Group: 7})
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	for _, s := range streams {
		for {
			if ev, err := s.Next(context.Background()); err != nil {
				t.Fatal(err)
			} else if ev.Finish != "" {
				break
			}
		}
	}
	if s := e.Stats(); s.SharedTokens != 0 || s.Finished[FinishLength] != 3 {
		t.Errorf("%d tokens shared, finished: %v", s.SharedTokens, s.Finished)
	}
}

// A cache that does not fit is refused, and what the error says to fit does.
func TestMemoryIsChecked(t *testing.T) {
	m := loadModel(t, "gopherling-7m")
	o, err := options(func(o *Options) { o.KVFormat, o.KVTokens = "bf16", 1<<20 }).resolve(m, nil) // 4096 bytes each
	if err != nil {
		t.Fatal(err)
	}
	const available = 1 << 30
	err = o.checkMemory(m, nil, available)
	want := "of 1048576 positions in bf16 takes 4096 MB, and 1024 MB of memory are available; what fits is kv_tokens 262144 in bf16, or kv_tokens 493440 in q8_0, or kv_tokens 932064 in q4_0"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q", err, want)
	}
	for format, tokens := range map[string]int{"bf16": 262144, "q8_0": 493440, "q4_0": 932064} {
		if o.KVFormat, o.KVTokens = format, tokens; o.checkMemory(m, nil, available) != nil {
			t.Errorf("%d positions in %s do not fit", tokens, format)
		}
		if o.KVTokens += o.BlockSize; o.checkMemory(m, nil, available) == nil {
			t.Errorf("%d positions in %s fit, too", o.KVTokens, format)
		}
		if o.checkMemory(m, m, 2*available) == nil || o.checkMemory(m, nil, 0) != nil {
			t.Errorf("%s: the draft model's cache is not counted, or memory that is not known is too little", format)
		}
	}
	if _, err := New(m, nil, nil, options(func(o *Options) { o.KVTokens = 1 << 31 }), nil); err == nil || !strings.Contains(err.Error(), "memory are available") {
		t.Errorf("16 TB: %v", err)
	}
}

func TestCacheFormatsAreChecked(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for want, change := range map[string]func(*Options){
		"want one of f32":                      func(o *Options) { o.VFormat = "q3_7" },
		"keys in bf16 have no scales":          func(o *Options) { o.KVFormat, o.KPerChannel = "bf16", true },
		"block_size is 16, want a multiple":    func(o *Options) { o.KVFormat, o.KPerChannel = "q4_0", true },
		"kv_rotation is \"dct\", want none or": func(o *Options) { o.KVRotation = "dct" },
		"kv_layout is \"ring\", want paged or": func(o *Options) { o.KVLayout = "ring" },
	} {
		if _, err := New(m, nil, nil, options(change), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
