package sweep

import (
	"fmt"
	"strconv"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// Load is one load level.
type Load struct {
	Record   record.Load
	Workload scenario.Workload // the [[load]] table that it is a level of
}

// expandLoads makes one load per rate or concurrency. Two tables that say the same
// would be the same trials twice.
func expandLoads(s *scenario.Scenario) ([]Load, error) {
	var loads []Load
	first := map[string]string{}
	for i, w := range s.Loads {
		for _, v := range w.Variants() {
			for _, r := range levels(v, len(s.Loads) > 1) {
				if name, dup := first[r.ID]; dup {
					return nil, s.Problem(fmt.Sprintf("load[%d]", i), fmt.Sprintf("load %q", r.Name), "a load of its own", "it is the same as "+strconv.Quote(name))
				}
				first[r.ID] = r.Name
				loads = append(loads, Load{Record: r, Workload: v})
			}
		}
	}
	return loads, nil
}

func levels(w scenario.Workload, named bool) []record.Load {
	prefix := ""
	if named {
		prefix = w.Name + " "
	}
	base := record.Load{Arrival: w.Arrives(), Shape: w.Shape.String(), Warmup: w.Warmup, PromptTokens: w.PromptTokens.String(),
		OutputTokens: w.OutputTokens.String(), SharedPrefix: w.SharedPrefix.String(), Conversation: w.Conversation.String(), Temperature: w.Temperature}
	describe(&base, w)
	if w.Trim == scenario.TrimAuto {
		base.Trim = record.TrimAuto
	}
	var all []record.Load
	for _, rate := range w.Rates {
		r := base
		r.Rate, r.Requests = rate, max(1, w.Count(rate))
		r.Name = fmt.Sprintf("%s%s %s/s", prefix, w.Arrives(), strconv.FormatFloat(rate, 'f', -1, 64))
		all = append(all, r)
	}
	for _, n := range w.Concurrencies {
		r := base
		r.Concurrency, r.Requests = n, w.Requests
		r.Name = fmt.Sprintf("%s%s, %d in flight", prefix, w.Arrives(), n)
		all = append(all, r)
	}
	for i := range all {
		all[i].Name += shared(w)
		all[i].ID = loadID(all[i], w)
	}
	return all
}

// loadID is the hash of what the load does; its name is not part of it.
func loadID(r record.Load, w scenario.Workload) string {
	parts := []any{r.Arrival, r.Rate, r.Concurrency, r.Requests, r.Warmup, w.PromptTokens, w.OutputTokens,
		w.IgnoreEOS, w.Temperature, w.Text, w.SharedPrefix, w.Timeout}
	// What a load does not have leaves no trace, so that ids stay when there is something new to have.
	if w.Conversation.Turns > 0 {
		parts = append(parts, w.Conversation)
	}
	if r.Shape != "" {
		parts = append(parts, r.Shape)
	}
	if w.Trace.File != "" {
		parts = append(parts, w.Trace)
	}
	return digest("load", append(parts, more(w)...)...)
}
