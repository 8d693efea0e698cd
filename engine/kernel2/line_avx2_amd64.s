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
	HALF_SUM((SI), Y0); \
	VCVTPH2PS 16(SI), Y4; \
	SUM(Y4, Y9, Y1)

// func lineQ8_0AVX2(a *lineArgs)
TEXT ·lineQ8_0AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS4, ZERO2, BLOCK_Q8_0, NOTHING, 56, 32, 512, 4)

// BIASED makes Y11 minus the sum of q times 2 to the 7-shift: codes are counted from that.
#define BIASED(shift) \
	VPBROADCASTD (R10), Y11; \
	VPSRAD       $shift, Y11, Y11

#define HALF_Q4_0(h, sum) \
	INTS4(h); \
	VPADDD Y11, Y8, Y8; \
	HALF_SUM(h/2(SI), sum)

#define BLOCK_Q4_0 \
	FETCH4; \
	BIASED(4); \
	HALF_Q4_0(0, Y0); \
	HALF_Q4_0(32, Y1)

// func lineQ4_0AVX2(a *lineArgs)
TEXT ·lineQ4_0AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS4, ZERO2, BLOCK_Q4_0, NOTHING, 56, 32, 256, 4)

#define HALF_Q5_0(h, sum) \
	INTS5(h); \
	VPADDD Y11, Y8, Y8; \
	HALF_SUM(h/2(SI), sum)

#define BLOCK_Q5_0 \
	FETCH5; \
	BIASED(3); \
	HALF_Q5_0(0, Y0); \
	HALF_Q5_0(32, Y1)

// func lineQ5_0AVX2(a *lineArgs)
TEXT ·lineQ5_0AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS5, ZERO2, BLOCK_Q5_0, NOTHING, 56, 32, 320, 4)

// HALF_OFFSET adds a block's float16 offsets times s to a second running sum.
#define HALF_OFFSET(m, more) \
	VCVTPH2PS   m, Y5; \
	VFMADD231PS Y11, Y5, more

#define HALF_1(INTS, h, sum, more) \
	INTS(h); \
	HALF_SUM(h/2(SI), sum); \
	HALF_OFFSET(32+h/2(SI), more)

#define BLOCK_1(INTS) \
	VBROADCASTSS (R10), Y11; \
	HALF_1(INTS, 0, Y0, Y2); \
	HALF_1(INTS, 32, Y1, Y3)

#define BLOCK_Q4_1 FETCH4; BLOCK_1(INTS4)
#define BLOCK_Q5_1 FETCH5; BLOCK_1(INTS5)

// func lineQ4_1AVX2(a *lineArgs)
TEXT ·lineQ4_1AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS4, ZERO4, BLOCK_Q4_1, ADD_OFFSETS, 64, 64, 256, 4)

// func lineQ5_1AVX2(a *lineArgs)
TEXT ·lineQ5_1AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS5, ZERO4, BLOCK_Q5_1, ADD_OFFSETS, 64, 64, 320, 4)

// FLOAT_WORDS looks codes up, 12 being added to their values, and goes on as WORDS does:
// values up to 24 fit it four times.
#define FLOAT_WORDS(j, h) \
	VPSHUFB Y4, Y13, Y4; \
	VPSHUFB Y5, Y13, Y5; \
	WORDS(j, h)

#define HALF_MXFP4(h, sum) \
	ZERO_WORDS; \
	EACH4(FLOAT_WORDS, h); \
	WORDS_TO_INTS; \
	VPADDD Y11, Y8, Y8; \
	POWERS(h/4(SI), Y4, Y5); \
	SUM(Y4, Y8, sum)

#define BLOCK_MXFP4 \
	FETCH4; \
	BIASED(5); \
	VPADDD Y11, Y11, Y4; \
	VPADDD Y4, Y11, Y11; \
	HALF_MXFP4(0, Y0); \
	HALF_MXFP4(32, Y1)

#define MASKS_MXFP4 \
	MASKS4; \
	VMOVDQU MICROFLOAT_12, Y13

// func lineMXFP4AVX2(a *lineArgs)
TEXT ·lineMXFP4AVX2(SB), NOSPLIT, $0-8
	LINE(MASKS_MXFP4, ZERO2, BLOCK_MXFP4, NOTHING, 56, 16, 256, 4)
