#include "textflag.h"
#include "macros_amd64.h"
#include "pack_amd64.h"

// Pack kernels of the kinds in blocks of 32 that are not in panel_amd64.s, with the
// same registers.

// Bytes 1, 2, 4 and 8 shifted by four, bytes of 16, and controls that repeat one byte
// of each dword.
BYTES(0, $0x8040201080402010)
BYTES(32, $0x1010101010101010)
SPREAD(64, 0x00000000)
SPREAD(96, 0x01010101)
SPREAD(128, 0x02020202)
SPREAD(160, 0x03030303)
GLOBL packc<>(SB), RODATA|NOPTR, $192

// FIFTH adds the fifth bits of two vectors of codes, which are one byte of each dword
// of Y10: SPREAD selects it. Y11 and Y12 are the constants at 0 and 32.
#define FIFTH(spread, A, B) \
	VPSHUFB packc<>+spread(SB), Y10, Y8; \
	VPSLLW  $4, Y8, Y9; \
	VPAND   Y11, Y8, Y8; \
	VPAND   Y11, Y9, Y9; \
	VPMINUB Y12, Y8, Y8; \
	VPMINUB Y12, Y9, Y9; \
	VPOR    Y9, A, A; \
	VPOR    Y8, B, B

// FIFTH_512 is FIFTH with AVX-512; Y9 are the bits that are not shifted.
#define FIFTH_512(spread, A, B) \
	VPSHUFB  packc<>+spread(SB), Y10, Y8; \
	VPTESTMB Y9, Y8, K1; \
	VPTESTMB Y11, Y8, K2; \
	VPADDB   Y12, A, K1, A; \
	VPADDB   Y12, B, K2, B

#define FIFTHS(FIFTH) \
	FIFTH(64, Y0, Y1); \
	FIFTH(96, Y2, Y3); \
	FIFTH(128, Y4, Y5); \
	FIFTH(160, Y6, Y7)

#define LOAD_FIFTHS \
	NIBBLE_MASK(Y13, Y12); \
	VMOVDQU packc<>+0(SB), Y11; \
	VMOVDQU packc<>+32(SB), Y12; \
	VPSRLW  $4, Y11, Y9

#define PACK_Q5_0(FIFTH) \
	PAIRS(0); \
	VPSRLD     $16, Y0, Y10; \
	VPSLLD     $16, Y1, Y1; \
	VPOR       Y1, Y10, Y10; \
	LOW_FLOATS(X0, Y0); \
	VMOVUPS    Y0, (DX); \
	ADDQ       R12, DX; \
	QUADS(6); \
	SPLIT(Y13); \
	FIFTHS(FIFTH); \
	PUT8

// func packQ5_0AVX2(a *packArgs)
TEXT ·packQ5_0AVX2(SB), NOSPLIT, $0-8
	LOAD_FIFTHS
	PACK_INTS(PACK_Q5_0(FIFTH), 22)

// func packQ5_0AVX512(a *packArgs)
TEXT ·packQ5_0AVX512(SB), NOSPLIT, $0-8
	LOAD_FIFTHS
	PACK_INTS(PACK_Q5_0(FIFTH_512), 22)

#define PACK_Q5_1(FIFTH) \
	PAIRS(0); \
	VMOVDQA     Y1, Y10; \
	VMOVDQA     Y0, Y1; \
	LOW_FLOATS(X0, Y0); \
	HIGH_FLOATS(X1, Y1); \
	VMOVUPS     Y0, (DX); \
	VMOVUPS     Y1, (DX)(R12*1); \
	LEAQ        (DX)(R12*2), DX; \
	QUADS(8); \
	SPLIT(Y13); \
	FIFTHS(FIFTH); \
	PUT8

// func packQ5_1AVX2(a *packArgs)
TEXT ·packQ5_1AVX2(SB), NOSPLIT, $0-8
	LOAD_FIFTHS
	PACK_INTS(PACK_Q5_1(FIFTH), 24)

// func packQ5_1AVX512(a *packArgs)
TEXT ·packQ5_1AVX512(SB), NOSPLIT, $0-8
	LOAD_FIFTHS
	PACK_INTS(PACK_Q5_1(FIFTH_512), 24)

#define PACK_IQ4_NL \
	HALVES8(0); \
	QUADS(2); \
	SPLIT(Y13); \
	TABLE16(Y15); \
	PUT8

// LOAD_TABLE makes Y15 the table's bytes XORed with flip.
#define LOAD_TABLE(table) \
	NIBBLE_MASK(Y13, Y12); \
	MOVQ           a+0(FP), AX; \
	VPBROADCASTB   40(AX), Y14; \
	VBROADCASTI128 table, Y15; \
	VPXOR          Y14, Y15, Y15

// func packIQ4_NLAVX2(a *packArgs)
TEXT ·packIQ4_NLAVX2(SB), NOSPLIT, $0-8
	LOAD_TABLE(·nonlinear(SB))
	PACK_INTS(PACK_IQ4_NL, 18)

// POWERS8 stores the scales that the rows' bytes at off stand for: the byte less one
// as the exponent, and 2^-128 and 2^-127, which are denormal, for 0 and 1. Y10 is
// 1<<21, Y11 one.
#define POWERS8(off) \
	VPXOR     X8, X8, X8; \
	VPINSRB   $0, off(DI), X8, X8; \
	VPINSRB   $1, off(DI)(R8*1), X8, X8; \
	VPINSRB   $2, off(DI)(R8*2), X8, X8; \
	VPINSRB   $3, off(DI)(R10*1), X8, X8; \
	VPINSRB   $4, off(R11), X8, X8; \
	VPINSRB   $5, off(R11)(R8*1), X8, X8; \
	VPINSRB   $6, off(R11)(R8*2), X8, X8; \
	VPINSRB   $7, off(R11)(R10*1), X8, X8; \
	VPMOVZXBD X8, Y8; \
	VPSLLVD   Y8, Y10, Y9; \
	VPCMPGTD  Y11, Y8, Y0; \
	VPSUBD    Y11, Y8, Y8; \
	VPSLLD    $23, Y8, Y8; \
	VPBLENDVB Y0, Y8, Y9, Y8; \
	VMOVUPS   Y8, (DX); \
	ADDQ      R12, DX

#define PACK_MXFP4 \
	POWERS8(0); \
	QUADS(1); \
	SPLIT(Y13); \
	TABLE16(Y15); \
	PUT8

// func packMXFP4AVX2(a *packArgs)
TEXT ·packMXFP4AVX2(SB), NOSPLIT, $0-8
	LOAD_TABLE(·microfloat(SB))
	VPCMPEQD Y11, Y11, Y11
	VPSRLD   $31, Y11, Y11
	VPSLLD   $21, Y11, Y10
	PACK_INTS(PACK_MXFP4, 17)
