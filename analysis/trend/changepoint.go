package trend

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
)

// fewest is the least number of runs on either side of a change: of two, either could be an outlier.
const fewest = 3

// Changepoint is where a series changes: At is the index of the first value after it, P the probability of as large a difference by chance.
type Changepoint struct {
	At int
	P  float64
}

// Detect finds the change points of a series, in its order. alpha is the probability of any in a series without one.
func Detect(values []float64, alpha float64, rng *rand.Rand) []Changepoint {
	d := detector{alpha: alpha, rng: rng, permutations: permutations(alpha)}
	d.split(values, 0)
	slices.SortFunc(d.found, func(a, b Changepoint) int { return cmp.Compare(a.At, b.At) })
	return d.found
}

// permutations are enough for alpha to be twenty times the smallest probability that they can show, and at least 999.
func permutations(alpha float64) int { return max(999, int(math.Ceil(20/alpha))-1) }

type detector struct {
	alpha        float64
	permutations int
	rng          *rand.Rand
	found        []Changepoint
}

func (d *detector) split(values []float64, offset int) {
	if len(values) < 2*fewest {
		return
	}
	at, p := d.test(stat.MidRanks(values))
	if p > d.alpha {
		return
	}
	d.found = append(d.found, Changepoint{offset + at, p})
	d.split(values[:at], offset)
	d.split(values[at:], offset+at)
}

// test is the likeliest place of a change, and the probability of one as clear by chance.
func (d *detector) test(ranks []float64) (at int, p float64) {
	at, found := largest(ranks)
	as := 0
	shuffled := slices.Clone(ranks)
	for range d.permutations {
		d.rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if _, s := largest(shuffled); s >= found-1e-9 {
			as++
		}
	}
	return at, float64(as+1) / float64(d.permutations+1)
}

// largest is the place at which the standardised rank sum is farthest from what chance makes of it, and how far that is. The constant
// that depends on the number of ranks alone is left out.
func largest(ranks []float64) (at int, most float64) {
	n := float64(len(ranks))
	sum := 0.0
	for k := 1; k <= len(ranks)-fewest; k++ {
		sum += ranks[k-1]
		if k < fewest {
			continue
		}
		left := float64(k)
		if s := math.Abs(sum-left*(n+1)/2) / math.Sqrt(left*(n-left)); s > most {
			at, most = k, s
		}
	}
	return max(at, fewest), most
}
