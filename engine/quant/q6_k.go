package quant

import "encoding/binary"

// Q6_K is blocks of 256 in 16 groups: 128 bytes of low halves (packLowHalves), 64 bytes of
// the high 2 bits (packPairs), 16 signed bytes of scales, a float16 scale d. Element i of
// group j is d * scale[j] * (q[i] - 32).
const bytesQ6_K = 210

func quantizeQ6_K(dst []byte, src []float32) {
	var g groups
	var w [16]float32
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesQ6_K:] {
		for j := range 16 {
			x := src[16*j:][:16]
			squares(w[:], x)
			g.scales[j] = fitSymmetric(g.q[16*j:][:16], x, w[:], 32)
		}
		storeQ6_K((*[bytesQ6_K]byte)(dst), src, &g)
	}
}

// Importances are the weights as they are, unlike in the other formats.
func quantizeWeightedQ6_K(dst []byte, src, importance []float32) {
	var g groups
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesQ6_K:] {
		for j := range 16 {
			g.scales[j] = fitSymmetric(g.q[16*j:][:16], src[16*j:][:16], importance[16*j:][:16], 32)
		}
		storeQ6_K((*[bytesQ6_K]byte)(dst), src, &g)
	}
}

func storeQ6_K(dst *[bytesQ6_K]byte, src []float32, g *groups) {
	magnitude, extreme := largest(g.scales[:])
	if magnitude < tiniest {
		clear(dst[:])
		return
	}
	inverse := -128 / extreme
	binary.LittleEndian.PutUint16(dst[208:], F32ToF16(1/inverse))
	d := halfAt(dst[208:])
	for j, v := range g.scales {
		scale := int8(min(127, nearestInt(inverse*v)))
		dst[192+j] = uint8(scale)
		requantizeSymmetric(g.q[16*j:][:16], src[16*j:][:16], d*float32(scale), 32)
	}
	packLowHalves((*[128]byte)(dst[:]), &g.q)
	for i := range g.q {
		g.q[i] >>= 4
	}
	packPairs((*[64]byte)(dst[128:]), &g.q)
}

// packLowHalves stores the low 4 bits of 256 numbers: of each half of the block, the first
// 64 in the low halves of 64 bytes and the others in the high ones.
func packLowHalves(dst *[128]byte, q *[superElems]uint8) {
	for j := range 64 {
		dst[j] = q[j]&15 | q[64+j]<<4
		dst[64+j] = q[128+j]&15 | q[192+j]<<4
	}
}

func unpackLowHalves(q *[superElems]uint8, src *[128]byte) {
	for j := range 64 {
		q[j], q[64+j] = src[j]&15, src[j]>>4
		q[128+j], q[192+j] = src[64+j]&15, src[64+j]>>4
	}
}

func dequantizeQ6_K(dst []float32, src []byte) {
	var low, high [superElems]uint8
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesQ6_K:] {
		unpackLowHalves(&low, (*[128]byte)(src))
		unpackPairs(&high, (*[64]byte)(src[128:]))
		d := halfAt(src[208:])
		for j, s := range src[192:][:16] {
			scale := d * float32(int8(s))
			y := (*[16]float32)(dst[16*j:])
			for i := range y {
				y[i] = scale * float32(int(low[16*j+i]|high[16*j+i]<<4)-32)
			}
		}
	}
}
