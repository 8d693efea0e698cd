package quant

import "encoding/binary"

// putHalves stores two float16 numbers at the beginning of dst.
func putHalves(dst []byte, a, b float32) {
	binary.LittleEndian.PutUint16(dst, F32ToF16(a))
	binary.LittleEndian.PutUint16(dst[2:], F32ToF16(b))
}

func halfAt(b []byte) float32 { return F16ToF32(binary.LittleEndian.Uint16(b)) }

// packNibbles stores 32 4-bit numbers: 0 to 15 in the low halves, 16 to 31 in the high ones.
func packNibbles(dst *[16]byte, q *[32]uint8) {
	for j := range dst {
		dst[j] = q[j] | q[16+j]<<4
	}
}

// packFiveBits stores 32 5-bit numbers: the fifth bits in 4 bytes, then the rest as nibbles.
func packFiveBits(dst *[20]byte, q *[32]uint8) {
	high := uint32(0)
	for j := range 16 {
		dst[4+j] = q[j]&15 | q[16+j]<<4
		high |= uint32(q[j]>>4&1)<<j | uint32(q[16+j]>>4&1)<<(16+j)
	}
	binary.LittleEndian.PutUint32(dst[:], high)
}

func unpackFiveBits(q *[32]uint8, src *[20]byte) {
	high := binary.LittleEndian.Uint32(src[:])
	for j, b := range src[4:] {
		q[j] = b&15 | uint8(high>>j&1)<<4
		q[16+j] = b>>4 | uint8(high>>(16+j)&1)<<4
	}
}

// packPairs stores 256 2-bit numbers: each half of the block as four runs of 32, run i in
// bits 2i and 2i+1 of 32 bytes.
func packPairs(dst *[64]byte, q *[256]uint8) {
	for j := range 32 {
		dst[j] = q[j]&3 | q[32+j]&3<<2 | q[64+j]&3<<4 | q[96+j]&3<<6
		dst[32+j] = q[128+j]&3 | q[160+j]&3<<2 | q[192+j]&3<<4 | q[224+j]&3<<6
	}
}

func unpackPairs(q *[256]uint8, src *[64]byte) {
	for j := range 32 {
		low, high := src[j], src[32+j]
		for i := range 4 {
			q[32*i+j] = low >> (2 * i) & 3
			q[128+32*i+j] = high >> (2 * i) & 3
		}
	}
}

// packRuns stores 256 4-bit numbers: four times a run of 32 in the low halves of 32 bytes
// and the next run in the high ones.
func packRuns(dst *[128]byte, q *[256]uint8) {
	for i := range 4 {
		to, from := (*[32]byte)(dst[32*i:]), (*[64]uint8)(q[64*i:])
		for j := range to {
			to[j] = from[j]&15 | from[32+j]<<4
		}
	}
}

func unpackRuns(q *[256]uint8, src *[128]byte) {
	for i := range 4 {
		to, from := (*[64]uint8)(q[64*i:]), (*[32]byte)(src[32*i:])
		for j, b := range from {
			to[j], to[32+j] = b&15, b>>4
		}
	}
}
