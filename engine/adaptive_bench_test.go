//go:build unix

package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/model"
)

// BenchmarkAdaptivePays has one engine answer the same requests three times in turn: asking for no drafts, as draft_adaptive
// will, and asking for none again. It reports how much less processor time the drafts take, prompts included; how much less the
// answers alone do, without what reading the prompts takes, which a fourth side measures; and the first of the two that ask for
// none against the second, which says how far off such a figure is. Drafts are compared with the mean of both. Two engines would not do: where their memory lies makes them differ by as much
// as 6 %. All are medians over rounds, with a 95 % interval by bootstrap: a round is short, because what else the machine's
// caches are used for changes from second to second.
func BenchmarkAdaptivePays(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), quantized(b, "gopherling-1m", "Q8_0", bestSet(b))
	work := kindsOfWork(b, 16)
	for _, kind := range []string{"edit", "completion", "sampled"} {
		for _, drafter := range []string{DrafterModel, DrafterNgram, DrafterSuffix} {
			for _, batch := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("%s/%s/%d", kind, drafter, batch), func(b *testing.B) {
					o := options(func(o *Options) {
						o.Context, o.KVFormat, o.MaxBatch = 1024, "bf16", batch
						o.Drafter, o.DraftLength, o.DraftAdaptive = drafter, 16, true
					})
					e := start(b, m, map[string]*model.Model{DrafterModel: draft}[drafter], o)
					adaptivePays(b, e, &asked{count: batch, tokens: 150, sampled: kind == "sampled", work: work[kind]})
				})
			}
		}
	}
}

// BenchmarkAdaptiveUnderLoad compares likewise where requests come by chance, with the lengths of scenarios/speculation.toml, at
// its rates and at one that is about all that the engine can do: the batch changes from step to step, and prompts are read in between. How
// long a token takes there hangs on the queue, and on how fast the machine is in that minute; the processor time of the same requests does not.
func BenchmarkAdaptiveUnderLoad(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), quantized(b, "gopherling-1m", "Q8_0", bestSet(b))
	work := source(b, 64, 128)
	for i := range work {
		work[i] = work[i][:64+i]
	}
	for _, kind := range []string{"greedy", "sampled"} {
		for _, drafter := range []string{DrafterModel, DrafterNgram, DrafterSuffix, DrafterRecycle} {
			for _, rate := range []int{10, 20, 40, 60} {
				b.Run(fmt.Sprintf("%s/%s/%d", kind, drafter, rate), func(b *testing.B) {
					o := options(func(o *Options) {
						o.Context, o.KVFormat, o.MaxBatch, o.TokenBudget = 512, "bf16", 8, 256
						o.Drafter, o.DraftLength, o.DraftAdaptive = drafter, 8, true
					})
					e := start(b, m, map[string]*model.Model{DrafterModel: draft}[drafter], o)
					adaptivePays(b, e, &asked{count: 2 * rate, rate: rate, tokens: 72, sampled: kind == "sampled", work: work})
				})
			}
		}
	}
}

// Sides of a round of adaptivePays.
const (
	without = iota
	drafting
	again   // without, once more
	reading // prompts, and saying one token
	sides
)

// asked is what is asked for in a round.
type asked struct {
	count   int // of answers
	rate    int // requests a second, at random times; 0 has all at once
	tokens  int // of an answer
	sampled bool
	work    [][]int32
}

// adaptivePays runs rounds, in each of which the sides come in an order of its own.
func adaptivePays(b *testing.B, e *Engine, a *asked) {
	round := func(side, n int) float64 {
		from := processorTime(b)
		a.round(b, e, side, n)
		return (processorTime(b) - from).Seconds()
	}
	for n := range max(4, 32/a.count) { // costs and acceptance are known then
		round(without, n)
		round(drafting, n)
	}
	order := rand.New(rand.NewPCG(3, 4))
	var faster, answers, same []float64 // of rounds: mean time without, over that with drafts; and the first without, over the second
	before := e.Stats()
	for n := 0; b.Loop(); n++ {
		var took [sides]float64
		for _, side := range order.Perm(sides) {
			took[side] = round(side, n)
		}
		plain := (took[without] + took[again]) / 2
		faster, same = append(faster, plain/took[drafting]), append(same, took[without]/took[again])
		answers = append(answers, (plain-took[reading])/(took[drafting]-took[reading]))
	}
	s := e.Stats()
	reportMedian(b, "speedup", faster)
	reportMedian(b, "answers", answers)
	reportMedian(b, "control", same)
	b.ReportMetric(float64(s.DraftTokens-before.DraftTokens)*(sides-1)/float64(s.GeneratedTokens-before.GeneratedTokens), "drafts/tok")
	b.ReportMetric(float64(s.AcceptedTokens-before.AcceptedTokens)/float64(max(1, s.DraftTokens-before.DraftTokens)), "accepted")
}

// round asks as a side does, in the n-th round of all sides. Each request has a salt of its own, so that none finds what another round said.
func (a *asked) round(b *testing.B, e *Engine, side, n int) {
	var wg sync.WaitGroup
	gaps := rand.New(rand.NewPCG(uint64(n), 5)) // the same for all sides
	for i := range a.count {
		r := Request{Prompt: a.work[(n*a.count+i)%len(a.work)], MaxTokens: a.tokens, IgnoreEOS: true, Salt: rand.Uint64()}
		r.Sampling.Seed = uint64(n + i)
		if a.sampled {
			r.Sampling.Temperature = .8
		}
		if side != drafting {
			r.Drafts = NoDrafts
		}
		if side == reading {
			r.MaxTokens = 1
		}
		if a.rate > 0 {
			time.Sleep(time.Duration(gaps.ExpFloat64() * float64(time.Second) / float64(a.rate)))
		}
		s, err := e.Submit(context.Background(), r)
		if err != nil {
			b.Fatal(err)
		}
		wg.Go(func() { collect(b, s) })
	}
	wg.Wait()
	idle(b, e)
}

// reportMedian reports the median of values, with a 95 % percentile interval by bootstrap.
func reportMedian(b *testing.B, name string, values []float64) {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := make([]float64, 2000)
	one := make([]float64, len(values))
	for i := range drawn {
		for j := range one {
			one[j] = values[random.IntN(len(values))]
		}
		drawn[i] = median(one)
	}
	slices.Sort(drawn)
	b.ReportMetric(median(values), name)
	b.ReportMetric(drawn[len(drawn)/40], name+"-low")
	b.ReportMetric(drawn[len(drawn)-1-len(drawn)/40], name+"-high")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// BenchmarkDraftModels has draft models in several weight formats draft for one sequence, and compares as BenchmarkAdaptivePays
// does: what it takes to draft is to a good part reading the draft model's weights, once for every token.
func BenchmarkDraftModels(b *testing.B) {
	m, work := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), source(b, 16, 200)
	for _, name := range []string{"gopherling-2m", "gopherling-1m"} {
		for _, format := range []string{"BF16", "Q8_0"} {
			draft := quantized(b, name, format, bestSet(b))
			for _, kind := range []string{"completion", "sampled"} {
				for _, length := range []int{1, 2, 3, 4, 6} {
					b.Run(fmt.Sprintf("%s/%s/%s/%d", name, format, kind, length), func(b *testing.B) {
						o := options(func(o *Options) {
							o.Context, o.KVFormat, o.MaxBatch, o.Drafter, o.DraftLength = 1024, "bf16", 1, DrafterModel, length
						})
						draftPays(b, start(b, m, draft, o), kind == "sampled", work)
					})
				}
			}
		}
	}
}

// draftPays is adaptivePays for one sequence, with what drafting a token takes.
func draftPays(b *testing.B, e *Engine, sampled bool, work [][]int32) {
	adaptivePays(b, e, &asked{count: 1, tokens: 150, sampled: sampled, work: work})
	s := e.Stats()
	b.ReportMetric(float64(s.DraftTime.Nanoseconds())/float64(s.DraftTokens)/1e3, "us/draft")
}
