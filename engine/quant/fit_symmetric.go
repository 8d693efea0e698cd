package quant

// tiniest is the magnitude below which a group counts as zeros.
const tiniest = 1e-15

// fitSymmetric finds a scale d and numbers q in [0, 2*half) such that d * (q - half) is close
// to x in weighted least squares, and returns d. It tries 19 scales around the one that maps
// the value of largest magnitude to -half, each then replaced by the best one for the
// numbers it gives.
func fitSymmetric(q []uint8, x, weights []float32, half int32) float32 {
	magnitude, extreme := largest(x)
	if magnitude < tiniest {
		clear(q)
		return 0
	}
	s := symmetric{x: x, weights: weights[:len(x)], half: half}
	inverse := float32(-half) / extreme
	xq, qq := s.products(inverse)
	scale, bestInverse := float32(0), inverse
	if qq != 0 {
		scale = xq / qq
	}
	best := scale * xq
	for i := -9; i <= 9; i++ {
		if i == 0 {
			continue
		}
		inverse = -(float32(half) + float32(0.1*float32(i))) / extreme
		xq, qq = s.products(inverse)
		if qq > 0 && xq*xq > best*qq {
			bestInverse, scale = inverse, xq/qq
			best = scale * xq
		}
	}
	for i, v := range x {
		q[i] = uint8(half + s.round(bestInverse*v))
	}
	return scale
}

type symmetric struct {
	x, weights []float32
	half       int32
}

func (s *symmetric) round(v float32) int32 { return max(-s.half, min(s.half-1, nearestInt(v))) }

// products are the weighted sums of x*q and q*q.
func (s *symmetric) products(inverse float32) (xq, qq float32) {
	weights, low, high := s.weights, -s.half, s.half-1
	for i, v := range s.x {
		q := float32(max(low, min(high, nearestInt(inverse*v))))
		w := weights[i]
		xq += float32(float32(w*v) * q)
		qq += float32(float32(w*q) * q)
	}
	return xq, qq
}
