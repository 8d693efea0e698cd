package admit

import (
	"math"
	"time"
)

// Classes is how many kinds of requests a Margin tells apart.
const Classes = 64

// A Margin is set for this share of first tokens to come in time: a promise that is kept for 95 of
// a hundred needs a little more, since what is learned comes late, and a token takes a moment to its client.
const kept = 0.98

// How fast a margin is learned, the margin before anything is learned, and its bounds. The lower one leaves
// room for predictions that know nothing of cached prefixes, the upper one for requests that
// most others overtake.
const (
	learning   = 0.05
	alike      = 8 // as many that wait halve it
	atFirst    = 1.5
	leastRatio = 0.25
	mostRatio  = 64
)

// Margin learns by what predictions are to be multiplied so that most first tokens are not later. That
// covers what a prediction does not know: who will overtake a request, for how long answers go on, and
// what else the machine does. Requests that are treated alike are a class, from 0 to Classes-1;
// what is learned of one is believed of the others until they tell otherwise. The zero value is ready.
//
// It follows the quantile of actual over predicted times by gradient steps on the pinball loss, which
// holds the share over time whatever the distribution (Gibbs & Candès 2021, "Adaptive Conformal
// Inference Under Distribution Shift").
type Margin struct {
	common  float64          // logarithm of the ratio over atFirst, learned by all
	classes [Classes]float64 // what is added for a class, learned by it alone
}

// Ratio is what predictions for a class are multiplied by.
func (m *Margin) Ratio(class int) float64 {
	return max(leastRatio, min(mostRatio, atFirst*math.Exp(m.common+m.classes[class])))
}

// Bound is the time that the first token comes within, most of the time.
func (m *Margin) Bound(class int, predicted time.Duration) time.Duration {
	return time.Duration(min(float64(predicted)*m.Ratio(class), math.MaxInt64/2))
}

// Learn has the margin know how long a first token took of which bound was promised, where that was
// near enough to the limit to be told from the noise of a short time. Waiting is how many others were promised
// something meanwhile: what one of them meets, most of them do, and the more there are the less each
// one teaches.
//
// It has to be the bound of then. Under overload requests are admitted when bounds happen to be low; held
// against those of later, which are higher for that very reason, they would seem to be in time.
func (m *Margin) Learn(class int, bound, actual, limit time.Duration, waiting int) {
	if bound < limit/4 {
		return
	}
	rate := learning / (1 + float64(waiting)/alike)
	step := -rate * (1 - kept)
	if actual > bound {
		step = rate * kept
	}
	low, high := math.Log(leastRatio/atFirst), math.Log(mostRatio/atFirst)
	m.common = max(low, min(high, m.common+step))
	m.classes[class] = max(low-m.common, min(high-m.common, m.classes[class]+step))
}
