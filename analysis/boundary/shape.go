package boundary

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/stat"
)

// Edge is how a limit's percentile rises where the limit breaks.
type Edge struct {
	Elasticity float64 // percent that the percentile rises for one percent more load; NaN where no limit breaks
	Cliff      bool
}

// CliffElasticity is that of the mean wait in an M/M/1 queue that is busy 87.5 % of the time: from there on a boundary is a
// cliff, where 5 % more load raise a latency by some 40 %.
const CliffElasticity = 7

// edgeSpan is how far to either side of the boundary the fall of the margin is measured, as a factor of the rate.
const edgeSpan = 1.05

func (f *Fit) edge() Edge {
	at := root(f.curve.knots)
	if math.IsInf(at, 0) {
		return Edge{Elasticity: math.NaN()}
	}
	span := math.Log(edgeSpan)
	slope := (f.curve.at(at-span) - f.curve.at(at+span)) / (2 * span)
	return Edge{Elasticity: slope, Cliff: slope >= CliffElasticity}
}

// Rise is a rate at which a limit has a larger margin than at a lower one.
type Rise struct {
	From, To float64 // rates
	By       float64 // difference of the margins
	P        float64 // of no rise, corrected for the number of pairs
}

// rising tests every pair of rates for a rise, by Student's t with Bonferroni's correction. Pooling hides a rise; this names it.
func (f *Fit) rising(p Plan) []Rise {
	pairs := float64(len(f.points) * (len(f.points) - 1) / 2)
	t := distuv.StudentsT{Sigma: 1, Nu: f.Freedom}
	var all []Rise
	for j, b := range f.points {
		worst := Rise{P: 1}
		for _, a := range f.points[:j] {
			by := b.mean - a.mean
			sd := math.Hypot(f.error(a), f.error(b))
			if q := min(1, pairs*t.Survival(by/sd)); by > 0 && q < worst.P {
				worst = Rise{From: p.Rate(a.level), To: p.Rate(b.level), By: by, P: q}
			}
		}
		if worst.P <= 1-stat.Confidence {
			all = append(all, worst)
		}
	}
	return all
}

// error is the standard error of a point's mean.
func (f *Fit) error(a point) float64 {
	return max(f.Noise, a.se) / math.Sqrt(float64(len(a.values)))
}
