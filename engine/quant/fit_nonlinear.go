package quant

// nonlinear are the values of the 4-bit numbers of IQ4_NL and IQ4_XS: denser around zero,
// as weights are. They are those of llama.cpp's pull request 5590, where the format began.
var nonlinear = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// nonlinearAbove[i] is the index of the lowest value above i - 127.
var nonlinearAbove = func() (above [240]uint8) {
	for i := range above {
		for nonlinear[above[i]] <= float32(i-127) {
			above[i]++
		}
	}
	return above
}()

// nearestNonlinear is the index of the closest value, the higher one at ties.
func nearestNonlinear(v float32) uint8 {
	v = float32(v) // a caller's product is not to be fused with the sums below
	if v <= nonlinear[0] {
		return 0
	}
	if !(v < nonlinear[15]) {
		return 15
	}
	// The sum may round up to the next integer: then v is closest to that value anyway.
	above := nonlinearAbove[min(239, int32(v+127))] & 15
	if v-nonlinear[(above-1)&15] < nonlinear[above]-v {
		above--
	}
	return above
}

// fitNonlinear finds a scale d such that all of x are close to d times some value, in weighted
// least squares: it tries those that map the value of largest magnitude to about the first
// value, each then replaced by the best one for the numbers it gives.
func fitNonlinear(x, weights []float32) float32 {
	magnitude, extreme := largest(x)
	if magnitude < tiniest {
		return 0
	}
	xq, qq := nonlinearProducts(x, weights, 1/(-extreme/nonlinear[0]))
	scale := float32(0)
	if qq > 0 {
		scale = xq / qq
	}
	best := scale * xq
	for i := -7; i <= 7; i++ {
		xq, qq = nonlinearProducts(x, weights, (float32(i)+nonlinear[0])/extreme)
		if qq > 0 && xq*xq > best*qq {
			scale = xq / qq
			best = scale * xq
		}
	}
	return scale
}

// nonlinearProducts are the weighted sums of x*q and q*q.
func nonlinearProducts(x, weights []float32, inverse float32) (xq, qq float32) {
	weights = weights[:len(x)]
	for i, v := range x {
		q := nonlinear[nearestNonlinear(inverse*v)&15]
		wq := float32(weights[i] * q)
		xq += float32(wq * v)
		qq += float32(wq * q)
	}
	return xq, qq
}

// roundNonlinear sets the numbers for a scale.
func roundNonlinear(q []uint8, x []float32, scale float32) {
	inverse := reciprocal(scale)
	for i, v := range x {
		q[i] = nearestNonlinear(inverse * v)
	}
}
