package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/offload"
	"github.com/assaylab/assay/engine/sample"
)

func offloading(t *testing.T, m, draft *model.Model, o Options, dir string) *Engine {
	t.Helper()
	files := &Offload{Dir: dir, Bytes: 256 << 20, Model: m.Name, Log: func(message string, err error) { t.Log(message, err) }}
	if draft != nil {
		files.Draft = draft.Name
	}
	e, err := NewOffloading(m, draft, nil, o, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// TestOffloadAndRestore answers with a small cache that spills, restarts, and answers again: the
// same, and from files. The third engine is asked what goes on behind the answers.
func TestOffloadAndRestore(t *testing.T) {
	small, work := loadModel(t, "gopherling-2m"), workload(t)[:8]
	type row struct {
		m, draft *model.Model
		change   func(*Options)
	}
	for name, r := range map[string]row{
		"hash":                {small, nil, func(o *Options) { o.PrefixCache = kvcache.IndexHash }},
		"radix, q8_0 cache":   {small, nil, func(o *Options) { o.PrefixCache, o.KVFormat = kvcache.IndexRadix, "q8_0" }},
		"bf16, blocks of 7":   {small, nil, func(o *Options) { o.PrefixCache, o.KVFormat, o.BlockSize = kvcache.IndexRadix, "bf16", 7 }},
		"draft, swap":         {loadModel(t, "gopherling-7m"), small, func(o *Options) { o.PrefixCache, o.Preemption = kvcache.IndexHash, PreemptSwap }},
		"prompts' arithmetic": {quantized(t, "gopherling-7m", "Q8_0", bestSet(t)), nil, func(o *Options) { o.PrefixCache = kvcache.IndexRadix }},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(func(o *Options) { o.KVTokens, o.BlockSize = 256, 8; r.change(o) })
			plain := o
			plain.PrefixCache = kvcache.IndexNone
			dir := t.TempDir()
			want := speak(t, start(t, r.m, r.draft, plain), 24, sample.Params{}, work...)
			var longer [][]int32
			for i, p := range work {
				longer = append(longer, slices.Concat(p, want[i].tokens(), p[:5]))
			}
			wantLonger := speak(t, start(t, r.m, r.draft, plain), 8, sample.Params{}, longer...)
			for round := range 2 {
				e := offloading(t, r.m, r.draft, o, dir)
				sameWords(t, speak(t, e, 24, sample.Params{}, work...), want)
				if s := e.Stats(); round == 0 && (s.Evictions == 0 || s.OffloadWrites == 0) || round == 1 && (s.OffloadHits == 0 || s.PrefixHits == 0) {
					t.Errorf("round %d: %d evictions, %d blocks written, %d found", round, s.Evictions, s.OffloadWrites, s.OffloadHits)
				}
				e.Close()
				if s := e.Stats(); s.OffloadBytes == 0 || s.Blocks.Held != 0 {
					t.Errorf("closed: %+v", s)
				}
			}
			e := offloading(t, r.m, r.draft, o, dir)
			sameWords(t, speak(t, e, 8, sample.Params{}, longer...), wantLonger)
			if s := e.Stats(); s.OffloadHits == 0 {
				t.Error("nothing was found")
			}
		})
	}
}

func TestOffloadRefusesOtherEngines(t *testing.T) {
	m, dir := loadModel(t, "gopherling-2m"), t.TempDir()
	base := options(func(o *Options) { o.PrefixCache = kvcache.IndexHash })
	offloading(t, m, nil, base, dir).Close()
	for name, change := range map[string]func(*Options, *Offload){
		"kv_format":  func(o *Options, _ *Offload) { o.KVFormat = "bf16" },
		"block_size": func(o *Options, _ *Offload) { o.BlockSize = 8 },
		"model":      func(_ *Options, x *Offload) { x.Model = "other" },
	} {
		o, x := base, Offload{Dir: dir, Bytes: 256 << 20, Model: m.Name}
		change(&o, &x)
		if _, err := NewOffloading(m, nil, nil, o, &x, nil); !errors.Is(err, offload.ErrOtherIdentity) || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := base
	o.PrefixCache = kvcache.IndexNone
	if _, err := NewOffloading(m, nil, nil, o, &Offload{Dir: dir, Bytes: 256 << 20, Model: m.Name}, nil); err == nil || !strings.Contains(err.Error(), "prefix_cache") {
		t.Errorf("without a prefix cache: %v", err)
	}
	if _, err := NewOffloading(m, nil, nil, base, &Offload{Dir: dir, Bytes: 1000, Model: m.Name}, nil); err == nil {
		t.Error("a bound of 1000 bytes was taken")
	}
}
