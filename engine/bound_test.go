package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// bounds are ways to keep less than everything, all of which give something up with longPrompts.
var bounds = map[string]func(*Options){
	"window": func(o *Options) { o.KVPolicy, o.KVBudget = kvcache.PolicyWindow, 48 },
	"sinks":  func(o *Options) { o.KVPolicy, o.KVBudget, o.KVSinks = kvcache.PolicySinks, 50, 5 },
	"h2o": func(o *Options) {
		o.KVPolicy, o.KVBudget, o.KVRecent, o.KVObserve = kvcache.PolicyH2O, 96, 20, 0
	},
	"h2o, some rows": func(o *Options) {
		o.KVPolicy, o.KVBudget, o.KVRecent, o.KVObserve = kvcache.PolicyH2O, 80, 20, 7
	},
	"snapkv": func(o *Options) {
		o.KVPolicy, o.KVBudget, o.KVRecent, o.KVObserve = kvcache.PolicySnapKV, 80, 20, 20
	},
}

// longPrompts are of several lengths, some within a bound.
func longPrompts(t testing.TB) (ids [][]int32) {
	all := workload(t)
	for i, length := range []int{20, 30, 40, 100, 110, 190} {
		var p []int32
		for k := 0; len(p) < length; k++ {
			p = append(p, all[(i+5*k)%len(all)]...)
		}
		ids = append(ids, p[:length])
	}
	return ids
}

// What is kept changes answers, and then nothing else does: batches, chunks, preemption,
// reuse, threads, drafts.
func TestBoundedAnswersDoNotDependOnScheduling(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), longPrompts(t)
	if testing.Short() {
		m = draft
	}
	full := speak(t, start(t, m, nil, options(nil)), 60, sample.Params{}, work...)
	short := func(o *Options) {
		if o.KVTokens, o.TokenBudget = 256, 20; o.Bound().Masks() {
			o.KVTokens = 144
		}
	}
	changed := map[string]func(*Options){
		"batch 1":           func(o *Options) { o.MaxBatch = 1 },
		"small budget":      func(o *Options) { o.TokenBudget = 9 },
		"whole prompts":     func(o *Options) { o.ChunkedPrefill = false },
		"hash index":        func(o *Options) { o.PrefixCache = kvcache.IndexHash },
		"radix index":       func(o *Options) { o.PrefixCache = kvcache.IndexRadix },
		"two threads":       func(o *Options) { o.Threads = 2 },
		"preemption":        short,
		"preemption, reuse": func(o *Options) { short(o); o.PrefixCache = kvcache.IndexRadix },
		"preemption, swap":  func(o *Options) { short(o); o.Preemption = PreemptSwap },
		"prompts first":     func(o *Options) { o.PrefillOrder = "prefill-first" },
	}
	for name, bound := range bounds {
		if testing.Short() && name != "h2o" && name != "window" { // the goroutines, which races are about, are the same
			continue
		}
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, options(bound))
			want := speak(t, e, 60, sample.Params{}, work...)
			if s := e.Stats(); s.DroppedPositions == 0 || slices.EqualFunc(want, full, func(a, b answer) bool { return slices.Equal(a.tokens(), b.tokens()) }) {
				t.Error("nothing was given up, or no answer changed: the test tests nothing")
			}
			for variant, change := range changed {
				t.Run(variant, func(t *testing.T) {
					o := options(bound)
					change(&o)
					e := start(t, m, nil, o)
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
					if s := e.Stats(); strings.HasPrefix(variant, "preemption") && s.Preemptions == 0 {
						t.Error("nothing was preempted: the test tests nothing")
					}
				})
			}
			t.Run("drafts", func(t *testing.T) {
				o := options(bound)
				o.DraftLength, o.KVTokens, o.TokenBudget = 4, 512, 40
				e := start(t, m, draft, o)
				sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
				if m != draft {
					acceptance(t, e)
				}
			})
		})
	}
}

// A window bounds what a sequence holds, so that one longer than the cache runs to its end.
func TestWindowsBoundMemory(t *testing.T) {
	m, prompt := loadModel(t, "gopherling-2m"), slices.Repeat(workload(t)[0], 40)[:600]
	for name, blockSize := range map[string]int{"window": 16, "sinks": 8} {
		t.Run(name, func(t *testing.T) {
			o := options(bounds[name])
			o.Context, o.TokenBudget, o.BlockSize, o.KVTokens = 1024, 32, blockSize, 160
			e := start(t, m, nil, o)
			tokens := generate(t, e, 200, sample.Params{}, prompt)[0]
			if s := e.Stats(); len(tokens) != 200 || s.PeakSequence > 160 || s.DroppedPositions < 700-160 {
				t.Errorf("%d tokens, at most %d positions held, %d given up", len(tokens), s.PeakSequence, s.DroppedPositions)
			}
			o.KVTokens = 0
			wide := start(t, m, nil, o)
			sameTokens(t, generate(t, wide, 200, sample.Params{}, prompt), [][]int32{tokens})
		})
	}
}

// h2o keeps its budget and the block that is being filled, snapkv of the prompt alone.
func TestChosenBlocksKeepTheBudget(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), longPrompts(t)
	prompt := work[len(work)-1]
	for name, lowest := range map[string]int64{"h2o": int64(len(prompt)) + 60 - 96 - 16, "snapkv": int64(len(prompt)) - 80 - 16} {
		e := start(t, m, nil, options(bounds[name]))
		generate(t, e, 60, sample.Params{}, prompt)
		if s := e.Stats(); s.DroppedPositions < lowest || s.DroppedPositions > lowest+32 {
			t.Errorf("%s: %d of %d positions given up, want at least %d", name, s.DroppedPositions, len(prompt)+60, lowest)
		}
	}
}

// A bound that nothing exceeds changes nothing, to the last bit.
func TestWideBoundsAreFull(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), longPrompts(t)
	want := speak(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	for _, policy := range kvcache.Policies[1:] {
		e := start(t, m, nil, options(func(o *Options) { o.KVPolicy, o.KVBudget = policy, 256 }))
		sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
		if s := e.Stats(); s.DroppedPositions != 0 {
			t.Errorf("%s: %d positions given up", policy, s.DroppedPositions)
		}
	}
}

func TestBadBounds(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for want, change := range map[string]func(*Options){
		`kv_policy is "lru"`:            func(o *Options) { o.KVPolicy = "lru" },
		"kv_budget is 4, want more":     func(o *Options) { o.KVPolicy, o.KVBudget = kvcache.PolicySinks, 4 },
		"kv_budget is 100, want a mult": func(o *Options) { o.KVPolicy, o.KVBudget = kvcache.PolicyH2O, 100 },
		"kv_budget is 96, want more":    func(o *Options) { o.KVPolicy, o.KVBudget = kvcache.PolicySnapKV, 96 },
		"block_size is 24, want a div":  func(o *Options) { o.KVPolicy, o.BlockSize = kvcache.PolicyH2O, 24 },
		"kv_recent is 0":                func(o *Options) { o.KVPolicy, o.KVRecent = kvcache.PolicyH2O, 0 },
		"kv_tokens is 240, want at":     func(o *Options) { o.KVPolicy, o.KVBudget, o.KVTokens = kvcache.PolicyWindow, 100, 240 },
	} {
		if _, err := New(m, nil, nil, options(change), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// What eval measures of a bound is what the engine answers with: the last token of eval's
// context is the first that was generated.
func TestEvalKeepsWhatTheEngineKeeps(t *testing.T) {
	unlessRaced(t)
	m, work := loadModel(t, "gopherling-7m"), longPrompts(t)
	for name, bound := range bounds {
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, options(bound))
			for _, prompt := range work[4:] {
				s, err := e.Submit(t.Context(), Request{Prompt: prompt, MaxTokens: 50, IgnoreEOS: true, Logprobs: -1})
				if err != nil {
					t.Fatal(err)
				}
				a := listen(t, s)
				tokens, sum := a.tokens(), 0.0
				for _, word := range a.words[1:] {
					sum += float64(word.Logprob)
				}
				o := options(bound)
				got, err := eval.Choices(t.Context(), eval.Subject{Model: m, KVFormat: "f32", Bound: o.Bound(), BlockSize: o.BlockSize},
					[]eval.Choice{{Context: append(slices.Clone(prompt), tokens[0]), Continuations: [][]int32{tokens[1:], tokens[1:9]}}}, 1, nil)
				if err != nil {
					t.Fatal(err)
				}
				if d := math.Abs(got[0].LogProb[0] - sum); d > 1e-3 || !got[0].Greedy[0] || !got[0].Greedy[1] {
					t.Errorf("%d tokens: eval gives the answer %g nats, the engine %g", len(prompt), got[0].LogProb[0], sum)
				}
			}
		})
	}
}
