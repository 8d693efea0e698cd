package workload

import (
	"fmt"
	"math"
	"sort"
)

// Mix draws the class of each of n requests, classes in proportion to their weights.
func (k Key) Mix(weights []float64, n int) ([]int, error) {
	total, cumulative := 0.0, make([]float64, len(weights))
	for i, w := range weights {
		if !(w > 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("class %d of %d: weight is %g, expected a number above 0", i+1, len(weights), w)
		}
		total += w
		cumulative[i] = total
	}
	if len(weights) == 0 {
		return nil, fmt.Errorf("no class, expected at least one")
	}
	rng, of := k.Rand("class"), make([]int, n)
	for i := range of {
		of[i] = min(sort.SearchFloat64s(cumulative, rng.Float64()*total), len(weights)-1)
	}
	return of, nil
}

// Merge puts the prompts of classes in the order of the requests: of[i] is the class of request i, and parts[c] are
// the prompts of class c in turn. What a turn continues is renumbered with it.
func Merge(of []int, parts [][]Prompt) ([]Prompt, error) {
	next, at := make([]int, len(parts)), make([][]int, len(parts)) // at: request of each prompt of a part
	all := make([]Prompt, len(of))
	for i, c := range of {
		if c < 0 || c >= len(parts) || next[c] >= len(parts[c]) {
			return nil, fmt.Errorf("request %d is the %d-th of class %d, which has fewer prompts", i, next[max(min(c, len(parts)-1), 0)]+1, c)
		}
		p := parts[c][next[c]]
		if p.Turn > 1 {
			p.After = at[c][p.After]
		}
		at[c] = append(at[c], i)
		next[c]++
		all[i] = p
	}
	return all, nil
}
