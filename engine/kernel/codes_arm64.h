// Unpacking of packed codes (matrix.go) for NEON, shared by line and expand kernels. Each
// macro takes m: it reads a block's codes at R7 of rows 4m..4m+3 and leaves those of quads 0
// to 7 in V12..V19, as stored or, from a table, signed. V20..V22 are scratch. Masks that it
// takes are V31 (nibbles, or pairs of bits), V30 (bits that come in from elsewhere) and
// V29 (a table).

DATA nonlinears<>+0(SB)/8, $0xf6eaddcfbfad9881
DATA nonlinears<>+8(SB)/8, $0x7159453526190d01
GLOBL nonlinears<>(SB), RODATA|NOPTR, $16

DATA microfloats<>+0(SB)/8, $0x0c08060403020100
DATA microfloats<>+8(SB)/8, $0xf4f8fafcfdfeff00
GLOBL microfloats<>(SB), RODATA|NOPTR, $16

#define CODES8(m) \
	FMOVQ (16*m)(R7), F12; \
	FMOVQ (64+16*m)(R7), F13; \
	FMOVQ (128+16*m)(R7), F14; \
	FMOVQ (192+16*m)(R7), F15; \
	FMOVQ (256+16*m)(R7), F16; \
	FMOVQ (320+16*m)(R7), F17; \
	FMOVQ (384+16*m)(R7), F18; \
	FMOVQ (448+16*m)(R7), F19

#define CODES4(m) \
	FMOVQ (16*m)(R7), F12; \
	FMOVQ (64+16*m)(R7), F13; \
	FMOVQ (128+16*m)(R7), F14; \
	FMOVQ (192+16*m)(R7), F15; \
	USHR_B(16, 12, 4); \
	USHR_B(17, 13, 4); \
	USHR_B(18, 14, 4); \
	USHR_B(19, 15, 4); \
	AND_B(12, 12, 31); \
	AND_B(13, 13, 31); \
	AND_B(14, 14, 31); \
	AND_B(15, 15, 31)

// CODES5 has V30 be 16 in every byte.
#define CODES5(m) \
	CODES4(m); \
	FMOVQ (256+16*m)(R7), F20; \
	SHL_B(21, 20, 4); \
	BIT_B(12, 21, 30); \
	SHL_B(22, 20, 3); \
	BIT_B(13, 22, 30); \
	SHL_B(21, 20, 2); \
	BIT_B(14, 21, 30); \
	SHL_B(22, 20, 1); \
	BIT_B(15, 22, 30); \
	BIT_B(16, 20, 30); \
	USHR_B(21, 20, 1); \
	BIT_B(17, 21, 30); \
	USHR_B(22, 20, 2); \
	BIT_B(18, 22, 30); \
	USHR_B(21, 20, 3); \
	BIT_B(19, 21, 30)

// CODES6 has V30 be 48 in every byte.
#define CODES6(m) \
	CODES4(m); \
	FMOVQ (256+16*m)(R7), F20; \
	SHL_B(21, 20, 4); \
	BIT_B(12, 21, 30); \
	SHL_B(22, 20, 2); \
	BIT_B(13, 22, 30); \
	BIT_B(14, 20, 30); \
	USHR_B(21, 20, 2); \
	BIT_B(15, 21, 30); \
	FMOVQ (320+16*m)(R7), F20; \
	SHL_B(21, 20, 4); \
	BIT_B(16, 21, 30); \
	SHL_B(22, 20, 2); \
	BIT_B(17, 22, 30); \
	BIT_B(18, 20, 30); \
	USHR_B(21, 20, 2); \
	BIT_B(19, 21, 30)

// CODES2 has V31 be 3 in every byte.
#define CODES2(m) \
	FMOVQ (16*m)(R7), F20; \
	FMOVQ (64+16*m)(R7), F21; \
	USHR_B(13, 20, 2); \
	USHR_B(14, 20, 4); \
	USHR_B(15, 20, 6); \
	USHR_B(17, 21, 2); \
	USHR_B(18, 21, 4); \
	USHR_B(19, 21, 6); \
	AND_B(12, 20, 31); \
	AND_B(13, 13, 31); \
	AND_B(14, 14, 31); \
	AND_B(16, 21, 31); \
	AND_B(17, 17, 31); \
	AND_B(18, 18, 31)

// CODES3 has V31 be 3 and V30 be 4 in every byte.
#define CODES3(m) \
	CODES2(m); \
	FMOVQ (128+16*m)(R7), F20; \
	SHL_B(21, 20, 2); \
	BIT_B(12, 21, 30); \
	SHL_B(22, 20, 1); \
	BIT_B(13, 22, 30); \
	BIT_B(14, 20, 30); \
	USHR_B(21, 20, 1); \
	BIT_B(15, 21, 30); \
	USHR_B(22, 20, 2); \
	BIT_B(16, 22, 30); \
	USHR_B(21, 20, 3); \
	BIT_B(17, 21, 30); \
	USHR_B(22, 20, 4); \
	BIT_B(18, 22, 30); \
	USHR_B(21, 20, 5); \
	BIT_B(19, 21, 30)

#define LOOKED_UP(m) \
	CODES4(m); \
	TBL_B(12, 29, 12); \
	TBL_B(13, 29, 13); \
	TBL_B(14, 29, 14); \
	TBL_B(15, 29, 15); \
	TBL_B(16, 29, 16); \
	TBL_B(17, 29, 17); \
	TBL_B(18, 29, 18); \
	TBL_B(19, 29, 19)

#define NO_MASKS

#define MASKS4 MOVI_B(31, 15)

#define MASKS5 \
	MASKS4; \
	MOVI_B(30, 16)

#define MASKS6 \
	MASKS4; \
	MOVI_B(30, 48)

// MASKS2 has V30 for the nibbles of sub-scales and minimums.
#define MASKS2 \
	MOVI_B(31, 3); \
	MOVI_B(30, 15)

#define MASKS3 \
	MOVI_B(31, 3); \
	MOVI_B(30, 4)

#define MASKS_IQ4 \
	MASKS4; \
	MOVD  $nonlinears<>(SB), R14; \
	FMOVQ (R14), F29

// MASKS_MXFP4 has V28 be words of one.
#define MASKS_MXFP4 \
	MASKS4; \
	MOVD  $microfloats<>(SB), R14; \
	FMOVQ (R14), F29; \
	MOVD  $1, R14; \
	VDUP  R14, V28.S4

// EACH does four rows after four.
#define EACH(ROWS) \
	ROWS(0); \
	ROWS(1); \
	ROWS(2); \
	ROWS(3)

// Numbers of four rows: of half precision; exponents (see power: the larger of (e-1) << 23
// and, as e <= 1 has it, (e+1) << 21); bytes as words, unsigned and signed. V(d) is written
// and V(t), which may be the same, is scratch.
#define HALVES(off, R, F, d) \
	FMOVD off(R), F; \
	FCVTL_S(d, d)

#define POWERS(off, d, t) \
	FMOVS off(R6), F21; \
	UXTL_H(21, 21); \
	UXTL_S(21, 21); \
	SUB_S(t, 21, 28); \
	ADD_S(d, 21, 28); \
	SHL_S(t, t, 23); \
	SHL_S(d, d, 21); \
	SMAX_S(d, d, t)

#define UNSIGNED_WORDS(d) \
	UXTL_H(d, d); \
	UXTL_S(d, d)

#define SIGNED_WORDS(d) \
	SXTL_H(d, d); \
	SXTL_S(d, d)
