package boundary

import (
	"math"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// Plan is what a search may do. Rates are requests per second.
type Plan struct {
	Min, Max  float64       // the lowest and the highest rate that may be probed
	Precision float64       // half width of the interval to be reached, as a share of the rate: 0.05 is 5 %
	MaxProbes int           // trials
	MaxTime   time.Duration // of all trials together; 0 for no limit
	Seed      uint64        // of the draws behind intervals
}

// octave is the number of levels from a rate to its double: neighbours are at most 1 + Precision apart.
func (p Plan) octave() int { return int(math.Ceil(math.Ln2/math.Log1p(p.Precision) - 1e-9)) }

// Top is the level of Max. Levels count from 0, which is Min.
func (p Plan) Top() int { return int(math.Ceil(p.level(p.Max) - 1e-9)) }

// Rate is that of a level, to four digits, but for the ends, which are as given.
func (p Plan) Rate(level int) float64 {
	switch {
	case level <= 0:
		return p.Min
	case level >= p.Top():
		return p.Max
	}
	return min(digits(p.Min*math.Exp2(float64(level)/float64(p.octave()))), p.Max)
}

// level is the place of a rate on the lattice, between levels too.
func (p Plan) level(rate float64) float64 { return float64(p.octave()) * math.Log2(rate/p.Min) }

// Level is the one whose rate is given.
func (p Plan) Level(rate float64) int {
	return min(max(int(math.Round(p.level(rate))), 0), p.Top())
}

// digits rounds to four significant digits.
func digits(x float64) float64 {
	scale := math.Pow(10, 3-math.Floor(math.Log10(x)))
	return math.Round(x*scale) / scale
}

// Probe is one finished trial.
type Probe struct {
	Level    int
	Margins  []Margin // one for each limit, always in the same order
	Time     time.Duration
	Unusable string // why its margins say nothing; "" where they do
}

// Margin is how far a limit was from being broken in one trial.
type Margin struct {
	Value float64 // ln(limit / percentile): above 0 where the limit was held
	SE    float64 // its standard error by what differs inside the trial
}

// Most is the largest margin that is told from larger ones: a percentile beyond four times its limit, or below a quarter
// of it, says no more than that. It is what a trial has whose percentile is of failed requests.
var Most = math.Log(4)

// PlanOf is the plan of a run's search.
func PlanOf(s record.Search, seed uint64) Plan {
	return Plan{Min: s.MinRate, Max: s.MaxRate, Precision: s.Precision, MaxProbes: s.MaxProbes, MaxTime: time.Duration(s.MaxTimeNS), Seed: seed}
}
