#include "textflag.h"
#include "tile_avx512_amd64.h"

// Tile kernels (tile_avx512_amd64.h) of codes with sub-scales: integers of row r's first half
// are in Z(r), of the second in Z(8+r), sums in Z(20+r). Z28 is the block's scale, Z29 and Z30
// its sub-scales, Z31 is 128. Z18 and Z19 are scratch.

// ROWS has M take a row, its integers and its sums.
#define ROWS_1(M, j) M(j, 0, Z0, Z8, Z20)
#define ROWS_2(M, j) ROWS_1(M, j); M(j, 1, Z1, Z9, Z21)
#define ROWS_3(M, j) ROWS_2(M, j); M(j, 2, Z2, Z10, Z22)
#define ROWS_4(M, j) ROWS_3(M, j); M(j, 3, Z3, Z11, Z23)
#define ROWS_5(M, j) ROWS_4(M, j); M(j, 4, Z4, Z12, Z24)
#define ROWS_6(M, j) ROWS_5(M, j); M(j, 5, Z5, Z13, Z25)
#define ROWS_7(M, j) ROWS_6(M, j); M(j, 6, Z6, Z14, Z26)
#define ROWS_8(M, j) ROWS_7(M, j); M(j, 7, Z7, Z15, Z27)

#define SUMS_1(M) M(0, Z20)
#define SUMS_2(M) SUMS_1(M); M(1, Z21)
#define SUMS_3(M) SUMS_2(M); M(2, Z22)
#define SUMS_4(M) SUMS_3(M); M(3, Z23)
#define SUMS_5(M) SUMS_4(M); M(4, Z24)
#define SUMS_6(M) SUMS_5(M); M(5, Z25)
#define SUMS_7(M) SUMS_6(M); M(6, Z26)
#define SUMS_8(M) SUMS_7(M); M(7, Z27)

#define BEGIN(j, r, A, B, S) \
	VPXORD A, A, A; \
	VPXORD B, B, B

#define MULTIPLY_LOW(j, r, A, B, S) TIMES(j, r, A)
#define MULTIPLY_HIGH(j, r, A, B, S) TIMES(j, r, B)

// SUM adds the integers of both halves, less what the flip of signs added to them, each
// times its sub-scale, times both scales to a row's sums. All but that is exact.
#define SUM(j, r, A, B, S) \
	VMULPS.BCST      4*r(DI), Z28, Z18; \
	VCVTDQ2PS        A, A; \
	VCVTDQ2PS        B, B; \
	VFMADD231PS.BCST 8*r(R14), Z31, A; \
	VFMADD231PS.BCST 8*r+4(R14), Z31, B; \
	VMULPS           Z29, A, A; \
	VFMADD231PS      Z30, B, A; \
	VFMADD231PS      A, Z18, S

#define LOW(ROWS, j) \
	FLIP(j); \
	ROWS(MULTIPLY_LOW, j)

#define HIGH(ROWS, j) \
	FLIP(j); \
	ROWS(MULTIPLY_HIGH, j)

#define IN_HALVES(ROWS) \
	ROWS(BEGIN, 0); \
	LOW(ROWS, 0); \
	LOW(ROWS, 1); \
	LOW(ROWS, 2); \
	LOW(ROWS, 3); \
	HIGH(ROWS, 4); \
	HIGH(ROWS, 5); \
	HIGH(ROWS, 6); \
	HIGH(ROWS, 7); \
	VMOVUPS (R8), Z28; \
	VMOVUPS (R15), Z29; \
	VMOVUPS 64(R15), Z30; \
	ROWS(SUM, 0)

#define BIAS \
	MOVL         $0x43000000, CX; \
	VPBROADCASTD CX, Z31 // 128

#define AIM_SUB \
	MOVQ R12, R15; \
	SUBQ 8(AX), R15; \
	ADDQ R15, R15; \
	ADDQ 16(AX), R15; \
	MOVQ 176(AX), R14

#define NEXT_SUB \
	ADDQ $64, R8; \
	ADDQ $128, R15; \
	LEAQ (R14)(R13*2), R14

#define IN_HALVES_1 IN_HALVES(ROWS_1)

// func halvesx1AVX512(a *tileArgs)
TEXT ·halvesx1AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_1, NOTHING, NOTHING, AIM_SUB, IN_HALVES_1, NEXT_SUB)

#define IN_HALVES_2 IN_HALVES(ROWS_2)

// func halvesx2AVX512(a *tileArgs)
TEXT ·halvesx2AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_2, NOTHING, NOTHING, AIM_SUB, IN_HALVES_2, NEXT_SUB)

#define IN_HALVES_3 IN_HALVES(ROWS_3)

// func halvesx3AVX512(a *tileArgs)
TEXT ·halvesx3AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_3, NOTHING, NOTHING, AIM_SUB, IN_HALVES_3, NEXT_SUB)

#define IN_HALVES_4 IN_HALVES(ROWS_4)

// func halvesx4AVX512(a *tileArgs)
TEXT ·halvesx4AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_4, NOTHING, NOTHING, AIM_SUB, IN_HALVES_4, NEXT_SUB)

#define IN_HALVES_5 IN_HALVES(ROWS_5)

// func halvesx5AVX512(a *tileArgs)
TEXT ·halvesx5AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_5, NOTHING, NOTHING, AIM_SUB, IN_HALVES_5, NEXT_SUB)

#define IN_HALVES_6 IN_HALVES(ROWS_6)

// func halvesx6AVX512(a *tileArgs)
TEXT ·halvesx6AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_6, NOTHING, NOTHING, AIM_SUB, IN_HALVES_6, NEXT_SUB)

#define IN_HALVES_7 IN_HALVES(ROWS_7)

// func halvesx7AVX512(a *tileArgs)
TEXT ·halvesx7AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_7, NOTHING, NOTHING, AIM_SUB, IN_HALVES_7, NEXT_SUB)

#define IN_HALVES_8 IN_HALVES(ROWS_8)

// func halvesx8AVX512(a *tileArgs)
TEXT ·halvesx8AVX512(SB), NOSPLIT, $0-8
	BIAS
	TILE(SUMS_8, NOTHING, NOTHING, AIM_SUB, IN_HALVES_8, NEXT_SUB)
