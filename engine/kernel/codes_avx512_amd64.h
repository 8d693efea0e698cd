// Macros that unpack codes, of the line and the expand kernels for AVX-512: a vector is a quad
// of all 16 rows of a group. Constants are those of codes_avx2_amd64.h.
//
// The macros QUADS have M use the codes of quad j, Z4, and of quad j+4, Z5, of the block at DI,
// as they are stored: counted from 0. Z7 to Z9 are scratch, and Z11 and Z12 with pairs of bits.
// Z15 is NIBBLE or, of the kinds of two and three bits, PAIRS; Z13 is the mask of what a code
// has beside that.

#define MASK(at, Z) VBROADCASTI64X4 at, Z

// FAR is how far ahead codes are fetched, NEAR numbers: a prefetch past the end is none.
#define FAR 3072
#define NEAR 512

#define FETCH1 PREFETCHT0 FAR(DI)
#define FETCH2 FETCH1; PREFETCHT0 FAR+64(DI)
#define FETCH3 FETCH2; PREFETCHT0 FAR+128(DI)
#define FETCH4 FETCH3; PREFETCHT0 FAR+192(DI)
#define FETCH5 FETCH4; PREFETCHT0 FAR+256(DI)
#define FETCH6 FETCH5; PREFETCHT0 FAR+320(DI)
#define FETCH8 FETCH6; PREFETCHT0 FAR+384(DI); PREFETCHT0 FAR+448(DI)

#define WIDE4(j) \
	VMOVDQU64 64*j(DI), Z5; \
	VPANDD    Z15, Z5, Z4; \
	VPSRLW    $4, Z5, Z5; \
	VPANDD    Z15, Z5, Z5

// BITS_BESIDE puts bits of Z8 and Z9, shifted, under the mask Z13 beside those codes.
#define BITS_BESIDE \
	VPTERNLOGD $0xf8, Z13, Z8, Z4; \
	VPTERNLOGD $0xf8, Z13, Z9, Z5

#define QUADS4(M) \
	WIDE4(0); M(0); \
	WIDE4(1); M(1); \
	WIDE4(2); M(2); \
	WIDE4(3); M(3)

#define QUADS5(M) \
	VMOVDQU64 256(DI), Z7; \
	WIDE4(0); VPSLLW $4, Z7, Z8; VMOVDQA64 Z7, Z9; BITS_BESIDE; M(0); \
	WIDE4(1); VPSLLW $3, Z7, Z8; VPSRLW $1, Z7, Z9; BITS_BESIDE; M(1); \
	WIDE4(2); VPSLLW $2, Z7, Z8; VPSRLW $2, Z7, Z9; BITS_BESIDE; M(2); \
	WIDE4(3); VPSLLW $1, Z7, Z8; VPSRLW $3, Z7, Z9; BITS_BESIDE; M(3)

#define WIDE6(j, SHIFT, n) \
	WIDE4(j); \
	SHIFT $n, Z11, Z8; \
	SHIFT $n, Z12, Z9; \
	BITS_BESIDE

#define QUADS6(M) \
	VMOVDQU64 256(DI), Z11; \
	VMOVDQU64 320(DI), Z12; \
	WIDE6(0, VPSLLW, 4); M(0); \
	WIDE6(1, VPSLLW, 2); M(1); \
	WIDE6(2, VPSLLW, 0); M(2); \
	WIDE6(3, VPSRLW, 2); M(3)

#define WIDE2(j) \
	VPSRLW $(2*j), Z11, Z4; \
	VPSRLW $(2*j), Z12, Z5; \
	VPANDD Z15, Z4, Z4; \
	VPANDD Z15, Z5, Z5

#define LOAD_PAIRS \
	VMOVDQU64 (DI), Z11; \
	VMOVDQU64 64(DI), Z12

#define QUADS2(M) \
	LOAD_PAIRS; \
	WIDE2(0); M(0); \
	WIDE2(1); M(1); \
	WIDE2(2); M(2); \
	WIDE2(3); M(3)

#define QUADS3(M) \
	LOAD_PAIRS; \
	VMOVDQU64 128(DI), Z7; \
	WIDE2(0); VPSLLW $2, Z7, Z8; VPSRLW $2, Z7, Z9; BITS_BESIDE; M(0); \
	WIDE2(1); VPSLLW $1, Z7, Z8; VPSRLW $3, Z7, Z9; BITS_BESIDE; M(1); \
	WIDE2(2); VMOVDQA64 Z7, Z8; VPSRLW $4, Z7, Z9; BITS_BESIDE; M(2); \
	WIDE2(3); VPSRLW $1, Z7, Z8; VPSRLW $5, Z7, Z9; BITS_BESIDE; M(3)

#define MASKS4 MASK(NIBBLE, Z15)

#define MASKS5 \
	MASK(NIBBLE, Z15); \
	MASK(FIFTHS, Z13)

#define MASKS6 \
	MASK(NIBBLE, Z15); \
	MASK(HIGH_PAIRS, Z13)

#define MASKS2 MASK(PAIRS, Z15)

#define MASKS3 \
	MASK(PAIRS, Z15); \
	MASK(THIRDS, Z13)

// HALF_POWERS makes Z6 half the powers of two of 16 exponents: those above 1 in their place,
// those below as denormals, the larger of both. Z11 is ONES, Z12 MINUS_ONES and Z13 TINIEST.
#define HALF_POWERS \
	VPMOVZXBD (SI), Z6; \
	VPMINUD   Z11, Z6, Z7; \
	VPADDD    Z12, Z6, Z6; \
	VPSLLD    $23, Z6, Z6; \
	VPSLLD    $21, Z7, Z7; \
	VPADDD    Z13, Z7, Z7; \
	VPMAXSD   Z7, Z6, Z6

#define MASKS_POWERS \
	MASK(ONES, Z11); \
	MASK(MINUS_ONES, Z12); \
	MASK(TINIEST, Z13)

// NIBBLES makes A the low nibbles of 16 bytes as floats and B the high ones; Z14 is 15.
#define NIBBLES(at, A, B) \
	VPMOVZXBD at, A; \
	VPSRLD    $4, A, B; \
	VPANDD    Z14, A, A; \
	VCVTDQ2PS A, A; \
	VCVTDQ2PS B, B

#define FIFTEENS \
	MOVL         $15, CX; \
	VPBROADCASTD CX, Z14
