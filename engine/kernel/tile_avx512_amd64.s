#include "textflag.h"
#include "tile_avx512_amd64.h"
#include "tile_rows_avx512_amd64.h"

// Tile kernels (tile_avx512_amd64.h) of plain codes (tile_rows_avx512_amd64.h). Sums of rows behind
// the first twelve are on the stack while blocks are added.

// Sums that are kept on the stack go there and come back.
#define SPILL_13 VMOVUPS Z12, (SP)
#define SPILL_14 SPILL_13; VMOVUPS Z13, 64(SP)
#define SPILL_15 SPILL_14; VMOVUPS Z14, 128(SP)
#define SPILL_16 SPILL_15; VMOVUPS Z15, 192(SP)

#define FILL_13 VMOVUPS (SP), Z12
#define FILL_14 FILL_13; VMOVUPS 64(SP), Z13
#define FILL_15 FILL_14; VMOVUPS 128(SP), Z14
#define FILL_16 FILL_15; VMOVUPS 192(SP), Z15

#define PLAIN(ROWS) \
	QUADS(ROWS); \
	VMOVUPS (R8), Z18; \
	ROWS(SUM, SUM_THERE, 0)

#define NEXT_T ADDQ $64, R8; ADDQ R13, R15

#define PLAIN_1 PLAIN(ROWS_1)

// func tilex1AVX512(a *tileArgs)
TEXT ·tilex1AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_1, NOTHING, NOTHING, AIM_T, PLAIN_1, NEXT_T)

#define PLAIN_2 PLAIN(ROWS_2)

// func tilex2AVX512(a *tileArgs)
TEXT ·tilex2AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_2, NOTHING, NOTHING, AIM_T, PLAIN_2, NEXT_T)

#define PLAIN_3 PLAIN(ROWS_3)

// func tilex3AVX512(a *tileArgs)
TEXT ·tilex3AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_3, NOTHING, NOTHING, AIM_T, PLAIN_3, NEXT_T)

#define PLAIN_4 PLAIN(ROWS_4)

// func tilex4AVX512(a *tileArgs)
TEXT ·tilex4AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_4, NOTHING, NOTHING, AIM_T, PLAIN_4, NEXT_T)

#define PLAIN_5 PLAIN(ROWS_5)

// func tilex5AVX512(a *tileArgs)
TEXT ·tilex5AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_5, NOTHING, NOTHING, AIM_T, PLAIN_5, NEXT_T)

#define PLAIN_6 PLAIN(ROWS_6)

// func tilex6AVX512(a *tileArgs)
TEXT ·tilex6AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_6, NOTHING, NOTHING, AIM_T, PLAIN_6, NEXT_T)

#define PLAIN_7 PLAIN(ROWS_7)

// func tilex7AVX512(a *tileArgs)
TEXT ·tilex7AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_7, NOTHING, NOTHING, AIM_T, PLAIN_7, NEXT_T)

#define PLAIN_8 PLAIN(ROWS_8)

// func tilex8AVX512(a *tileArgs)
TEXT ·tilex8AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_8, NOTHING, NOTHING, AIM_T, PLAIN_8, NEXT_T)

#define PLAIN_9 PLAIN(ROWS_9)

// func tilex9AVX512(a *tileArgs)
TEXT ·tilex9AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_9, NOTHING, NOTHING, AIM_T, PLAIN_9, NEXT_T)

#define PLAIN_10 PLAIN(ROWS_10)

// func tilex10AVX512(a *tileArgs)
TEXT ·tilex10AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_10, NOTHING, NOTHING, AIM_T, PLAIN_10, NEXT_T)

#define PLAIN_11 PLAIN(ROWS_11)

// func tilex11AVX512(a *tileArgs)
TEXT ·tilex11AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_11, NOTHING, NOTHING, AIM_T, PLAIN_11, NEXT_T)

#define PLAIN_12 PLAIN(ROWS_12)

// func tilex12AVX512(a *tileArgs)
TEXT ·tilex12AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_12, NOTHING, NOTHING, AIM_T, PLAIN_12, NEXT_T)

#define PLAIN_13 PLAIN(ROWS_13)

// func tilex13AVX512(a *tileArgs)
TEXT ·tilex13AVX512(SB), NOSPLIT, $64-8
	TILE(SUMS_13, SPILL_13, FILL_13, AIM_T, PLAIN_13, NEXT_T)

#define PLAIN_14 PLAIN(ROWS_14)

// func tilex14AVX512(a *tileArgs)
TEXT ·tilex14AVX512(SB), NOSPLIT, $128-8
	TILE(SUMS_14, SPILL_14, FILL_14, AIM_T, PLAIN_14, NEXT_T)

#define PLAIN_15 PLAIN(ROWS_15)

// func tilex15AVX512(a *tileArgs)
TEXT ·tilex15AVX512(SB), NOSPLIT, $192-8
	TILE(SUMS_15, SPILL_15, FILL_15, AIM_T, PLAIN_15, NEXT_T)

#define PLAIN_16 PLAIN(ROWS_16)

// func tilex16AVX512(a *tileArgs)
TEXT ·tilex16AVX512(SB), NOSPLIT, $256-8
	TILE(SUMS_16, SPILL_16, FILL_16, AIM_T, PLAIN_16, NEXT_T)
