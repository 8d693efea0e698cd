package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// prompt is one of the reference's prompts with its greedy continuation.
type prompt struct {
	Text   string
	IDs    []int32
	Top    [][2]float64
	Greedy []int32
	Gap    []float64
}

func prompts(t testing.TB, name string) []prompt {
	data, err := os.ReadFile("testdata/reference-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Prompts []prompt }
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r.Prompts
}

func bestSet(t testing.TB) *kernel.Set {
	kernels, err := kernel.Select("auto", cpu.Detect())
	if err != nil {
		t.Fatal(err)
	}
	return kernels
}

func loadModel(t testing.TB, name string) *model.Model {
	f, err := gguf.Open("models/" + name + "-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m, err := model.Load(f, bestSet(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func start(t testing.TB, m, draft *model.Model, o Options) *Engine {
	t.Helper()
	e, err := New(m, draft, []int32{0}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// collect reads a stream to its end.
func collect(t testing.TB, s *Stream) (tokens []int32, finish FinishReason) {
	t.Helper()
	for {
		ev, err := s.Next(context.Background())
		if err == io.EOF {
			return tokens, finish
		}
		if err != nil {
			t.Errorf("stream: %v", err)
			return tokens, finish
		}
		tokens, finish = append(tokens, ev.Tokens...), ev.Finish
	}
}

// generate runs all prompts at once and returns their tokens.
func generate(t testing.TB, e *Engine, n int, sampling sample.Params, prompts ...[]int32) [][]int32 {
	t.Helper()
	out := make([][]int32, len(prompts))
	var wg sync.WaitGroup
	for i, p := range prompts {
		r := Request{Prompt: p, MaxTokens: n, IgnoreEOS: true, Sampling: sampling}
		r.Sampling.Seed += uint64(i)
		s, err := e.Submit(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { out[i], _ = collect(t, s) })
	}
	wg.Wait()
	idle(t, e)
	return out
}

// idle waits until the engine has nothing left and checks that every block is back.
func idle(t testing.TB, e *Engine) {
	t.Helper()
	for range 1000 {
		s := e.Stats()
		if s.Running+s.Waiting == 0 && s.Blocks.Held == 0 {
			if b := s.Blocks; b.Free+b.Cached+b.Held != b.Total {
				t.Errorf("blocks do not add up: %+v", b)
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("the engine is not idle: %+v", e.Stats())
}

func options(change func(*Options)) Options {
	o := DefaultOptions()
	o.Threads, o.Context, o.KVFormat = 1, 256, "f32"
	if change != nil {
		change(&o)
	}
	return o
}

func TestGreedyAgreesWithPyTorch(t *testing.T) {
	unlessRaced(t)
	for _, name := range []string{"gopherling-7m", "gopherling-2m", "gopherling-1m"} {
		t.Run(name, func(t *testing.T) {
			e := start(t, loadModel(t, name), nil, options(nil))
			compared := 0
			for i, p := range prompts(t, name) {
				got := generate(t, e, len(p.Greedy), sample.Params{}, p.IDs)[0]
				for step, want := range p.Greedy {
					if p.Gap[step] < 1e-3 { // the reference's own choice is a toss-up from here on
						break
					}
					compared++
					if got[step] != want {
						t.Errorf("prompt %d, step %d (gap %g nats): token %d, want %d", i, step, p.Gap[step], got[step], want)
						break
					}
				}
			}
			if compared < 500 {
				t.Errorf("only %d steps were compared", compared)
			}
		})
	}
}

func TestLogprobsAgreeWithPyTorch(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-7m"), nil, options(nil))
	for i, p := range prompts(t, "gopherling-7m") {
		s, err := e.Submit(context.Background(), Request{Prompt: p.IDs, MaxTokens: 1, Logprobs: 8, IgnoreEOS: true})
		if err != nil {
			t.Fatal(err)
		}
		ev, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range p.Top {
			if got := ev.Logprobs[0].Top[k]; got.Token != int32(want[0]) || math.Abs(float64(got.Logprob)-want[1]) > 1e-3 {
				t.Errorf("prompt %d, choice %d: token %d at %.6f, want %d at %.6f", i, k, got.Token, got.Logprob, int32(want[0]), want[1])
			}
		}
	}
}

// variants are settings that must not change a greedy answer.
func variants() map[string]func(*Options) {
	return map[string]func(*Options){
		"batch 1":          func(o *Options) { o.MaxBatch = 1 },
		"small budget":     func(o *Options) { o.TokenBudget = 9 },
		"whole prompts":    func(o *Options) { o.ChunkedPrefill = false },
		"blocks of 8":      func(o *Options) { o.BlockSize = 8 },
		"blocks of 1":      func(o *Options) { o.BlockSize = 1 },
		"blocks of 256":    func(o *Options) { o.BlockSize = 256 },
		"contiguous":       func(o *Options) { o.KVLayout = LayoutContiguous },
		"few slots":        func(o *Options) { o.KVLayout, o.KVTokens = LayoutContiguous, 600 },
		"prefix hash":      func(o *Options) { o.PrefixCache = kvcache.IndexHash },
		"prefix radix":     func(o *Options) { o.PrefixCache = kvcache.IndexRadix },
		"two threads":      func(o *Options) { o.Threads = 2 },
		"preemption":       func(o *Options) { o.KVTokens = 256 },
		"preemption,reuse": func(o *Options) { o.KVTokens, o.PrefixCache = 256, kvcache.IndexHash },
		"swap":             func(o *Options) { o.KVTokens, o.Preemption = 256, PreemptSwap },
		"some swap,radix": func(o *Options) {
			o.KVTokens, o.Preemption, o.SwapTokens, o.PrefixCache = 256, PreemptSwap, 128, kvcache.IndexRadix
		},
	}
}

func workload(t testing.TB) (ids [][]int32) {
	for _, p := range prompts(t, "gopherling-7m") {
		ids = append(ids, p.IDs)
	}
	return ids
}

func TestGreedyDoesNotDependOnScheduling(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), workload(t)
	formats := model.CacheFormats
	if testing.Short() {
		m, work, formats = draft, work[:6], formats[:1]
	}
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			dependOnNothing(t, m, draft, func(o *Options) { o.KVFormat = format }, work)
		})
	}
}

// dependOnNothing answers with all variants, and with drafts, and compares to the last bit.
func dependOnNothing(t *testing.T, m, draft *model.Model, format func(*Options), work [][]int32) {
	want := speak(t, start(t, m, nil, options(format)), 40, sample.Params{}, work...)
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			o := options(change)
			format(&o)
			e := start(t, m, nil, o)
			sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
			if name == "preemption" && e.Stats().Preemptions == 0 {
				t.Error("nothing was preempted: the test tests nothing")
			}
		})
	}
	for _, length := range []int{1, 4} {
		t.Run(fmt.Sprint("draft ", length), func(t *testing.T) {
			o := options(func(o *Options) { o.DraftLength = length })
			format(&o)
			e := start(t, m, draft, o)
			sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
			acceptance(t, e)
		})
	}
	t.Run("adaptive drafts", func(t *testing.T) {
		o := options(func(o *Options) { o.DraftLength, o.DraftAdaptive = 6, true })
		format(&o)
		e := start(t, m, draft, o)
		sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
		acceptance(t, e)
	})
}

func TestSpeculationSurvivesPreemptionAndReuse(t *testing.T) {
	for name, m := range map[string]*model.Model{"BF16": loadModel(t, "gopherling-7m"), "Q8_0": quantized(t, "gopherling-7m", "Q8_0", bestSet(t))} {
		t.Run(name, func(t *testing.T) { speculate(t, m, loadModel(t, "gopherling-2m"), workload(t)[:8]) })
	}
}

func speculate(t *testing.T, m, draft *model.Model, work [][]int32) {
	want := speak(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	for _, adaptive := range []bool{false, true} {
		o := options(func(o *Options) {
			o.KVTokens, o.PrefixCache, o.TokenBudget, o.DraftAdaptive = 256, kvcache.IndexHash, 12, adaptive
		})
		speculateWith(t, start(t, m, draft, o), work, want)
	}
}

func speculateWith(t *testing.T, e *Engine, work [][]int32, want []answer) {
	t.Helper()
	sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
	for range 2 { // the second time from the prefix cache
		sameWords(t, speak(t, e, 40, sample.Params{}, work[0]), want[:1])
	}
	if s := e.Stats(); s.PrefixHits == 0 || s.Preemptions == 0 || s.AcceptedTokens == 0 {
		t.Errorf("%d prefix hits, %d preemptions, %d accepted drafts: want some of each", s.PrefixHits, s.Preemptions, s.AcceptedTokens)
	}
}

func acceptance(t *testing.T, e *Engine) {
	t.Helper()
	s := e.Stats()
	sum := int64(0)
	for _, n := range s.AcceptedAt {
		sum += n
	}
	if s.DraftTokens == 0 || s.AcceptedTokens == 0 || s.AcceptedTokens > s.DraftTokens || sum != s.AcceptedTokens {
		t.Errorf("%d of %d drafts accepted, by position %v", s.AcceptedTokens, s.DraftTokens, s.AcceptedAt)
	}
	drafted, deepest := int64(0), int64(0)
	for i, n := range s.DraftedAt {
		drafted, deepest = drafted+n, max(deepest, n)
		if s.AcceptedAt[i] > n {
			t.Errorf("%d drafts of %d accepted at position %d", s.AcceptedAt[i], n, i)
		}
	}
	trees := e.Options().Drafter == DrafterRecycle // of which only one token of each depth counts
	if drafted > s.DraftTokens || !trees && drafted < s.DraftTokens || deepest != s.Drafts || s.DraftsFallen > s.Drafts || s.Drafts-s.DraftsFallen > s.AcceptedTokens {
		t.Errorf("%d drafts, of which %d fell, of %d tokens, by position %v", s.Drafts, s.DraftsFallen, s.DraftTokens, s.DraftedAt)
	}
	batches(t, &s)
	t.Logf("%d of %d drafts accepted, by position %v, in %d verify steps", s.AcceptedTokens, s.DraftTokens, s.AcceptedAt, s.Drafts)
}

func sameTokens(t *testing.T, got, want [][]int32) {
	t.Helper()
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("request %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// A model that drafts for itself is always right, but for the last bit: its guesses
// come from the same arithmetic.
func TestAModelAgreesWithItself(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	e := start(t, m, m, options(func(o *Options) { o.DraftLength = 4 }))
	generate(t, e, 41, sample.Params{}, workload(t)...)
	if s := e.Stats(); s.AcceptedTokens != s.DraftTokens {
		t.Errorf("%d of %d drafts accepted, want all", s.AcceptedTokens, s.DraftTokens)
	}
}

func TestSampledAnswersDependOnTheSeedAlone(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)[:6]
	sampling := sample.Params{Temperature: 0.9, TopP: 0.95, TopK: 100, MinP: 0.01, Seed: 11}
	want := generate(t, start(t, m, nil, options(nil)), 24, sampling, work...)
	for _, name := range []string{"batch 1", "small budget", "preemption"} {
		e := start(t, m, nil, options(variants()[name]))
		sameTokens(t, generate(t, e, 24, sampling, work...), want)
	}
	sampling.Seed++
	other := generate(t, start(t, m, nil, options(nil)), 24, sampling, work...)
	if slices.Equal(other[0], want[0]) && slices.Equal(other[1], want[1]) {
		t.Error("another seed gives the same answers")
	}
}

func TestFinishReasons(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), workload(t)[0]
	e := start(t, m, nil, options(func(o *Options) { o.Context = len(p) + 5 }))
	s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 3, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	if tokens, finish := collect(t, s); len(tokens) != 3 || finish != FinishLength {
		t.Errorf("max tokens 3: %d tokens, finish %q", len(tokens), finish)
	}
	s, _ = e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 100, IgnoreEOS: true})
	if tokens, finish := collect(t, s); len(tokens) != 5 || finish != FinishLength {
		t.Errorf("context of prompt + 5: %d tokens, finish %q", len(tokens), finish)
	}
	first := generate(t, e, 1, sample.Params{}, p)[0][0]
	stopping, err := New(m, nil, []int32{-1, first}, options(nil), nil) // the first token ends the text
	if err != nil {
		t.Fatal(err)
	}
	defer stopping.Close()
	s, _ = stopping.Submit(context.Background(), Request{Prompt: p, MaxTokens: 50})
	if tokens, finish := collect(t, s); len(tokens) != 1 || finish != FinishStop {
		t.Errorf("end of text: %v, finish %q", tokens, finish)
	}
}

func TestAbortFreesBlocksAtOnce(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(func(o *Options) { o.MaxBatch = 2 }))
	ctx, cancel := context.WithCancel(context.Background())
	var streams []*Stream
	for _, p := range workload(t)[:6] { // two run, four wait
		s, err := e.Submit(ctx, Request{Prompt: p, MaxTokens: 150, IgnoreEOS: true})
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	if _, err := streams[0].Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, s := range streams {
		for {
			if _, err := s.Next(context.Background()); err != nil {
				if !errors.Is(err, errAborted) {
					t.Errorf("an aborted stream ended with %v", err)
				}
				break
			}
		}
	}
	idle(t, e)
	if n := e.Stats().Finished[FinishAbort]; n != 6 {
		t.Errorf("%d requests were counted as aborted, want 6", n)
	}
}

func TestOverload(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(func(o *Options) { o.MaxBatch, o.MaxQueue = 1, 2 }))
	ctx, cancel := context.WithCancel(context.Background())
	refused, p := 0, workload(t)[0]
	for range 20 {
		_, err := e.Submit(ctx, Request{Prompt: p, MaxTokens: 200, IgnoreEOS: true})
		if errors.Is(err, ErrOverloaded) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 { // how many depends on how fast it answers
		t.Error("none of 20 requests at once was refused, with room for 3")
	}
	if e.RetryAfter() < time.Second {
		t.Errorf("retry after %v", e.RetryAfter())
	}
	cancel()
	idle(t, e)
	generate(t, e, 2, sample.Params{}, workload(t)[1]) // and it serves again
}

func TestSlowConsumerIsCutOff(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	e := start(t, m, nil, options(func(o *Options) { o.Context = m.Context }))
	s, err := e.Submit(context.Background(), Request{Prompt: workload(t)[0], MaxTokens: streamBuffer + 300, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	for e.Stats().Finished[FinishAbort] == 0 {
		time.Sleep(time.Millisecond)
	}
	n := 0
	for {
		_, err = s.Next(context.Background())
		if err != nil {
			break
		}
		n++
	}
	if !errors.Is(err, ErrSlowConsumer) || n != streamBuffer {
		t.Errorf("%d events, then %v", n, err)
	}
	idle(t, e)
}

func TestCloseEndsStreams(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(nil))
	s, err := e.Submit(context.Background(), Request{Prompt: workload(t)[0], MaxTokens: 200, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	for err == nil {
		_, err = s.Next(context.Background())
	}
	if !errors.Is(err, ErrClosed) {
		t.Errorf("the stream ended with %v, want ErrClosed", err)
	}
	if _, err := e.Submit(context.Background(), Request{Prompt: []int32{1}, MaxTokens: 1}); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit after Close: %v", err)
	}
}

func TestBadRequestsAndOptions(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	e := start(t, m, nil, options(nil))
	for name, r := range map[string]Request{
		"empty prompt":       {MaxTokens: 1},
		"too long":           {Prompt: make([]int32, 256), MaxTokens: 1},
		"no tokens asked":    {Prompt: []int32{1}},
		"token out of range": {Prompt: []int32{4096}, MaxTokens: 1},
		"negative token":     {Prompt: []int32{-1}, MaxTokens: 1},
		"bad stop token":     {Prompt: []int32{1}, MaxTokens: 1, StopTokens: []int32{4096}},
		"min above max":      {Prompt: []int32{1}, MaxTokens: 1, MinTokens: 2},
		"bad bias":           {Prompt: []int32{1}, MaxTokens: 1, Sampling: sample.Params{Bias: []sample.Bias{{Token: 4096}}}},
		"too long to score":  {Prompt: make([]int32, 257), PromptLogprobs: -1},
		"bad sampling":       {Prompt: []int32{1}, MaxTokens: 1, Sampling: sample.Params{Temperature: -1}},
	} {
		if _, err := e.Submit(context.Background(), r); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, change := range map[string]func(*Options){
		"no batch":      func(o *Options) { o.MaxBatch = 0 },
		"no budget":     func(o *Options) { o.TokenBudget = 0 },
		"long context":  func(o *Options) { o.Context = 1 << 20 },
		"cache format":  func(o *Options) { o.KVFormat = "q3_7" },
		"tiny cache":    func(o *Options) { o.KVTokens = 3 },
		"no block size": func(o *Options) { o.BlockSize = 0 },
	} {
		if _, err := New(m, nil, []int32{0}, options(change), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
