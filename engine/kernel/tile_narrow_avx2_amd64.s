#include "textflag.h"
#include "tile_avx2_amd64.h"

// Tile kernels of kinds whose codes, counted from the lowest, take four or five bits: words
// have room for the products of several quads.
//
// Y8 and Y9 are a quad of 16 rows, Y11 is what codes are counted from, Y15 words of one, and
// R15 how far t lies behind d.

DATA narrowc<>+0(SB)/8, $0x0808080808080808
DATA narrowc<>+8(SB)/8, $0x0808080808080808
DATA narrowc<>+16(SB)/8, $0x0808080808080808
DATA narrowc<>+24(SB)/8, $0x0808080808080808
DATA narrowc<>+32(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA narrowc<>+40(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA narrowc<>+48(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA narrowc<>+56(SB)/8, $0x0c0c0c0c0c0c0c0c
DATA narrowc<>+64(SB)/8, $0x1010101010101010
DATA narrowc<>+72(SB)/8, $0x1010101010101010
DATA narrowc<>+80(SB)/8, $0x1010101010101010
DATA narrowc<>+88(SB)/8, $0x1010101010101010
GLOBL narrowc<>(SB), RODATA|NOPTR, $96

#define EIGHTS narrowc<>+0(SB)
#define TWELVES narrowc<>+32(SB)
#define SIXTEENS narrowc<>+64(SB)

// FIRST makes two rows' words the products of a quad with q, NEXT adds them.
#define FIRST(q, A, B) \
	VPBROADCASTD q, B; \
	VPMADDUBSW   B, Y8, A; \
	VPMADDUBSW   B, Y9, B

#define NEXT(q, A, B) \
	VPBROADCASTD q, Y12; \
	VPMADDUBSW   Y12, Y8, Y13; \
	VPMADDUBSW   Y12, Y9, Y14; \
	VPADDW       Y13, A, A; \
	VPADDW       Y14, B, B

#define ROWS_1(M, q) M(q(SI), Y0, Y1)
#define ROWS_2(M, q) ROWS_1(M, q); M(q+32(SI), Y2, Y3)
#define ROWS_4(M, q) ROWS_2(M, q); M(q+64(SI), Y4, Y5); M(q+96(SI), Y6, Y7)

#define FROM_0(off, Y) VMOVDQU off(BX), Y
#define FROM_LESS(off, Y) VPADDB off(BX), Y11, Y

#define QUAD(j, CODES, ROWS, M) \
	CODES(64*j, Y8); \
	CODES(64*j+32, Y9); \
	ROWS(M, 4*j)

#define FOUR_QUADS(a, b, c, d, CODES, ROWS, M) \
	QUAD(a, CODES, ROWS, M); \
	QUAD(b, CODES, ROWS, NEXT); \
	QUAD(c, CODES, ROWS, NEXT); \
	QUAD(d, CODES, ROWS, NEXT)

// ADDED makes dwords of words. KEPT keeps those of row r behind the sums of four rows, and
// BOTH adds them to others.
#define ADDED(r, A, B) \
	VPMADDWD Y15, A, A; \
	VPMADDWD Y15, B, B

#define KEPT(r, A, B) \
	ADDED(r, A, B); \
	VMOVDQU A, 256+64*r(SP); \
	VMOVDQU B, 288+64*r(SP)

#define BOTH(r, A, B) \
	ADDED(r, A, B); \
	VPADDD 256+64*r(SP), A, A; \
	VPADDD 288+64*r(SP), B, B

#define EACH_1(M) M(0, Y0, Y1)
#define EACH_2(M) EACH_1(M); M(1, Y2, Y3)
#define EACH_4(M) EACH_2(M); M(2, Y4, Y5); M(3, Y6, Y7)

// Products of what codes are counted from, 8, 16 or 12, are -128 times the sum of q by less.
#define LESS(r, A, B, SHARE) \
	VPBROADCASTD 4*r(DI)(R15*1), Y12; \
	SHARE; \
	VPADDD       Y12, A, A; \
	VPADDD       Y12, B, B

#define LESS_0(r, A, B)
#define LESS_8(r, A, B) LESS(r, A, B, EIGHT)
#define LESS_16(r, A, B) LESS(r, A, B, SIXTEEN)
#define LESS_12(r, A, B) LESS(r, A, B, TWELVE)

#define EIGHT VPSRAD $4, Y12, Y12
#define SIXTEEN VPSRAD $3, Y12, Y12
#define TWELVE \
	VPSRAD $5, Y12, Y12; \
	VPADDD Y12, Y12, Y13; \
	VPADDD Y13, Y12, Y12

// BLOCK4 has sums of eight quads in a word, up to 8 x 2 x 15 x 127, BLOCK5 of four.
#define BLOCK4(CODES, ROWS, EACH, COUNTED, SUM) \
	FOUR_QUADS(0, 1, 2, 3, CODES, ROWS, FIRST); \
	FOUR_QUADS(4, 5, 6, 7, CODES, ROWS, NEXT); \
	EACH(ADDED); \
	EACH(COUNTED); \
	SCALES; \
	SUM

#define BLOCK5(CODES, ROWS, EACH, COUNTED, SUM) \
	FOUR_QUADS(0, 1, 2, 3, CODES, ROWS, FIRST); \
	EACH(KEPT); \
	FOUR_QUADS(4, 5, 6, 7, CODES, ROWS, FIRST); \
	EACH(BOTH); \
	EACH(COUNTED); \
	SCALES; \
	SUM

#define BEHIND_D \
	MOVQ 80(AX), R15; \
	SUBQ 72(AX), R15

#define CONSTANTS(from) \
	VMOVDQU ONE_WORDS, Y15; \
	VMOVDQU from, Y11

#define Q4_1 BLOCK4(FROM_0, ROWS_1, EACH_1, LESS_0, SUM_1)

// func tileQ4x1AVX2(a *tileArgs)
TEXT ·tileQ4x1AVX2(SB), NOSPLIT, $64-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_1, CARRY_1, Q4_1, STORE_1)

#define Q4_2 BLOCK4(FROM_0, ROWS_2, EACH_2, LESS_0, SUM_2)

// func tileQ4x2AVX2(a *tileArgs)
TEXT ·tileQ4x2AVX2(SB), NOSPLIT, $128-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_2, CARRY_2, Q4_2, STORE_2)

#define Q4_4 BLOCK4(FROM_0, ROWS_4, EACH_4, LESS_0, SUM_4)

// func tileQ4x4AVX2(a *tileArgs)
TEXT ·tileQ4x4AVX2(SB), NOSPLIT, $256-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_4, CARRY_4, Q4_4, STORE_4)

#define Q4_0_1 BLOCK4(FROM_LESS, ROWS_1, EACH_1, LESS_8, SUM_1)

// func tileQ4_0x1AVX2(a *tileArgs)
TEXT ·tileQ4_0x1AVX2(SB), NOSPLIT, $64-8
	CONSTANTS(EIGHTS)
	TILE(BEHIND_D, CLEAR_1, CARRY_1, Q4_0_1, STORE_1)

#define Q4_0_2 BLOCK4(FROM_LESS, ROWS_2, EACH_2, LESS_8, SUM_2)

// func tileQ4_0x2AVX2(a *tileArgs)
TEXT ·tileQ4_0x2AVX2(SB), NOSPLIT, $128-8
	CONSTANTS(EIGHTS)
	TILE(BEHIND_D, CLEAR_2, CARRY_2, Q4_0_2, STORE_2)

#define Q4_0_4 BLOCK4(FROM_LESS, ROWS_4, EACH_4, LESS_8, SUM_4)

// func tileQ4_0x4AVX2(a *tileArgs)
TEXT ·tileQ4_0x4AVX2(SB), NOSPLIT, $256-8
	CONSTANTS(EIGHTS)
	TILE(BEHIND_D, CLEAR_4, CARRY_4, Q4_0_4, STORE_4)

#define Q5_1 BLOCK5(FROM_0, ROWS_1, EACH_1, LESS_0, SUM_1)

// func tileQ5x1AVX2(a *tileArgs)
TEXT ·tileQ5x1AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_1, CARRY_1, Q5_1, STORE_1)

#define Q5_2 BLOCK5(FROM_0, ROWS_2, EACH_2, LESS_0, SUM_2)

// func tileQ5x2AVX2(a *tileArgs)
TEXT ·tileQ5x2AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_2, CARRY_2, Q5_2, STORE_2)

#define Q5_4 BLOCK5(FROM_0, ROWS_4, EACH_4, LESS_0, SUM_4)

// func tileQ5x4AVX2(a *tileArgs)
TEXT ·tileQ5x4AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(ONE_WORDS)
	TILE(BEHIND_D, CLEAR_4, CARRY_4, Q5_4, STORE_4)

#define Q5_0_1 BLOCK5(FROM_LESS, ROWS_1, EACH_1, LESS_16, SUM_1)

// func tileQ5_0x1AVX2(a *tileArgs)
TEXT ·tileQ5_0x1AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(SIXTEENS)
	TILE(BEHIND_D, CLEAR_1, CARRY_1, Q5_0_1, STORE_1)

#define Q5_0_2 BLOCK5(FROM_LESS, ROWS_2, EACH_2, LESS_16, SUM_2)

// func tileQ5_0x2AVX2(a *tileArgs)
TEXT ·tileQ5_0x2AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(SIXTEENS)
	TILE(BEHIND_D, CLEAR_2, CARRY_2, Q5_0_2, STORE_2)

#define Q5_0_4 BLOCK5(FROM_LESS, ROWS_4, EACH_4, LESS_16, SUM_4)

// func tileQ5_0x4AVX2(a *tileArgs)
TEXT ·tileQ5_0x4AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(SIXTEENS)
	TILE(BEHIND_D, CLEAR_4, CARRY_4, Q5_0_4, STORE_4)

#define MXFP4_1 BLOCK5(FROM_LESS, ROWS_1, EACH_1, LESS_12, SUM_1)

// func tileMXFP4x1AVX2(a *tileArgs)
TEXT ·tileMXFP4x1AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(TWELVES)
	TILE(BEHIND_D, CLEAR_1, CARRY_1, MXFP4_1, STORE_1)

#define MXFP4_2 BLOCK5(FROM_LESS, ROWS_2, EACH_2, LESS_12, SUM_2)

// func tileMXFP4x2AVX2(a *tileArgs)
TEXT ·tileMXFP4x2AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(TWELVES)
	TILE(BEHIND_D, CLEAR_2, CARRY_2, MXFP4_2, STORE_2)

#define MXFP4_4 BLOCK5(FROM_LESS, ROWS_4, EACH_4, LESS_12, SUM_4)

// func tileMXFP4x4AVX2(a *tileArgs)
TEXT ·tileMXFP4x4AVX2(SB), NOSPLIT, $512-8
	CONSTANTS(TWELVES)
	TILE(BEHIND_D, CLEAR_4, CARRY_4, MXFP4_4, STORE_4)
