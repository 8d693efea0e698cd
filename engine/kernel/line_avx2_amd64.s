#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "line_avx2_amd64.h"

// Line kernels (line_avx2_amd64.h) of kinds with blocks of 32 columns.

// SIGNED_QUAD adds the products of quad j, of signed bytes, to Y8 and Y9: absolute values of
// weights times q with the weight's sign. A weight of -128 is 128 then, and pairs fit a word.
#define SIGNED_QUAD(j) \
	VPBROADCASTD 4*j(R8), Y4; \
	VMOVDQU      64*j(DI), Y5; \
	VMOVDQU      64*j+32(DI), Y6; \
	VPSIGNB      Y5, Y4, Y7; \
	VPSIGNB      Y6, Y4, Y4; \
	VPABSB       Y5, Y5; \
	VPABSB       Y6, Y6; \
	VPMADDUBSW   Y7, Y5, Y5; \
	VPMADDUBSW   Y4, Y6, Y6; \
	VPMADDWD     Y14, Y5, Y5; \
	VPMADDWD     Y14, Y6, Y6; \
	VPADDD       Y5, Y8, Y8; \
	VPADDD       Y6, Y9, Y9

#define BLOCK_Q8_0 \
	FETCH8; \
	ZERO_WORDS; \
	SIGNED_QUAD(0); \
	SIGNED_QUAD(1); \
	SIGNED_QUAD(2); \
	SIGNED_QUAD(3); \
	SIGNED_QUAD(4); \
	SIGNED_QUAD(5); \
	SIGNED_QUAD(6); \
	SIGNED_QUAD(7); \
	HALF_SUM((SI), 0); \
	VCVTPH2PS 16(SI), Y4; \
	SUM(Y4, Y9, 32)

// func lineQ8_0AVX2(a *lineArgs)
TEXT ·lineQ8_0AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS4, NOTHING, BLOCK_Q8_0, NOTHING, 56, 32, 512, 4)

// BIASED makes Y11 minus the sum of q times 2 to the 7-shift: codes are counted from that.
#define BIASED(shift) \
	VPBROADCASTD (R10), Y11; \
	VPSRAD       $shift, Y11, Y11

#define LESS_8 BIASED(4)
#define LESS_16 BIASED(3)

#define HALF_Q4_0(h) \
	INTS4(h); \
	VPADDD Y11, Y8, Y8; \
	HALF_SUM(h/2(SI), h)

#define BLOCK_Q4_0 \
	FETCH4; \
	HALF_Q4_0(0); \
	HALF_Q4_0(32)

// func lineQ4_0AVX2(a *lineArgs)
TEXT ·lineQ4_0AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS4, LESS_8, BLOCK_Q4_0, NOTHING, 56, 32, 256, 4)

#define HALF_Q5_0(h) \
	INTS5(h); \
	VPADDD Y11, Y8, Y8; \
	HALF_SUM(h/2(SI), h)

#define BLOCK_Q5_0 \
	FETCH5; \
	HALF_Q5_0(0); \
	HALF_Q5_0(32)

// func lineQ5_0AVX2(a *lineArgs)
TEXT ·lineQ5_0AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS5, LESS_16, BLOCK_Q5_0, NOTHING, 56, 32, 320, 4)

// HALF_OFFSET adds a block's float16 offsets times s to second running sums.
#define HALF_OFFSET(m, off) \
	VCVTPH2PS   m, Y5; \
	VFMADD213PS off(DX), Y11, Y5; \
	VMOVUPS     Y5, off(DX)

#define HALF_1(INTS, h) \
	INTS(h); \
	HALF_SUM(h/2(SI), h); \
	HALF_OFFSET(32+h/2(SI), 64+h)

#define BLOCK_1(INTS) \
	HALF_1(INTS, 0); \
	HALF_1(INTS, 32)

#define BLOCK_Q4_1 FETCH4; BLOCK_1(INTS4)
#define BLOCK_Q5_1 FETCH5; BLOCK_1(INTS5)

// func lineQ4_1AVX2(a *lineArgs)
TEXT ·lineQ4_1AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS4, LOAD_S, BLOCK_Q4_1, ADD_OFFSETS, 64, 64, 256, 4)

// func lineQ5_1AVX2(a *lineArgs)
TEXT ·lineQ5_1AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS5, LOAD_S, BLOCK_Q5_1, ADD_OFFSETS, 64, 64, 320, 4)

// FLOAT_WORDS looks codes up, 12 being added to their values, and goes on as WORDS does:
// values up to 24 fit it four times.
#define FLOAT_WORDS(j, h) \
	VPSHUFB Y4, Y13, Y4; \
	VPSHUFB Y5, Y13, Y5; \
	WORDS(j, h)

#define HALF_MXFP4(h) \
	ZERO_WORDS; \
	EACH4(FLOAT_WORDS, h); \
	WORDS_TO_INTS; \
	VPADDD Y11, Y8, Y8; \
	POWERS(h/4(SI), Y4, Y5); \
	SUM(Y4, Y8, h)

#define BLOCK_MXFP4 \
	FETCH4; \
	HALF_MXFP4(0); \
	HALF_MXFP4(32)

#define LESS_12 \
	BIASED(5); \
	VPADDD Y11, Y11, Y4; \
	VPADDD Y4, Y11, Y11

#define MASKS_MXFP4 \
	MASKS4; \
	VMOVDQU MICROFLOAT_12, Y13

// func lineMXFP4AVX2(a *lineArgs)
TEXT ·lineMXFP4AVX2(SB), NOSPLIT, $280-8
	LINE(MASKS_MXFP4, LESS_12, BLOCK_MXFP4, NOTHING, 56, 16, 256, 4)
