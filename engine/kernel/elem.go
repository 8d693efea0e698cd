package kernel

import "math"

// RMSNorm writes x / sqrt(mean(x^2) + eps) x weight to dst (Zhang and Sennrich 2019).
func (s *Set) RMSNorm(dst, x, weight []float32, eps float32) {
	sums := s.squares(x)
	mean := (sums[0] + sums[1] + sums[2] + sums[3]) / float64(len(x))
	s.scaled(dst[:len(x)], x, weight[:len(x)], float32(1/math.Sqrt(mean+float64(eps))))
}

// Add adds y to x.
func (s *Set) Add(x, y []float32) { s.add(x, y[:len(x)]) }

// Scale multiplies x by f.
func (s *Set) Scale(x []float32, f float32) { s.scale(x, f) }

// squares adds the square of element i to sum i mod 4: exact products in float64.
func squares(x []float32) (sums [4]float64) {
	for len(x) >= len(sums) {
		for i, v := range x[:len(sums)] {
			sums[i] += float64(v) * float64(v)
		}
		x = x[len(sums):]
	}
	for i, v := range x {
		sums[i] += float64(v) * float64(v)
	}
	return sums
}

func scaled(dst, x, weight []float32, f float32) {
	for i, v := range x {
		dst[i] = float32(v*f) * weight[i]
	}
}

func add(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

func scale(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}

// RopePairs rotates adjacent pairs (x[2i], x[2i+1]) of one head by the angles whose
// cosines and sines are given (Su et al. 2021); half the head's width each.
func RopePairs(x, cos, sin []float32) {
	sin = sin[:len(cos)]
	for i, c := range cos {
		a, b, s := x[2*i], x[2*i+1], sin[i]
		x[2*i], x[2*i+1] = float32(a*c)-float32(b*s), float32(a*s)+float32(b*c)
	}
}

// RopeHalves rotates (x[i], x[i+n/2]), the layout of GPT-NeoX.
func RopeHalves(x, cos, sin []float32) {
	sin = sin[:len(cos)]
	low, high := x[:len(cos)], x[len(cos):2*len(cos)]
	for i, c := range cos {
		a, b, s := low[i], high[i], sin[i]
		low[i], high[i] = float32(a*c)-float32(b*s), float32(a*s)+float32(b*c)
	}
}

// SiLUMul writes gate x sigmoid(gate) x up to dst.
func (s *Set) SiLUMul(dst, gate, up []float32) { s.silu(dst, gate, up) }

// Softmax replaces x by exp(x - max) / sum in place.
func (s *Set) Softmax(x []float32) { s.softmax(x) }

func siluMul(dst, gate, up []float32) {
	gate, up = gate[:len(dst)], up[:len(dst)]
	for i, g := range gate {
		dst[i] = float32(g/(1+exp(-g))) * up[i]
	}
}

func softmax(x []float32) {
	top := float32(math.Inf(-1))
	for _, v := range x {
		top = max(top, v)
	}
	var l lanes
	for i, v := range x {
		e := exp(v - top)
		x[i] = e
		l[i&7] += e
	}
	scale(x, 1/l.fold())
}

// Constants of exp: x = n ln 2 + r with |r| <= ln(2)/2, ln 2 in two parts so that n
// times the first is exact, and the Taylor polynomial of e^r to degree 7 (relative
// error below 1e-7 on that interval).
const (
	expMin = -87 // below, e^x is a denormal: taken as 0
	expMax = 88
	log2E  = 1.4426950408889634
	ln2Hi  = 0.693145751953125
	ln2Lo  = 1.42860682030941723212e-6
)

// exp is e^x in float32, each product rounded before it is added so that every
// implementation can give the same bits.
func exp(x float32) float32 {
	if x < expMin {
		return 0
	}
	x = min(x, expMax)
	n := float32(x*log2E) + rounder - rounder
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p := float32(1.0 / 5040)
	p = float32(p*r) + 1.0/720
	p = float32(p*r) + 1.0/120
	p = float32(p*r) + 1.0/24
	p = float32(p*r) + 1.0/6
	p = float32(p*r) + 0.5
	p = float32(p*r) + 1
	p = float32(p*r) + 1
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}
