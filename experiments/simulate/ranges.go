package simulate

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/assaylab/assay/analysis/each"
)

// Ranged is Attain with a range beside each figure: the least and the most of 39 simulations, each with noise of its own and on the
// machine as it was during one of the trials. One more like them is between with a probability of 38/40.
func (p *Planner) Ranged(rate float64, replicas int) (Prediction, error) {
	at, err := p.Attain(rate, replicas)
	if err != nil || len(p.Moods) < 2 {
		return at, err
	}
	all := make([]figures, repeats)
	err = each.Index(repeats, func(i int) error {
		e, mood := p.Engine, p.Moods[i%len(p.Moods)]
		e.Step, e.Overhead = mood.Step, mood.Overhead
		one, err := p.attain(e, mix(p.Seed+uint64(i)), rate, replicas)
		all[i] = one.figures()
		return err
	})
	if err != nil {
		return at, err
	}
	for _, name := range slices.Sorted(maps.Keys(all[0])) {
		v := ascendingOf(name, all)
		at.Ranges = append(at.Ranges, Range{name, v[0], v[len(v)-1]})
	}
	return at, nil
}

// figures are a prediction's, by name.
func (p *Prediction) figures() figures {
	f := figures{"throughput": p.TokensPerSecond, "attained": p.Attained}
	for name, s := range map[string]Spread{"ttft": p.TTFT, "tpot": p.TPOT, "itl": p.ITL, "e2e": p.E2E} {
		f[percentileName(name, .5)], f[percentileName(name, .95)], f[percentileName(name, .99)] = s.P50, s.P95, s.P99
	}
	return f
}

// MarshalJSON has -1 for what is infinite: a percentile that is a refused request's.
func (r Range) MarshalJSON() ([]byte, error) {
	type plain Range
	r.Low, r.High = finite(r.Low), finite(r.High)
	return json.Marshal(plain(r))
}
