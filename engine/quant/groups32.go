package quant

// scaleMins are what Q4_K and Q5_K store of 8 groups of 32: 6-bit scales and minimums and
// what to multiply them with.
type scaleMins struct {
	d, m         float32
	scales, mins [8]uint8
}

// fitLong fits 8 groups of 32, larger elements having more weight.
func (g *groups) fitLong(src []float32, search affine) (h scaleMins) {
	var w [32]float32
	for j := range 8 {
		x := src[32*j:][:32]
		root := sqrt(meanSquare(x))
		for i, v := range x {
			w[i] = root + abs(v)
		}
		g.scales[j], g.offsets[j] = search.fit(g.q[32*j:][:32], x, w[:])
	}
	h.d = nearestLevels(h.scales[:], g.scales[:8], 63)
	h.m = nearestLevels(h.mins[:], g.offsets[:8], 63)
	for j := range h.scales {
		h.scales[j], h.mins[j] = min(63, h.scales[j]), min(63, h.mins[j])
	}
	return h
}

// fitLongWeighted is fitLong with importances.
func (g *groups) fitLongWeighted(src, importance []float32, levels int32) (h scaleMins) {
	g.fitAffine(src, importance, 32, float32(2*sumSquares(src[:superElems])/superElems), levels)
	h.d = fitPositive(h.scales[:], g.scales[:8], g.weights[:8], 63)
	h.m = fitPositive(h.mins[:], g.offsets[:8], g.weights[:8], 63)
	return h
}

// storeLong stores h, then moves the numbers to where h as stored wants them.
func (g *groups) storeLong(dst *[16]byte, src []float32, h *scaleMins, levels int32) {
	putHalves(dst[:], h.d, h.m)
	packScaleMins((*[12]byte)(dst[4:]), &h.scales, &h.mins)
	d, m := halfAt(dst[:]), halfAt(dst[2:])
	scales, mins := unpackScaleMins((*[12]byte)(dst[4:]))
	for j := range scales {
		requantizeAffine(g.q[32*j:][:32], src[32*j:][:32], d*float32(scales[j]), float32(m*float32(mins[j])), levels)
	}
}

// dequantizeLong reads what storeLong stored, the numbers being unpacked already.
func dequantizeLong(dst *[superElems]float32, head *[16]byte, q *[superElems]uint8) {
	d, m := halfAt(head[:]), halfAt(head[2:])
	scales, mins := unpackScaleMins((*[12]byte)(head[4:]))
	for j := range scales {
		scale, offset := d*float32(scales[j]), float32(m*float32(mins[j]))
		y := (*[32]float32)(dst[32*j:])
		for i, v := range q[32*j:][:32] {
			y[i] = float32(scale*float32(v)) - offset
		}
	}
}
