package kernel

import (
	"encoding/binary"
	"math"
)

// unpacked is a storage block of a weight row, of 32 or 256 columns, read as a file has
// it. A kind uses the fields it has.
type unpacked struct {
	codes  [superElems]byte                   // signed
	scale  [superElems / blockElems]float32   // of each 32 columns
	offset [superElems / blockElems]float32   // added to 32 columns, or the scale of min
	sub    [superElems / blockElems * 2]int32 // what 16 codes are multiplied with
	min    [superElems / blockElems * 2]int32 // what is subtracted from 16 columns
}

var unpackers = [kinds]func(*unpacked, []byte){
	Q8_0: unpackQ8_0, Q4_0: unpackQ4_0, Q4_1: unpackQ4_1, Q5_0: unpackQ5_0, Q5_1: unpackQ5_1, Q2_K: unpackQ2_K, Q3_K: unpackQ3_K,
	Q4_K: unpackQ4_K, Q5_K: unpackQ5_K, Q6_K: unpackQ6_K, IQ4_NL: unpackIQ4_NL, IQ4_XS: unpackIQ4_XS, MXFP4: unpackMXFP4,
}

func unpackQ8_0(u *unpacked, w []byte) {
	u.scale[0] = half(w)
	copy(u.codes[:], w[2:])
}

func unpackQ4_0(u *unpacked, w []byte) {
	u.scale[0] = half(w)
	fileFiveBits(u.codes[:], w[2:], 0, 8)
}

func unpackQ4_1(u *unpacked, w []byte) {
	u.scale[0], u.offset[0] = half(w), half(w[2:])
	fileFiveBits(u.codes[:], w[4:], 0, 0)
}

// fifths is 16 in every byte whose bit in bits is set.
func fifths(bits byte) uint64 {
	alone := uint64(bits) * each & 0x8040201008040201 // bit i of byte i
	return (alone + 127*each) >> 3 & (16 * each)
}

// fileFiveBits unpacks codes whose low four bits are nibbles, the low ones of 16 bytes
// first, and subtracts n.
func fileFiveBits(codes, w []byte, high uint32, n uint64) {
	for i := 0; i < 16; i += 8 {
		q := eight(w[i:])
		putEight(codes[i:], less(q&(15*each)|fifths(byte(high>>i)), n))
		putEight(codes[16+i:], less(q>>4&(15*each)|fifths(byte(high>>(16+i))), n))
	}
}

// fileLookUp translates the nibbles of 16 bytes, the low ones first.
func fileLookUp(codes []byte, w []byte, table *[16]int8) {
	w, codes = w[:16], codes[:blockElems]
	for i, q := range w {
		codes[i] = byte(table[q&15])
		codes[i+16] = byte(table[q>>4])
	}
}

func unpackQ5_0(u *unpacked, w []byte) {
	u.scale[0] = half(w)
	fileFiveBits(u.codes[:], w[6:], binary.LittleEndian.Uint32(w[2:]), 16)
}

func unpackQ5_1(u *unpacked, w []byte) {
	u.scale[0], u.offset[0] = half(w), half(w[2:])
	fileFiveBits(u.codes[:], w[8:], binary.LittleEndian.Uint32(w[4:]), 0)
}

func unpackIQ4_NL(u *unpacked, w []byte) {
	u.scale[0] = half(w)
	fileLookUp(u.codes[:], w[2:], &nonlinear)
}

// unpackMXFP4 takes half the power of two that the block's first byte stands for,
// microfloat being doubled.
func unpackMXFP4(u *unpacked, w []byte) {
	u.scale[0] = float32(math.Ldexp(1, int(w[0])-128))
	fileLookUp(u.codes[:], w[1:], &microfloat)
}

func unpackIQ4_XS(u *unpacked, w []byte) {
	d, high := half(w), binary.LittleEndian.Uint16(w[2:])
	for b := range u.scale {
		low := w[4+b/2] >> (b % 2 * 4) & 15
		sub := int(low) | int(high>>(2*b)&3)<<4
		u.scale[b] = d * float32(sub-32)
		fileLookUp(u.codes[blockElems*b:], w[8+16*b:], &nonlinear)
	}
}

// scalesAndOffsets reads the scales of Q4_K and Q5_K: two float16, then a scale and a
// minimum of 6 bits for each 32 columns. The products are exact.
func (u *unpacked) scalesAndOffsets(w []byte) {
	d, m := half(w), -half(w[2:])
	s := w[4:16]
	for b := range 4 {
		u.scale[b] = d * float32(s[b]&63)
		u.offset[b] = m * float32(s[b+4]&63)
		u.scale[b+4] = d * float32(s[b+8]&15|s[b]>>6<<4)
		u.offset[b+4] = m * float32(s[b+8]>>4|s[b+4]>>6<<4)
	}
}

func unpackQ4_K(u *unpacked, w []byte) {
	u.scalesAndOffsets(w)
	for i := 0; i < 128; i += 8 {
		q, codes := eight(w[16+i:]), u.codes[i/32*64+i%32:]
		putEight(codes, q&(15*each))
		putEight(codes[32:], q>>4&(15*each))
	}
}

func unpackQ5_K(u *unpacked, w []byte) {
	u.scalesAndOffsets(w)
	for i := 0; i < 128; i += 8 {
		q, codes := eight(w[48+i:]), u.codes[i/32*64+i%32:]
		fifth := eight(w[16+i%32:]) >> (i / 32 * 2)
		putEight(codes, q&(15*each)|fifth<<4&(16*each))
		putEight(codes[32:], q>>4&(15*each)|fifth<<3&(16*each))
	}
}

func unpackQ6_K(u *unpacked, w []byte) {
	d := half(w[208:])
	for b := range u.scale {
		u.scale[b] = d
	}
	for i, s := range w[192:208] {
		u.sub[i] = int32(int8(s))
	}
	for n := range 2 {
		low, high := w[64*n:64*n+64], w[128+32*n:160+32*n]
		for i := 0; i < 32; i += 8 {
			a, b, h, codes := eight(low[i:]), eight(low[32+i:]), eight(high[i:]), u.codes[128*n+i:]
			putEight(codes, less(a&(15*each)|h<<4&(48*each), 32))
			putEight(codes[32:], less(b&(15*each)|h<<2&(48*each), 32))
			putEight(codes[64:], less(a>>4&(15*each)|h&(48*each), 32))
			putEight(codes[96:], less(b>>4&(15*each)|h>>2&(48*each), 32))
		}
	}
}

func unpackQ2_K(u *unpacked, w []byte) {
	d, m := half(w[80:]), half(w[82:])
	for b := range u.scale {
		u.scale[b], u.offset[b] = d, m
	}
	for i, s := range w[:16] {
		u.sub[i], u.min[i] = int32(s&15), int32(s>>4)
	}
	for i := 0; i < 64; i += 8 {
		q, codes := eight(w[16+i:]), u.codes[i/32*128+i%32:]
		for j := range 4 {
			putEight(codes[32*j:], q>>(2*j)&(3*each))
		}
	}
}

func unpackQ3_K(u *unpacked, w []byte) {
	d, s := half(w[108:]), w[96:108]
	for b := range u.scale {
		u.scale[b] = d
	}
	for i := range u.sub { // four bits, then two
		u.sub[i] = int32(s[i%8]>>(i/8*4)&15|s[8+i%4]>>(i/4*2)&3<<4) - 32
	}
	for i := 0; i < 64; i += 8 {
		q, codes := eight(w[32+i:]), u.codes[i/32*128+i%32:]
		third := eight(w[i%32:]) >> (i / 32 * 4) // set where 4 is not subtracted
		for j := range 4 {
			putEight(codes[32*j:], less(q>>(2*j)&(3*each)|third>>j<<2&(4*each), 4))
		}
	}
}
