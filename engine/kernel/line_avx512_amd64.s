#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "codes_avx512_amd64.h"
#include "line_avx512_amd64.h"

// Line kernels (line_avx512_amd64.h) of kinds with blocks of 32 columns.

// SIGNED_QUAD adds the products of quad j, whose weights are made unsigned by a flip of
// their sign: 128 is added, which t takes away.
#define SIGNED_QUAD(j, A) \
	VPXORD        64*j(DI), Z15, Z4; \
	VPDPBUSD.BCST 4*j(R8), Z4, A

#define BLOCK_Q8_0 \
	FETCH8; \
	VPBROADCASTD (R10), Z2; \
	VPXORD       Z3, Z3, Z3; \
	SIGNED_QUAD(0, Z2); \
	SIGNED_QUAD(1, Z3); \
	SIGNED_QUAD(2, Z2); \
	SIGNED_QUAD(3, Z3); \
	SIGNED_QUAD(4, Z2); \
	SIGNED_QUAD(5, Z3); \
	SIGNED_QUAD(6, Z2); \
	SIGNED_QUAD(7, Z3); \
	BOTH_SUM

// BOTH_SUM is SUM of Z2 and Z3 with float16 scales.
#define BOTH_SUM \
	VCVTPH2PS (SI), Z6; \
	VPADDD    Z3, Z2, Z2; \
	SUM(Z6, Z2)

#define FLIPS \
	MOVL         $0x80808080, CX; \
	VPBROADCASTD CX, Z15

// func lineQ8_0AVX512(a *lineArgs)
TEXT ·lineQ8_0AVX512(SB), NOSPLIT, $0-8
	LINE(FLIPS, BLOCK_Q8_0, NOTHING, 56, 32, 512, 4)

// BIASED makes Z2 minus the sum of q times 2 to the 7-shift: codes are counted from that.
#define BIASED(shift) \
	VPBROADCASTD (R10), Z2; \
	VPSRAD       $shift, Z2, Z2; \
	VPXORD       Z3, Z3, Z3

#define BLOCK_Q4_0 \
	FETCH4; \
	BIASED(4); \
	QUADS4(TIMES); \
	BOTH_SUM

// func lineQ4_0AVX512(a *lineArgs)
TEXT ·lineQ4_0AVX512(SB), NOSPLIT, $0-8
	LINE(MASKS4, BLOCK_Q4_0, NOTHING, 56, 32, 256, 4)

#define BLOCK_Q5_0 \
	FETCH5; \
	BIASED(3); \
	QUADS5(TIMES); \
	BOTH_SUM

// func lineQ5_0AVX512(a *lineArgs)
TEXT ·lineQ5_0AVX512(SB), NOSPLIT, $0-8
	LINE(MASKS5, BLOCK_Q5_0, NOTHING, 56, 32, 320, 4)

// BLOCK_1 adds offsets times s to the second running sum.
#define BLOCK_1(EACH) \
	VPXORD           Z2, Z2, Z2; \
	VPXORD           Z3, Z3, Z3; \
	EACH(TIMES); \
	VCVTPH2PS        32(SI), Z6; \
	VFMADD231PS.BCST (R10), Z6, Z1; \
	BOTH_SUM

#define BLOCK_Q4_1 FETCH4; BLOCK_1(QUADS4)
#define BLOCK_Q5_1 FETCH5; BLOCK_1(QUADS5)

// func lineQ4_1AVX512(a *lineArgs)
TEXT ·lineQ4_1AVX512(SB), NOSPLIT, $0-8
	LINE(MASKS4, BLOCK_Q4_1, ADD_OFFSETS, 64, 64, 256, 4)

// func lineQ5_1AVX512(a *lineArgs)
TEXT ·lineQ5_1AVX512(SB), NOSPLIT, $0-8
	LINE(MASKS5, BLOCK_Q5_1, ADD_OFFSETS, 64, 64, 320, 4)

// Kinds of looked-up values: the table has 128 added, which t takes away.
#define LOOK_UP(j) \
	VPSHUFB Z4, Z14, Z4; \
	VPSHUFB Z5, Z14, Z5; \
	TIMES(j)

#define INTS_LOOKED_UP \
	VPBROADCASTD (R10), Z2; \
	VPXORD       Z3, Z3, Z3; \
	QUADS4(LOOK_UP)

#define TABLE(at) \
	MASK(NIBBLE, Z15); \
	MASK(at, Z14); \
	MOVL         $0x80808080, CX; \
	VPBROADCASTD CX, Z13; \
	VPXORD       Z13, Z14, Z14

#define TABLE_IQ4 TABLE(NONLINEAR)

#define BLOCK_IQ4_NL \
	FETCH4; \
	INTS_LOOKED_UP; \
	BOTH_SUM

// func lineIQ4_NLAVX512(a *lineArgs)
TEXT ·lineIQ4_NLAVX512(SB), NOSPLIT, $0-8
	LINE(TABLE_IQ4, BLOCK_IQ4_NL, NOTHING, 56, 32, 256, 4)

// HEAD_XS makes Z10 the super-block's scale; that of a block is a signed byte times it,
// exactly.
#define HEAD_XS(at) VCVTPH2PS (at), Z10

#define BLOCK_IQ4_XS \
	FETCH4; \
	INTS_LOOKED_UP; \
	VPMOVSXBD (SI), Z6; \
	VCVTDQ2PS Z6, Z6; \
	VMULPS    Z10, Z6, Z6; \
	VPADDD    Z3, Z2, Z2; \
	SUM(Z6, Z2)

// func lineIQ4_XSAVX512(a *lineArgs)
TEXT ·lineIQ4_XSAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(TABLE_IQ4, HEAD_XS, BLOCK_IQ4_XS, NOTHING, 56, 32, 16, 256, 4)

#define TABLE_MXFP4 \
	TABLE(MICROFLOAT); \
	MASKS_POWERS

#define BLOCK_MXFP4 \
	FETCH4; \
	INTS_LOOKED_UP; \
	HALF_POWERS; \
	VPADDD Z3, Z2, Z2; \
	SUM(Z6, Z2)

// func lineMXFP4AVX512(a *lineArgs)
TEXT ·lineMXFP4AVX512(SB), NOSPLIT, $0-8
	LINE(TABLE_MXFP4, BLOCK_MXFP4, NOTHING, 56, 16, 256, 4)
