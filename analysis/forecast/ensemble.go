package forecast

import (
	"math"
	"math/rand/v2"
)

// Ensemble is a line through the logarithms of the levels whose errors go on from week to week: u' = φ·u + e. Each draw makes
// up a history from the fitted line, φ and resampled e (a sieve bootstrap: Bühlmann, Bernoulli 3, 1997), fits it again, and goes
// on with what came out from the level that was observed last (Thombs & Schucany, JASA 85, 1990), so that the error of the growth,
// of φ and of the steps is in the intervals. φ is corrected for its bias first (Kendall, Biometrika 41, 1954; Kilian, Rev. Econ.
// Statist. 80, 1998); at 1 the level is a random walk with drift.
type Ensemble struct{}

// Name is "bootstrap-ensemble".
func (Ensemble) Name() string { return "bootstrap-ensemble" }

func (Ensemble) fit(p *parts, s *part) future {
	l := newLine(s.level)
	e := &members{line: l, phi: persistence(l.residual, l.terms)}
	e.steps = innovations(l.residual, e.phi, l.terms)
	return future{e, &s.shape, s.noise.stretched(unfitted(p.weeks))}
}

// members draws members of the ensemble.
type members struct {
	*line
	phi   float64
	steps []float64 // centred, with the spread that they had before the fit
}

// persistence is φ of residuals of a line with some terms. Its bias is about -(terms + (terms+2)·φ)/n, which is Kendall's
// for a mean and for a straight line.
func persistence(u []float64, terms int) float64 {
	var with, without float64
	for w := 1; w < len(u); w++ {
		with += u[w] * u[w-1]
		without += u[w-1] * u[w-1]
	}
	if without == 0 {
		return 0
	}
	n, p := float64(len(u)), float64(terms)
	return min(max((with/without*n+p)/max(n-p-2, 1), -0.5), 1)
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
	coef, fitted, residual := m.through(m.madeUp(scale, rng))
	phi := persistence(residual, m.terms)
	c := course{make([]float64, weeks), coef[1]}
	off := m.level[m.n-1] - fitted[m.n-1]
	for k := range c.levels {
		off = phi*off + scale*m.step(rng)
		c.levels[k] = m.at(coef, k+1) + off
	}
	return c
}

// madeUp is a history that might as well have been. Its errors have run for as long before it, so that they do not start at
// the line.
func (m *members) madeUp(scale float64, rng *rand.Rand) []float64 {
	level := make([]float64, m.n)
	u := 0.0
	for w := -m.n; w < m.n; w++ {
		u = m.phi*u + scale*m.step(rng)
		if w >= 0 {
			level[w] = m.fitted[w] + u
		}
	}
	return level
}

func (m *members) step(rng *rand.Rand) float64 { return m.steps[rng.IntN(len(m.steps))] }
