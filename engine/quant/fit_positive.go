package quant

// fitPositive finds a scale d and numbers q in [0, levels] such that d*q is close to x >= 0
// in weighted least squares, and returns d. x are the scales or offsets of the groups of a
// block, at most 16.
func fitPositive(q []uint8, x, weights []float32, levels int32) float32 {
	highest := float32(0)
	for _, v := range x {
		if !(highest > v) {
			highest = v
		}
	}
	if highest < tiniest {
		clear(q)
		return 0
	}
	inverse := positiveScale(x, weights, highest, levels)
	var xq, qq float32
	for i, v := range x {
		l := min(levels, nearestInt(inverse*v))
		q[i] = uint8(l)
		xq += float32(float32(weights[i]*v) * float32(l))
		qq += float32(float32(weights[i]*float32(l)) * float32(l))
	}
	return descend(q, x, weights, levels, xq, qq)
}

// positiveScale tries 9 inverse scales that map the highest value to about levels.
func positiveScale(x, weights []float32, highest float32, levels int32) float32 {
	best := float32(levels) / highest
	bestError := float32(0)
	for i, v := range x {
		e := v - float32(1/best*float32(uint8(nearestInt(best*v))))
		bestError += float32(float32(weights[i]*e) * e)
	}
	for i := -4; i <= 4; i++ {
		if i == 0 {
			continue
		}
		inverse := (float32(0.1*float32(i)) + float32(levels)) / highest
		scale, total := 1/inverse, float32(0)
		for j, v := range x {
			e := v - float32(scale*float32(min(levels, nearestInt(inverse*v))))
			total += float32(float32(weights[j]*e) * e)
		}
		if total < bestError {
			best, bestError = inverse, total
		}
	}
	return best
}

// descend improves one number after the other, at most 5 rounds, and returns the scale.
// xq and qq are the weighted sums of x*q and q*q.
func descend(q []uint8, x, weights []float32, levels int32, xq, qq float32) float32 {
	for range 5 {
		changed := false
		for i, v := range x {
			w, was := weights[i], float32(q[i])
			xqRest := xq - float32(float32(w*v)*was)
			qqRest := qq - float32(float32(w*was)*was)
			if !(xqRest > 0 && qqRest > 0) {
				continue
			}
			l := min(levels, nearestInt(float32(v*qqRest)/xqRest))
			if l == int32(q[i]) {
				continue
			}
			xqRest += float32(float32(w*v) * float32(l))
			qqRest += float32(float32(w*float32(l)) * float32(l))
			if float32(float32(xqRest*xqRest)*qq) > float32(float32(xq*xq)*qqRest) {
				q[i], xq, qq, changed = uint8(l), xqRest, qqRest, true
			}
		}
		if !changed {
			break
		}
	}
	if qq > 0 {
		return xq / qq
	}
	return 0
}
