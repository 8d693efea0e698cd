package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// The engine's sampled answers are held against probabilities that a model's logits give, whatever drafts. Only a few
// tokens can be drawn, a bias sees to that, and the prompt has them in all orders, so that there is always something
// to look up. The first token is not drafted; the joint distribution is of the three first ones.
const (
	spoken       = 15_000 // answers, apart from those beside them
	said         = 3      // tokens that can be drawn
	significance = 1e-4   // a right rule fails a test this often, for another choice of seeds
	leastBias    = .04    // total variation that must be found
	leastPower   = .99    // and how surely
)

var sayable = [said]int32{20, 31, 45}

// cycle has every ordered pair and triple of the tokens, in an order of De Bruijn (1946).
func cycle() (ids []int32) {
	for _, i := range []int{0, 0, 0, 1, 0, 0, 2, 0, 1, 1, 0, 1, 2, 0, 2, 1, 0, 2, 2, 1, 1, 1, 2, 1, 2, 2, 2, 0, 0} {
		ids = append(ids, sayable[i])
	}
	return ids
}

func narrow(temperature float32) sample.Params {
	p := sample.Params{Temperature: temperature, TopK: said}
	for _, t := range sayable {
		p.Bias = append(p.Bias, sample.Bias{Token: t, Add: 60})
	}
	return p
}

func family(t testing.TB, name string) *model.Model {
	f, err := gguf.Open("testdata/gguf/" + name + ".gguf")
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

// expected are the probabilities of the first three tokens after the prompt, by the model alone.
func expected(t *testing.T, m *model.Model, prompt []int32, p sample.Params) []float64 {
	t.Helper()
	pool := par.New(1)
	defer pool.Close()
	cache, err := model.NewCache(m, "f32", 4, 16)
	if err != nil {
		t.Fatal(err)
	}
	state := model.NewState(m, cache, pool)
	probs := make([]float32, m.Vocab)
	next := func(after ...int32) (out []float64) {
		var pass model.Pass
		pass.AddPrompt(0, []int32{0, 1, 2, 3}, prompt...)
		row := len(prompt) - 1
		if len(after) > 0 {
			pass.Add(len(prompt), []int32{0, 1, 2, 3}, after...)
			row += len(after)
		}
		pass.Logits = append(pass.Logits, int32(row))
		state.Forward(&pass)
		var s sample.Scratch
		sample.Distribution(probs, sample.Adjust(pass.Row(0), p, nil, len(prompt), &s), p, &s)
		for _, x := range sayable {
			out = append(out, float64(probs[x]))
		}
		return out
	}
	var all []float64
	for a, pa := range next() {
		for b, pb := range next(sayable[a]) {
			for _, pc := range next(sayable[a], sayable[b]) {
				all = append(all, pa*pb*pc)
			}
		}
	}
	return all
}

// hear counts the first three tokens of many answers of different seeds, which run in one batch with others: greedy
// ones, longer ones, of other prompts, lengths of drafts and temperatures.
func hear(t *testing.T, e *Engine, prompt []int32, p sample.Params) (counts [said * said * said]int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan bool, 128)
	submit := func(r Request, heard func(tokens []int32)) {
		slots <- true
		s, err := e.Submit(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			tokens, _ := collect(t, s)
			mu.Lock()
			defer mu.Unlock()
			heard(tokens)
		})
	}
	for i := range spoken {
		if i%16 == 0 {
			other := Request{Prompt: append([]int32{int32(i % 50)}, prompt...), MaxTokens: 4 + i%20, IgnoreEOS: true, Drafts: []int{0, NoDrafts, min(2, e.Options().DraftLength)}[i/16%3]}
			other.Sampling = sample.Params{Temperature: float32(i / 16 % 2), Seed: uint64(i)}
			submit(other, func([]int32) {})
		}
		r := Request{Prompt: prompt, MaxTokens: 4, IgnoreEOS: true, Sampling: p}
		r.Sampling.Seed = uint64(i)
		submit(r, func(tokens []int32) {
			cell := 0
			for _, x := range tokens[:3] {
				cell = cell*said + slices.Index(sayable[:], x) // of another token, out of range
			}
			counts[cell]++
		})
	}
	wg.Wait()
	return counts
}

// misfit is a chi-square test of counts: how far they are from what is expected, and beyond what that is too far.
func misfit(counts []int, expected []float64) (statistic, limit, freedom float64) {
	for i, c := range counts {
		e := expected[i] * spoken
		statistic += (float64(c) - e) * (float64(c) - e) / e
	}
	freedom = float64(len(counts) - 1)
	return statistic, distuv.ChiSquared{K: freedom}.Quantile(1 - significance), freedom
}

// found is the least probability with which the test finds a total variation of d: see the test of package spec, where
// it is derived.
func found(limit, freedom, d float64) float64 {
	mixture, missed := distuv.Poisson{Lambda: spoken * 4 * d * d / 2}, 0.0
	for j := 0.0; j < 4*mixture.Lambda; j++ {
		missed += mixture.Prob(j) * distuv.ChiSquared{K: freedom + 2*j}.CDF(limit)
	}
	return 1 - missed
}

// marginal adds up the cells of each first token, or of each first two.
func marginal[N int | float64](joint []N, cells int) []N {
	out := make([]N, cells)
	for i, n := range joint {
		out[i*cells/len(joint)] += n
	}
	return out
}

// ticking is a clock that moves on by a millisecond with every so many readings.
func ticking(readings int) func() time.Time {
	from, n := time.Now(), 0
	return func() time.Time {
		n++
		return from.Add(time.Duration(n/readings) * time.Millisecond)
	}
}

// readings is how often a step looks at its clock where there is something that drafts: by a clock that ticks with the
// last of them, every step takes as long, with drafts as without, and making them takes no time. Then drafts pay wherever one
// of them stands, however busy the machine is.
const readings = 5

func TestSampledAnswersFollowTheModel(t *testing.T) {
	if testing.Short() {
		t.Skip("counts many answers; what -short is for, races, does not show in them")
	}
	m, draft, prompt := family(t, "llama"), family(t, "mistral"), cycle()
	for _, row := range []struct {
		drafter, acceptance string
		adaptive            bool
	}{
		{DrafterNone, AcceptExact, false}, {DrafterNgram, AcceptExact, false}, {DrafterSuffix, AcceptExact, false}, {DrafterModel, AcceptExact, false},
		{DrafterSuffix, AcceptExact, true}, {DrafterRecycle, AcceptExact, false}, {DrafterNgram, AcceptTypical, false}, {DrafterModel, AcceptTypical, false},
	} {
		t.Run(fmt.Sprintf("%s, %s, adaptive %v", row.drafter, row.acceptance, row.adaptive), func(t *testing.T) {
			o := options(func(o *Options) {
				o.Context, o.MaxBatch, o.TokenBudget, o.PrefixCache = 64, 32, 96, kvcache.IndexHash
				o.Drafter, o.DraftAdaptive, o.DraftAcceptance, o.DraftEpsilon = row.drafter, row.adaptive, row.acceptance, .3
			})
			p := narrow(.5)
			want := expected(t, m, prompt, p)
			e := start(t, m, map[bool]*model.Model{true: draft}[row.drafter == DrafterModel], o)
			e.clock = ticking(readings)
			counts := hear(t, e, prompt, p)
			s := e.Stats()
			t.Logf("%d of %d drafts stood, in %d steps", s.AcceptedTokens, s.DraftTokens, s.Steps)
			if row.drafter != DrafterNone && s.Drafts < spoken {
				t.Errorf("only %d drafts were verified", s.Drafts)
			}
			for tokens, cells := range map[int]int{1: said, 2: said * said, 3: said * said * said} {
				statistic, limit, freedom := misfit(marginal(counts[:], cells), marginal(want, cells))
				biased := row.acceptance != AcceptExact && tokens > 1
				if fails := statistic > limit; fails != biased {
					t.Errorf("%d tokens: a statistic of %.1f, limit %.1f; biased: %v", tokens, statistic, limit, biased)
				}
				if power := found(limit, freedom, leastBias); power < leastPower {
					t.Errorf("%d tokens: a bias of %v would be found with probability %v only", tokens, leastBias, power)
				}
			}
		})
	}
}
