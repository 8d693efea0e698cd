package showback

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/assaylab/assay/analysis/record"
)

// leastSteps is how many steps a fit needs.
const leastSteps = 100

// traced is what step traces say of how long steps took: least squares of a step's duration on a constant, rows
// of prompts, rows that generate, and blocks of the cache that are held.
type traced struct {
	normal   [4][4]float64 // sums of products of the four
	moment   [4]float64    // and of them with durations
	squares  float64       // of durations
	steps    int
	trials   int
	promptly float64 // the constant's parts by who was in a step: of prompts, in steps
	tokens   float64 // that came of all
}

// trial takes the steps of a trial, if they were traced.
func (m *traced) trial(set *record.Set, id string) error {
	s, err := set.Steps(id)
	if err != nil || s == nil {
		return err
	}
	m.trials++
	for i := range s.Steps {
		if s.Steps[i].Start >= 0 { // after the warm-up
			m.add(&s.Steps[i])
		}
	}
	return nil
}

// add takes a step, with its duration in seconds.
func (m *traced) add(s *record.Step) {
	x, prompts := [4]float64{1, 0, 0, float64(s.Held)}, 0
	for _, it := range s.Items {
		m.tokens += float64(it.Tokens)
		if it.Kind == record.Prefill {
			x[1] += float64(it.Rows)
			prompts++
		} else {
			x[2] += float64(it.Rows + it.Drafts)
		}
	}
	if len(s.Items) == 0 {
		return
	}
	y := float64(s.Duration) / 1e9
	for i := range x {
		for j := range x {
			m.normal[i][j] += x[i] * x[j]
		}
		m.moment[i] += x[i] * y
	}
	m.squares += y * y
	m.steps++
	m.promptly += float64(prompts) / float64(len(s.Items))
}

// weights are those of the fit; false where it has none that make sense. What every step takes, whoever is
// in it, is shared equally by those who are, so that the weights of all add up to all steps' durations.
func (m *traced) weights() (w Weights, ok bool) {
	if m.steps < leastSteps || m.tokens == 0 || m.normal[0][1] == 0 || m.normal[0][2] == 0 {
		return w, false
	}
	c, ok := m.solve()
	if !ok || c[1] <= 0 || c[2] <= 0 {
		return w, false
	}
	if c[3] < 0 { // blocks cost nothing that shows
		return w, false
	}
	constant, prompts, generating, seconds := max(0, c[0]), m.normal[0][1], m.normal[0][2], m.moment[0]
	w = Weights{Basis: ByTokens, Seconds: true, Prefill: c[1] + constant*m.promptly/prompts,
		Decode: (c[2]*generating + constant*(float64(m.steps)-m.promptly)) / m.tokens,
		KV:     c[3] * float64(m.steps) / seconds}
	w.Source = fmt.Sprintf("%.3g µs a computed prompt token, %.3g µs a generated one, %.3g ms a block held for a second; a fit of %d traced steps that explains %.0f %% of how their durations differ",
		w.Prefill*1e6, w.Decode*1e6, w.KV*1e3, m.steps, 100*m.explained(c))
	w.Notes = []string{"A block's weight is of the run's block size."}
	return w, true
}

func (m *traced) solve() (c [4]float64, ok bool) {
	a, b := mat.NewSymDense(4, nil), mat.NewVecDense(4, nil)
	scale := [4]float64{} // columns of one size, so that a number says how well they can be told apart
	for i := range scale {
		scale[i] = math.Sqrt(m.normal[i][i])
		if scale[i] == 0 {
			return c, false
		}
	}
	for i := range scale {
		for j := i; j < 4; j++ {
			a.SetSym(i, j, m.normal[i][j]/scale[i]/scale[j])
		}
		b.SetVec(i, m.moment[i]/scale[i])
	}
	var factors mat.Cholesky
	if !factors.Factorize(a) || factors.Cond() > 1e8 {
		return c, false
	}
	var x mat.VecDense
	if err := factors.SolveVecTo(&x, b); err != nil {
		return c, false
	}
	for i := range c {
		c[i] = x.AtVec(i) / scale[i]
	}
	return c, true
}

// explained is the share of the durations' variance that a fit explains.
func (m *traced) explained(c [4]float64) float64 {
	n, sum := float64(m.steps), m.moment[0]
	variance := m.squares - sum*sum/n
	left := m.squares
	for i := range c {
		left -= c[i] * m.moment[i] // at the least squares
	}
	return 1 - max(0, left)/variance
}
