package admit

import "time"

// forget is what a step still counts after the next one.
const forget = 0.99

// outlier is how much longer than predicted a step counts at most: a machine that was held
// up once does not spoil the prediction, and one that became slow is believed within a few steps.
const outlier = 4

// trusted is how many steps must be measured before one is called an outlier.
const trusted = 16

// Rates are what a step costs, and how long sequences stay. The zero value is unknown.
type Rates struct {
	Step      float64 // nanoseconds whatever it computes
	Prompt    float64 // nanoseconds per row of a prompt
	Generated float64 // nanoseconds per generated row
	Stay      float64 // mean steps from a sequence's first one to its end
	Longest   float64 // the same of the longest of late
}

// took is what a step costs, in nanoseconds.
func (r Rates) took(prompt, generated float64) float64 {
	return r.Step + r.Prompt*prompt + r.Generated*generated
}

// Predictor learns Rates. The zero value is ready.
type Predictor struct {
	xx    [3][3]float64
	xy    [3]float64
	steps int
	rates Rates
}

// Observe learns from a step of so many rows of prompts and generated ones.
func (p *Predictor) Observe(prompt, generated int, took time.Duration) {
	x := [3]float64{1, float64(prompt), float64(generated)}
	y := float64(took)
	if p.steps >= trusted {
		y = min(y, outlier*max(1, p.rates.took(x[1], x[2])))
	}
	for i := range x {
		for j := range x {
			p.xx[i][j] = forget*p.xx[i][j] + x[i]*x[j]
		}
		p.xy[i] = forget*p.xy[i] + x[i]*y
	}
	p.steps++
	c := p.solve()
	p.rates.Step, p.rates.Prompt, p.rates.Generated = c[0], c[1], c[2]
}

// Finished learns from a sequence that ended so many steps after its first one.
func (p *Predictor) Finished(steps int) {
	n := float64(max(1, steps))
	if p.rates.Stay == 0 {
		p.rates.Stay = n
	}
	p.rates.Stay += (n - p.rates.Stay) / 16
	p.rates.Longest = max(n, p.rates.Longest*forget)
}

// Rates are those learned so far.
func (p *Predictor) Rates() Rates { return p.rates }

// solve finds the coefficients of least squares, none below zero: one that would be is left
// out, and the others are fitted again.
func (p *Predictor) solve() (c [3]float64) {
	use := [3]bool{true, true, true}
	for range use {
		c = p.fit(use)
		least := 0
		for i := range c {
			if c[i] < c[least] {
				least = i
			}
		}
		if c[least] >= 0 {
			return c
		}
		use[least] = false
	}
	return c
}

// fit solves for the coefficients in use by Gaussian elimination. A little ridge keeps it
// possible where columns were never told apart, such as batches of one size only.
func (p *Predictor) fit(use [3]bool) (c [3]float64) {
	a, b := p.xx, p.xy
	for i := range a {
		a[i][i] += 1e-9*p.xx[i][i] + 1e-9
		if !use[i] {
			a[i], b[i] = [3]float64{}, 0
			for j := range a {
				a[j][i] = 0
			}
			a[i][i] = 1
		}
	}
	for i := range a {
		for j := i + 1; j < 3; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < 3; k++ {
				a[j][k] -= f * a[i][k]
			}
			b[j] -= f * b[i]
		}
	}
	for i := 2; i >= 0; i-- {
		c[i] = b[i]
		for j := i + 1; j < 3; j++ {
			c[i] -= a[i][j] * c[j]
		}
		c[i] /= a[i][i]
	}
	return c
}
