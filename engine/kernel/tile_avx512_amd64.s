#include "textflag.h"
#include "tile_avx512_amd64.h"

// Tile kernels (tile_avx512_amd64.h) of plain codes: integers of row r are in Z(r), sums of
// the first twelve rows in Z(20+r), of the others on the stack while blocks are added. Z18 is
// the block's scale.

// ROWS has M take a row, its integers and its sums, and N the rows whose sums are on the stack.
#define ROWS_1(M, N, j) M(j, 0, Z0, Z20)
#define ROWS_2(M, N, j) ROWS_1(M, N, j); M(j, 1, Z1, Z21)
#define ROWS_3(M, N, j) ROWS_2(M, N, j); M(j, 2, Z2, Z22)
#define ROWS_4(M, N, j) ROWS_3(M, N, j); M(j, 3, Z3, Z23)
#define ROWS_5(M, N, j) ROWS_4(M, N, j); M(j, 4, Z4, Z24)
#define ROWS_6(M, N, j) ROWS_5(M, N, j); M(j, 5, Z5, Z25)
#define ROWS_7(M, N, j) ROWS_6(M, N, j); M(j, 6, Z6, Z26)
#define ROWS_8(M, N, j) ROWS_7(M, N, j); M(j, 7, Z7, Z27)
#define ROWS_9(M, N, j) ROWS_8(M, N, j); M(j, 8, Z8, Z28)
#define ROWS_10(M, N, j) ROWS_9(M, N, j); M(j, 9, Z9, Z29)
#define ROWS_11(M, N, j) ROWS_10(M, N, j); M(j, 10, Z10, Z30)
#define ROWS_12(M, N, j) ROWS_11(M, N, j); M(j, 11, Z11, Z31)
#define ROWS_13(M, N, j) ROWS_12(M, N, j); N(j, 12, Z12, 0(SP))
#define ROWS_14(M, N, j) ROWS_13(M, N, j); N(j, 13, Z13, 64(SP))
#define ROWS_15(M, N, j) ROWS_14(M, N, j); N(j, 14, Z14, 128(SP))
#define ROWS_16(M, N, j) ROWS_15(M, N, j); N(j, 15, Z15, 192(SP))

// SUMS has M take a row and a register of its sums, of the last four that of its integers.
#define SUMS_1(M) M(0, Z20)
#define SUMS_2(M) SUMS_1(M); M(1, Z21)
#define SUMS_3(M) SUMS_2(M); M(2, Z22)
#define SUMS_4(M) SUMS_3(M); M(3, Z23)
#define SUMS_5(M) SUMS_4(M); M(4, Z24)
#define SUMS_6(M) SUMS_5(M); M(5, Z25)
#define SUMS_7(M) SUMS_6(M); M(6, Z26)
#define SUMS_8(M) SUMS_7(M); M(7, Z27)
#define SUMS_9(M) SUMS_8(M); M(8, Z28)
#define SUMS_10(M) SUMS_9(M); M(9, Z29)
#define SUMS_11(M) SUMS_10(M); M(10, Z30)
#define SUMS_12(M) SUMS_11(M); M(11, Z31)
#define SUMS_13(M) SUMS_12(M); M(12, Z12)
#define SUMS_14(M) SUMS_13(M); M(13, Z13)
#define SUMS_15(M) SUMS_14(M); M(14, Z14)
#define SUMS_16(M) SUMS_15(M); M(15, Z15)

// Sums that are kept on the stack go there and come back.
#define SPILL_13 VMOVUPS Z12, (SP)
#define SPILL_14 SPILL_13; VMOVUPS Z13, 64(SP)
#define SPILL_15 SPILL_14; VMOVUPS Z14, 128(SP)
#define SPILL_16 SPILL_15; VMOVUPS Z15, 192(SP)

#define FILL_13 VMOVUPS (SP), Z12
#define FILL_14 FILL_13; VMOVUPS 64(SP), Z13
#define FILL_15 FILL_14; VMOVUPS 128(SP), Z14
#define FILL_16 FILL_15; VMOVUPS 192(SP), Z15

#define BEGIN(j, r, A, S) VPBROADCASTD 4*r(R15), A
#define MULTIPLY(j, r, A, S) TIMES(j, r, A)

// SUM adds integers times both scales to a row's sums, SUM_THERE to those in memory.

#define SUM(j, r, A, S) \
	VMULPS.BCST 4*r(DI), Z18, Z19; \
	VCVTDQ2PS   A, A; \
	VFMADD231PS A, Z19, S

#define SUM_THERE(j, r, A, S) \
	VMULPS.BCST 4*r(DI), Z18, Z19; \
	VCVTDQ2PS   A, A; \
	VFMADD213PS S, Z19, A; \
	VMOVUPS     A, S

#define QUAD(ROWS, j) \
	FLIP(j); \
	ROWS(MULTIPLY, MULTIPLY, j)

#define PLAIN(ROWS) \
	ROWS(BEGIN, BEGIN, 0); \
	QUAD(ROWS, 0); \
	QUAD(ROWS, 1); \
	QUAD(ROWS, 2); \
	QUAD(ROWS, 3); \
	QUAD(ROWS, 4); \
	QUAD(ROWS, 5); \
	QUAD(ROWS, 6); \
	QUAD(ROWS, 7); \
	VMOVUPS (R8), Z18; \
	ROWS(SUM, SUM_THERE, 0)

#define AIM_T MOVQ 80(AX), R15
#define NEXT_T ADDQ R13, R15

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
