// Macros of the tile kernels of plain codes for AVX-512: integers of row r are in Z(r), sums of the
// first twelve rows in Z(20+r). Z18 is the block's scale.

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

// QUADS makes the integers of a block.
#define QUADS(ROWS) \
	ROWS(BEGIN, BEGIN, 0); \
	QUAD(ROWS, 0); \
	QUAD(ROWS, 1); \
	QUAD(ROWS, 2); \
	QUAD(ROWS, 3); \
	QUAD(ROWS, 4); \
	QUAD(ROWS, 5); \
	QUAD(ROWS, 6); \
	QUAD(ROWS, 7)

#define AIM_T MOVQ 80(AX), R15
