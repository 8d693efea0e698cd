package quant

// affine describes a search for a scale d, an offset m >= 0 and numbers q in [0, levels] such
// that d*q - m is close to x. Candidates spread the range of x over levels + first + i*step
// steps, for i in [0, tries); each is then replaced by the best scale and offset, in
// weighted least squares, for the numbers it gives.
type affine struct {
	levels      int32
	first, step float32
	tries       int
	absolute    bool // candidates compare by absolute errors, not squared ones
}

// weightedAffine is the search that all formats use when there are importances.
func weightedAffine(levels int32) affine {
	return affine{levels: levels, first: -0.9, step: 0.05, tries: 37}
}

// fit sets q and returns scale and offset of at most 32 elements.
func (a affine) fit(q []uint8, x, weights []float32) (scale, offset float32) {
	g := newAffineGroup(x, weights)
	if g.low == g.high {
		clear(q)
		return 0, -g.low
	}
	scale, low := a.search(&g)
	for i := range x {
		q[i] = uint8(g.best[i])
	}
	return scale, -low
}

// search improves on the plain grid, from low to high. Once a candidate is better, those
// that follow start from its minimum, as in the reference.
func (a affine) search(g *affineGroup) (scale, low float32) {
	low = g.low
	inverse := float32(a.levels) / (g.high - low)
	scale = 1 / inverse
	g.round(inverse, low, a.levels)
	bestError := g.error(scale, low, a.absolute)
	g.best = g.try
	for i := range a.tries {
		inverse = (a.first + float32(a.step*float32(i)) + float32(a.levels)) / (g.high - low)
		trialScale, trialLow, ok := g.round(inverse, low, a.levels).solve(g.sumW, g.sumX)
		if !ok {
			continue
		}
		if e := g.error(trialScale, trialLow, a.absolute); e < bestError {
			bestError, scale, low = e, trialScale, trialLow
			g.best = g.try
		}
	}
	return scale, low
}

// affineGroup is what a search keeps of a group.
type affineGroup struct {
	x, weights []float32
	low, high  float32 // range of x and 0
	sumW, sumX float32 // weighted sums of 1 and of x
	try, best  [32]float32
}

func newAffineGroup(x, weights []float32) affineGroup {
	weights = weights[:len(x)]
	g := affineGroup{x: x, weights: weights, low: x[0], high: x[0], sumW: weights[0], sumX: float32(weights[0] * x[0])}
	for i, v := range x {
		if i == 0 {
			continue
		}
		if v < g.low {
			g.low = v
		}
		if v > g.high {
			g.high = v
		}
		g.sumW += weights[i]
		g.sumX += float32(weights[i] * v)
	}
	if g.low > 0 {
		g.low = 0
	}
	return g
}

// affineSums are weighted sums of q, q*q and x*q.
type affineSums struct{ q, qq, xq float32 }

// round sets try to (x - low) * inverse, rounded and limited to [0, levels].
func (g *affineGroup) round(inverse, low float32, levels int32) (s affineSums) {
	weights, try := g.weights[:len(g.x)], g.try[:len(g.x)]
	for i, v := range g.x {
		q := float32(max(0, min(levels, nearestInt(float32(inverse*(v-low))))))
		try[i] = q
		wq := float32(weights[i] * q)
		s.q += wq
		s.qq += float32(wq * q)
		s.xq += float32(wq * v)
	}
	return s
}

// solve is the least-squares line through the points (q, x), with a minimum of at most 0.
func (s affineSums) solve(sumW, sumX float32) (scale, low float32, ok bool) {
	determinant := float32(sumW*s.qq) - float32(s.q*s.q)
	if !(determinant > 0) {
		return 0, 0, false
	}
	low = (float32(s.qq*sumX) - float32(s.q*s.xq)) / determinant
	if low > 0 {
		return s.xq / s.qq, 0, true
	}
	return (float32(sumW*s.xq) - float32(sumX*s.q)) / determinant, low, true
}

// error is the weighted sum of absolute or squared errors of try.
func (g *affineGroup) error(scale, low float32, absolute bool) (total float32) {
	weights, try := g.weights[:len(g.x)], g.try[:len(g.x)]
	if absolute {
		for i, v := range g.x {
			total += float32(weights[i] * abs(float32(scale*try[i])+low-v))
		}
		return total
	}
	for i, v := range g.x {
		e := float32(scale*try[i]) + low - v
		total += float32(weights[i] * float32(e*e))
	}
	return total
}
