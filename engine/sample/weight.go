package sample

import "math"

// A token's weight is exp((logit - largest) / temperature), so the most likely one's is 1.
// It is computed in float64 with a relative error below 1e-11; weights below 2^-200, which
// are no probability in float32, are 0.
//
// With x in units of ln(2)/1024, n = round(x) and f = x - n, e^x is 2^(n/1024) times the
// second-order series of f ln(2)/1024, less than 1 + 1/2900: the powers below 2 come from a
// table, the rest is an exponent.

const (
	logSteps = 10
	steps    = 1 << logSteps
	smallest = -200 * steps // of x
	// rounding, added and subtracted, rounds a float64 below 2^51 to an integer, which is
	// in the low bits of the sum.
	rounding = 3 << 51

	linear = math.Ln2 / steps
	square = linear * linear / 2
)

// powers are the bits of 2^(i/1024).
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

// lanes is how many sums weights are added to in turn, which are then folded.
const lanes = 8

// weigh sets weights, as many as logits, and returns their sum; those of NaN are 0. The
// largest logit is finite.
func (w weigher) weigh(weights []float64, logits []float32) (sum float64) {
	var sums [lanes]float64
	n := w.weighWide(weights, logits, &sums)
	w.weighFrom(n, weights[:len(logits)], logits, &sums)
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			sums[i] += sums[i+n]
		}
	}
	return sums[0]
}

// weighFrom sets weights from number n on, and adds them to sums. Conversions keep products from being fused with what is added to
// them, as Go does for arm64 and for GOAMD64=v3: every machine makes the same weights.
func (w weigher) weighFrom(n int, weights []float64, logits []float32, sums *[lanes]float64) {
	for i := n; i < len(logits); i++ {
		x := float64((float64(logits[i]) - w.largest) * w.scale)
		if !(x > smallest) {
			weights[i] = 0
			continue
		}
		shifted := x + rounding
		f := x - (shifted - rounding)
		p := 1 + float64(f*(linear+float64(f*square)))
		n := math.Float64bits(shifted)
		v := float64(p * math.Float64frombits(powers[n%steps]+n>>logSteps<<52))
		weights[i] = v
		sums[i%lanes] += v
	}
}

// setShares sets dst to share times weights.
func setShares(dst []float32, weights []float64, share float64) {
	for i := shareWide(dst, weights, share); i < len(weights); i++ {
		dst[i] = float32(weights[i] * share)
	}
}

// weight is that of one logit.
func (w weigher) weight(logit float32) float64 {
	var weight [1]float64
	return w.weigh(weight[:], []float32{logit})
}
