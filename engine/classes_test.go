package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/engine/sample"
)

// quantized is a model of a format whose products are of integers, where prompts may have an
// arithmetic of their own.
func quantized(t testing.TB, name, format string, kernels *kernel.Set) *model.Model {
	t.Helper()
	f, err := gguf.Open("models/" + name + "-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := recipe.ByName(format)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := checkpoint.Plan(f, r, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	if err := gguf.Write(&file, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	parsed, err := gguf.Parse(name, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(parsed, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// answer is what one request came to.
type answer struct {
	words  []TokenLogprobs
	cached int // prompt tokens from the prefix cache
}

func (a answer) tokens() (ids []int32) {
	for _, w := range a.words {
		ids = append(ids, w.Token)
	}
	return ids
}

// listen reads a stream that reports log-probabilities to its end.
func listen(t testing.TB, s *Stream) (a answer) {
	for {
		ev, err := s.Next(context.Background())
		if err == io.EOF {
			return a
		}
		if err != nil {
			t.Errorf("stream: %v", err)
			return a
		}
		a.words, a.cached = append(a.words, ev.Logprobs...), ev.Cached
	}
}

// speak runs all prompts at once and returns the answers, with log-probabilities: two answers
// that are equal only by luck differ in those.
func speak(t testing.TB, e *Engine, n int, sampling sample.Params, prompts ...[]int32) []answer {
	t.Helper()
	out := make([]answer, len(prompts))
	var wg sync.WaitGroup
	for i, p := range prompts {
		r := Request{Prompt: p, MaxTokens: n, IgnoreEOS: true, Sampling: sampling, Logprobs: -1}
		r.Sampling.Seed += uint64(i)
		s, err := e.Submit(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { out[i] = listen(t, s) })
	}
	wg.Wait()
	idle(t, e)
	return out
}

func sameWords(t testing.TB, got, want []answer) {
	t.Helper()
	for i := range want {
		if !reflect.DeepEqual(got[i].words, want[i].words) {
			t.Errorf("request %d: %v, want %v", i, got[i].words, want[i].words)
		}
	}
}

func TestGreedyOfIntegersDoesNotDependOnScheduling(t *testing.T) {
	m, draft := quantized(t, "gopherling-7m", "Q8_0", bestSet(t)), quantized(t, "gopherling-2m", "Q8_0", bestSet(t))
	for name, format := range map[string]func(*Options){
		"bf16":     func(o *Options) { o.KVFormat = "bf16" },
		"q8_0":     func(o *Options) { o.KVFormat = "q8_0" },
		"channels": channels,
	} {
		if testing.Short() && name != "q8_0" { // the goroutines, which races are about, are the same
			continue
		}
		t.Run(name, func(t *testing.T) { dependOnNothing(t, m, draft, format, workload(t)[:8]) })
	}
}

const turns, turnTokens = 3, 30

// converse has conversations of some turns at once: each turn's prompt is what was said before,
// the engine's own answers among it, and a word more.
func converse(t testing.TB, e *Engine, prompts ...[]int32) (all [turns][]answer) {
	prompts = slices.Clone(prompts)
	for turn := range turns {
		all[turn] = speak(t, e, turnTokens, sample.Params{}, prompts...)
		for i, a := range all[turn] {
			prompts[i] = slices.Concat(prompts[i], a.tokens(), []int32{int32(100 + turn), int32(200 + i)})
		}
	}
	return all
}

// Answers are read as a prompt in the next turn, which may have an arithmetic of its own: what
// was computed when they were generated then must not be found.
func TestTurnsDoNotDependOnScheduling(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	work, names := workload(t)[:6], []string{"prefix reuse", "blocks of 1", "small budget", "preemption,reuse"}
	sets = sets[min(1, len(sets)-1):]
	if testing.Short() { // the goroutines, which races are about, are the same
		sets, names = sets[len(sets)-1:], []string{"prefix reuse", "preemption,reuse"}
	}
	for _, set := range sets {
		m, draft := quantized(t, "gopherling-7m", "Q8_0", set), loadModel(t, "gopherling-2m")
		want := converse(t, start(t, m, nil, options(nil)), work...)
		for _, name := range names {
			for _, length := range []int{0, 4} {
				if testing.Short() && length == 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s, draft %d", set.Name, name, length), func(t *testing.T) {
					o := options(variants()[name])
					o.PrefixCache, o.DraftLength = kvcache.IndexHash, length
					with := draft
					if length == 0 {
						with = nil
					}
					e := start(t, m, with, o)
					got := converse(t, e, work...)
					for turn := range want {
						sameWords(t, got[turn], want[turn])
					}
					if short := name == "preemption,reuse"; short && e.Stats().Preemptions == 0 {
						t.Error("nothing was preempted: the test tests nothing")
					} else if !short {
						foundAgain(t, m, o.BlockSize, work, got)
					}
				})
			}
		}
	}
}

// foundAgain checks what each turn has from the prefix cache: whole blocks of all that the
// turn before has computed, or of its prompt alone where generated positions are another class.
func foundAgain(t *testing.T, m *model.Model, blockSize int, prompts [][]int32, turn [turns][]answer) {
	t.Helper()
	for i, p := range prompts {
		length := len(p)
		for n := 1; n < turns; n++ {
			most := length
			if !m.Prompts() {
				most += turnTokens - 1 // the last token was drawn, and never computed
			}
			if got, want := turn[n][i].cached, most/blockSize*blockSize; got != want {
				t.Errorf("conversation %d, turn %d: %d positions were found, want %d", i, n+1, got, want)
			}
			length += turnTokens + 2
		}
	}
}
