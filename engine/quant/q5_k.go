package quant

// Q5_K is blocks of 256 in 8 groups: d, m, scales and minimums as in Q4_K; 32 bytes with the
// fifth bit of each number, bit i of byte j for element 32*i + j; 128 bytes of low halves as
// in Q4_K. Element i of group j is d * scale[j] * q[i] - m * minimum[j].
const bytesQ5_K = 176

func quantizeQ5_K(dst []byte, src []float32) {
	search := affine{levels: 31, first: -0.5, step: 0.1, tries: 16}
	var g groups
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesQ5_K:] {
		h := g.fitLong(src, search)
		storeQ5_K((*[bytesQ5_K]byte)(dst), src, &g, &h)
	}
}

func quantizeWeightedQ5_K(dst []byte, src, importance []float32) {
	var g groups
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesQ5_K:] {
		h := g.fitLongWeighted(src, importance, 31)
		for j := range h.scales {
			h.scales[j], h.mins[j] = min(63, h.scales[j]), min(63, h.mins[j])
		}
		storeQ5_K((*[bytesQ5_K]byte)(dst), src, &g, &h)
	}
}

func storeQ5_K(dst *[bytesQ5_K]byte, src []float32, g *groups, h *scaleMins) {
	g.storeLong((*[16]byte)(dst[:]), src, h, 31)
	high := (*[32]byte)(dst[16:])
	clear(high[:])
	for i, q := range g.q {
		high[i%32] |= q >> 4 << (i / 32)
	}
	packRuns((*[128]byte)(dst[48:]), &g.q)
}

func dequantizeQ5_K(dst []float32, src []byte) {
	var q [superElems]uint8
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesQ5_K:] {
		unpackRuns(&q, (*[128]byte)(src[48:]))
		high := (*[32]byte)(src[16:])
		for i := range q {
			q[i] |= high[i%32] >> (i / 32) & 1 << 4
		}
		dequantizeLong((*[superElems]float32)(dst), (*[16]byte)(src), &q)
	}
}
