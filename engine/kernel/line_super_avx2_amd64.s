#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "line_avx2_amd64.h"

// Line kernels (line_avx2_amd64.h) of kinds with super-blocks, and of those that look
// values up in the same table.

// HALF_K adds a half's sums: scale and offset are a float16 times a byte, exactly.
#define HALF_K(INTS, h) \
	INTS(h); \
	SCALED4(h/2(R14), h/4(SI), Y4, Y5); \
	SUM(Y4, Y8, h); \
	SCALED4(32+h/2(R14), 16+h/4(SI), Y4, Y5); \
	VFNMADD213PS 64+h(DX), Y11, Y4; \
	VMOVUPS Y4, 64+h(DX)

#define BLOCK_K(INTS) \
	HALF_K(INTS, 0); \
	HALF_K(INTS, 32)

#define BLOCK_Q4_K FETCH4; BLOCK_K(INTS4)
#define BLOCK_Q5_K FETCH5; BLOCK_K(INTS5)

// func lineQ4_KAVX2(a *lineArgs)
TEXT ·lineQ4_KAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS4, LOAD_S, BLOCK_Q4_K, ADD_OFFSETS, 64, 64, 32, 256, 4)

// func lineQ5_KAVX2(a *lineArgs)
TEXT ·lineQ5_KAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS5, LOAD_S, BLOCK_Q5_K, ADD_OFFSETS, 64, 64, 32, 320, 4)

// HALF_SUMS makes Y11 pairs of words: minus the sums of both halves of the block's q. X4 is
// scratch.
#define HALF_SUMS \
	VMOVSD       (R10), X4; \
	VCVTPS2DQ    X4, X4; \
	VPACKSSDW    X4, X4, X4; \
	VPBROADCASTD X4, Y11

// SUB_SCALES makes Y2 words, two for each row, of signed sub-scales of the first half of
// the block, Y3 of the second, and Y12 the sum of both times Y11.
#define SUB_SCALES(h) \
	VPBROADCASTQ h/4(SI), Y2; \
	VPBROADCASTQ 16+h/4(SI), Y3; \
	VPSHUFB      SPREAD_SIGNED, Y2, Y2; \
	VPSHUFB      SPREAD_SIGNED, Y3, Y3; \
	VPSRAW       $8, Y2, Y2; \
	VPSRAW       $8, Y3, Y3; \
	BOTH_TIMES_SUMS(Y2, Y3, Y12)

#define BOTH_TIMES_SUMS(A, B, Y) \
	VPBLENDW $0xaa, B, A, Y; \
	VPMADDWD Y11, Y, Y

// WORDS6 begins words, which have room for two quads of codes up to 63; INTS6 takes the
// second, and adds both times the sub-scales.
#define WORDS6(j, h) \
	VPBROADCASTD 4*j(R8), Y8; \
	VPBROADCASTD 4*j+16(R8), Y9; \
	VPMADDUBSW   Y8, Y4, Y8; \
	VPMADDUBSW   Y9, Y5, Y9

#define INTS6(j, h) \
	WORDS(j, h); \
	TIMES_SUB_SCALES

#define TIMES_SUB_SCALES \
	VPMADDWD Y2, Y8, Y8; \
	VPMADDWD Y3, Y9, Y9; \
	VPADDD   Y8, Y12, Y12; \
	VPADDD   Y9, Y12, Y12

#define HALF_Q6_K(h) \
	SUB_SCALES(h); \
	VPSLLD $5, Y12, Y12; \
	PAIRED6(WORDS6, INTS6, h); \
	VCVTPH2PS h/2(R14), Y4; \
	SUM(Y4, Y12, h)

#define BLOCK_Q6_K \
	FETCH6; \
	HALF_Q6_K(0); \
	HALF_Q6_K(32)

#define MASKS_Q6_K \
	VMOVDQU NIBBLE, Y15; \
	VMOVDQU HIGH_PAIRS, Y13

// func lineQ6_KAVX2(a *lineArgs)
TEXT ·lineQ6_KAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS_Q6_K, HALF_SUMS, BLOCK_Q6_K, NOTHING, 72, 32, 32, 384, 8)

// Words have room for four quads of codes up to 7.
#define HALF_Q3_K(h) \
	SUB_SCALES(h); \
	VPSLLD $2, Y12, Y12; \
	ZERO_WORDS; \
	EACH3(WORDS, h); \
	TIMES_SUB_SCALES; \
	VCVTPH2PS h/2(R14), Y4; \
	SUM(Y4, Y12, h)

#define BLOCK_Q3_K \
	FETCH3; \
	HALF_Q3_K(0); \
	HALF_Q3_K(32)

#define MASKS_Q3_K \
	VMOVDQU PAIRS, Y15; \
	VMOVDQU THIRDS, Y13

// func lineQ3_KAVX2(a *lineArgs)
TEXT ·lineQ3_KAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS_Q3_K, HALF_SUMS, BLOCK_Q3_K, NOTHING, 72, 32, 32, 192, 8)

// MINIMUMS adds those of both halves, high nibbles, times Y11 and both scales to a second
// running sum, and makes Y2 and Y3 words of sub-scales, the low nibbles. Y14 is NIBBLE.
#define MINIMUMS(h) \
	VPBROADCASTQ h/4(SI), Y2; \
	VPBROADCASTQ 16+h/4(SI), Y3; \
	VPSRLW       $4, Y2, Y4; \
	VPSRLW       $4, Y3, Y5; \
	NIBBLE_WORDS(Y2); \
	NIBBLE_WORDS(Y3); \
	NIBBLE_WORDS(Y4); \
	NIBBLE_WORDS(Y5); \
	BOTH_TIMES_SUMS(Y4, Y5, Y6); \
	VCVTPH2PS    32+h/2(R14), Y4; \
	SUM(Y4, Y6, 64+h)

#define NIBBLE_WORDS(Y) \
	VPAND   Y14, Y, Y; \
	VPSHUFB SPREAD, Y, Y

#define HALF_Q2_K(h) \
	MINIMUMS(h); \
	ZERO_WORDS; \
	EACH2(WORDS, h); \
	VPMADDWD Y2, Y8, Y8; \
	VPMADDWD Y3, Y9, Y9; \
	VPADDD   Y9, Y8, Y8; \
	HALF_SUM(h/2(R14), h)

#define BLOCK_Q2_K \
	FETCH2; \
	HALF_Q2_K(0); \
	HALF_Q2_K(32)

#define MASKS_Q2_K \
	VMOVDQU PAIRS, Y15; \
	VMOVDQU NIBBLE, Y14

// func lineQ2_KAVX2(a *lineArgs)
TEXT ·lineQ2_KAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS_Q2_K, HALF_SUMS, BLOCK_Q2_K, ADD_OFFSETS, 72, 64, 32, 128, 8)

// LOOKED_UP adds the products of quads j and j+4, looked up in Y13, to Y8 and Y9, by absolute
// values as the kernel of Q8_0 does; Y12 is the table of these.
#define LOOKED_UP(j, h) \
	VPBROADCASTD 4*j(R8), Y2; \
	VPBROADCASTD 4*j+16(R8), Y3; \
	VPSHUFB      Y4, Y13, Y6; \
	VPSHUFB      Y5, Y13, Y7; \
	VPSHUFB      Y4, Y12, Y4; \
	VPSHUFB      Y5, Y12, Y5; \
	VPSIGNB      Y6, Y2, Y2; \
	VPSIGNB      Y7, Y3, Y3; \
	VPMADDUBSW   Y2, Y4, Y4; \
	VPMADDUBSW   Y3, Y5, Y5; \
	VPMADDWD     Y14, Y4, Y4; \
	VPMADDWD     Y14, Y5, Y5; \
	VPADDD       Y4, Y8, Y8; \
	VPADDD       Y5, Y9, Y9

#define INTS_IQ4(h) \
	ZERO_WORDS; \
	EACH4(LOOKED_UP, h); \
	VPADDD Y9, Y8, Y8

#define MASKS_IQ4 \
	MASKS4; \
	VMOVDQU NONLINEAR, Y13; \
	VPABSB  Y13, Y12

#define HALF_IQ4_NL(h) \
	INTS_IQ4(h); \
	HALF_SUM(h/2(SI), h)

#define BLOCK_IQ4_NL \
	FETCH4; \
	HALF_IQ4_NL(0); \
	HALF_IQ4_NL(32)

// func lineIQ4_NLAVX2(a *lineArgs)
TEXT ·lineIQ4_NLAVX2(SB), NOSPLIT, $280-8
	LINE(MASKS_IQ4, NOTHING, BLOCK_IQ4_NL, NOTHING, 56, 32, 256, 4)

#define HALF_IQ4_XS(h) \
	INTS_IQ4(h); \
	SCALED_XS(h/2(R14), h/4(SI), Y4, Y5); \
	SUM(Y4, Y8, h)

#define BLOCK_IQ4_XS \
	FETCH4; \
	HALF_IQ4_XS(0); \
	HALF_IQ4_XS(32)

// func lineIQ4_XSAVX2(a *lineArgs)
TEXT ·lineIQ4_XSAVX2(SB), NOSPLIT, $280-8
	SUPER_LINE(MASKS_IQ4, NOTHING, BLOCK_IQ4_XS, NOTHING, 56, 32, 16, 256, 4)
