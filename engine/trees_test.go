package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// trees has drafts be trees of up to so many nodes.
func trees(nodes int, change ...func(*Options)) Options {
	o := options(func(o *Options) { o.Drafter, o.DraftLength = DrafterRecycle, nodes })
	for _, f := range change {
		f(&o)
	}
	return o
}

// Trees change no greedy answer in any format of keys and values, with preemption, chunks and reuse at
// once, nor with what is kept bounded.
func TestTreesDoNotDependOnFormats(t *testing.T) {
	m, work := quantized(t, "gopherling-2m", "Q8_0", bestSet(t)), copies(t)
	for name, change := range map[string]func(*Options){
		"f32": func(o *Options) { o.KVFormat = "f32" }, "f16": func(o *Options) { o.KVFormat = "f16" },
		"bf16": func(o *Options) { o.KVFormat = "bf16" }, "q8_0": func(o *Options) { o.KVFormat = "q8_0" },
		"q4_0": func(o *Options) { o.KVFormat = "q4_0" }, "mixed": func(o *Options) { o.KFormat, o.VFormat = "q8_0", "q4_0" },
		"rotated": func(o *Options) { o.KVFormat, o.KVRotation = "q4_0", "hadamard" }, "odd blocks": func(o *Options) { o.BlockSize = 3 },
		"h2o": bounds["h2o"], "snapkv": bounds["snapkv"], "window": bounds["window"], "sinks": bounds["sinks"],
	} {
		if testing.Short() && name != "q8_0" && name != "h2o" { // the goroutines, which races are about, are the same
			continue
		}
		t.Run(name, func(t *testing.T) {
			want := speak(t, start(t, m, nil, options(change)), 50, sample.Params{}, work...)
			for _, more := range []func(*Options){
				func(o *Options) { o.TokenBudget, o.PrefixCache, o.KVTokens = 40, kvcache.IndexRadix, 600 },
				func(o *Options) {
					o.TokenBudget, o.Threads, o.KVTokens, o.Preemption = 24, 2, 480, PreemptSwap
				},
				func(o *Options) { o.MaxBatch, o.DraftAdaptive = 2, true },
			} {
				if name == "odd blocks" {
					more = func(o *Options) { o.TokenBudget = 40 }
				}
				e := start(t, m, nil, trees(14, change, more))
				for range 2 {
					sameWords(t, speak(t, e, 50, sample.Params{}, work...), want)
				}
				if !e.Options().DraftAdaptive { // which may find that nothing pays
					acceptance(t, e)
				}
			}
		})
	}
}

// A sampled answer is, for a seed, token by token what it is without drafts, with penalties too.
func TestSampledTreesAreTheSameText(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	for name, p := range map[string]sample.Params{
		"warm": {Temperature: .8, Seed: 7}, "truncated": {Temperature: 1, TopK: 20, TopP: .9, MinP: .02, Seed: 3},
		"penalties": {Temperature: .7, PresencePenalty: .5, FrequencyPenalty: .2, RepetitionPenalty: 1.1, Seed: 11},
		"greedy":    {PresencePenalty: .5, RepetitionPenalty: 1.2},
	} {
		t.Run(name, func(t *testing.T) {
			want := generate(t, start(t, m, nil, options(nil)), 60, p, work...)
			e := start(t, m, nil, trees(16))
			sameTokens(t, generate(t, e, 60, p, work...), want)
			sameTokens(t, generate(t, e, 60, p, work...), want)
			acceptance(t, e)
		})
	}
}

// What is reported of a tree's tokens is what is of theirs alone.
func TestLogprobsOfTrees(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), copies(t)[0]
	ask := func(o Options) (all []TokenLogprobs) {
		s, err := start(t, m, nil, o).Submit(context.Background(), Request{Prompt: p, MaxTokens: 60, IgnoreEOS: true, Logprobs: 3})
		if err != nil {
			t.Fatal(err)
		}
		for ev, err := s.Next(context.Background()); err == nil; ev, err = s.Next(context.Background()) {
			all = append(all, ev.Logprobs...)
		}
		return all
	}
	got, want := ask(trees(16)), ask(options(nil))
	if len(want) != 60 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d tokens, want %d: %v, want %v", len(got), len(want), got, want)
	}
}

// What one salt has asked is drafted for nobody else.
func TestRecycleRemembersNothingOfAnotherSalt(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), workload(t)[0]
	e := start(t, m, nil, trees(8))
	ask := func(salt uint64) (steps int64) {
		before := e.Stats().Steps
		s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 60, IgnoreEOS: true, Salt: salt})
		if err != nil {
			t.Fatal(err)
		}
		collect(t, s)
		idle(t, e)
		return e.Stats().Steps - before
	}
	first, again, other := ask(1), ask(1), ask(2)
	if again >= first || other != first {
		t.Errorf("%d steps, %d for the same again, %d under another salt; want fewer the second time, and as many as the first under another", first, again, other)
	}
}

// A step with trees of a size that there was before allocates no memory, whether sizes are chosen or not.
func TestStepsOfTreesAllocateNothing(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		l := still(t, func(o *Options) { o.Drafter, o.DraftLength, o.DraftAdaptive = DrafterRecycle, 12, adaptive })
		growTrees(t, l, 1, func(step func()) {
			for len(l.live) > 0 {
				step()
			}
		})
		streams := growTrees(t, l, 2, func(step func()) { // the same again, of which nothing is known
			for range 15 {
				step()
			}
			if n := testing.AllocsPerRun(20, step); n > 3 { // the tokens of each event, which the client keeps
				t.Errorf("adaptive %v: %v allocations with 3 events a step", adaptive, n)
			}
		})
		if trees := slices.ContainsFunc(streams, func(s *Stream) bool { return len(s.draft.Parents) > 1 }); !adaptive && (l.stats.AcceptedTokens == 0 || !trees) {
			t.Error("no draft stood, or there was no tree: the test tests nothing")
		}
	}
}

// growTrees has three streams of a salt generate as run takes steps.
func growTrees(t *testing.T, l *loop, salt uint64, run func(step func())) (streams []*Stream) {
	for i, p := range copies(t)[:3] {
		s := l.submit(t, 10*salt+uint64(i), Request{Prompt: p, MaxTokens: 150, IgnoreEOS: true, Salt: salt, Sampling: sample.Params{Temperature: .5}})
		s.events = make(chan Event, 200)
		streams = append(streams, s)
	}
	run(func() {
		if !l.sched.Next(&l.plan, 0) {
			t.Fatal("nothing to do")
		}
		l.move(l.plan.Moves)
		l.step()
		for _, s := range streams {
			for range len(s.events) {
				<-s.events
			}
		}
	})
	return streams
}
