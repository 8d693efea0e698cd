#include "textflag.h"
#include "neon_arm64.h"
#include "codes_arm64.h"

// Expand kernels for NEON: packed weights to a panel (args.go).
//
//	R0 *expandArgs   R5 blocks left   R6 numbers   R7 codes   R13 the super-block's numbers
//	R3 dst           R8 scale         R9 more      R10 min    R11 minScale
//	R12 blocks of the super-block left
//
// V28 is what is subtracted from codes, but for MXFP4.
//
// Preconditions (kept by Set.Mul): blocks above 0; of kinds of super-blocks, a multiple of 8.

#define LOAD_EXPAND \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R6; \
	MOVD 8(R0), R7; \
	MOVD 16(R0), R5; \
	MOVD 24(R0), R3; \
	MOVD 32(R0), R8; \
	MOVD 40(R0), R9; \
	MOVD 48(R0), R10; \
	MOVD 56(R0), R11

#define NEXT_BLOCK(numbers, codes, more) \
	ADD $numbers, R6; \
	ADD $codes, R7; \
	ADD $512, R3; \
	ADD $64, R8; \
	ADD $more, R9; \
	ADD $128, R10; \
	ADD $64, R11

#define EXPAND(MASKS, ROWS, numbers, codes) \
	LOAD_EXPAND; \
	MASKS; \
block: \
	EACH(ROWS); \
	NEXT_BLOCK(numbers, codes, 64); \
	SUB  $1, R5; \
	CBNZ R5, block; \
	RET

#define SUPER_EXPAND(MASKS, ROWS, head, numbers, codes, more) \
	LOAD_EXPAND; \
	MASKS; \
super: \
	MOVD R6, R13; \
	ADD  $head, R6; \
	MOVD $8, R12; \
block: \
	EACH(ROWS); \
	NEXT_BLOCK(numbers, codes, more); \
	SUB  $1, R12; \
	CBNZ R12, block; \
	SUB  $8, R5; \
	CBNZ R5, super; \
	RET

#define STORE(m) \
	FMOVQ F12, (16*m)(R3); \
	FMOVQ F13, (64+16*m)(R3); \
	FMOVQ F14, (128+16*m)(R3); \
	FMOVQ F15, (192+16*m)(R3); \
	FMOVQ F16, (256+16*m)(R3); \
	FMOVQ F17, (320+16*m)(R3); \
	FMOVQ F18, (384+16*m)(R3); \
	FMOVQ F19, (448+16*m)(R3)

#define STORE_LESS(m) \
	SUB_B(12, 12, 28); \
	SUB_B(13, 13, 28); \
	SUB_B(14, 14, 28); \
	SUB_B(15, 15, 28); \
	SUB_B(16, 16, 28); \
	SUB_B(17, 17, 28); \
	SUB_B(18, 18, 28); \
	SUB_B(19, 19, 28); \
	STORE(m)

// SCALE and OFFSET convert float16 numbers, which begin at base.
#define SCALE(base, m) \
	HALVES(base+8*m, R6, F24, 24); \
	FMOVQ F24, (16*m)(R8)

#define OFFSET(m) \
	HALVES(32+8*m, R6, F24, 24); \
	FMOVQ F24, (16*m)(R9)

#define ROWS_Q8_0(m) SCALE(0, m)

// func expandQ8_0NEON(a *expandArgs)
TEXT ·expandQ8_0NEON(SB), NOSPLIT, $0-8
	EXPAND(NO_MASKS, ROWS_Q8_0, 32, 512)

#define MASKS_Q4_0 \
	MASKS4; \
	MOVI_B(28, 8)

#define ROWS_Q4_0(m) \
	CODES4(m); \
	STORE_LESS(m); \
	SCALE(0, m)

// func expandQ4_0NEON(a *expandArgs)
TEXT ·expandQ4_0NEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q4_0, ROWS_Q4_0, 32, 256)

#define ROWS_Q4_1(m) \
	CODES4(m); \
	STORE(m); \
	SCALE(0, m); \
	OFFSET(m)

// func expandQ4_1NEON(a *expandArgs)
TEXT ·expandQ4_1NEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS4, ROWS_Q4_1, 64, 256)

#define MASKS_Q5_0 \
	MASKS5; \
	MOVI_B(28, 16)

#define ROWS_Q5_0(m) \
	CODES5(m); \
	STORE_LESS(m); \
	SCALE(0, m)

// func expandQ5_0NEON(a *expandArgs)
TEXT ·expandQ5_0NEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q5_0, ROWS_Q5_0, 32, 320)

#define ROWS_Q5_1(m) \
	CODES5(m); \
	STORE(m); \
	SCALE(0, m); \
	OFFSET(m)

// func expandQ5_1NEON(a *expandArgs)
TEXT ·expandQ5_1NEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS5, ROWS_Q5_1, 64, 320)

#define ROWS_IQ4_NL(m) \
	LOOKED_UP(m); \
	STORE(m); \
	SCALE(0, m)

// func expandIQ4_NLNEON(a *expandArgs)
TEXT ·expandIQ4_NLNEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS_IQ4, ROWS_IQ4_NL, 32, 256)

#define ROWS_MXFP4(m) \
	LOOKED_UP(m); \
	STORE(m); \
	POWERS(4*m, 24, 25); \
	FMOVQ F24, (16*m)(R8)

// func expandMXFP4NEON(a *expandArgs)
TEXT ·expandMXFP4NEON(SB), NOSPLIT, $0-8
	EXPAND(MASKS_MXFP4, ROWS_MXFP4, 16, 256)

// SCALED makes V24 float16 numbers of the super-block times bytes of the block, exactly.
#define SCALED(half, byte, WORDS, CVT) \
	HALVES(half, R13, F24, 24); \
	FMOVS byte(R6), F25; \
	WORDS(25); \
	CVT(25, 25); \
	FMUL_S(24, 24, 25)

#define NUMBERS_K(m) \
	SCALED(8*m, 4*m, UNSIGNED_WORDS, UCVTF_S); \
	FMOVQ F24, (16*m)(R8); \
	SCALED(32+8*m, 16+4*m, UNSIGNED_WORDS, UCVTF_S); \
	FNEG_S(24, 24); \
	FMOVQ F24, (16*m)(R9)

#define ROWS_Q4_K(m) \
	CODES4(m); \
	STORE(m); \
	NUMBERS_K(m)

// func expandQ4_KNEON(a *expandArgs)
TEXT ·expandQ4_KNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS4, ROWS_Q4_K, 64, 32, 256, 64)

#define ROWS_Q5_K(m) \
	CODES5(m); \
	STORE(m); \
	NUMBERS_K(m)

// func expandQ5_KNEON(a *expandArgs)
TEXT ·expandQ5_KNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS5, ROWS_Q5_K, 64, 32, 320, 64)

#define ROWS_IQ4_XS(m) \
	LOOKED_UP(m); \
	STORE(m); \
	SCALED(8*m, 4*m, SIGNED_WORDS, SCVTF_S); \
	FMOVQ F24, (16*m)(R8)

// func expandIQ4_XSNEON(a *expandArgs)
TEXT ·expandIQ4_XSNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_IQ4, ROWS_IQ4_XS, 32, 16, 256, 64)

// SUB_SCALES stores four rows' of the half whose numbers begin at from, to.
#define SUB_SCALES(from, to, m) \
	FMOVS (from+4*m)(R6), F25; \
	SIGNED_WORDS(25); \
	SCVTF_S(25, 25); \
	FMOVQ F25, (to+16*m)(R9)

#define NUMBERS_HALVES(m) \
	HALVES(8*m, R13, F24, 24); \
	FMOVQ F24, (16*m)(R8); \
	SUB_SCALES(0, 0, m); \
	SUB_SCALES(16, 64, m)

#define MASKS_Q6_K \
	MASKS6; \
	MOVI_B(28, 32)

#define ROWS_Q6_K(m) \
	CODES6(m); \
	STORE_LESS(m); \
	NUMBERS_HALVES(m)

// func expandQ6_KNEON(a *expandArgs)
TEXT ·expandQ6_KNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q6_K, ROWS_Q6_K, 32, 32, 384, 128)

#define MASKS_Q3_K \
	MASKS3; \
	MOVI_B(28, 4)

#define ROWS_Q3_K(m) \
	CODES3(m); \
	STORE_LESS(m); \
	NUMBERS_HALVES(m)

// func expandQ3_KNEON(a *expandArgs)
TEXT ·expandQ3_KNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q3_K, ROWS_Q3_K, 32, 32, 192, 128)

// NIBBLES stores sub-scales and minimums of four rows of the half whose numbers begin at
// from, to.
#define NIBBLES(from, to, m) \
	FMOVS (from+4*m)(R6), F24; \
	USHR_B(25, 24, 4); \
	AND_B(24, 24, 30); \
	UNSIGNED_WORDS(24); \
	UNSIGNED_WORDS(25); \
	UCVTF_S(24, 24); \
	UCVTF_S(25, 25); \
	FMOVQ F24, (to+16*m)(R9); \
	FMOVQ F25, (to+16*m)(R10)

#define ROWS_Q2_K(m) \
	CODES2(m); \
	STORE(m); \
	HALVES(8*m, R13, F24, 24); \
	FMOVQ F24, (16*m)(R8); \
	HALVES(32+8*m, R13, F24, 24); \
	FMOVQ F24, (16*m)(R11); \
	NIBBLES(0, 0, m); \
	NIBBLES(16, 64, m)

// func expandQ2_KNEON(a *expandArgs)
TEXT ·expandQ2_KNEON(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS2, ROWS_Q2_K, 64, 32, 128, 128)
