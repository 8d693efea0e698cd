#include "textflag.h"
#include "neon_arm64.h"
#include "codes_arm64.h"
#include "line_arm64.h"

// Line kernels (line_arm64.h) of kinds with blocks of 32 columns.

// INTS begins V23 with FROM, a sum of each row.
#define INTS(FROM) \
	FROM; \
	LOW(23); \
	HIGH(23)

#define FROM_ZERO ZERO_S(23)
#define FROM_BIAS MOV_B(23, 11)

// HALF_SUM is SUM of V23 with float16 scales.
#define HALF_SUM(m) \
	HALVES(8*m, R6, F24, 24); \
	SUM(24, 23, m)

// BIASED makes V11 minus the sum of q times 2 to the 7-shift: codes are counted from that.
#define BIASED(shift) \
	VLD1R (R10), [V11.S4]; \
	SSHR_S(11, 11, shift)

#define ROWS_Q8_0(m) \
	CODES8(m); \
	INTS(FROM_ZERO); \
	HALF_SUM(m)

#define BLOCK_Q8_0 \
	FETCH8; \
	EACH(ROWS_Q8_0)

// func lineQ8_0NEON(a *lineArgs)
TEXT ·lineQ8_0NEON(SB), NOSPLIT, $0-8
	LINE(NO_MASKS, BLOCK_Q8_0, NOTHING, 56, 32, 512, 4)

#define ROWS_Q4_0(m) \
	CODES4(m); \
	INTS(FROM_BIAS); \
	HALF_SUM(m)

#define BLOCK_Q4_0 \
	FETCH4; \
	BIASED(4); \
	EACH(ROWS_Q4_0)

// func lineQ4_0NEON(a *lineArgs)
TEXT ·lineQ4_0NEON(SB), NOSPLIT, $0-8
	LINE(MASKS4, BLOCK_Q4_0, NOTHING, 56, 32, 256, 4)

#define ROWS_Q5_0(m) \
	CODES5(m); \
	INTS(FROM_BIAS); \
	HALF_SUM(m)

#define BLOCK_Q5_0 \
	FETCH6; \
	BIASED(3); \
	EACH(ROWS_Q5_0)

// func lineQ5_0NEON(a *lineArgs)
TEXT ·lineQ5_0NEON(SB), NOSPLIT, $0-8
	LINE(MASKS5, BLOCK_Q5_0, NOTHING, 56, 32, 320, 4)

// SECOND adds float16 offsets times s to the second sums.
#define SECOND(m) \
	HALVES(32+8*m, R6, F25, 25); \
	FMLA_LANE(4+m, 25, 11, 0)

#define ROWS_Q4_1(m) \
	CODES4(m); \
	INTS(FROM_ZERO); \
	HALF_SUM(m); \
	SECOND(m)

#define BLOCK_Q4_1 \
	FETCH4; \
	FMOVS (R10), F11; \
	EACH(ROWS_Q4_1)

// func lineQ4_1NEON(a *lineArgs)
TEXT ·lineQ4_1NEON(SB), NOSPLIT, $0-8
	LINE(MASKS4, BLOCK_Q4_1, ADD_SECOND, 64, 64, 256, 4)

#define ROWS_Q5_1(m) \
	CODES5(m); \
	INTS(FROM_ZERO); \
	HALF_SUM(m); \
	SECOND(m)

#define BLOCK_Q5_1 \
	FETCH6; \
	FMOVS (R10), F11; \
	EACH(ROWS_Q5_1)

// func lineQ5_1NEON(a *lineArgs)
TEXT ·lineQ5_1NEON(SB), NOSPLIT, $0-8
	LINE(MASKS5, BLOCK_Q5_1, ADD_SECOND, 64, 64, 320, 4)

#define ROWS_IQ4_NL(m) \
	LOOKED_UP(m); \
	INTS(FROM_ZERO); \
	HALF_SUM(m)

#define BLOCK_IQ4_NL \
	FETCH4; \
	EACH(ROWS_IQ4_NL)

// func lineIQ4_NLNEON(a *lineArgs)
TEXT ·lineIQ4_NLNEON(SB), NOSPLIT, $0-8
	LINE(MASKS_IQ4, BLOCK_IQ4_NL, NOTHING, 56, 32, 256, 4)

#define ROWS_MXFP4(m) \
	LOOKED_UP(m); \
	INTS(FROM_ZERO); \
	POWERS(4*m, 24, 25); \
	SUM(24, 23, m)

#define BLOCK_MXFP4 \
	FETCH4; \
	EACH(ROWS_MXFP4)

// func lineMXFP4NEON(a *lineArgs)
TEXT ·lineMXFP4NEON(SB), NOSPLIT, $0-8
	LINE(MASKS_MXFP4, BLOCK_MXFP4, NOTHING, 56, 16, 256, 4)
