//go:build unix

package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// BenchmarkAdaptivePays has one engine answer the same requests three times in turn: asking for no drafts, as draft_adaptive
// will, and asking for none again. It reports how much less processor time the drafts take, prompts included, and the same of
// the two that ask for none, which says how far off such a figure is. Two engines would not do: where their memory lies makes
// them differ by as much as 6 %. Both have a 95 % interval, by bootstrap over rounds.
func BenchmarkAdaptivePays(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), quantized(b, "gopherling-2m", "Q8_0", bestSet(b))
	work := map[string][][]int32{"completion": source(b, 16, 200), "edit": source(b, 16, 300)}
	for i, piece := range work["edit"] {
		work["edit"][i] = edited(piece)
	}
	work["sampled"] = work["completion"]
	for _, kind := range []string{"edit", "completion", "sampled"} {
		for _, drafter := range []string{DrafterModel, DrafterNgram, DrafterSuffix} {
			for _, batch := range []int{1, 2, 4, 8, 16} {
				b.Run(fmt.Sprintf("%s/%s/%d", kind, drafter, batch), func(b *testing.B) {
					o := options(func(o *Options) {
						o.Context, o.KVFormat, o.MaxBatch = 1024, "bf16", batch
						o.Drafter, o.DraftLength, o.DraftAdaptive = drafter, 16, true
					})
					e := start(b, m, map[string]*model.Model{DrafterModel: draft}[drafter], o)
					adaptivePays(b, e, kind == "sampled", batch, work[kind])
				})
			}
		}
	}
}

// Sides of a round of adaptivePays.
const (
	without = iota
	drafting
	again // without, once more
	sides
)

// adaptivePays runs rounds, in each of which every side has each place in turn.
func adaptivePays(b *testing.B, e *Engine, sampled bool, batch int, work [][]int32) {
	var took [sides][]float64 // seconds, by round
	round := func(side, n int) {
		sampling := sample.Params{Seed: uint64(n)}
		if sampled {
			sampling.Temperature = .8
		}
		from := processorTime(b)
		answerAll(b, e, side == drafting, max(waves, 2*batch), n*batch, sampling, work)
		took[side] = append(took[side], (processorTime(b) - from).Seconds())
	}
	for n := range max(1, 8/batch) { // costs and acceptance are known then
		round(without, n)
		round(drafting, n)
	}
	took = [sides][]float64{}
	before := e.Stats()
	for n := 0; b.Loop(); n++ {
		for place := range sides {
			round((n+place)%sides, n)
		}
	}
	s := e.Stats()
	report := func(name string, side int) {
		ratio, low, high := ratioOfSums(took[without], took[side])
		b.ReportMetric(ratio, name)
		b.ReportMetric(low, name+"-low")
		b.ReportMetric(high, name+"-high")
	}
	report("speedup", drafting)
	report("control", again)
	b.ReportMetric(float64(s.DraftTokens-before.DraftTokens)*sides/float64(s.GeneratedTokens-before.GeneratedTokens), "drafts/tok")
	b.ReportMetric(float64(s.AcceptedTokens-before.AcceptedTokens)/float64(max(1, s.DraftTokens-before.DraftTokens)), "accepted")
}

// answerAll asks for count answers at once, with drafts or without, to pieces of work from the given one on. Each has a salt of
// its own, so that none finds what another round said.
func answerAll(b *testing.B, e *Engine, drafts bool, count, from int, sampling sample.Params, work [][]int32) {
	var wg sync.WaitGroup
	for i := range count {
		r := Request{Prompt: work[(from+i)%len(work)], MaxTokens: 150, IgnoreEOS: true, Sampling: sampling, Salt: rand.Uint64()}
		r.Sampling.Seed += uint64(i)
		if !drafts {
			r.Drafts = NoDrafts
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

// ratioOfSums is the sum of x over that of y, with a 95 % percentile interval by bootstrap over pairs.
func ratioOfSums(x, y []float64) (ratio, low, high float64) {
	of := func(at func(int) int) float64 {
		var sx, sy float64
		for i := range x {
			round := at(i)
			sx, sy = sx+x[round], sy+y[round]
		}
		return sx / sy
	}
	random := rand.New(rand.NewPCG(1, 2))
	drawn := make([]float64, 2000)
	for i := range drawn {
		drawn[i] = of(func(int) int { return random.IntN(len(x)) })
	}
	slices.Sort(drawn)
	return of(func(i int) int { return i }), drawn[len(drawn)/40], drawn[len(drawn)-1-len(drawn)/40]
}
