package boundary

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/stat"
)

// Estimate is where the limits break, by the probes so far.
type Estimate struct {
	Limits    []Fit   // one for each limit
	Rate      float64 // of the boundary: the lowest of the limits'; 0 where it is below Min, +Inf where none breaks
	Low, High float64 // 95 % interval, 0 and +Inf where it reaches beyond the probed rates
	Binding   int     // index of the limit that breaks first
	Share     float64 // of the draws in which it does
	Probes    int     // that were used
}

// Fit is the curve of one limit.
type Fit struct {
	Knots     []Knot // blocks of rates whose margins were pooled
	Rate      float64
	Low, High float64
	Noise     float64   // standard deviation of a trial's margin near the boundary
	Freedom   float64   // degrees of freedom of it
	Edge      Edge      // how the margin falls there
	Rising    []Rise    // rates that hold the limit better than lower ones, beyond chance
	points    []point   // by rate
	curve     *curve    // through the knots of spread
	draws     []float64 // logarithms of the rate
}

// Range is from the lowest to the highest rate that was probed.
func (f *Fit) Range() (low, high float64) {
	return math.Exp(f.points[0].log), math.Exp(f.points[len(f.points)-1].log)
}

// At is the fitted margin at a rate.
func (f *Fit) At(rate float64) float64 { return f.curve.at(math.Log(rate)) }

// point is what was probed at one level.
type point struct {
	level  int
	log    float64
	values []float64
	mean   float64
	se     float64 // root mean square of what differs inside the trials
}

// draws is the number of draws behind an interval: its ends lie among twelve to either side.
const draws = 500

// Fit estimates the boundary from the probes that can be used; nil where there is none.
func (p Plan) Fit(probes []Probe) *Estimate {
	used := slices.DeleteFunc(slices.Clone(probes), func(q Probe) bool { return q.Unusable != "" || len(q.Margins) == 0 })
	if len(used) == 0 {
		return nil
	}
	e := &Estimate{Probes: len(used)}
	for i := range used[0].Margins {
		f := p.fit(used, i)
		f.draw(stat.Source(p.Seed, "boundary", strconv.Itoa(i), strconv.Itoa(len(used))))
		e.Limits = append(e.Limits, f)
	}
	e.combine()
	return e
}

// combine takes the lowest boundary, in the estimate and in every draw.
func (e *Estimate) combine() {
	lowest, wins := make([]float64, draws), make([]int, len(e.Limits))
	for d := range lowest {
		first := 0
		for i := range e.Limits {
			if e.Limits[i].draws[d] < e.Limits[first].draws[d] {
				first = i
			}
		}
		lowest[d] = e.Limits[first].draws[d]
		wins[first]++
	}
	for i, f := range e.Limits {
		b := e.Limits[e.Binding]
		if f.Rate < b.Rate || f.Rate == b.Rate && wins[i] > wins[e.Binding] {
			e.Binding = i
		}
	}
	e.Rate, e.Share = e.Limits[e.Binding].Rate, float64(wins[e.Binding])/draws
	e.Low, e.High = ends(lowest)
	e.Low, e.High = e.Limits[e.Binding].around(e.Rate, e.Low, e.High)
}

// ends are of the middle 95 % of draws, as rates.
func ends(logs []float64) (low, high float64) {
	s := stat.Sorted(logs)
	tail := (1 - stat.Confidence) / 2
	return math.Exp(stat.NearestRank(s, tail)), math.Exp(stat.NearestRank(s, 1-tail))
}

func (p Plan) fit(used []Probe, limit int) Fit {
	f := Fit{points: p.points(used, limit)}
	f.Knots = decreasing(columns(f.points))
	f.Noise, f.Freedom = f.noise()
	f.curve = newCurve(spread(f.Knots, f.Noise))
	f.Rate = math.Exp(root(f.curve.knots))
	f.Edge = f.edge()
	f.Rising = f.rising(p)
	return f
}

// points gathers margins by level.
func (p Plan) points(used []Probe, limit int) []point {
	var all []point
	for _, q := range used {
		i, found := slices.BinarySearchFunc(all, q.Level, func(a point, l int) int { return a.level - l })
		if !found {
			all = slices.Insert(all, i, point{level: q.Level, log: math.Log(p.Rate(q.Level))})
		}
		m := q.Margins[limit]
		all[i].values = append(all[i].values, m.Value)
		all[i].se += m.SE * m.SE
	}
	for i := range all {
		a := &all[i]
		for _, v := range a.values {
			a.mean += v / float64(len(a.values))
		}
		a.se = math.Sqrt(a.se / float64(len(a.values)))
	}
	return all
}

func columns(points []point) (logs, margins, weights []float64) {
	for _, a := range points {
		logs, margins, weights = append(logs, a.log), append(margins, a.mean), append(weights, float64(len(a.values)))
	}
	return logs, margins, weights
}

// nearby bounds the rates whose trials tell the noise near the boundary, as a logarithm: 30 % to either side.
const nearby = 0.26

// noise pools the residuals of trials near the boundary. Monotone blocks take 1.5 degrees of freedom each (Meyer &
// Woodroofe, Ann. Statist. 28, 2000). It is never less than what differs inside trials makes of it, which stands alone
// while there are too few trials for a residual.
func (f *Fit) noise() (sd, freedom float64) {
	var ss, n, inside float64
	blocks := map[int]bool{}
	for _, a := range f.near() {
		k := f.block(a)
		blocks[k] = true
		for _, v := range a.values {
			ss += (v - f.Knots[k].Margin) * (v - f.Knots[k].Margin)
			inside += a.se * a.se
			n++
		}
	}
	inside /= n
	freedom = n - 1.5*float64(len(blocks))
	if freedom < 1 {
		return math.Sqrt(max(inside, 1e-12)), 1
	}
	return math.Sqrt(max(ss/freedom, inside, 1e-12)), freedom
}

// near are the points within nearby of the boundary, at least the four closest.
func (f *Fit) near() []point {
	at := root(f.Knots)
	if math.IsInf(at, 0) {
		at = f.points[0].log
		if f.Rate > 0 {
			at = f.points[len(f.points)-1].log
		}
	}
	sorted := slices.Clone(f.points)
	distance := func(a point) float64 { return math.Abs(a.log - at) }
	slices.SortStableFunc(sorted, func(a, b point) int {
		switch d := distance(a) - distance(b); {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	n := 0
	for n < len(sorted) && (n < 4 || distance(sorted[n]) <= nearby) {
		n++
	}
	return sorted[:n]
}

// block is the index of the knot that holds a point.
func (f *Fit) block(a point) int {
	i := slices.IndexFunc(f.points, func(b point) bool { return b.level == a.level })
	for k, knot := range f.Knots {
		if i -= knot.levels; i < 0 {
			return k
		}
	}
	return len(f.Knots) - 1
}

// draw fills in the draws of the boundary and its interval: levels' means from their posterior under a flat prior, made
// monotone, and where the curve through them crosses 0.
func (f *Fit) draw(rng *rand.Rand) {
	logs, means, weights := columns(f.points)
	chi := distuv.ChiSquared{K: f.Freedom, Src: rng}
	drawn := make([]float64, len(means))
	for range draws {
		sd := f.Noise * math.Sqrt(f.Freedom/chi.Rand())
		for i, m := range means {
			drawn[i] = m + max(sd, f.points[i].se)/math.Sqrt(weights[i])*rng.NormFloat64()
		}
		f.draws = append(f.draws, root(spread(decreasing(logs, drawn, weights), f.Noise)))
	}
	f.Low, f.High = ends(f.draws)
	f.Low, f.High = f.around(f.Rate, f.Low, f.High)
}

// around widens an interval to the probed rates next to an estimate: between them nothing is known but that the curve falls.
func (f *Fit) around(rate, low, high float64) (float64, float64) {
	low, high = min(low, rate), max(high, rate)
	at := math.Log(rate)
	if math.IsInf(at, 0) {
		return low, high
	}
	for i, a := range f.points {
		if a.log >= at || i == len(f.points)-1 {
			high = max(high, math.Exp(a.log))
			break
		}
		if f.points[i+1].log > at {
			low = min(low, math.Exp(a.log))
		}
	}
	return low, high
}
