package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

var textDrafters = []string{DrafterNgram, DrafterSuffix, DrafterRecycle}

// copies are prompts that say things twice, so that there is something to look up at once.
func copies(t testing.TB) (ids [][]int32) {
	for _, p := range workload(t)[:6] {
		p = p[:min(len(p), 40)]
		ids = append(ids, slices.Concat(p, p))
	}
	return ids
}

// schedulingFormats are cache formats that every way of scheduling is tried with.
func schedulingFormats() []string {
	if testing.Short() {
		return []string{"q8_0"}
	}
	return []string{"f32", "q8_0"}
}

// Drafts of the text alone change no greedy answer either, whatever else is going on.
func TestTextDraftersDoNotDependOnScheduling(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	for _, format := range schedulingFormats() {
		want := speak(t, start(t, m, nil, options(func(o *Options) { o.KVFormat = format })), 60, sample.Params{}, work...)
		for i, drafter := range textDrafters {
			if testing.Short() && i > 0 {
				break
			}
			for name, change := range variants() {
				t.Run(fmt.Sprintf("%s, %s, %s", format, drafter, name), func(t *testing.T) {
					o := options(func(o *Options) { o.KVFormat, o.Drafter, o.DraftLength = format, drafter, 5 })
					change(&o)
					e := start(t, m, nil, o)
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want) // with what is remembered of the first time
					acceptance(t, e)
					if s := e.Stats(); (name == "preemption" || name == "swap") && s.Preemptions == 0 {
						t.Error("nothing was preempted: the test tests nothing")
					}
				})
			}
		}
	}
}

// The same with integer weights, per-channel keys, preemption and reuse at once; and with bounds.
func TestTextDraftersSurviveFormatsAndBounds(t *testing.T) {
	m, work := quantized(t, "gopherling-2m", "Q8_0", bestSet(t)), copies(t)
	settings := map[string]func(*Options){"channels": channels, "h2o": bounds["h2o"], "sinks": bounds["sinks"]}
	for name, change := range settings {
		want := speak(t, start(t, m, nil, options(change)), 60, sample.Params{}, work...)
		for i, drafter := range append(textDrafters, textDrafters...) {
			adaptive := i >= len(textDrafters)
			if drafter == DrafterRecycle && name == "channels" {
				continue // is refused
			}
			t.Run(fmt.Sprintf("%s, %s, adaptive %v", name, drafter, adaptive), func(t *testing.T) {
				o := options(change)
				o.Drafter, o.DraftAdaptive, o.TokenBudget, o.PrefixCache, o.KVTokens = drafter, adaptive, 24, kvcache.IndexHash, 512
				e := start(t, m, nil, o)
				for range 2 {
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
				}
				acceptance(t, e)
			})
		}
	}
}

// Siblings share a prompt, and what one of them said is drafted for the next.
func TestTextDraftersOfSiblings(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	greedy := generate(t, start(t, m, nil, options(nil)), 20, sample.Params{}, work...)
	for _, drafter := range textDrafters {
		e := start(t, m, nil, options(func(o *Options) { o.Drafter = drafter }))
		for i, got := range siblings(t, e, 4, sample.Params{}, work...) {
			sameTokens(t, [][]int32{got}, [][]int32{greedy[i/4]})
		}
		if e.Stats().SharedTokens == 0 {
			t.Errorf("%s: no prompt was shared", drafter)
		}
	}
}

// An answer that was said before is drafted from it, to the same salt alone.
func TestSuffixRemembersAnswersOfTheSalt(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), workload(t)[0]
	e := start(t, m, nil, options(func(o *Options) { o.Drafter, o.DraftLength = DrafterSuffix, 8 }))
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
	if again*3 > first*2 || other != first {
		t.Errorf("%d steps, %d for the same again, %d under another salt; want fewer the second time, and as many as the first under another", first, again, other)
	}
}

// Streams that are closed at any time, before they begin too, give back what proposers hold.
func TestTextDraftersSurviveAborts(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), copies(t)
	want := generate(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	for _, drafter := range textDrafters {
		e := start(t, m, nil, options(func(o *Options) { o.Drafter, o.MaxBatch, o.KVTokens = drafter, 2, 320 }))
		for i := range 40 {
			s, err := e.Submit(context.Background(), Request{Prompt: work[i%len(work)], MaxTokens: 40, IgnoreEOS: true})
			if err != nil {
				t.Fatal(err)
			}
			for range i % 5 {
				if i%2 == 0 {
					_, _ = s.Next(context.Background())
				}
			}
			s.Close()
		}
		idle(t, e)
		sameTokens(t, generate(t, e, 40, sample.Params{}, work...), want)
	}
}

func TestBadDrafters(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for want, o := range map[string]Options{
		`drafter is "ngrams", want one of auto, none, model, ngram, suffix, recycle, self`: options(func(o *Options) { o.Drafter = "ngrams" }),
		`drafter is "model", and there is no draft model`:                                  options(func(o *Options) { o.Drafter = DrafterModel }),
		`drafter is "recycle", want another one with k_per_channel`: options(func(o *Options) {
			o.Drafter, o.KVFormat, o.KPerChannel, o.BlockSize = DrafterRecycle, "q8_0", true, 32
		}),
		"draft_length is 0, want 1 to 64":     options(func(o *Options) { o.Drafter, o.DraftLength = DrafterNgram, 0 }),
		"draft_length is 31, want at most 30": options(func(o *Options) { o.Drafter, o.DraftLength, o.Context = DrafterNgram, 31, 32 }),
	} {
		if _, err := New(m, nil, nil, o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	for _, drafter := range []string{DrafterNone, DrafterNgram, DrafterSuffix, DrafterRecycle, DrafterSelf} {
		_, err := New(m, m, nil, options(func(o *Options) { o.Drafter = drafter }), nil)
		if want := fmt.Sprintf("drafter is %q, want auto or model with a draft model", drafter); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
