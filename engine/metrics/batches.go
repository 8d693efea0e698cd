package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/assaylab/assay/engine"
)

// addBatches adds the steps that only decode, by how many sequences they have. A size has series from its
// first step on.
func (c *engineCollector) addBatches() {
	by := func(name, help string, of func(*engine.BatchSteps) float64) {
		c.addLabelled(prometheus.CounterValue, name, help, []string{"sequences"}, func(s *engine.Stats, emit func(float64, ...string)) {
			for i := range s.Batches {
				if b := &s.Batches[i]; b.Steps > 0 {
					emit(of(b), strconv.Itoa(i+1))
				}
			}
		})
	}
	by("assay:decode_steps_total", "Engine steps that only decode, by how many sequences; the highest that is told apart counts all above it.",
		func(b *engine.BatchSteps) float64 { return float64(b.Steps) })
	by("assay:decode_step_sequences_total", "Sequences of these steps, added up.", func(b *engine.BatchSteps) float64 { return float64(b.Sequences) })
	by("assay:decode_step_rows_total", "Rows of these steps, drafts included.", func(b *engine.BatchSteps) float64 { return float64(b.Rows) })
	by("assay:decode_step_tokens_total", "Tokens that came of these steps.", func(b *engine.BatchSteps) float64 { return float64(b.Tokens) })
	by("assay:decode_step_seconds_total", "Time inside these steps.", func(b *engine.BatchSteps) float64 { return b.Busy.Seconds() })
	by("assay:decode_step_draft_seconds_total", "Of that time, finding drafts.", func(b *engine.BatchSteps) float64 { return b.Drafting.Seconds() })
}
