package forecast

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
)

// Ensemble is a line through the logarithms of the levels whose errors go on from week to week: u' = φ·u + e. Each draw takes a φ
// that the history might have, makes up a history from the line, φ and resampled e (a sieve bootstrap: Bühlmann, Bernoulli 3, 1997),
// fits a line to it, and goes on with that from the level that was observed last (Thombs & Schucany, JASA 85, 1990), so that the
// errors of growth, of φ and of the steps are in the intervals. At a φ of 1 the level is a random walk with drift.
type Ensemble struct{}

// Name is "bootstrap-ensemble".
func (Ensemble) Name() string { return "bootstrap-ensemble" }

func (Ensemble) fit(p *parts, s *part) future {
	l := newLine(s.level)
	e := &members{line: l, phi: p.knownPersistence(l).of(correlation(l.residual))}
	e.steps = innovations(l.residual, e.phi.quantile(0.5), l.terms)
	return future{e, &s.shape, s.noise.stretched(unfitted(p.weeks, p.shapeError()))}
}

// members draws members of the ensemble.
type members struct {
	*line
	phi   confidence
	steps []float64 // centred, with the spread that they had before the fit
}

// correlation is of neighbours among residuals.
func correlation(u []float64) float64 {
	var with, without float64
	for w := 1; w < len(u); w++ {
		with += u[w] * u[w-1]
		without += u[w-1] * u[w-1]
	}
	if without == 0 {
		return 0
	}
	return with / without
}

// innovations are what φ leaves of the residuals.
func innovations(u []float64, phi float64, terms int) []float64 {
	steps := make([]float64, len(u)-1)
	mean := 0.0
	for w := range steps {
		steps[w] = u[w+1] - phi*u[w]
		mean += steps[w] / float64(len(steps))
	}
	lost := float64(terms + 1)
	scale := math.Sqrt(float64(len(steps)) / max(float64(len(steps))-lost, 1))
	for w := range steps {
		steps[w] = (steps[w] - mean) * scale
	}
	return steps
}

func (m *members) draw(rng *rand.Rand, weeks int) course {
	scale := spread(max(m.freedom()-1, 2), rng)
	phi := m.phi.quantile(0.5 + rng.Float64()/2) // too low a φ returns to a line that may not be there: the upper half is the safe one
	step := func() float64 { return scale * m.steps[rng.IntN(len(m.steps))] }
	madeUp := autoregression(phi, m.n, step)
	for w := range madeUp {
		madeUp[w] += m.fitted[w]
	}
	coef, fitted, _ := m.through(madeUp)
	c := course{make([]float64, weeks), coef[1]}
	off := m.level[m.n-1] - fitted[m.n-1]
	for k := range c.levels {
		off = phi*off + step()
		c.levels[k] = m.at(coef, k+1) + off
	}
	return c
}

// autoregression is n errors that go on with φ. They have for as long before, so that they do not start at the line.
func autoregression(phi float64, n int, step func() float64) []float64 {
	out := make([]float64, n)
	u := 0.0
	for w := -n; w < n; w++ {
		u = phi*u + step()
		if w >= 0 {
			out[w] = u
		}
	}
	return out
}

// persistence knows which correlations of residuals come of which φ. A line through few weeks takes much of what goes on from week
// to week for growth, so that residuals of a random walk of 26 weeks have a correlation of 0.67: what φ may be is found by making up
// errors of each (Hansen's grid bootstrap, Rev. Econ. Statist. 81, 1999).
type persistence struct{ correlations [][]float64 } // of each of phis, ascending

var phis = []float64{-0.5, -0.25, 0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.9, 0.95, 1}

// tries is how many errors are made up for each φ.
const tries = 400

func newPersistence(l *line) *persistence {
	p := &persistence{}
	for _, phi := range phis {
		rng := stat.Source(uint64(l.n), "persistence") // the same for all, so that correlations rise with φ
		all := make([]float64, tries)
		for i := range all {
			_, _, residual := l.through(autoregression(phi, l.n, rng.NormFloat64))
			all[i] = correlation(residual)
		}
		p.correlations = append(p.correlations, stat.Sorted(all))
	}
	return p
}

// knownPersistence is made once for all series and models, whose lines have the same weeks.
func (p *parts) knownPersistence(l *line) *persistence {
	if p.persistence == nil {
		p.persistence = newPersistence(l)
	}
	return p.persistence
}

// confidence is the distribution of φ that a correlation leaves: for each of phis, the share of errors of that φ whose correlation
// is as large or larger.
type confidence []float64

func (p *persistence) of(correlation float64) confidence {
	c := make(confidence, len(phis))
	for i, all := range p.correlations {
		below, _ := slices.BinarySearch(all, correlation)
		c[i] = 1 - float64(below)/float64(len(all))
		if i > 0 {
			c[i] = max(c[i], c[i-1])
		}
	}
	return c
}

// quantile is the φ that a share of the distribution is below.
func (c confidence) quantile(q float64) float64 {
	i := slices.IndexFunc(c, func(x float64) bool { return x >= q })
	switch {
	case i < 0:
		return phis[len(phis)-1]
	case i == 0:
		return phis[0]
	}
	return phis[i-1] + (phis[i]-phis[i-1])*(q-c[i-1])/(c[i]-c[i-1])
}
