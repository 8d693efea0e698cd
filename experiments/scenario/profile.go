package scenario

import "fmt"

// Profile says what is kept of where the engine's processor time goes.
type Profile struct {
	CPU       bool
	RateHz    int  // samples per second of processor time; 0 where CPU is false
	Heap      bool // keep a profile of the heap too
	CostPairs int  // repetitions of the first arm at the first load that are run once more without a profile
}

// Defaults of [profile]. A hundred samples are some tenths of a millisecond in a second of processor time.
const (
	defaultProfileRate = 100
	highestProfileRate = 500 // systems deliver no more
	defaultCostPairs   = 3   // the fewest whose spread is worth an interval
)

func (r *reader) profile(t *table, run Run) Profile {
	c, ok := t.child("profile")
	if !ok {
		c = &table{reader: r, path: "profile"}
	}
	p := Profile{CPU: c.boolean("cpu", true), Heap: c.boolean("heap", false)}
	for _, key := range []string{"rate_hz", "cost_pairs"} {
		if !p.CPU && c.has(key) {
			r.report(c.key(key), "given, and cpu = false", "neither, or cpu = true", "remove "+key)
		}
	}
	rate := c.integer("rate_hz", defaultProfileRate, 1, highestProfileRate)
	pairs := c.integer("cost_pairs", min(defaultCostPairs, run.Repetitions), 0, maxRepetitions)
	if pairs > run.Repetitions {
		c.bad("cost_pairs", int64(pairs), fmt.Sprintf("at most the repetitions, which are %d", run.Repetitions), "")
	}
	c.finish()
	if p.CPU {
		p.RateHz, p.CostPairs = rate, pairs
	}
	return p
}
