#include "textflag.h"
#include "tile_avx2_amd64.h"

// SIGNED adds the products of a quad of 16 rows with q to two rows' integers: absolute
// values of weights, Y10 and Y11, times q with the sign of the weight, Y8 and Y9. A weight
// of -128 is 128 then, and pairs fit a word.
#define SIGNED(q, A, B) \
	VPBROADCASTD q, Y12; \
	VPSIGNB      Y8, Y12, Y13; \
	VPSIGNB      Y9, Y12, Y14; \
	VPMADDUBSW   Y13, Y10, Y13; \
	VPMADDUBSW   Y14, Y11, Y14; \
	VPMADDWD     Y15, Y13, Y13; \
	VPMADDWD     Y15, Y14, Y14; \
	VPADDD       Y13, A, A; \
	VPADDD       Y14, B, B

#define SIGNED_1(q) SIGNED(q(SI), Y0, Y1)
#define SIGNED_2(q) SIGNED_1(q); SIGNED(q+32(SI), Y2, Y3)
#define SIGNED_4(q) SIGNED_2(q); SIGNED(q+64(SI), Y4, Y5); SIGNED(q+96(SI), Y6, Y7)

#define QUAD(j, ROWS) \
	PREFETCHT0 64*j+FAR(BX); \
	VMOVDQU    64*j(BX), Y8; \
	VMOVDQU    64*j+32(BX), Y9; \
	VPABSB     Y8, Y10; \
	VPABSB     Y9, Y11; \
	ROWS(4*j)

#define QUADS(ROWS) \
	QUAD(0, ROWS); \
	QUAD(1, ROWS); \
	QUAD(2, ROWS); \
	QUAD(3, ROWS); \
	QUAD(4, ROWS); \
	QUAD(5, ROWS); \
	QUAD(6, ROWS); \
	QUAD(7, ROWS)

#define BLOCK_1 ZERO_1; QUADS(SIGNED_1); SCALES; SUM_1
#define BLOCK_2 ZERO_2; QUADS(SIGNED_2); SCALES; SUM_2
#define BLOCK_4 ZERO_4; QUADS(SIGNED_4); SCALES; SUM_4

// func tilex1AVX2(a *tileArgs)
TEXT ·tilex1AVX2(SB), NOSPLIT, $64-8
	VMOVDQU ONE_WORDS, Y15
	TILE(NOTHING, CLEAR_1, CARRY_1, BLOCK_1, STORE_1)

// func tilex2AVX2(a *tileArgs)
TEXT ·tilex2AVX2(SB), NOSPLIT, $128-8
	VMOVDQU ONE_WORDS, Y15
	TILE(NOTHING, CLEAR_2, CARRY_2, BLOCK_2, STORE_2)

// func tilex4AVX2(a *tileArgs)
TEXT ·tilex4AVX2(SB), NOSPLIT, $256-8
	VMOVDQU ONE_WORDS, Y15
	TILE(NOTHING, CLEAR_4, CARRY_4, BLOCK_4, STORE_4)
