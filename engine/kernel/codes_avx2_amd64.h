// Macros that unpack codes and numbers, of the line and the expand kernels for AVX2: a
// vector has eight rows' quads or numbers, h being 0 for the first eight rows of a group and
// 32 for the others.

#define VECTOR(off, a, b, c, d) \
	DATA codec<>+(off)(SB)/8, $a; \
	DATA codec<>+(off+8)(SB)/8, $b; \
	DATA codec<>+(off+16)(SB)/8, $c; \
	DATA codec<>+(off+24)(SB)/8, $d

#define SAME(off, v) VECTOR(off, v, v, v, v)

SAME(0, 0x0f0f0f0f0f0f0f0f)
SAME(32, 0x1010101010101010)
SAME(64, 0x3030303030303030)
SAME(96, 0x0303030303030303)
SAME(128, 0x0404040404040404)
SAME(160, 0x0001000100010001)
SAME(192, 0x0808080808080808)
SAME(224, 0x2020202020202020)
VECTOR(256, 0xf6eaddcfbfad9881, 0x7159453526190d01, 0xf6eaddcfbfad9881, 0x7159453526190d01) // nonlinear
VECTOR(288, 0x0c08060403020100, 0xf4f8fafcfdfeff00, 0x0c08060403020100, 0xf4f8fafcfdfeff00) // microfloat
VECTOR(320, 0x181412100f0e0d0c, 0x00040608090a0b0c, 0x181412100f0e0d0c, 0x00040608090a0b0c)
VECTOR(352, 0x0180018000800080, 0x0380038002800280, 0x0580058004800480, 0x0780078006800680)
VECTOR(384, 0x8001800180008000, 0x8003800380028002, 0x8005800580048004, 0x8007800780068006)
SAME(416, 0x0020000000200000)
SAME(448, 0x0000000100000001)
SAME(480, 0xffffffffffffffff)
SAME(512, 0x8000000080000000)
GLOBL codec<>(SB), RODATA|NOPTR, $544

#define NIBBLE codec<>+0(SB)
#define SIXTEENS codec<>+32(SB)
#define FIFTHS SIXTEENS // a fifth bit in its place
#define HIGH_PAIRS codec<>+64(SB) // two bits above a nibble
#define PAIRS codec<>+96(SB)
#define FOURS codec<>+128(SB)
#define THIRDS FOURS // a third bit in its place
#define ONE_WORDS codec<>+160(SB)
#define EIGHTS codec<>+192(SB)
#define THIRTY_TWOS codec<>+224(SB)
#define NONLINEAR codec<>+256(SB)
#define MICROFLOAT codec<>+288(SB)
#define MICROFLOAT_12 codec<>+320(SB) // plus 12
#define SPREAD_SIGNED codec<>+352(SB) // eight bytes, the high ones of both words of a dword
#define SPREAD codec<>+384(SB) // the low ones
#define TINIEST codec<>+416(SB) // half of 2 to the -127, a denormal
#define ONES codec<>+448(SB)
#define MINUS_ONES codec<>+480(SB)
#define SIGNS codec<>+512(SB)

#define NOTHING

#define STAY(Y)
#define LEFT1(Y) VPSLLW $1, Y, Y
#define LEFT2(Y) VPSLLW $2, Y, Y
#define LEFT3(Y) VPSLLW $3, Y, Y
#define LEFT4(Y) VPSLLW $4, Y, Y
#define RIGHT1(Y) VPSRLW $1, Y, Y
#define RIGHT2(Y) VPSRLW $2, Y, Y
#define RIGHT3(Y) VPSRLW $3, Y, Y
#define RIGHT4(Y) VPSRLW $4, Y, Y
#define RIGHT5(Y) VPSRLW $5, Y, Y
#define RIGHT6(Y) VPSRLW $6, Y, Y

// The macros CODES make Y4 the codes of quad j and Y5 those of quad j+4 of the block at DI,
// counted from the lowest as 0. Y6 and Y7 are scratch; Y15 is NIBBLE and Y13 the mask of
// what a code has beside its nibble.

#define CODES4(j, h) \
	VMOVDQU 64*j+h(DI), Y5; \
	VPAND   Y15, Y5, Y4; \
	RIGHT4(Y5); \
	VPAND   Y15, Y5, Y5

#define BESIDE(low, high, LOW, HIGH) \
	VMOVDQU low(DI), Y6; \
	VMOVDQU high(DI), Y7; \
	LOW(Y6); \
	HIGH(Y7); \
	VPAND   Y13, Y6, Y6; \
	VPAND   Y13, Y7, Y7; \
	VPOR    Y6, Y4, Y4; \
	VPOR    Y7, Y5, Y5

#define CODES5(j, h, LOW, HIGH) \
	CODES4(j, h); \
	BESIDE(256+h, 256+h, LOW, HIGH)

#define CODES6(j, h, SHIFT) \
	CODES4(j, h); \
	BESIDE(256+h, 320+h, SHIFT, SHIFT)

// Of the kinds of two and three bits Y15 is PAIRS.

#define CODES2(h, SHIFT) \
	VMOVDQU h(DI), Y4; \
	VMOVDQU 64+h(DI), Y5; \
	SHIFT(Y4); \
	SHIFT(Y5); \
	VPAND   Y15, Y4, Y4; \
	VPAND   Y15, Y5, Y5

#define CODES3(h, SHIFT, LOW, HIGH) \
	CODES2(h, SHIFT); \
	BESIDE(128+h, 128+h, LOW, HIGH)

// Each pair of quads of half h: M takes what is done with the codes.

#define EACH4(M, h) \
	CODES4(0, h); \
	M(0, h); \
	CODES4(1, h); \
	M(1, h); \
	CODES4(2, h); \
	M(2, h); \
	CODES4(3, h); \
	M(3, h)

#define EACH5(M, h) \
	CODES5(0, h, LEFT4, STAY); \
	M(0, h); \
	CODES5(1, h, LEFT3, RIGHT1); \
	M(1, h); \
	CODES5(2, h, LEFT2, RIGHT2); \
	M(2, h); \
	CODES5(3, h, LEFT1, RIGHT3); \
	M(3, h)

// PAIRED6 has A for the first and third of four, B for the others.
#define PAIRED6(A, B, h) \
	CODES6(0, h, LEFT4); \
	A(0, h); \
	CODES6(1, h, LEFT2); \
	B(1, h); \
	CODES6(2, h, STAY); \
	A(2, h); \
	CODES6(3, h, RIGHT2); \
	B(3, h)

#define EACH2(M, h) \
	CODES2(h, STAY); \
	M(0, h); \
	CODES2(h, RIGHT2); \
	M(1, h); \
	CODES2(h, RIGHT4); \
	M(2, h); \
	CODES2(h, RIGHT6); \
	M(3, h)

#define EACH3(M, h) \
	CODES3(h, STAY, LEFT2, RIGHT2); \
	M(0, h); \
	CODES3(h, RIGHT2, LEFT1, RIGHT3); \
	M(1, h); \
	CODES3(h, RIGHT4, STAY, RIGHT4); \
	M(2, h); \
	CODES3(h, RIGHT6, RIGHT1, RIGHT5); \
	M(3, h)

// Numbers of eight rows, as floats.

#define BYTES_TO_FLOATS(at, EXTEND, Y) \
	EXTEND    at, Y; \
	VCVTDQ2PS Y, Y

// SCALED4 makes Y the scales of Q4_K or Q5_K: their scale, then a byte, which are exact.
// T is scratch.
#define SCALED4(half, byte, Y, T) \
	BYTES_TO_FLOATS(byte, VPMOVZXBD, T); \
	VCVTPH2PS half, Y; \
	VMULPS    T, Y, Y

// SCALED_XS is SCALED4 of IQ4_XS: the byte is signed.
#define SCALED_XS(half, byte, Y, T) \
	BYTES_TO_FLOATS(byte, VPMOVSXBD, T); \
	VCVTPH2PS half, Y; \
	VMULPS    T, Y, Y

// POWERS makes Y half the powers of two of eight exponents: those above 1 in their place,
// those below as denormals, the larger of both. T is scratch.
#define POWERS(at, Y, T) \
	VPMOVZXBD at, Y; \
	VPMINUD   ONES, Y, T; \
	VPADDD    MINUS_ONES, Y, Y; \
	VPSLLD    $23, Y, Y; \
	VPSLLD    $21, T, T; \
	VPADDD    TINIEST, T, T; \
	VPMAXSD   T, Y, Y
