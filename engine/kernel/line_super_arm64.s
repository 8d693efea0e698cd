#include "textflag.h"
#include "neon_arm64.h"
#include "codes_arm64.h"
#include "line_arm64.h"

// Line kernels (line_arm64.h) of kinds with super-blocks.

#define INTS \
	ZERO_S(23); \
	LOW(23); \
	HIGH(23)

// SCALED makes V24 float16 numbers of the super-block times bytes of the block, exactly.
#define SCALED(half, byte, WORDS, CVT) \
	HALVES(half, R13, F24, 24); \
	FMOVS byte(R6), F25; \
	WORDS(25); \
	CVT(25, 25); \
	FMUL_S(24, 24, 25)

#define BOTH_K(m) \
	INTS; \
	SCALED(8*m, 4*m, UNSIGNED_WORDS, UCVTF_S); \
	SUM(24, 23, m); \
	SCALED(32+8*m, 16+4*m, UNSIGNED_WORDS, UCVTF_S); \
	FMLS_LANE(4+m, 24, 11, 0)

#define ROWS_Q4_K(m) \
	CODES4(m); \
	BOTH_K(m)

#define BLOCK_Q4_K \
	FETCH4; \
	FMOVS (R10), F11; \
	EACH(ROWS_Q4_K)

// func lineQ4_KNEON(a *lineArgs)
TEXT ·lineQ4_KNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS4, BLOCK_Q4_K, ADD_SECOND, 64, 64, 32, 256, 4)

#define ROWS_Q5_K(m) \
	CODES5(m); \
	BOTH_K(m)

#define BLOCK_Q5_K \
	FETCH6; \
	FMOVS (R10), F11; \
	EACH(ROWS_Q5_K)

// func lineQ5_KNEON(a *lineArgs)
TEXT ·lineQ5_KNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS5, BLOCK_Q5_K, ADD_SECOND, 64, 64, 32, 320, 4)

// HALF_SUMS makes V11 integers: minus the sums of both halves of the block's q; BIASES, V26
// and V27 those times 2 to the shift, in every word: codes are counted from that.
#define HALF_SUMS \
	FMOVD (R10), F11; \
	FCVTZS_S(11, 11)

#define BIASES(shift) \
	HALF_SUMS; \
	DUP_LANE(26, 11, 0); \
	DUP_LANE(27, 11, 1); \
	SHL_S(26, 26, shift); \
	SHL_S(27, 27, shift)

// SUB_SCALED adds a half's sums, each half's times its sub-scales, to the running sums.
#define SUB_SCALED(m) \
	MOV_B(23, 26); \
	MOV_B(24, 27); \
	LOW(23); \
	HIGH(24); \
	FMOVS (4*m)(R6), F20; \
	FMOVS (16+4*m)(R6), F21; \
	SIGNED_WORDS(20); \
	SIGNED_WORDS(21); \
	MUL_S(23, 23, 20); \
	MLA_S(23, 24, 21); \
	HALVES(8*m, R13, F24, 24); \
	SUM(24, 23, m)

#define ROWS_Q6_K(m) \
	CODES6(m); \
	SUB_SCALED(m)

#define BLOCK_Q6_K \
	FETCH6; \
	BIASES(5); \
	EACH(ROWS_Q6_K)

// func lineQ6_KNEON(a *lineArgs)
TEXT ·lineQ6_KNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS6, BLOCK_Q6_K, NOTHING, 72, 32, 32, 384, 8)

#define ROWS_Q3_K(m) \
	CODES3(m); \
	SUB_SCALED(m)

#define BLOCK_Q3_K \
	FETCH4; \
	BIASES(2); \
	EACH(ROWS_Q3_K)

// func lineQ3_KNEON(a *lineArgs)
TEXT ·lineQ3_KNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS3, BLOCK_Q3_K, NOTHING, 72, 32, 32, 192, 8)

// NIBBLES makes V(low) and V(high) words of both nibbles of four bytes.
#define NIBBLES(off, F, low, high) \
	FMOVS off(R6), F; \
	USHR_B(high, low, 4); \
	AND_B(low, low, 30); \
	UNSIGNED_WORDS(low); \
	UNSIGNED_WORDS(high)

#define ROWS_Q2_K(m) \
	CODES2(m); \
	ZERO_S(23); \
	ZERO_S(24); \
	LOW(23); \
	HIGH(24); \
	NIBBLES(4*m, F20, 20, 21); \
	NIBBLES(16+4*m, F22, 22, 25); \
	MUL_S(23, 23, 20); \
	MLA_S(23, 24, 22); \
	MUL_LANE(21, 21, 11, 0); \
	MLA_LANE(21, 25, 11, 1); \
	HALVES(8*m, R13, F24, 24); \
	SUM(24, 23, m); \
	HALVES(32+8*m, R13, F24, 24); \
	SUM(24, 21, 4+m)

#define BLOCK_Q2_K \
	FETCH2; \
	HALF_SUMS; \
	EACH(ROWS_Q2_K)

// func lineQ2_KNEON(a *lineArgs)
TEXT ·lineQ2_KNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS2, BLOCK_Q2_K, ADD_SECOND, 72, 64, 32, 128, 8)

#define ROWS_IQ4_XS(m) \
	LOOKED_UP(m); \
	INTS; \
	SCALED(8*m, 4*m, SIGNED_WORDS, SCVTF_S); \
	SUM(24, 23, m)

#define BLOCK_IQ4_XS \
	FETCH4; \
	EACH(ROWS_IQ4_XS)

// func lineIQ4_XSNEON(a *lineArgs)
TEXT ·lineIQ4_XSNEON(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_IQ4, BLOCK_IQ4_XS, NOTHING, 56, 32, 16, 256, 4)
