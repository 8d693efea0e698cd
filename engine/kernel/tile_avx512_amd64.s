#include "textflag.h"

// Tile kernels as in tile_avx2_amd64.s, with the same registers and preconditions,
// for AVX-512 (F, BW, VL, DQ) and VNNI. A register holds twice as many weight rows:
// two with eight lanes each, or sixteen with one number each.

#define LOAD_TILE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), BX; \
	MOVQ 8(AX), R9; \
	MOVQ 32(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 72(AX), DX

// FLOATS is a whole kernel. The lanes of weight rows 0 and 1 are Z0, Z2, Z4, Z6 by
// activation row, those of weight rows 2 and 3 Z1, Z3, Z5, Z7.
#define FLOATS(ROWS, STORE) \
	LOAD_TILE; \
	MOVL    $0x1111, R12; \
	KMOVW   R12, K1; \
group: \
	MOVQ    24(AX), SI; \
	MOVQ    16(AX), CX; \
	SHRQ    $3, CX; \
	VPXORQ  Z0, Z0, Z0; \
	VPXORQ  Z1, Z1, Z1; \
	VPXORQ  Z2, Z2, Z2; \
	VPXORQ  Z3, Z3, Z3; \
	VPXORQ  Z4, Z4, Z4; \
	VPXORQ  Z5, Z5, Z5; \
	VPXORQ  Z6, Z6, Z6; \
	VPXORQ  Z7, Z7, Z7; \
step: \
	VMOVUPS 0(BX), Z8; \
	VMOVUPS 64(BX), Z9; \
	ROWS; \
	ADDQ    $32, SI; \
	ADDQ    $128, BX; \
	DECQ    CX; \
	JNZ     step; \
	STORE; \
	ADDQ    $16, DX; \
	DECQ    R9; \
	JNZ     group; \
	VZEROUPPER; \
	RET

#define TIMES(x, lanes0, lanes1) \
	VBROADCASTF32X8 x, Z10; \
	VMULPS          Z10, Z8, Z11; \
	VMULPS          Z10, Z9, Z12; \
	VADDPS          Z11, lanes0, lanes0; \
	VADDPS          Z12, lanes1, lanes1

#define ROWS_1 TIMES((SI), Z0, Z1)
#define ROWS_2 ROWS_1; TIMES((SI)(R8*1), Z2, Z3)
#define ROWS_4 ROWS_2; TIMES((SI)(R8*2), Z4, Z5); TIMES((SI)(R10*1), Z6, Z7)

// FOLD_STORE folds the lanes of four rows (halves, then pairs, then the two) and
// stores their sums.
#define FOLD_STORE(A, B, addr) \
	VSHUFF32X4  $0x88, B, A, Z10; \
	VSHUFF32X4  $0xdd, B, A, Z11; \
	VADDPS      Z11, Z10, Z10; \
	VPERMILPS   $0x0e, Z10, Z11; \
	VADDPS      Z11, Z10, Z10; \
	VMOVSHDUP   Z10, Z11; \
	VADDPS      Z11, Z10, Z10; \
	VCOMPRESSPS Z10, K1, Z10; \
	VMOVUPS     X10, addr

#define STORE_1 FOLD_STORE(Z0, Z1, (DX))
#define STORE_2 STORE_1; MOVQ 80(AX), SI; FOLD_STORE(Z2, Z3, (DX)(SI*1))
#define STORE_4 STORE_2; FOLD_STORE(Z4, Z5, (DX)(SI*2)); LEAQ (SI)(SI*2), SI; FOLD_STORE(Z6, Z7, (DX)(SI*1))

// func tileF32x1AVX512(a *tileArgs)
TEXT ·tileF32x1AVX512(SB), NOSPLIT, $0-8
	FLOATS(ROWS_1, STORE_1)

// func tileF32x2AVX512(a *tileArgs)
TEXT ·tileF32x2AVX512(SB), NOSPLIT, $0-8
	FLOATS(ROWS_2, STORE_2)

// func tileF32x4AVX512(a *tileArgs)
TEXT ·tileF32x4AVX512(SB), NOSPLIT, $0-8
	FLOATS(ROWS_4, STORE_4)

// Integer kinds, sixteen weight rows: every vector has one number for each of them.
//	Z0..Z3   sums by activation row     Z4..Z7  integer sums of the block
//	Z12..Z15 the offsets' share         Z8      four weights of each row
//	Z9 scratch
//
// Weights are unsigned, offset by 2^shift: the integer sums start at 2^shift x t,
// t being minus the sum of q.

#define ZERO4(A, B, C, D) \
	VPXORQ A, A, A; \
	VPXORQ B, B, B; \
	VPXORQ C, C, C; \
	VPXORQ D, D, D

// INTS is a whole kernel: BLOCK adds a block that takes size bytes of the panel.
#define INTS(START, BLOCK, STORE, offsets, size) \
	LOAD_TILE; \
	MOVQ 64(AX), R11; \
	LEAQ (R11)(R11*2), R13; \
group: \
	MOVQ 24(AX), SI; \
	MOVQ 40(AX), R12; \
	MOVQ offsets(AX), DI; \
	MOVQ 16(AX), CX; \
	SHRQ $5, CX; \
	ZERO4(Z0, Z1, Z2, Z3); \
	ZERO4(Z12, Z13, Z14, Z15); \
	START; \
block: \
	BLOCK; \
	ADDQ $32, SI; \
	ADDQ $4, R12; \
	ADDQ $4, DI; \
	ADDQ $size, BX; \
	DECQ CX; \
	JNZ  block; \
	STORE; \
	ADDQ $64, DX; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

#define FROM_T(t, shift, sum) \
	VPBROADCASTD t, sum; \
	VPSLLD       $shift, sum, sum

#define FROM_T_1(shift) FROM_T((DI), shift, Z4)
#define FROM_T_2(shift) FROM_T_1(shift); FROM_T((DI)(R11*1), shift, Z5)
#define FROM_T_4(shift) FROM_T_2(shift); FROM_T((DI)(R11*2), shift, Z6); FROM_T((DI)(R13*1), shift, Z7)

#define STEP_1(w, q) VMOVDQU32 w(BX), Z8; VPDPBUSD.BCST q(SI), Z8, Z4
#define STEP_2(w, q) STEP_1(w, q); VPDPBUSD.BCST q(SI)(R8*1), Z8, Z5
#define STEP_4(w, q) STEP_2(w, q); VPDPBUSD.BCST q(SI)(R8*2), Z8, Z6; VPDPBUSD.BCST q(SI)(R10*1), Z8, Z7

// FOUR steps of four columns are half a block.
#define FOUR(STEP, off, q) \
	STEP(off+0, q+0); \
	STEP(off+64, q+4); \
	STEP(off+128, q+8); \
	STEP(off+192, q+12)

#define EIGHT(STEP, off) \
	FOUR(STEP, off, 0); \
	FOUR(STEP, off+256, 16)

// SCALED adds the block's sum, times weight scales (Z8) and block scale, to lanes.
#define SCALED(sum, d, lanes) \
	VMULPS.BCST d, Z8, Z9; \
	VCVTDQ2PS   sum, sum; \
	VMULPS      sum, Z9, sum; \
	VADDPS      sum, lanes, lanes

#define SCALED_1 \
	VMOVUPS (BX), Z8; \
	SCALED(Z4, (R12), Z0)
#define SCALED_2 SCALED_1; SCALED(Z5, (R12)(R11*1), Z1)
#define SCALED_4 SCALED_2; SCALED(Z6, (R12)(R11*2), Z2); SCALED(Z7, (R12)(R13*1), Z3)

#define OFFSET(s, offset) \
	VMULPS.BCST s, Z8, Z9; \
	VADDPS      Z9, offset, offset

#define OFFSET_1 \
	VMOVUPS 64(BX), Z8; \
	OFFSET((DI), Z12)
#define OFFSET_2 OFFSET_1; OFFSET((DI)(R11*1), Z13)
#define OFFSET_4 OFFSET_2; OFFSET((DI)(R11*2), Z14); OFFSET((DI)(R13*1), Z15)

// Tiles of one activation row can stop and go on: GO_ON loads the sums, if they are
// kept, PAUSE stores them in place of the results.
#define NOTHING

#define GO_ON \
	MOVQ    96(AX), R14; \
	TESTQ   R14, R14; \
	JZ      block; \
	VMOVUPS (R14), Z0; \
	VMOVUPS 64(R14), Z12

#define PAUSE(SAVE) \
	TESTQ   R14, R14; \
	JZ      finish; \
	VMOVUPS Z0, (R14); \
	VMOVUPS Z12, 64(R14); \
	VZEROUPPER; \
	RET; \
finish: \
	SAVE

#define SAVE_1 VMOVUPS Z0, (DX)
#define SAVE_2 SAVE_1; MOVQ 80(AX), SI; VMOVUPS Z1, (DX)(SI*1)
#define SAVE_4 SAVE_2; VMOVUPS Z2, (DX)(SI*2); LEAQ (SI)(SI*2), SI; VMOVUPS Z3, (DX)(SI*1)

#define ADD_OFFSETS \
	VADDPS Z12, Z0, Z0; \
	VADDPS Z13, Z1, Z1; \
	VADDPS Z14, Z2, Z2; \
	VADDPS Z15, Z3, Z3

#define BLOCK_1(shift) FROM_T_1(shift); EIGHT(STEP_1, 64); SCALED_1
#define BLOCK_2(shift) FROM_T_2(shift); EIGHT(STEP_2, 64); SCALED_2
#define BLOCK_4(shift) FROM_T_4(shift); EIGHT(STEP_4, 64); SCALED_4

#define Q4_1_BLOCK_1 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_1, 128); SCALED_1; OFFSET_1
#define Q4_1_BLOCK_2 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_2, 128); SCALED_2; OFFSET_2
#define Q4_1_BLOCK_4 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_4, 128); SCALED_4; OFFSET_4

// Sub-scales of halves: the first half's sums are in Z4..Z7, the second's in Z16..Z19,
// both of bytes counted from 32: h is minus the sums of q. Z20 and Z21 are the
// sub-scales, Z30 and Z31 the words (32, 0) and (0, 32). All integers stay below
// 2^24, so that the float32 sums and products before the scales are exact.
#define FROM_H(h, low, high) \
	VPBROADCASTD h, Z9; \
	VPMADDWD     Z30, Z9, low; \
	VPMADDWD     Z31, Z9, high

#define FROM_H_1 FROM_H((DI), Z4, Z16)
#define FROM_H_2 FROM_H_1; FROM_H((DI)(R11*1), Z5, Z17)
#define FROM_H_4 FROM_H_2; FROM_H((DI)(R11*2), Z6, Z18); FROM_H((DI)(R13*1), Z7, Z19)

#define HIGH_1(w, q) VMOVDQU32 w(BX), Z8; VPDPBUSD.BCST q(SI), Z8, Z16
#define HIGH_2(w, q) HIGH_1(w, q); VPDPBUSD.BCST q(SI)(R8*1), Z8, Z17
#define HIGH_4(w, q) HIGH_2(w, q); VPDPBUSD.BCST q(SI)(R8*2), Z8, Z18; VPDPBUSD.BCST q(SI)(R10*1), Z8, Z19

#define SUB_SCALED(low, high, d, lanes) \
	VMULPS.BCST d, Z8, Z9; \
	VCVTDQ2PS   low, low; \
	VCVTDQ2PS   high, high; \
	VMULPS      low, Z20, low; \
	VFMADD231PS high, Z21, low; \
	VMULPS      low, Z9, low; \
	VADDPS      low, lanes, lanes

#define SUB_SCALED_1 \
	VMOVUPS   (BX), Z8; \
	VCVTDQ2PS 64(BX), Z20; \
	VCVTDQ2PS 128(BX), Z21; \
	SUB_SCALED(Z4, Z16, (R12), Z0)
#define SUB_SCALED_2 SUB_SCALED_1; SUB_SCALED(Z5, Z17, (R12)(R11*1), Z1)
#define SUB_SCALED_4 SUB_SCALED_2; SUB_SCALED(Z6, Z18, (R12)(R11*2), Z2); \
	SUB_SCALED(Z7, Z19, (R12)(R13*1), Z3)

#define HALVES_BLOCK_1 FROM_H_1; FOUR(STEP_1, 192, 0); FOUR(HIGH_1, 448, 16); SUB_SCALED_1
#define HALVES_BLOCK_2 FROM_H_2; FOUR(STEP_2, 192, 0); FOUR(HIGH_2, 448, 16); SUB_SCALED_2
#define HALVES_BLOCK_4 FROM_H_4; FOUR(STEP_4, 192, 0); FOUR(HIGH_4, 448, 16); SUB_SCALED_4

// MINS adds the block's minimums times h, minus the sums of q, times both scales.
#define MINS(h, d, offset) \
	VPBROADCASTD h, Z9; \
	VPMADDWD     128(BX), Z9, Z9; \
	VCVTDQ2PS    Z9, Z9; \
	VMULPS.BCST  d, Z8, Z10; \
	VMULPS       Z9, Z10, Z9; \
	VADDPS       Z9, offset, offset

#define MINS_1 \
	VMOVUPS 64(BX), Z8; \
	MINS((DI), (R12), Z12)
#define MINS_2 MINS_1; MINS((DI)(R11*1), (R12)(R11*1), Z13)
#define MINS_4 MINS_2; MINS((DI)(R11*2), (R12)(R11*2), Z14); MINS((DI)(R13*1), (R12)(R13*1), Z15)

#define MINS_BLOCK_1 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_1, 192); SCALED_1; MINS_1
#define MINS_BLOCK_2 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_2, 192); SCALED_2; MINS_2
#define MINS_BLOCK_4 ZERO4(Z4, Z5, Z6, Z7); EIGHT(STEP_4, 192); SCALED_4; MINS_4

#define Q4_1_SAVE_1 ADD_OFFSETS; SAVE_1
#define Q4_1_SAVE_2 ADD_OFFSETS; SAVE_2
#define Q4_1_SAVE_4 ADD_OFFSETS; SAVE_4

// func tileQ8_0x1VNNI(a *tileArgs)
TEXT ·tileQ8_0x1VNNI(SB), NOSPLIT, $0-8
	INTS(GO_ON, BLOCK_1(7), PAUSE(SAVE_1), 48, 576)

// func tileQ8_0x2VNNI(a *tileArgs)
TEXT ·tileQ8_0x2VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_2(7), SAVE_2, 48, 576)

// func tileQ8_0x4VNNI(a *tileArgs)
TEXT ·tileQ8_0x4VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_4(7), SAVE_4, 48, 576)

// func tileQ4_0x1VNNI(a *tileArgs)
TEXT ·tileQ4_0x1VNNI(SB), NOSPLIT, $0-8
	INTS(GO_ON, BLOCK_1(3), PAUSE(SAVE_1), 48, 576)

// func tileQ4_0x2VNNI(a *tileArgs)
TEXT ·tileQ4_0x2VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_2(3), SAVE_2, 48, 576)

// func tileQ4_0x4VNNI(a *tileArgs)
TEXT ·tileQ4_0x4VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_4(3), SAVE_4, 48, 576)

// func tileQ4_1x1VNNI(a *tileArgs)
TEXT ·tileQ4_1x1VNNI(SB), NOSPLIT, $0-8
	INTS(GO_ON, Q4_1_BLOCK_1, PAUSE(Q4_1_SAVE_1), 56, 640)

// func tileQ4_1x2VNNI(a *tileArgs)
TEXT ·tileQ4_1x2VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_1_BLOCK_2, Q4_1_SAVE_2, 56, 640)

// func tileQ4_1x4VNNI(a *tileArgs)
TEXT ·tileQ4_1x4VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_1_BLOCK_4, Q4_1_SAVE_4, 56, 640)

// func tileHalvesx1VNNI(a *tileArgs)
TEXT ·tileHalvesx1VNNI(SB), NOSPLIT, $0-8
	MOVL         $32, AX
	VPBROADCASTD AX, Z30
	VPSLLD       $16, Z30, Z31
	INTS(GO_ON, HALVES_BLOCK_1, PAUSE(SAVE_1), 88, 704)

// func tileHalvesx2VNNI(a *tileArgs)
TEXT ·tileHalvesx2VNNI(SB), NOSPLIT, $0-8
	MOVL         $32, AX
	VPBROADCASTD AX, Z30
	VPSLLD       $16, Z30, Z31
	INTS(NOTHING, HALVES_BLOCK_2, SAVE_2, 88, 704)

// func tileHalvesx4VNNI(a *tileArgs)
TEXT ·tileHalvesx4VNNI(SB), NOSPLIT, $0-8
	MOVL         $32, AX
	VPBROADCASTD AX, Z30
	VPSLLD       $16, Z30, Z31
	INTS(NOTHING, HALVES_BLOCK_4, SAVE_4, 88, 704)

// func tileMinsx1VNNI(a *tileArgs)
TEXT ·tileMinsx1VNNI(SB), NOSPLIT, $0-8
	INTS(GO_ON, MINS_BLOCK_1, PAUSE(Q4_1_SAVE_1), 88, 704)

// func tileMinsx2VNNI(a *tileArgs)
TEXT ·tileMinsx2VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, MINS_BLOCK_2, Q4_1_SAVE_2, 88, 704)

// func tileMinsx4VNNI(a *tileArgs)
TEXT ·tileMinsx4VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, MINS_BLOCK_4, Q4_1_SAVE_4, 88, 704)

// func tileBiasedx1VNNI(a *tileArgs)
TEXT ·tileBiasedx1VNNI(SB), NOSPLIT, $0-8
	INTS(GO_ON, BLOCK_1(4), PAUSE(SAVE_1), 48, 576)

// func tileBiasedx2VNNI(a *tileArgs)
TEXT ·tileBiasedx2VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_2(4), SAVE_2, 48, 576)

// func tileBiasedx4VNNI(a *tileArgs)
TEXT ·tileBiasedx4VNNI(SB), NOSPLIT, $0-8
	INTS(NOTHING, BLOCK_4(4), SAVE_4, 48, 576)
