package quant

// Q2_K is blocks of 256 in 16 groups: 16 bytes with a 4-bit scale in the low half and a 4-bit
// minimum in the high one, 64 bytes of 2-bit numbers (packPairs), then float16 scales of
// the scales, d, and of the minimums, m. Element i of group j is
// d * scale[j] * q[i] - m * minimum[j].
const bytesQ2_K = 84

func quantizeQ2_K(dst []byte, src []float32) {
	search := affine{levels: 3, first: -0.5, step: 0.1, tries: 16, absolute: true}
	var g groups
	var w [16]float32
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesQ2_K:] {
		for j := range 16 {
			x := src[16*j:][:16]
			for i, v := range x {
				w[i] = abs(v)
			}
			g.scales[j], g.offsets[j] = search.fit(g.q[16*j:][:16], x, w[:])
		}
		var scales, mins [16]uint8
		d := nearestLevels(scales[:], g.scales[:], 15)
		m := nearestLevels(mins[:], g.offsets[:], 15)
		storeQ2_K((*[bytesQ2_K]byte)(dst), src, &g, d, m, &scales, &mins)
	}
}

func quantizeWeightedQ2_K(dst []byte, src, importance []float32) {
	var g groups
	var scales, mins [16]uint8
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesQ2_K:] {
		g.fitAffine(src, importance, 16, meanSquare(src[:superElems]), 3)
		d := fitPositive(scales[:], g.scales[:], g.weights[:], 15)
		m := fitPositive(mins[:], g.offsets[:], g.weights[:], 15)
		storeQ2_K((*[bytesQ2_K]byte)(dst), src, &g, d, m, &scales, &mins)
	}
}

func storeQ2_K(dst *[bytesQ2_K]byte, src []float32, g *groups, d, m float32, scales, mins *[16]uint8) {
	putHalves(dst[80:], d, m)
	d, m = halfAt(dst[80:]), halfAt(dst[82:])
	for j := range 16 {
		dst[j] = scales[j] | mins[j]<<4
		scale, offset := d*float32(dst[j]&15), float32(m*float32(dst[j]>>4))
		requantizeAffine(g.q[16*j:][:16], src[16*j:][:16], scale, offset, 3)
	}
	packPairs((*[64]byte)(dst[16:]), &g.q)
}

func dequantizeQ2_K(dst []float32, src []byte) {
	var q [superElems]uint8
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesQ2_K:] {
		d, m := halfAt(src[80:]), halfAt(src[82:])
		unpackPairs(&q, (*[64]byte)(src[16:]))
		for j, b := range src[:16] {
			scale, offset := d*float32(b&15), float32(m*float32(b>>4))
			y := (*[16]float32)(dst[16*j:])
			for i, v := range q[16*j:][:16] {
				y[i] = float32(scale*float32(v)) - offset
			}
		}
	}
}
