package boundary

import (
	"math"

	"gonum.org/v1/gonum/interp"
)

// Knot is a block of neighbouring rates with one fitted margin.
type Knot struct {
	Log    float64 // mean logarithm of the rates, each as often as it was probed
	Margin float64
	Weight float64 // probes
	levels int     // how many rates

	first, last float64 // logarithms of the lowest and the highest of them
}

// decreasing is the least-squares fit of margins that never rise with the rate: blocks, margins strictly falling.
func decreasing(logs, margins, weights []float64) []Knot {
	var blocks []Knot
	for i := range logs {
		blocks = append(blocks, Knot{logs[i], margins[i], weights[i], 1, logs[i], logs[i]})
		for n := len(blocks); n > 1 && blocks[n-1].Margin >= blocks[n-2].Margin; n-- {
			blocks[n-2] = blocks[n-2].join(blocks[n-1])
			blocks = blocks[:n-1]
		}
	}
	return blocks
}

func (k Knot) join(o Knot) Knot {
	w := k.Weight + o.Weight
	return Knot{
		Log:    (k.Log*k.Weight + o.Log*o.Weight) / w,
		Margin: (k.Margin*k.Weight + o.Margin*o.Weight) / w,
		Weight: w, levels: k.levels + o.levels, first: k.first, last: o.last,
	}
}

// apart is by how many standard deviations of a trial's margin two blocks differ where a single trial tells them apart.
const apart = 3

// spread makes the knots of a curve out of blocks. A block stands at the middle of its rates, as where margins fall slowly and noise
// pools them. Beside a jump that a single trial shows, it reaches up to the jump, which the middle would smear over all its rates.
func spread(blocks []Knot, noise float64) []Knot {
	var knots []Knot
	for i, b := range blocks {
		left := i > 0 && blocks[i-1].Margin-b.Margin > apart*noise
		right := i+1 < len(blocks) && b.Margin-blocks[i+1].Margin > apart*noise
		at := []float64{b.Log}
		switch {
		case left && right:
			at = []float64{b.first, b.last}
		case left:
			at = []float64{b.first, b.Log}
		case right:
			at = []float64{b.Log, b.last}
		}
		for k, log := range at {
			if k == 0 || log > at[0] {
				knots = append(knots, Knot{Log: log, Margin: b.Margin, Weight: b.Weight})
			}
		}
	}
	return knots
}

// curve is the monotone cubic through knots, constant beyond them.
type curve struct {
	knots []Knot
	cubic interp.FritschButland
}

func newCurve(knots []Knot) *curve {
	c := &curve{knots: knots}
	if len(knots) < 2 {
		return c
	}
	xs, ys := make([]float64, len(knots)), make([]float64, len(knots))
	for i, k := range knots {
		xs[i], ys[i] = k.Log, k.Margin
	}
	if err := c.cubic.Fit(xs, ys); err != nil {
		panic("boundary: knots that rise: " + err.Error())
	}
	return c
}

// at is the margin at a logarithm of the rate.
func (c *curve) at(log float64) float64 {
	first, last := c.knots[0], c.knots[len(c.knots)-1]
	switch {
	case log <= first.Log:
		return first.Margin
	case log >= last.Log:
		return last.Margin
	}
	return c.cubic.Predict(log)
}

// root is the logarithm of the rate at which the curve falls through 0: -Inf where it is below 0 throughout, +Inf where it never is.
func root(knots []Knot) float64 {
	if knots[0].Margin < 0 {
		return math.Inf(-1)
	}
	for i := 1; i < len(knots); i++ {
		if knots[i].Margin < 0 {
			// The cubic between two knots follows from them and from one more to either side.
			c := newCurve(knots[max(i-2, 0):min(i+2, len(knots))])
			return c.between(knots[i-1].Log, knots[i].Log)
		}
	}
	return math.Inf(1)
}

// between halves an interval whose ends have margins of different signs.
func (c *curve) between(low, high float64) float64 {
	for range 30 {
		if mid := (low + high) / 2; c.cubic.Predict(mid) >= 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
