#include "textflag.h"
#include "tile_avx512_amd64.h"
#include "tile_rows_avx512_amd64.h"

// Kernels of few rows for Q8_0: those of tile_avx512_amd64.s, but that scales are float16 numbers and
// read where the matrix has them. To unpack them first takes a quarter of the time of all products of
// three rows.

// NEAR is how far ahead scales are fetched.
#define NEAR 512

#define NEXT_SCALES ADDQ $32, R8; ADDQ R13, R15

#define FEW(ROWS) \
	PREFETCHT0 NEAR(R8); \
	QUADS(ROWS); \
	VCVTPH2PS (R8), Z18; \
	ROWS(SUM, SUM, 0)

#define FEW_2 FEW(ROWS_2)

// func fewQ8_0x2AVX512(a *tileArgs)
TEXT ·fewQ8_0x2AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_2, NOTHING, NOTHING, AIM_T, FEW_2, NEXT_SCALES)

#define FEW_3 FEW(ROWS_3)

// func fewQ8_0x3AVX512(a *tileArgs)
TEXT ·fewQ8_0x3AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_3, NOTHING, NOTHING, AIM_T, FEW_3, NEXT_SCALES)

#define FEW_4 FEW(ROWS_4)

// func fewQ8_0x4AVX512(a *tileArgs)
TEXT ·fewQ8_0x4AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_4, NOTHING, NOTHING, AIM_T, FEW_4, NEXT_SCALES)

#define FEW_5 FEW(ROWS_5)

// func fewQ8_0x5AVX512(a *tileArgs)
TEXT ·fewQ8_0x5AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_5, NOTHING, NOTHING, AIM_T, FEW_5, NEXT_SCALES)

#define FEW_6 FEW(ROWS_6)

// func fewQ8_0x6AVX512(a *tileArgs)
TEXT ·fewQ8_0x6AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_6, NOTHING, NOTHING, AIM_T, FEW_6, NEXT_SCALES)

#define FEW_7 FEW(ROWS_7)

// func fewQ8_0x7AVX512(a *tileArgs)
TEXT ·fewQ8_0x7AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_7, NOTHING, NOTHING, AIM_T, FEW_7, NEXT_SCALES)

#define FEW_8 FEW(ROWS_8)

// func fewQ8_0x8AVX512(a *tileArgs)
TEXT ·fewQ8_0x8AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_8, NOTHING, NOTHING, AIM_T, FEW_8, NEXT_SCALES)

#define FEW_9 FEW(ROWS_9)

// func fewQ8_0x9AVX512(a *tileArgs)
TEXT ·fewQ8_0x9AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_9, NOTHING, NOTHING, AIM_T, FEW_9, NEXT_SCALES)

#define FEW_10 FEW(ROWS_10)

// func fewQ8_0x10AVX512(a *tileArgs)
TEXT ·fewQ8_0x10AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_10, NOTHING, NOTHING, AIM_T, FEW_10, NEXT_SCALES)

#define FEW_11 FEW(ROWS_11)

// func fewQ8_0x11AVX512(a *tileArgs)
TEXT ·fewQ8_0x11AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_11, NOTHING, NOTHING, AIM_T, FEW_11, NEXT_SCALES)

#define FEW_12 FEW(ROWS_12)

// func fewQ8_0x12AVX512(a *tileArgs)
TEXT ·fewQ8_0x12AVX512(SB), NOSPLIT, $0-8
	TILE(SUMS_12, NOTHING, NOTHING, AIM_T, FEW_12, NEXT_SCALES)
