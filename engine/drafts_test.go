package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// After a prompt's last chunk and after every step the next length is what costs and acceptance say.
func TestLengthsAreChosen(t *testing.T) {
	for name, row := range map[string]struct {
		cost func(rows int) time.Duration
		want int
	}{
		"rows cost nothing":      {func(int) time.Duration { return time.Hour }, 6},
		"rows cost all there is": {func(rows int) time.Duration { return time.Duration(rows*rows) * time.Hour }, 0},
	} {
		l := still(t, func(o *Options) { o.Drafter, o.DraftLength, o.DraftAdaptive = DrafterNgram, 6, true })
		for rows := range 10 {
			for range 20 { // as often as counts
				l.lengths.adaptive.Costs.Observe(1+rows, row.cost(1+rows))
			}
		}
		s := l.submit(t, 1, Request{Prompt: workload(t)[0][:8], MaxTokens: 50, IgnoreEOS: true})
		if l.sched.Next(&l.plan, 0); s.seq.Drafts != 6 {
			t.Fatalf("%s: %d drafts to begin with", name, s.seq.Drafts)
		}
		l.move(l.plan.Moves)
		l.step()
		if s.seq.Drafts != row.want {
			t.Errorf("%s: %d drafts, want %d", name, s.seq.Drafts, row.want)
		}
	}
}

// The first steps after a sleep say nothing of what steps take, once that is known.
func TestColdStepsAreNotLearntFrom(t *testing.T) {
	l := still(t, func(o *Options) { o.Drafter, o.DraftLength, o.DraftAdaptive = DrafterNgram, 6, true })
	costs := &l.lengths.adaptive.Costs
	for range 20 {
		costs.Observe(1, time.Hour)
	}
	l.submit(t, 1, Request{Prompt: workload(t)[0][:8], MaxTokens: 50, IgnoreEOS: true, Drafts: NoDrafts})
	for range 2 {
		l.awake = 0
		for before := costs.Of(1); l.awake <= coldSteps; {
			l.sched.Next(&l.plan, 0)
			l.move(l.plan.Moves)
			l.step()
			if learnt := costs.Of(1) != before; learnt != (l.awake > coldSteps) {
				t.Errorf("step %d after a sleep: learnt %v", l.awake, learnt)
			}
		}
	}
}

// BenchmarkDrafts generates with and without a draft model, by how many sequences run: what constant lengths gain
// or lose, and what chosen ones do.
func BenchmarkDrafts(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), loadModel(b, "gopherling-2m")
	work := workload(b)
	for _, batch := range []int{1, 4, 16} {
		for _, kind := range []struct {
			name   string
			draft  *model.Model
			change func(*Options)
		}{
			{"none", nil, func(*Options) {}},
			{"length 2", draft, func(o *Options) { o.DraftLength = 2 }},
			{"length 4", draft, func(o *Options) { o.DraftLength = 4 }},
			{"adaptive", draft, func(o *Options) { o.DraftLength, o.DraftAdaptive = 8, true }},
		} {
			b.Run(fmt.Sprintf("%d/%s", batch, kind.name), func(b *testing.B) {
				e := start(b, m, kind.draft, options(func(o *Options) {
					o.MaxBatch, o.KVFormat = batch, "bf16"
					kind.change(o)
				}))
				prompts := make([][]int32, batch)
				for i := range prompts {
					prompts[i] = work[i%len(work)]
				}
				speak(b, e, 100, sample.Params{}, prompts...) // costs and acceptance are known then
				before := e.Stats()
				for b.Loop() {
					speak(b, e, 100, sample.Params{}, prompts...)
				}
				s := e.Stats()
				b.ReportMetric(float64(s.GeneratedTokens-before.GeneratedTokens)/b.Elapsed().Seconds(), "tok/s")
				b.ReportMetric(float64(s.AcceptedTokens-before.AcceptedTokens)/float64(max(1, s.DraftTokens-before.DraftTokens)), "accepted/draft")
				b.ReportMetric(float64(s.DraftTokens-before.DraftTokens)/float64(s.GeneratedTokens-before.GeneratedTokens), "drafts/tok")
			})
		}
	}
}
