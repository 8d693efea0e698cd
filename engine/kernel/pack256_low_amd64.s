#include "textflag.h"
#include "pack_amd64.h"
#include "pack256_amd64.h"

// Pack kernels of Q2_K and Q3_K: the codes of four blocks' halves at a time, two bits
// each at the same place of sixteen bytes; all are multiplied with their half's
// sub-scale. On the stack: 16 sub-scales of each row, four a vector.

BYTES(0, $0x0f0f0f0f0f0f0f0f)
BYTES(32, $0x3030303030303030)
BYTES(64, $0x2020202020202020)
BYTES(96, $0x0303030303030303)
BYTES(128, $0x0404040404040404)
BYTES(160, $0x8000000080000000)
SPREAD(192, 0x80008000)
SPREAD(224, 0x80018001)
SPREAD(256, 0x80028002)
SPREAD(288, 0x80038003)
SPREAD(320, 0x80018000)
SPREAD(352, 0x80038002)
SPREAD(384, 0x00000000)
SPREAD(416, 0x01010101)
SPREAD(448, 0x02020202)
SPREAD(480, 0x03030303)
GLOBL packc<>(SB), RODATA|NOPTR, $512

#define C_15     packc<>+0(SB)
#define C_48     packc<>+32(SB)
#define C_32     packc<>+64(SB)
#define C_3      packc<>+96(SB)
#define C_4      packc<>+128(SB)
#define C_SIGN   packc<>+160(SB) // of a float

// Byte k of every dword: both words, all bytes; and two neighbours, a word each.
#define WORDS_0  packc<>+192(SB)
#define WORDS_1  packc<>+224(SB)
#define WORDS_2  packc<>+256(SB)
#define WORDS_3  packc<>+288(SB)
#define WORDS_01 packc<>+320(SB)
#define WORDS_23 packc<>+352(SB)
#define BYTES_0  packc<>+384(SB)
#define BYTES_1  packc<>+416(SB)
#define BYTES_2  packc<>+448(SB)
#define BYTES_3  packc<>+480(SB)

// Q2_K: sub-scales and minimums, four bits each, at 0, then the codes, then two
// half-precision numbers at 80. NUMBERS stores the numbers of one block.
#define NUMBERS_Q2_K(S, words) \
	VMOVUPS Y8, (SI); \
	VMOVUPS Y9, (SI)(R12*1); \
	VPSHUFB words, S, Y4; \
	VPSRLW  $4, Y4, Y4; \
	VMOVDQU Y4, (SI)(R12*2); \
	ADDQ    R9, SI

// KEEP_SUB stores four sub-scales of each row for later.
#define KEEP_Q2_K(S, at) \
	NUMBERS_Q2_K(S, WORDS_01); \
	NUMBERS_Q2_K(S, WORDS_23); \
	VPAND   Y15, S, S; \
	VMOVDQU S, at(SP)

#define CODE_Q2_K(n, Y, T) \
	VPSRLW  $n, Y, T; \
	VPAND   Y14, T, T; \
	VPMULLW Y8, T, T

#define CODES_Q2_K(n, S, words) \
	VMOVDQU S, Y8; \
	VPSHUFB words, Y8, Y8; \
	CODE_Q2_K(n, Y0, Y4); \
	CODE_Q2_K(n, Y1, Y5); \
	CODE_Q2_K(n, Y2, Y6); \
	CODE_Q2_K(n, Y3, Y7); \
	PUT4(SI, Y4, Y5, Y6, Y7); \
	ADDQ R9, SI

// QUARTER takes 16 bytes at off; the sub-scales are bytes of the two vectors at sub.
#define QUARTER_Q2_K(off, sub, first, second) \
	QUADS(off); \
	CODES_Q2_K(0, sub(SP), first); \
	CODES_Q2_K(2, sub(SP), second); \
	CODES_Q2_K(4, sub+32(SP), first); \
	CODES_Q2_K(6, sub+32(SP), second)

#define PACK_Q2_K \
	FETCH_672; \
	LOAD_HALVES8(82); \
	VMOVAPS Y8, Y10; \
	LOAD_HALVES8(80); \
	VMOVAPS Y10, Y9; \
	QUADS(0); \
	MOVQ DX, SI; \
	KEEP_Q2_K(Y0, 0); \
	KEEP_Q2_K(Y1, 32); \
	KEEP_Q2_K(Y2, 64); \
	KEEP_Q2_K(Y3, 96); \
	LEAQ (DX)(R13*1), SI; \
	LEAQ (SI)(R12*4), AX; \
	QUARTER_Q2_K(16, 0, WORDS_0, WORDS_2); \
	QUARTER_Q2_K(48, 64, WORDS_0, WORDS_2); \
	MOVQ AX, SI; \
	QUARTER_Q2_K(32, 0, WORDS_1, WORDS_3); \
	QUARTER_Q2_K(64, 64, WORDS_1, WORDS_3)

// func packQ2_KAVX2(a *packArgs)
TEXT ·packQ2_KAVX2(SB), NOSPLIT, $128-8
	VMOVDQU C_3, Y14
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q2_K, 84, 3)

// Q3_K: bits that say where 4 is not subtracted, then the codes at 32, sub-scales of six
// bits at 96 and the scale at 108. SUB_Q3_K makes the sub-scales of four halves, negated:
// 32 less the six bits, the upper two those at bits 4 and 5 of Y3 after the shift.
#define SUB_Q3_K(S, SHIFT, n, at) \
	SHIFT   n, Y3, Y4; \
	VPAND   C_48, Y4, Y4; \
	VPAND   Y15, S, S; \
	VPOR    Y4, S, S; \
	VMOVDQU C_32, Y4; \
	VPSUBB  S, Y4, S; \
	VMOVDQU S, at(SP)

// CODE_Q3_K: c is 0..3, plus 4 where the bit n of H is set, less 4. The product of
// absolute values, at most 128, fits a byte and is negated where one factor, not both,
// is negative. Y8 are the sub-scales in all bytes, Y9 their absolute values in words.
#define CODE_Q3_K(n, HSHIFT, h, H, Y) \
	VPSRLW  n, Y, Y4; \
	VPAND   C_3, Y4, Y4; \
	HSHIFT  h, H, Y5; \
	VPAND   C_4, Y5, Y5; \
	VPOR    Y5, Y4, Y4; \
	VPSUBB  C_4, Y4, Y4; \
	VPSIGNB Y4, Y8, Y5; \
	VPABSB  Y4, Y4; \
	VPMULLW Y9, Y4, Y4; \
	VPSIGNB Y5, Y4, Y4; \
	VPXOR   Y14, Y4, Y4

#define CODES_Q3_K(n, HSHIFT, h, S, bytes, words) \
	VMOVDQU S, Y8; \
	VPABSB  Y8, Y9; \
	VPSHUFB words, Y9, Y9; \
	VPSHUFB bytes, Y8, Y8; \
	CODE_Q3_K(n, HSHIFT, h, Y10, Y0); \
	VMOVDQU Y4, (SI); \
	CODE_Q3_K(n, HSHIFT, h, Y11, Y1); \
	VMOVDQU Y4, (SI)(R12*1); \
	CODE_Q3_K(n, HSHIFT, h, Y12, Y2); \
	VMOVDQU Y4, (SI)(R12*2); \
	CODE_Q3_K(n, HSHIFT, h, Y13, Y3); \
	VMOVDQU Y4, (SI)(R13*1); \
	ADDQ    R9, SI

// The bits of the first four blocks' codes are the low ones, those of the others the
// high ones.
#define QUARTER_LOW_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	CODES_Q3_K($0, VPSLLW, $2, 0(SP), b0, w0); \
	CODES_Q3_K($2, VPSLLW, $1, 0(SP), b1, w1); \
	CODES_Q3_K($4, VPSRLW, $0, 32(SP), b0, w0); \
	CODES_Q3_K($6, VPSRLW, $1, 32(SP), b1, w1)

#define QUARTER_HIGH_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	CODES_Q3_K($0, VPSRLW, $2, 64(SP), b0, w0); \
	CODES_Q3_K($2, VPSRLW, $3, 64(SP), b1, w1); \
	CODES_Q3_K($4, VPSRLW, $4, 96(SP), b0, w0); \
	CODES_Q3_K($6, VPSRLW, $5, 96(SP), b1, w1)

#define HALF_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	KEEP_HIGH; \
	QUARTER_LOW_Q3_K(32+off, b0, w0, b1, w1); \
	QUARTER_HIGH_Q3_K(64+off, b0, w0, b1, w1)

#define SCALE_Q3_K \
	VMOVUPS Y8, (SI); \
	ADDQ    R9, SI

// JOIN makes the four bytes that are the upper half of A and the lower one of B.
#define JOIN(B, A) \
	VPSRLD $16, A, A; \
	VPSLLD $16, B, Y4; \
	VPOR   Y4, A, A

#define PACK_Q3_K \
	FETCH_880; \
	QUADS(94); \
	VMOVDQA     Y3, Y8; \
	JOIN(Y1, Y0); \
	JOIN(Y2, Y1); \
	JOIN(Y3, Y2); \
	VPXOR       C_SIGN, Y8, Y8; \
	HIGH_FLOATS(X8, Y8); \
	VMOVDQA     Y2, Y3; \
	VPSRLW      $4, Y0, Y5; \
	VPSRLW      $4, Y1, Y6; \
	SUB_Q3_K(Y0, VPSLLW, $4, 0); \
	SUB_Q3_K(Y1, VPSLLW, $2, 32); \
	SUB_Q3_K(Y5, VPSRLW, $0, 64); \
	SUB_Q3_K(Y6, VPSRLW, $2, 96); \
	MOVQ        DX, SI; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	LEAQ        (DX)(R12*1), SI; \
	LEAQ        (SI)(R12*4), AX; \
	HALF_Q3_K(0, BYTES_0, WORDS_0, BYTES_2, WORDS_2); \
	MOVQ        AX, SI; \
	HALF_Q3_K(16, BYTES_1, WORDS_1, BYTES_3, WORDS_3)

// func packQ3_KAVX2(a *packArgs)
TEXT ·packQ3_KAVX2(SB), NOSPLIT, $128-8
	MOVQ         a+0(FP), AX
	VPBROADCASTB 40(AX), Y14
	VMOVDQU      C_15, Y15
	PACK_SUPER(PACK_Q3_K, 110, 1)
