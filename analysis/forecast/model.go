package forecast

import (
	"math"
	"math/rand/v2"
)

// Model is a way in which demand may go on.
type Model interface {
	Name() string
	fit(p *parts, s *part) future // one series of a history
}

// Models are those that compete, the simplest first.
func Models() []Model { return []Model{SeasonalNaive{}, LogLinear{}, Ensemble{}} }

// modelNames are theirs.
func modelNames() (all []string) {
	for _, m := range Models() {
		all = append(all, m.Name())
	}
	return all
}

// future is one series' possible continuations.
type future struct {
	courses // of the level
	shape   *[week]float64
	noise   noise
}

// courses draws how the level goes on for some weeks.
type courses interface {
	draw(rng *rand.Rand, weeks int) course
}

// course is one of them: the logarithm of the level at the beginning of each week, and its growth during a week.
type course struct {
	levels []float64
	slope  float64
}

// SeasonalNaive repeats the last week (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.2). The
// level is a random walk with steps as large as those of the history, so that the error grows with the root of the weeks.
type SeasonalNaive struct{}

// Name is "seasonal-naive".
func (SeasonalNaive) Name() string { return "seasonal-naive" }

func (SeasonalNaive) fit(p *parts, s *part) future {
	// the last week is as noisy as what is to come
	return future{walk{step: rootMeanSquare(differences(s.level))}, &s.last, s.noise.stretched(unfitted(p.weeks, 1))}
}

// walk is a level that starts at 0 and takes independent normal steps.
type walk struct{ step float64 }

func (w walk) draw(rng *rand.Rand, weeks int) course {
	c := course{levels: make([]float64, weeks)}
	at := 0.0
	for k := range c.levels {
		at += w.step * rng.NormFloat64()
		c.levels[k] = at
	}
	return c
}

func differences(values []float64) []float64 {
	out := make([]float64, len(values)-1)
	for i := range out {
		out[i] = values[i+1] - values[i]
	}
	return out
}

func rootMeanSquare(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(values)))
}
