package quant

// fitDescent finds a scale d and numbers q in [0, 2*half) such that d * (q - half) is close to
// x, each error weighted by the square of its x, and returns d. It begins with the scale that
// maps the value of largest magnitude to -half, then moves single numbers to where the best
// scale for all the others would have them, in at most 5 rounds.
func fitDescent(q []uint8, x []float32, half int32) float32 {
	magnitude, extreme := largest(x)
	if magnitude < tiniest {
		clear(q)
		return 0
	}
	inverse := float32(-half) / extreme
	var room [16]int32
	l := room[:len(x)]
	var xq, qq float32
	for i, v := range x {
		l[i] = max(-half, min(half-1, nearestInt(inverse*v)))
		w := float32(v * v)
		xq += float32(float32(w*v) * float32(l[i]))
		qq += float32(float32(w*float32(l[i])) * float32(l[i]))
	}
	for range 5 {
		var changed bool
		if xq, qq, changed = descendSigned(l, x, half, xq, qq); !changed {
			break
		}
	}
	for i, v := range l {
		q[i] = uint8(v + half)
	}
	if qq > 0 {
		return xq / qq
	}
	return 0
}

// descendSigned is one round; xq and qq are the weighted sums of x*l and l*l.
func descendSigned(l []int32, x []float32, half int32, xq, qq float32) (newXQ, newQQ float32, changed bool) {
	for i, v := range x {
		w, was := float32(v*v), float32(l[i])
		xqRest := xq - float32(float32(w*v)*was)
		if !(xqRest > 0) {
			continue
		}
		qqRest := qq - float32(float32(w*was)*was)
		next := max(-half, min(half-1, nearestInt(float32(v*qqRest)/xqRest)))
		if next == l[i] {
			continue
		}
		xqRest += float32(float32(w*v) * float32(next))
		qqRest += float32(float32(w*float32(next)) * float32(next))
		if qqRest > 0 && float32(float32(xqRest*xqRest)*qq) > float32(float32(xq*xq)*qqRest) {
			l[i], xq, qq, changed = next, xqRest, qqRest, true
		}
	}
	return xq, qq, changed
}
