package trial

import (
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/workload"
)

// share notes what the server's cache may have held on account of the trial's own prompts, and what of them was used up.
func share(r *record.Trial, c Config) {
	r.Shareable = int64(workload.Shareable(c.Attack.Prompts, c.Warmup.Prompts))
	for _, p := range c.Attack.Prompts {
		if p.Repeat {
			r.Repeated++
		}
	}
}
