#include "textflag.h"

// Tile kernels for AVX-512: unpacked groups of 16 weight rows times some activation rows.
//
//	AX  *tileArgs    R14 groups left   R12 codes of the group   R13 its scale   R11 its sub
//	CX  blocks left  BX  codes         R8  scale                R15 sub
//	SI  q            R10 its step      DI  d    R9  t or h      DX  to
//
// Z0 to Z7 are the rows' running sums, Z8 to Z15 their integers, Z16 to Z23 those of the
// second half; Z28 and Z29 are the sub-scales, Z30 the scale, Z31 the signs that are
// flipped to make codes unsigned, which adds 128 to each.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0, one strip.

#define FLIPS \
	MOVL         $0x80808080, CX; \
	VPBROADCASTD CX, Z31

#define LOAD_TILE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), R12; \
	MOVQ 8(AX), R13; \
	MOVQ 16(AX), R11; \
	MOVQ 32(AX), R14; \
	MOVQ 64(AX), R10; \
	MOVQ 112(AX), DX; \
	FLIPS

// FROM makes SI the group's sums to go on from.
#define FROM \
	MOVQ  32(AX), SI; \
	SUBQ  R14, SI; \
	IMULQ 104(AX), SI; \
	ADDQ  96(AX), SI

#define LOAD_GROUP(more) \
	MOVQ 24(AX), CX; \
	MOVQ 56(AX), SI; \
	MOVQ 72(AX), DI; \
	MOVQ more(AX), R9; \
	MOVQ R12, BX; \
	MOVQ R13, R8; \
	MOVQ R11, R15

#define CLEAR(Z) VPXORD Z, Z, Z

// TILE is a whole kernel; more is where tileArgs has what R9 points at, and NEXT goes on
// with it.
#define TILE(CLEARS, CARRIES, BLOCK, STORES, more, NEXT) \
	LOAD_TILE; \
group: \
	CLEARS; \
	CMPQ 96(AX), $0; \
	JE   begin; \
	FROM; \
	CARRIES; \
begin: \
	LOAD_GROUP(more); \
block: \
	BLOCK; \
	ADDQ $512, BX; \
	ADDQ $64, R8; \
	ADDQ R10, SI; \
	ADDQ 88(AX), DI; \
	NEXT; \
	DECQ CX; \
	JNZ  block; \
	MOVQ DX, SI; \
	MOVQ 120(AX), DI; \
	STORES; \
	ADDQ 128(AX), DX; \
	ADDQ 40(AX), R12; \
	MOVQ 48(AX), SI; \
	ADDQ SI, R13; \
	LEAQ (R11)(SI*2), R11; \
	DECQ R14; \
	JNZ  group; \
	VZEROUPPER; \
	RET

#define NEXT_T ADDQ 88(AX), R9

#define NEXT_H \
	ADDQ 88(AX), R9; \
	ADDQ 88(AX), R9; \
	ADDQ $128, R15

#define STORE(Z) \
	VMOVUPS Z, (SI); \
	ADDQ    DI, SI

#define CODES(j) \
	VPXORD 64*j(BX), Z31, Z24

#define TIMES(r, j, Z) VPDPBUSD.BCST 32*r+4*j(SI), Z24, Z

// SUM adds integers of row r, times both scales, to its sums.
#define SUM(r, ints, sum) \
	VCVTDQ2PS   ints, ints; \
	VMULPS.BCST 4*r(DI), Z30, Z25; \
	VFMADD231PS ints, Z25, sum

// HALF_SUMS is SUM for both halves, times their sub-scales; all is exact but the last.
#define HALF_SUMS(r, low, high, sum) \
	VCVTDQ2PS        low, low; \
	VCVTDQ2PS        high, high; \
	VFMADD231PS.BCST 8*r(R9), Z27, low; \
	VFMADD231PS.BCST 8*r+4(R9), Z27, high; \
	VMULPS           Z28, low, low; \
	VFMADD231PS      Z29, high, low; \
	VMULPS.BCST      4*r(DI), Z30, Z25; \
	VFMADD231PS      low, Z25, sum

#define CLEAR_8 \
	CLEAR(Z0); \
	CLEAR(Z1); \
	CLEAR(Z2); \
	CLEAR(Z3); \
	CLEAR(Z4); \
	CLEAR(Z5); \
	CLEAR(Z6); \
	CLEAR(Z7)

#define CARRY_8 \
	VMOVUPS 0(SI), Z0; \
	VMOVUPS 64(SI), Z1; \
	VMOVUPS 128(SI), Z2; \
	VMOVUPS 192(SI), Z3; \
	VMOVUPS 256(SI), Z4; \
	VMOVUPS 320(SI), Z5; \
	VMOVUPS 384(SI), Z6; \
	VMOVUPS 448(SI), Z7

#define STORE_8 \
	STORE(Z0); \
	STORE(Z1); \
	STORE(Z2); \
	STORE(Z3); \
	STORE(Z4); \
	STORE(Z5); \
	STORE(Z6); \
	STORE(Z7)

#define QUAD_8(j) \
	CODES(j); \
	TIMES(0, j, Z8); \
	TIMES(1, j, Z9); \
	TIMES(2, j, Z10); \
	TIMES(3, j, Z11); \
	TIMES(4, j, Z12); \
	TIMES(5, j, Z13); \
	TIMES(6, j, Z14); \
	TIMES(7, j, Z15)

#define BLOCK_8 \
	VMOVUPS (R8), Z30; \
	VPBROADCASTD 0(R9), Z8; \
	VPBROADCASTD 4(R9), Z9; \
	VPBROADCASTD 8(R9), Z10; \
	VPBROADCASTD 12(R9), Z11; \
	VPBROADCASTD 16(R9), Z12; \
	VPBROADCASTD 20(R9), Z13; \
	VPBROADCASTD 24(R9), Z14; \
	VPBROADCASTD 28(R9), Z15; \
	QUAD_8(0); \
	QUAD_8(1); \
	QUAD_8(2); \
	QUAD_8(3); \
	QUAD_8(4); \
	QUAD_8(5); \
	QUAD_8(6); \
	QUAD_8(7); \
	SUM(0, Z8, Z0); \
	SUM(1, Z9, Z1); \
	SUM(2, Z10, Z2); \
	SUM(3, Z11, Z3); \
	SUM(4, Z12, Z4); \
	SUM(5, Z13, Z5); \
	SUM(6, Z14, Z6); \
	SUM(7, Z15, Z7)

// func tilex8AVX512(a *tileArgs)
TEXT ·tilex8AVX512(SB), NOSPLIT, $0-8
	TILE(CLEAR_8, CARRY_8, BLOCK_8, STORE_8, 80, NEXT_T)

#define HIGH_8(j) \
	CODES(j); \
	TIMES(0, j, Z16); \
	TIMES(1, j, Z17); \
	TIMES(2, j, Z18); \
	TIMES(3, j, Z19); \
	TIMES(4, j, Z20); \
	TIMES(5, j, Z21); \
	TIMES(6, j, Z22); \
	TIMES(7, j, Z23)

#define HALVES_8 \
	VMOVUPS (R8), Z30; \
	VMOVUPS (R15), Z28; \
	VMOVUPS 64(R15), Z29; \
	CLEAR(Z8); \
	CLEAR(Z9); \
	CLEAR(Z10); \
	CLEAR(Z11); \
	CLEAR(Z12); \
	CLEAR(Z13); \
	CLEAR(Z14); \
	CLEAR(Z15); \
	CLEAR(Z16); \
	CLEAR(Z17); \
	CLEAR(Z18); \
	CLEAR(Z19); \
	CLEAR(Z20); \
	CLEAR(Z21); \
	CLEAR(Z22); \
	CLEAR(Z23); \
	QUAD_8(0); \
	QUAD_8(1); \
	QUAD_8(2); \
	QUAD_8(3); \
	HIGH_8(4); \
	HIGH_8(5); \
	HIGH_8(6); \
	HIGH_8(7); \
	HALF_SUMS(0, Z8, Z16, Z0); \
	HALF_SUMS(1, Z9, Z17, Z1); \
	HALF_SUMS(2, Z10, Z18, Z2); \
	HALF_SUMS(3, Z11, Z19, Z3); \
	HALF_SUMS(4, Z12, Z20, Z4); \
	HALF_SUMS(5, Z13, Z21, Z5); \
	HALF_SUMS(6, Z14, Z22, Z6); \
	HALF_SUMS(7, Z15, Z23, Z7)

// func halvesx8AVX512(a *tileArgs)
TEXT ·halvesx8AVX512(SB), NOSPLIT, $0-8
	MOVL         $0x43000000, CX // 128
	VPBROADCASTD CX, Z27
	TILE(CLEAR_8, CARRY_8, HALVES_8, STORE_8, 176, NEXT_H)

#define CLEAR_4 \
	CLEAR(Z0); \
	CLEAR(Z1); \
	CLEAR(Z2); \
	CLEAR(Z3)

#define CARRY_4 \
	VMOVUPS 0(SI), Z0; \
	VMOVUPS 64(SI), Z1; \
	VMOVUPS 128(SI), Z2; \
	VMOVUPS 192(SI), Z3

#define STORE_4 \
	STORE(Z0); \
	STORE(Z1); \
	STORE(Z2); \
	STORE(Z3)

#define QUAD_4(j) \
	CODES(j); \
	TIMES(0, j, Z8); \
	TIMES(1, j, Z9); \
	TIMES(2, j, Z10); \
	TIMES(3, j, Z11)

#define BLOCK_4 \
	VMOVUPS (R8), Z30; \
	VPBROADCASTD 0(R9), Z8; \
	VPBROADCASTD 4(R9), Z9; \
	VPBROADCASTD 8(R9), Z10; \
	VPBROADCASTD 12(R9), Z11; \
	QUAD_4(0); \
	QUAD_4(1); \
	QUAD_4(2); \
	QUAD_4(3); \
	QUAD_4(4); \
	QUAD_4(5); \
	QUAD_4(6); \
	QUAD_4(7); \
	SUM(0, Z8, Z0); \
	SUM(1, Z9, Z1); \
	SUM(2, Z10, Z2); \
	SUM(3, Z11, Z3)

// func tilex4AVX512(a *tileArgs)
TEXT ·tilex4AVX512(SB), NOSPLIT, $0-8
	TILE(CLEAR_4, CARRY_4, BLOCK_4, STORE_4, 80, NEXT_T)

#define HIGH_4(j) \
	CODES(j); \
	TIMES(0, j, Z16); \
	TIMES(1, j, Z17); \
	TIMES(2, j, Z18); \
	TIMES(3, j, Z19)

#define HALVES_4 \
	VMOVUPS (R8), Z30; \
	VMOVUPS (R15), Z28; \
	VMOVUPS 64(R15), Z29; \
	CLEAR(Z8); \
	CLEAR(Z9); \
	CLEAR(Z10); \
	CLEAR(Z11); \
	CLEAR(Z16); \
	CLEAR(Z17); \
	CLEAR(Z18); \
	CLEAR(Z19); \
	QUAD_4(0); \
	QUAD_4(1); \
	QUAD_4(2); \
	QUAD_4(3); \
	HIGH_4(4); \
	HIGH_4(5); \
	HIGH_4(6); \
	HIGH_4(7); \
	HALF_SUMS(0, Z8, Z16, Z0); \
	HALF_SUMS(1, Z9, Z17, Z1); \
	HALF_SUMS(2, Z10, Z18, Z2); \
	HALF_SUMS(3, Z11, Z19, Z3)

// func halvesx4AVX512(a *tileArgs)
TEXT ·halvesx4AVX512(SB), NOSPLIT, $0-8
	MOVL         $0x43000000, CX // 128
	VPBROADCASTD CX, Z27
	TILE(CLEAR_4, CARRY_4, HALVES_4, STORE_4, 176, NEXT_H)

#define CLEAR_2 \
	CLEAR(Z0); \
	CLEAR(Z1)

#define CARRY_2 \
	VMOVUPS 0(SI), Z0; \
	VMOVUPS 64(SI), Z1

#define STORE_2 \
	STORE(Z0); \
	STORE(Z1)

#define QUAD_2(j) \
	CODES(j); \
	TIMES(0, j, Z8); \
	TIMES(1, j, Z9)

#define BLOCK_2 \
	VMOVUPS (R8), Z30; \
	VPBROADCASTD 0(R9), Z8; \
	VPBROADCASTD 4(R9), Z9; \
	QUAD_2(0); \
	QUAD_2(1); \
	QUAD_2(2); \
	QUAD_2(3); \
	QUAD_2(4); \
	QUAD_2(5); \
	QUAD_2(6); \
	QUAD_2(7); \
	SUM(0, Z8, Z0); \
	SUM(1, Z9, Z1)

// func tilex2AVX512(a *tileArgs)
TEXT ·tilex2AVX512(SB), NOSPLIT, $0-8
	TILE(CLEAR_2, CARRY_2, BLOCK_2, STORE_2, 80, NEXT_T)

#define HIGH_2(j) \
	CODES(j); \
	TIMES(0, j, Z16); \
	TIMES(1, j, Z17)

#define HALVES_2 \
	VMOVUPS (R8), Z30; \
	VMOVUPS (R15), Z28; \
	VMOVUPS 64(R15), Z29; \
	CLEAR(Z8); \
	CLEAR(Z9); \
	CLEAR(Z16); \
	CLEAR(Z17); \
	QUAD_2(0); \
	QUAD_2(1); \
	QUAD_2(2); \
	QUAD_2(3); \
	HIGH_2(4); \
	HIGH_2(5); \
	HIGH_2(6); \
	HIGH_2(7); \
	HALF_SUMS(0, Z8, Z16, Z0); \
	HALF_SUMS(1, Z9, Z17, Z1)

// func halvesx2AVX512(a *tileArgs)
TEXT ·halvesx2AVX512(SB), NOSPLIT, $0-8
	MOVL         $0x43000000, CX // 128
	VPBROADCASTD CX, Z27
	TILE(CLEAR_2, CARRY_2, HALVES_2, STORE_2, 176, NEXT_H)

#define CLEAR_1 \
	CLEAR(Z0)

#define CARRY_1 \
	VMOVUPS 0(SI), Z0

#define STORE_1 \
	STORE(Z0)

#define QUAD_1(j) \
	CODES(j); \
	TIMES(0, j, Z8)

#define BLOCK_1 \
	VMOVUPS (R8), Z30; \
	VPBROADCASTD 0(R9), Z8; \
	QUAD_1(0); \
	QUAD_1(1); \
	QUAD_1(2); \
	QUAD_1(3); \
	QUAD_1(4); \
	QUAD_1(5); \
	QUAD_1(6); \
	QUAD_1(7); \
	SUM(0, Z8, Z0)

// func tilex1AVX512(a *tileArgs)
TEXT ·tilex1AVX512(SB), NOSPLIT, $0-8
	TILE(CLEAR_1, CARRY_1, BLOCK_1, STORE_1, 80, NEXT_T)

#define HIGH_1(j) \
	CODES(j); \
	TIMES(0, j, Z16)

#define HALVES_1 \
	VMOVUPS (R8), Z30; \
	VMOVUPS (R15), Z28; \
	VMOVUPS 64(R15), Z29; \
	CLEAR(Z8); \
	CLEAR(Z16); \
	QUAD_1(0); \
	QUAD_1(1); \
	QUAD_1(2); \
	QUAD_1(3); \
	HIGH_1(4); \
	HIGH_1(5); \
	HIGH_1(6); \
	HIGH_1(7); \
	HALF_SUMS(0, Z8, Z16, Z0)

// func halvesx1AVX512(a *tileArgs)
TEXT ·halvesx1AVX512(SB), NOSPLIT, $0-8
	MOVL         $0x43000000, CX // 128
	VPBROADCASTD CX, Z27
	TILE(CLEAR_1, CARRY_1, HALVES_1, STORE_1, 176, NEXT_H)
