#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "codes_avx512_amd64.h"

// Expand kernels for AVX-512: blocks of a group to a panel.
//
//	AX  *expandArgs   CX  blocks left   SI numbers   DI  codes        DX dst
//	R8  scale         R9  more          R10 min      R11 minScale
//	R15 blocks of the super-block left
//
// Z10 and Z16 are the super-block's scales, Z14 what codes are counted from or a table of
// values. Codes are unpacked by the macros of codes_avx512_amd64.h.
//
// Preconditions (kept by Set.Mul): blocks above 0; of kinds of super-blocks, a multiple of 8.

#define LOAD_EXPAND \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), DI; \
	MOVQ 16(AX), CX; \
	MOVQ 24(AX), DX; \
	MOVQ 32(AX), R8; \
	MOVQ 40(AX), R9; \
	MOVQ 48(AX), R10; \
	MOVQ 56(AX), R11

#define NEXT_BLOCK(numbers, codes, each) \
	ADDQ $numbers, SI; \
	ADDQ $codes, DI; \
	ADDQ $512, DX; \
	ADDQ $64, R8; \
	ADDQ $each, R9

// EXPAND is a whole kernel of a kind whose blocks have numbers and codes of so many bytes,
// and each bytes of more.
#define EXPAND(MASKS, BLOCK, numbers, codes, each) \
	MASKS; \
	LOAD_EXPAND; \
block: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ CX; \
	JNZ  block; \
	VZEROUPPER; \
	RET

// SUPER_EXPAND is one of a kind of super-blocks, whose numbers are head bytes, which HEAD
// reads, and more for each block.
#define SUPER_EXPAND(MASKS, HEAD, BLOCK, head, numbers, codes, each) \
	MASKS; \
	LOAD_EXPAND; \
super: \
	HEAD; \
	ADDQ $head, SI; \
	MOVQ $8, R15; \
block: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ R15; \
	JNZ  block; \
	SUBQ $8, CX; \
	JNZ  super; \
	VZEROUPPER; \
	RET

#define PUT(j) \
	VMOVDQU64 Z4, 64*j(DX); \
	VMOVDQU64 Z5, 64*j+256(DX)

#define PUT_LESS(j) \
	VPSUBB Z14, Z4, Z4; \
	VPSUBB Z14, Z5, Z5; \
	PUT(j)

#define PUT_LOOKED_UP(j) \
	VPSHUFB Z4, Z14, Z4; \
	VPSHUFB Z5, Z14, Z5; \
	PUT(j)

// FLOATS stores 16 float16 numbers as floats.
#define FLOATS(at, to) \
	VCVTPH2PS at, Z6; \
	VMOVUPS   Z6, to

// BYTES stores 16 bytes as floats, SCALED_BYTES those times a scale, which is exact.

#define BYTES(EXTEND, at, to) \
	BYTES_TO_FLOATS(at, EXTEND, Z6); \
	VMOVUPS Z6, to

#define SCALED_BYTES(EXTEND, at, scale, to) \
	BYTES_TO_FLOATS(at, EXTEND, Z6); \
	VMULPS  scale, Z6, Z6; \
	VMOVUPS Z6, to

#define BLOCK_Q8_0 FLOATS((SI), (R8))
#define BLOCK_Q4_0 FETCH4; QUADS4(PUT_LESS); FLOATS((SI), (R8))
#define BLOCK_Q5_0 FETCH5; QUADS5(PUT_LESS); FLOATS((SI), (R8))
#define BLOCK_Q4_1 FETCH4; QUADS4(PUT); FLOATS((SI), (R8)); FLOATS(32(SI), (R9))
#define BLOCK_Q5_1 FETCH5; QUADS5(PUT); FLOATS((SI), (R8)); FLOATS(32(SI), (R9))
#define BLOCK_IQ4_NL FETCH4; QUADS4(PUT_LOOKED_UP); FLOATS((SI), (R8))
#define BLOCK_MXFP4 FETCH4; QUADS4(PUT_LOOKED_UP); HALF_POWERS; VMOVUPS Z6, (R8)

#define MASKS_Q4_0 MASKS4; MASK(EIGHTS, Z14)
#define MASKS_Q5_0 MASKS5; MASK(SIXTEENS, Z14)
#define MASKS_NONLINEAR MASKS4; MASK(NONLINEAR, Z14)
#define MASKS_MXFP4 MASKS4; MASK(MICROFLOAT, Z14); MASKS_POWERS

// func expandQ8_0AVX512(a *expandArgs)
TEXT ·expandQ8_0AVX512(SB), NOSPLIT, $0-8
	EXPAND(NOTHING, BLOCK_Q8_0, 32, 512, 0)

// func expandQ4_0AVX512(a *expandArgs)
TEXT ·expandQ4_0AVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q4_0, BLOCK_Q4_0, 32, 256, 0)

// func expandQ4_1AVX512(a *expandArgs)
TEXT ·expandQ4_1AVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS4, BLOCK_Q4_1, 64, 256, 64)

// func expandQ5_0AVX512(a *expandArgs)
TEXT ·expandQ5_0AVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q5_0, BLOCK_Q5_0, 32, 320, 0)

// func expandQ5_1AVX512(a *expandArgs)
TEXT ·expandQ5_1AVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS5, BLOCK_Q5_1, 64, 320, 64)

// func expandIQ4_NLAVX512(a *expandArgs)
TEXT ·expandIQ4_NLAVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS_NONLINEAR, BLOCK_IQ4_NL, 32, 256, 0)

// func expandMXFP4AVX512(a *expandArgs)
TEXT ·expandMXFP4AVX512(SB), NOSPLIT, $0-8
	EXPAND(MASKS_MXFP4, BLOCK_MXFP4, 16, 256, 0)

#define HEAD_SCALE VCVTPH2PS (SI), Z10

#define BLOCK_IQ4_XS \
	FETCH4; \
	QUADS4(PUT_LOOKED_UP); \
	SCALED_BYTES(VPMOVSXBD, (SI), Z10, (R8))

// func expandIQ4_XSAVX512(a *expandArgs)
TEXT ·expandIQ4_XSAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_NONLINEAR, HEAD_SCALE, BLOCK_IQ4_XS, 32, 16, 256, 0)

// HEAD_K makes Z10 the scale of scales and Z16 minus that of minimums, of which offsets are
// products.
#define HEAD_K \
	VCVTPH2PS 32(SI), Z16; \
	VPXORD    Z17, Z16, Z16; \
	HEAD_SCALE

#define BLOCK_K \
	SCALED_BYTES(VPMOVZXBD, (SI), Z10, (R8)); \
	SCALED_BYTES(VPMOVZXBD, 16(SI), Z16, (R9))

#define BLOCK_Q4_K FETCH4; QUADS4(PUT); BLOCK_K
#define BLOCK_Q5_K FETCH5; QUADS5(PUT); BLOCK_K

#define MASKS_Q4_K MASKS4; VPBROADCASTD SIGNS, Z17
#define MASKS_Q5_K MASKS5; VPBROADCASTD SIGNS, Z17

// func expandQ4_KAVX512(a *expandArgs)
TEXT ·expandQ4_KAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q4_K, HEAD_K, BLOCK_Q4_K, 64, 32, 256, 64)

// func expandQ5_KAVX512(a *expandArgs)
TEXT ·expandQ5_KAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q5_K, HEAD_K, BLOCK_Q5_K, 64, 32, 320, 64)

#define BLOCK_SUB \
	VMOVUPS Z10, (R8); \
	BYTES(VPMOVSXBD, (SI), (R9)); \
	BYTES(VPMOVSXBD, 16(SI), 64(R9))

#define BLOCK_Q6_K FETCH6; QUADS6(PUT_LESS); BLOCK_SUB
#define BLOCK_Q3_K FETCH3; QUADS3(PUT_LESS); BLOCK_SUB

#define MASKS_Q6_K MASKS6; MASK(THIRTY_TWOS, Z14)
#define MASKS_Q3_K MASKS3; MASK(FOURS, Z14)

// func expandQ6_KAVX512(a *expandArgs)
TEXT ·expandQ6_KAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q6_K, HEAD_SCALE, BLOCK_Q6_K, 32, 32, 384, 128)

// func expandQ3_KAVX512(a *expandArgs)
TEXT ·expandQ3_KAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q3_K, HEAD_SCALE, BLOCK_Q3_K, 32, 32, 192, 128)

#define HEAD_2 \
	VCVTPH2PS 32(SI), Z16; \
	HEAD_SCALE

#define PUT_NIBBLES(at, off) \
	NIBBLES(at, Z6, Z7); \
	VMOVUPS Z6, off(R9); \
	VMOVUPS Z7, off(R10)

#define BLOCK_Q2_K \
	FETCH2; \
	QUADS2(PUT); \
	VMOVUPS Z10, (R8); \
	VMOVUPS Z16, (R11); \
	PUT_NIBBLES((SI), 0); \
	PUT_NIBBLES(16(SI), 64); \
	ADDQ $128, R10; \
	ADDQ $64, R11

#define MASKS_Q2_K MASKS2; FIFTEENS

// func expandQ2_KAVX512(a *expandArgs)
TEXT ·expandQ2_KAVX512(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q2_K, HEAD_2, BLOCK_Q2_K, 64, 32, 128, 128)
