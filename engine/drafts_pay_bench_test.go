//go:build unix

package engine

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// BenchmarkDraftsPay answers the same requests with drafts and without, in turn, prompts included, and
// reports how much less processor time they take with them, in the median of rounds: by how many sequences
// run, of edits, which copy what is in the prompt, of ordinary completion, and of one that is sampled.
func BenchmarkDraftsPay(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), quantized(b, "gopherling-2m", "Q8_0", bestSet(b))
	work := kindsOfWork(b, 16)
	kinds := map[string]func(*Options){}
	names := []string{DrafterModel, DrafterNgram, DrafterSuffix}
	for _, drafter := range names {
		kinds[drafter] = func(o *Options) { o.Drafter, o.DraftLength, o.DraftAdaptive = drafter, 16, true }
	}
	for layers := 1; layers < m.Layers; layers++ {
		for _, length := range []int{2, 4} {
			name := fmt.Sprintf("self(%d) %d", layers, length)
			names = append(names, name)
			kinds[name] = func(o *Options) { o.Drafter, o.DraftLayers, o.DraftLength = DrafterSelf, layers, length }
		}
	}
	for _, kind := range []string{"edit", "completion", "sampled"} {
		for _, batch := range []int{1, 4, 16} {
			for _, name := range names {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, batch, name), func(b *testing.B) {
					base := func(o *Options) { o.Context, o.KVFormat, o.MaxBatch = 1024, "bf16", batch }
					with := options(func(o *Options) { base(o); kinds[name](o) })
					sides := [2]*Engine{
						start(b, m, nil, options(base)),
						start(b, m, map[string]*model.Model{DrafterModel: draft}[with.Drafter], with),
					}
					payOff(b, sides, kind == "sampled", batch, work[kind])
				})
			}
		}
	}
}

// waves is for how many batches there are requests at once: who ends early, because it is guessed right, makes
// room for another, and the batch is full but at the end.
const waves = 4

// payOff runs rounds of some batches, each with both engines, whose turn to be first changes.
func payOff(b *testing.B, sides [2]*Engine, sampled bool, batch int, work [][]int32) {
	var before Stats
	var ratios []float64 // of rounds
	round := func(side, n int) time.Duration {
		var prompts [][]int32
		for i := range waves * batch {
			prompts = append(prompts, work[(n*batch+i)%len(work)])
		}
		sampling := sample.Params{Seed: uint64(n)}
		if sampled {
			sampling.Temperature = .8
		}
		from := processorTime(b)
		generate(b, sides[side], 150, sampling, prompts...)
		return processorTime(b) - from
	}
	for n := range max(1, 8/batch) { // costs and acceptance are known then
		round(0, n)
		round(1, n)
	}
	before = sides[1].Stats()
	for n := 0; b.Loop(); n++ {
		var took [2]time.Duration
		for _, side := range []int{n % 2, 1 - n%2} {
			took[side] = round(side, n)
		}
		ratios = append(ratios, took[0].Seconds()/took[1].Seconds())
	}
	slices.Sort(ratios)
	s := sides[1].Stats()
	b.ReportMetric(ratios[len(ratios)/2], "speedup")
	b.ReportMetric(float64(s.AcceptedTokens-before.AcceptedTokens)/float64(max(1, s.DraftTokens-before.DraftTokens)), "accepted")
	b.ReportMetric(float64(s.DraftTokens-before.DraftTokens)/float64(s.GeneratedTokens-before.GeneratedTokens), "drafts/tok")
	b.ReportMetric(100*(s.DraftTime-before.DraftTime).Seconds()/(s.Busy-before.Busy).Seconds(), "%drafting")
}

// processorTime is what the process has used, which others on the machine change little.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
