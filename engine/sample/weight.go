package sample

import "math"

// A token's weight is exp((logit - largest) / temperature), so the most likely one's is 1.
// It is computed in float64 with a relative error below 1e-11; weights below 2^-200, which
// are no probability in float32, are 0.
//
// With x in units of ln(2)/32, n = round(x) and r = (x - n) ln(2)/32, e^x is 2^(n/32) e^r:
// the first factor comes from a table of the powers below 2 and an exponent, the second
// from five terms of its series.

const (
	logSteps = 5
	steps    = 1 << logSteps
	smallest = -200 * steps // of x
	// rounding, added and subtracted, rounds a float64 below 2^51 to an integer, which is
	// in the low bits of the sum.
	rounding   = 3 << 51
	bitsOfZero = 0x4338 << 48 // of 0 + rounding
)

// powers are the bits of 2^(i/32).
var powers = func() (p [steps]uint64) {
	for i := range p {
		p[i] = math.Float64bits(math.Exp2(float64(i) / steps))
	}
	return p
}()

// weigher makes weights from logits.
type weigher struct {
	largest, scale float64
}

func newWeigher(largest float32, temperature float64) weigher {
	return weigher{float64(largest), steps / math.Ln2 / temperature}
}

// weigh sets weights, as many as logits, and returns their sum; those of NaN are 0. The
// largest logit is finite.
func (w weigher) weigh(weights []float64, logits []float32) (sum float64) {
	weights = weights[:len(logits)]
	for i, l := range logits {
		x := (float64(l) - w.largest) * w.scale
		if !(x > smallest) {
			weights[i] = 0
			continue
		}
		shifted := x + rounding
		n := shifted - rounding
		r := (x - n) * (math.Ln2 / steps)
		square := r * r
		p := 1 + r + float64(square*(0.5+float64(r*(1./6))+float64(square*(1./24))))
		k := math.Float64bits(shifted) - bitsOfZero
		v := p * math.Float64frombits(powers[k%steps]+uint64(int64(k)>>logSteps)<<52)
		weights[i] = v
		sum += v
	}
	return sum
}

// weight is that of one logit.
func (w weigher) weight(logit float32) float64 {
	var weight [1]float64
	return w.weigh(weight[:], []float32{logit})
}
