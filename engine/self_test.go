package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sample"
)

// selfDrafts has the model's first layers draft.
func selfDrafts(o *Options, layers int) {
	o.Drafter, o.DraftLayers, o.DraftLength = DrafterSelf, layers, 5
}

// Drafts of a model's own first layers, which write to its cache, change no greedy answer, whatever else
// is going on.
func TestSelfDraftsDoNotDependOnScheduling(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, which meets the same goroutines with other drafters")
	}
	m, work := loadModel(t, "gopherling-7m"), copies(t)[:4]
	layers := m.Layers - 1
	for _, format := range schedulingFormats() {
		want := speak(t, start(t, m, nil, options(func(o *Options) { o.KVFormat = format })), 40, sample.Params{}, work...)
		for name, change := range variants() {
			layers = 4 + (layers+1)%4
			t.Run(fmt.Sprintf("%s, %s, %d layers", format, name, layers), func(t *testing.T) {
				o := options(func(o *Options) { o.KVFormat = format; selfDrafts(o, layers) })
				change(&o)
				e := start(t, m, nil, o)
				crowded := name == "preemption" || name == "swap"
				for range 10 { // who comes late meets fewer that could be in the way
					sameWords(t, speak(t, e, 40, sample.Params{}, work...), want)
					if !crowded || e.Stats().Preemptions > 0 {
						break
					}
				}
				acceptance(t, e)
				if crowded && e.Stats().Preemptions == 0 {
					t.Error("nothing was preempted: the test tests nothing")
				}
			})
		}
	}
}

// The same with integer weights, keys per channel, preemption and reuse at once; and with bounds.
func TestSelfDraftsSurviveFormatsAndBounds(t *testing.T) {
	m, work := quantized(t, "gopherling-7m", "Q8_0", bestSet(t)), copies(t)[:4]
	settings := map[string]func(*Options){"channels": channels, "h2o": bounds["h2o"], "sinks": bounds["sinks"], "window": bounds["window"]}
	for name, change := range settings {
		want := speak(t, start(t, m, nil, options(change)), 60, sample.Params{}, work...)
		for _, adaptive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, adaptive %v", name, adaptive), func(t *testing.T) {
				o := options(change)
				selfDrafts(&o, m.Layers-2)
				o.DraftAdaptive, o.TokenBudget, o.PrefixCache, o.KVTokens = adaptive, 24, kvcache.IndexHash, 512
				e := start(t, m, nil, o)
				for range 2 {
					sameWords(t, speak(t, e, 60, sample.Params{}, work...), want)
				}
				acceptance(t, e)
			})
		}
	}
}

// Siblings share a prompt, whose keys and values the first layers never computed.
func TestSelfDraftsOfSiblings(t *testing.T) {
	m, work := loadModel(t, "gopherling-7m"), copies(t)[:2]
	greedy := generate(t, start(t, m, nil, options(nil)), 20, sample.Params{}, work...)
	e := start(t, m, nil, options(func(o *Options) { selfDrafts(o, 6) }))
	for i, got := range siblings(t, e, 4, sample.Params{}, work...) {
		sameTokens(t, [][]int32{got}, [][]int32{greedy[i/4]})
	}
	if acceptance(t, e); e.Stats().SharedTokens == 0 {
		t.Error("no prompt was shared")
	}
}

// Sampled drafts carry the distributions that they were drawn from, under the request's settings.
func TestSelfDraftsHaveDistributions(t *testing.T) {
	l := stillOf(t, loadModel(t, "gopherling-7m"), nil, func(o *Options) { selfDrafts(o, 6) })
	s := l.submit(t, 1, Request{Prompt: workload(t)[0], MaxTokens: 40, IgnoreEOS: true, Sampling: sample.Params{Temperature: 1, TopK: 7, Seed: 3}})
	drafts := 0
	for range 5 {
		l.sched.Next(&l.plan, 0)
		l.move(l.plan.Moves)
		l.step()
		if len(s.draft.Probs) != len(s.draft.Draft) {
			t.Fatalf("%d distributions of %d drafts", len(s.draft.Probs), len(s.draft.Draft))
		}
		for i, probs := range s.draft.Probs {
			sum, likely := 0.0, 0
			for _, p := range probs {
				if sum += float64(p); p > 0 {
					likely++
				}
			}
			if math.Abs(sum-1) > 1e-5 || likely != 7 || probs[s.draft.Draft[i]] == 0 {
				t.Errorf("draft %d: probabilities of %d tokens add up to %g, its own is %g", i, likely, sum, probs[s.draft.Draft[i]])
			}
			drafts++
		}
	}
	if drafts < 10 {
		t.Errorf("only %d drafts", drafts)
	}
}

// The first layers need no memory of keys and values, and no weights.
func TestSelfDraftsTakeNoMemory(t *testing.T) {
	m := loadModel(t, "gopherling-7m")
	none, self := start(t, m, nil, options(nil)).Stats(), start(t, m, nil, options(func(o *Options) { selfDrafts(o, 4) })).Stats()
	if self.KVBytesPerToken != none.KVBytesPerToken || self.WeightBytes != none.WeightBytes {
		t.Errorf("%d bytes a token and %d of weights, without drafts %d and %d", self.KVBytesPerToken, self.WeightBytes, none.KVBytesPerToken, none.WeightBytes)
	}
}

func TestBadDraftLayers(t *testing.T) {
	for _, row := range []struct {
		model  string
		layers int
		want   string
	}{
		{"gopherling-7m", 0, "draft_layers is 0, want 1 to 7"},
		{"gopherling-7m", 8, "draft_layers is 8, want 1 to 7"},
		{"gopherling-7m", -1, "draft_layers is -1, want 1 to 7"},
		{"gopherling-2m", 1, `drafter is "self", and the model has 1 layer: none can be left out`},
	} {
		_, err := New(loadModel(t, row.model), nil, nil, options(func(o *Options) { selfDrafts(o, row.layers) }), nil)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s with %d layers: %v, want an error with %q", row.model, row.layers, err, row.want)
		}
	}
}
