package forecast

import (
	"math"
	"math/rand/v2"
)

// noise draws by how much the hours of one day differ from the shape of their week.
type noise interface {
	day(rng *rand.Rand, weekday int, out *[24]float64)
}

// pool is the noise of a history: the ratio of each hour of each week to what was fitted, NaN where nothing is known. Days are
// drawn whole, from the same day of the week, so that hours keep their neighbours (a block bootstrap: Künsch, Ann. Statist. 17,
// 1989).
type pool [][week]float64

func newPool(weeks int) pool {
	p := make(pool, weeks)
	for w := range p {
		for h := range p[w] {
			p[w][h] = math.NaN()
		}
	}
	return p
}

// complete puts what another week has in place of what is not known, and 1 where no week knows.
func (p pool) complete() {
	for h := range week {
		for w := range p {
			for k := 1; k < len(p) && math.IsNaN(p[w][h]); k++ {
				p[w][h] = p[(w+k)%len(p)][h]
			}
		}
		if math.IsNaN(p[0][h]) {
			for w := range p {
				p[w][h] = 1
			}
		}
	}
}

// stretched has logarithms that are k times as large, and the mean of each hour of the week at 1.
func (p pool) stretched(k float64) pool {
	out := make(pool, len(p))
	for h := range week {
		sum := 0.0
		for w := range p {
			out[w][h] = math.Pow(p[w][h], k)
			sum += out[w][h] / float64(len(p))
		}
		for w := range p {
			if sum > 0 {
				out[w][h] /= sum
			}
		}
	}
	return out
}

func (p pool) day(rng *rand.Rand, weekday int, out *[24]float64) {
	copy(out[:], p[rng.IntN(len(p))][weekday*24:])
}

// lognormal is noise of independent hours with mean 1 and a standard deviation of the logarithm.
type lognormal float64

func (s lognormal) day(rng *rand.Rand, _ int, out *[24]float64) {
	for h := range out {
		if out[h] = 1; s == 0 {
			continue
		}
		out[h] = math.Exp(float64(s)*rng.NormFloat64() - float64(s*s)/2)
	}
}

// unfitted makes up for what the fit took out of the noise, and adds an error beside an hour's own: of n weeks a residual's variance
// is 1 - 1/n times that of the noise, and what is drawn differs from what comes by 1 + beside times that.
func unfitted(weeks int, beside float64) float64 {
	return math.Sqrt((1 + beside) / (1 - 1/float64(weeks)))
}
