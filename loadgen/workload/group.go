package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// popularity draws groups.
type popularity struct {
	n          int
	cumulative []float64 // weights of the first groups; nil where all are alike
}

func newPopularity(spec Spec) popularity {
	p := popularity{n: spec.Groups}
	if spec.GroupSkew == 0 {
		return p
	}
	sum := 0.0
	for k := 1; k <= spec.Groups; k++ {
		sum += math.Pow(float64(k), -spec.GroupSkew)
		p.cumulative = append(p.cumulative, sum)
	}
	return p
}

func (p popularity) draw(rng *rand.Rand) int {
	if p.cumulative == nil {
		return rng.IntN(p.n)
	}
	x := rng.Float64() * p.cumulative[p.n-1]
	return min(sort.SearchFloat64s(p.cumulative, x), p.n-1)
}

// skewed words a skew, nothing for none.
func skewed(skew float64) string {
	if skew == 0 {
		return ""
	}
	return fmt.Sprintf(", skew %v", skew)
}
