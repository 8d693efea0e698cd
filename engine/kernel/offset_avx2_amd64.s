#include "textflag.h"

// Offset kernels: the second running sums of one group's 16 weight rows and up to 16
// activation rows.
//
//	AX  *offsetArgs   BX  rows left   CX  blocks left
//	SI  m             DI  min         R8  the row's s (d, of minimums)   R9  its h
//	R10 from or nil   R11 add or nil  DX  to
//	R12 bytes between blocks of s     R13 of h
//	R14 where the row's s begins      R15 where its h begins
//
// Preconditions (kept by Set.Mul): blocks above 0, rows 1 to 16.

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

// Sums of a row are in A and B.

#define ZERO(A, B) \
	VXORPS A, A, A; \
	VXORPS B, B, B

#define FROM(off, A, B) \
	VMOVUPS off(R10), A; \
	VMOVUPS off+32(R10), B

#define ADD(off, A, B) \
	VADDPS off(R11), A, A; \
	VADDPS off+32(R11), B, B

#define TO(A, B) \
	VMOVUPS A, (DX); \
	VMOVUPS B, 32(DX); \
	ADDQ    80(AX), DX

// PRODUCTS adds the products of m, in Y8 and Y9, with s.
#define PRODUCTS(s, T, A, B) \
	VBROADCASTSS s, T; \
	VFMADD231PS  Y8, T, A; \
	VFMADD231PS  Y9, T, B

#define EACH4(M) \
	M(0, Y0, Y1); \
	M(64, Y2, Y3); \
	M(128, Y4, Y5); \
	M(192, Y6, Y7)

// func offsetAVX2(a *offsetArgs)
TEXT ·offsetAVX2(SB), NOSPLIT, $0-8
	LOAD_OFFSET

four:
	CMPQ BX, $4
	JL   rest
	LOAD_BLOCKS
	ZERO(Y0, Y1)
	ZERO(Y2, Y3)
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	TESTQ R10, R10
	JZ   block4
	EACH4(FROM)
	ADDQ $256, R10

block4:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	PRODUCTS((R8), Y10, Y0, Y1)
	PRODUCTS(4(R8), Y11, Y2, Y3)
	PRODUCTS(8(R8), Y12, Y4, Y5)
	PRODUCTS(12(R8), Y13, Y6, Y7)
	ADDQ $64, SI
	ADDQ R12, R8
	DECQ CX
	JNZ  block4

	TESTQ R11, R11
	JZ   store4
	EACH4(ADD)
	ADDQ $256, R11

store4:
	TO(Y0, Y1)
	TO(Y2, Y3)
	TO(Y4, Y5)
	TO(Y6, Y7)
	ADDQ $16, R14
	SUBQ $4, BX
	JMP  four

rest:
	TESTQ BX, BX
	JZ   done

row:
	LOAD_BLOCKS
	ZERO(Y0, Y1)
	TESTQ R10, R10
	JZ   block
	FROM(0, Y0, Y1)
	ADDQ $64, R10

block:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	PRODUCTS((R8), Y10, Y0, Y1)
	ADDQ $64, SI
	ADDQ R12, R8
	DECQ CX
	JNZ  block

	TESTQ R11, R11
	JZ   store
	ADD(0, Y0, Y1)
	ADDQ $64, R11

store:
	TO(Y0, Y1)
	ADDQ $4, R14
	DECQ BX
	JNZ  row

done:
	VZEROUPPER
	RET

// MINIMUMS adds eight rows' of a block: minimums times h, Y6 and Y7, which are exact, times
// both scales, d being Y5.
#define MINIMUMS(off, T, P, sum) \
	VMULPS      off(SI), Y5, T; \
	VMULPS      off(DI), Y6, P; \
	VFMADD231PS off+64(DI), Y7, P; \
	VFMADD231PS T, P, sum

// func minsAVX2(a *offsetArgs)
TEXT ·minsAVX2(SB), NOSPLIT, $0-8
	LOAD_OFFSET
	MOVQ 40(AX), R15
	MOVQ 48(AX), R13

row:
	LOAD_BLOCKS
	MOVQ 8(AX), DI
	MOVQ R15, R9
	ZERO(Y0, Y1)
	TESTQ R10, R10
	JZ   block
	FROM(0, Y0, Y1)
	ADDQ $64, R10

block:
	VBROADCASTSS (R8), Y5
	VBROADCASTSS (R9), Y6
	VBROADCASTSS 4(R9), Y7
	MINIMUMS(0, Y8, Y9, Y0)
	MINIMUMS(32, Y10, Y11, Y1)
	ADDQ $64, SI
	ADDQ $128, DI
	ADDQ R12, R8
	ADDQ R13, R9
	DECQ CX
	JNZ  block

	TESTQ R11, R11
	JZ   store
	ADD(0, Y0, Y1)
	ADDQ $64, R11

store:
	TO(Y0, Y1)
	ADDQ $4, R14
	ADDQ $8, R15
	DECQ BX
	JNZ  row
	VZEROUPPER
	RET
