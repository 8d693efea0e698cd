package quant

// Q4_K is blocks of 256 in 8 groups: float16 scales of the scales, d, and of the minimums, m;
// 12 bytes of 6-bit scales and minimums (packScaleMins); 128 bytes of 4-bit numbers
// (packRuns). Element i of group j is d * scale[j] * q[i] - m * minimum[j].
const bytesQ4_K = 144

func quantizeQ4_K(dst []byte, src []float32) {
	search := affine{levels: 15, first: -1, step: 0.1, tries: 21}
	var g groups
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesQ4_K:] {
		h := g.fitLong(src, search)
		storeQ4_K((*[bytesQ4_K]byte)(dst), src, &g, &h)
	}
}

func quantizeWeightedQ4_K(dst []byte, src, importance []float32) {
	var g groups
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesQ4_K:] {
		h := g.fitLongWeighted(src, importance, 15)
		storeQ4_K((*[bytesQ4_K]byte)(dst), src, &g, &h)
	}
}

func storeQ4_K(dst *[bytesQ4_K]byte, src []float32, g *groups, h *scaleMins) {
	g.storeLong((*[16]byte)(dst[:]), src, h, 15)
	packRuns((*[128]byte)(dst[16:]), &g.q)
}

func dequantizeQ4_K(dst []float32, src []byte) {
	var q [superElems]uint8
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesQ4_K:] {
		unpackRuns(&q, (*[128]byte)(src[16:]))
		dequantizeLong((*[superElems]float32)(dst), (*[16]byte)(src), &q)
	}
}
