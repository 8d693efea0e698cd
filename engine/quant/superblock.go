package quant

// superElems is the number of elements of a K block, a block of groups whose scales are
// numbers themselves, multiplied with a scale of the block.
const superElems = 256

// groups are the scales and offsets found for the groups of a block, 8 or 16 of them: element
// i of group j is about scales[j] * q[i] - offsets[j], or scales[j] * (q[i] - half) in the
// symmetric formats, which have no offsets.
type groups struct {
	scales, offsets [16]float32
	weights         [16]float32 // sums over the group; only where there are importances
	q               [superElems]uint8
}

// fitAffine fills a group for each elems elements of src, weighted by importance.
func (g *groups) fitAffine(src, importance []float32, elems int, sigma2 float32, levels int32) {
	var room [32]float32
	w := room[:elems]
	for j := range superElems / elems {
		x := src[j*elems:][:elems]
		weigh(w, x, importance[j*elems:], sigma2)
		g.weights[j] = sum(w)
		g.scales[j], g.offsets[j] = weightedAffine(levels).fit(g.q[j*elems:][:elems], x, w)
	}
}

// requantizeAffine replaces the numbers of a group by the closest ones, now that scale and
// offset are what is stored. A scale of 0 leaves them.
func requantizeAffine(q []uint8, x []float32, scale, offset float32, levels int32) {
	if scale == 0 {
		return
	}
	for i, v := range x {
		q[i] = uint8(max(0, min(levels, nearestInt((v+offset)/scale))))
	}
}

// requantizeSymmetric does so for numbers from -half to half-1, stored with half added.
func requantizeSymmetric(q []uint8, x []float32, scale float32, half int32) {
	if scale == 0 {
		return
	}
	for i, v := range x {
		q[i] = uint8(half + max(-half, min(half-1, nearestInt(v/scale))))
	}
}

// nearestLevels spreads levels from 0 to the highest of values and gives the scale.
func nearestLevels(q []uint8, values []float32, levels float32) float32 {
	top := highest(values)
	if !(top > 0) {
		return 0
	}
	inverse := levels / top
	for i, v := range values {
		q[i] = uint8(nearestInt(inverse * v))
	}
	return top / levels
}
