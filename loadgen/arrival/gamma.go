package arrival

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Gamma is n requests of a renewal process of rate per second: independent gamma-distributed gaps with mean
// 1/rate and the coefficient of variation cv (standard deviation / mean). At 1 it is a Poisson process, below
// smoother, above burstier. Other tools ask for the distribution's shape, 1/cv², and call it burstiness, although
// traffic gets smoother as it grows.
func Gamma(rate, cv float64, n int, seed uint64) (Schedule, error) {
	if err := checkOpen(rate, n); err != nil {
		return Schedule{}, fmt.Errorf("gamma arrivals: %w", err)
	}
	if !(cv >= LowestCV) || cv > HighestCV {
		return Schedule{}, fmt.Errorf("gamma arrivals: coefficient of variation is %g, expected %g to %g", cv, LowestCV, HighestCV)
	}
	shape := 1 / (cv * cv)
	gap := distuv.Gamma{Alpha: shape, Beta: shape * rate, Src: rand.NewPCG(seed, gammaStream)}
	offsets := make([]int64, n)
	at := 0.0
	for i := range offsets {
		at += gap.Rand()
		offsets[i] = int64(min(at*1e9, math.MaxInt64/2)) // of rare gaps at the highest cv
	}
	return Schedule{name: fmt.Sprintf("gamma (cv %g)", cv), rate: rate, offsets: offsets}, nil
}

// Bounds of Gamma's cv: below, arrivals are constant for all that a machine can tell; above, nearly all of them come
// in one moment.
const (
	LowestCV  = .01
	HighestCV = 10.
)

const gammaStream = 0x67616d6d61000000
