package quant

// packScaleMins stores the 6-bit scales and minimums of the 8 groups of a Q4_K or Q5_K block.
// Bytes 0 to 3 begin with the scales of groups 0 to 3 and bytes 4 to 7 with their minimums;
// bytes 8 to 11 have the low 4 bits of groups 4 to 7, the scale in the low half; their
// high 2 bits are on top of bytes 0 to 3 and 4 to 7.
func packScaleMins(dst *[12]byte, scales, mins *[8]uint8) {
	for j := range 4 {
		dst[j] = scales[j] | scales[4+j]>>4<<6
		dst[4+j] = mins[j] | mins[4+j]>>4<<6
		dst[8+j] = scales[4+j]&15 | mins[4+j]<<4
	}
}

func unpackScaleMins(src *[12]byte) (scales, mins [8]uint8) {
	for j := range 4 {
		scales[j], mins[j] = src[j]&63, src[4+j]&63
		scales[4+j] = src[8+j]&15 | src[j]>>6<<4
		mins[4+j] = src[8+j]>>4 | src[4+j]>>6<<4
	}
	return scales, mins
}

// packSixBits stores the 6-bit scales of the 16 groups of a Q3_K block: low 4 bits of groups
// 0 to 7 in the low halves of bytes 0 to 7, of groups 8 to 15 in the high halves; the high
// 2 bits of group j in byte 8 + j%4, from bit 2*(j/4) on.
func packSixBits(dst *[12]byte, scales *[16]uint8) {
	for j := range 8 {
		dst[j] = scales[j]&15 | scales[8+j]<<4
	}
	for j := range 4 {
		dst[8+j] = scales[j]>>4 | scales[4+j]>>4<<2 | scales[8+j]>>4<<4 | scales[12+j]>>4<<6
	}
}

func unpackSixBits(src *[12]byte) (scales [16]uint8) {
	for j := range 8 {
		scales[j], scales[8+j] = src[j]&15, src[j]>>4
	}
	for j := range 16 {
		scales[j] |= src[8+j%4] >> (2 * (j / 4)) & 3 << 4
	}
	return scales
}
