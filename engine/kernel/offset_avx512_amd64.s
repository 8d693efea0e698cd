#include "textflag.h"

// Offset kernels for AVX-512: the second running sums of one group's 16 weight rows, a
// vector, and up to 16 activation rows, eight, four, two or one at once.
//
//	AX  *offsetArgs   BX  rows left   CX  blocks left
//	SI  m             DI  min         R8  the first row's s (d, of minimums)   R9 its h
//	R10 from or nil   R11 add or nil  DX  to
//	R12 bytes between blocks of s     R13 of h
//	R14 where the first row's s begins, R15 where its h begins
//
// Z0 to Z7 are sums. Preconditions (kept by Set.Mul): blocks above 0, rows 1 to 16.

#define LOAD_OFFSET \
	MOVQ a+0(FP), AX; \
	MOVQ 24(AX), R14; \
	MOVQ 32(AX), R12; \
	MOVQ 56(AX), R10; \
	MOVQ 64(AX), R11; \
	MOVQ 72(AX), DX; \
	MOVQ 88(AX), BX

#define LOAD_BLOCKS \
	MOVQ 0(AX), SI; \
	MOVQ R14, R8; \
	MOVQ 16(AX), CX

// ROWS has M take a row and its sums.
#define ROWS_1(M) M(0, Z0)
#define ROWS_2(M) ROWS_1(M); M(1, Z1)
#define ROWS_4(M) ROWS_2(M); M(2, Z2); M(3, Z3)
#define ROWS_8(M) ROWS_4(M); M(4, Z4); M(5, Z5); M(6, Z6); M(7, Z7)

#define ZERO(r, S) VPXORD S, S, S
#define FROM(r, S) VMOVUPS 64*r(R10), S
#define ADD(r, S) VADDPS 64*r(R11), S, S
#define TO(r, S) \
	VMOVUPS S, (DX); \
	ADDQ    80(AX), DX

// PRODUCT adds the products of m, Z8, with s.
#define PRODUCT(r, S) VFMADD231PS.BCST 4*r(R8), Z8, S

#define BLOCK_OFFSETS(ROWS) \
	VMOVUPS (SI), Z8; \
	ROWS(PRODUCT); \
	ADDQ $64, SI; \
	ADDQ R12, R8

// MINIMUMS adds minimums, Z9 and Z10, times h, which are exact, times both scales.
#define MINIMUMS(r, S) \
	VMULPS.BCST      4*r(R8), Z8, Z11; \
	VMULPS.BCST      8*r(R9), Z9, Z12; \
	VFMADD231PS.BCST 8*r+4(R9), Z10, Z12; \
	VFMADD231PS      Z11, Z12, S

#define BLOCK_MINIMUMS(ROWS) \
	VMOVUPS (SI), Z8; \
	VMOVUPS (DI), Z9; \
	VMOVUPS 64(DI), Z10; \
	ROWS(MINIMUMS); \
	ADDQ $64, SI; \
	ADDQ $128, DI; \
	ADDQ R12, R8; \
	ADDQ R13, R9

// AT_ONCE takes n rows at once while there are as many; LOAD aims at their blocks, NEXT at
// those of the next rows.
#define AT_ONCE(n, ROWS, LOAD, BLOCK, NEXT, start, block, store, done) \
start: \
	CMPQ BX, $n; \
	JL   done; \
	LOAD; \
	ROWS(ZERO); \
	TESTQ R10, R10; \
	JZ   block; \
	ROWS(FROM); \
	ADDQ $(64*n), R10; \
block: \
	BLOCK(ROWS); \
	DECQ CX; \
	JNZ  block; \
	TESTQ R11, R11; \
	JZ   store; \
	ROWS(ADD); \
	ADDQ $(64*n), R11; \
store: \
	ROWS(TO); \
	NEXT(n); \
	SUBQ $n, BX; \
	JMP  start; \
done:

#define NEXT_S(n) ADDQ $(4*n), R14

// func offsetAVX512(a *offsetArgs)
TEXT ·offsetAVX512(SB), NOSPLIT, $0-8
	LOAD_OFFSET
	AT_ONCE(8, ROWS_8, LOAD_BLOCKS, BLOCK_OFFSETS, NEXT_S, start8, block8, store8, done8)
	AT_ONCE(4, ROWS_4, LOAD_BLOCKS, BLOCK_OFFSETS, NEXT_S, start4, block4, store4, done4)
	AT_ONCE(2, ROWS_2, LOAD_BLOCKS, BLOCK_OFFSETS, NEXT_S, start2, block2, store2, done2)
	AT_ONCE(1, ROWS_1, LOAD_BLOCKS, BLOCK_OFFSETS, NEXT_S, start1, block1, store1, done1)
	VZEROUPPER
	RET

#define LOAD_MINIMUMS \
	LOAD_BLOCKS; \
	MOVQ 8(AX), DI; \
	MOVQ R15, R9

#define NEXT_SH(n) \
	ADDQ $(4*n), R14; \
	ADDQ $(8*n), R15

// func minsAVX512(a *offsetArgs)
TEXT ·minsAVX512(SB), NOSPLIT, $0-8
	LOAD_OFFSET
	MOVQ 40(AX), R15
	MOVQ 48(AX), R13
	AT_ONCE(8, ROWS_8, LOAD_MINIMUMS, BLOCK_MINIMUMS, NEXT_SH, start8, block8, store8, done8)
	AT_ONCE(4, ROWS_4, LOAD_MINIMUMS, BLOCK_MINIMUMS, NEXT_SH, start4, block4, store4, done4)
	AT_ONCE(2, ROWS_2, LOAD_MINIMUMS, BLOCK_MINIMUMS, NEXT_SH, start2, block2, store2, done2)
	AT_ONCE(1, ROWS_1, LOAD_MINIMUMS, BLOCK_MINIMUMS, NEXT_SH, start1, block1, store1, done1)
	VZEROUPPER
	RET
