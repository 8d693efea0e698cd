#include "textflag.h"
#include "macros_amd64.h"

// Sixteen words of one.
DATA ones<>+0(SB)/8, $0x0001000100010001
DATA ones<>+8(SB)/8, $0x0001000100010001
DATA ones<>+16(SB)/8, $0x0001000100010001
DATA ones<>+24(SB)/8, $0x0001000100010001
GLOBL ones<>(SB), RODATA|NOPTR, $32

// Tile kernels: out[a][r] = dot(row r of the panel, activation row a), a group of
// weight rows and one, two or four activation rows at a time.
//
//	AX  *tileArgs     BX  panel           R9  groups left    CX  steps left
//	SI  activations   R8  their stride    R10 3 x stride     DX  out
//	R12 scales        R11 their stride    R13 3 x stride     DI  t, s or h
//
// Preconditions (kept by Set.Mul): groups above 0; n a multiple of 8, of 32 for
// integer kinds, and above 0.

#define LOAD_TILE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), BX; \
	MOVQ 8(AX), R9; \
	MOVQ 32(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 72(AX), DX

// FLOATS is a whole kernel. The lanes of rows 0..3 are Y0..Y3 with the first
// activation row and Y8..Y11 with the second.
#define FLOATS(ZERO, STEP, STORE) \
	LOAD_TILE; \
group: \
	MOVQ 24(AX), SI; \
	MOVQ 16(AX), CX; \
	SHRQ $3, CX; \
	ZERO; \
step: \
	STEP; \
	ADDQ $32, SI; \
	ADDQ $128, BX; \
	DECQ CX; \
	JNZ  step; \
	STORE; \
	ADDQ $16, DX; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

#define ZERO4(A, B, C, D) \
	VXORPS A, A, A; \
	VXORPS B, B, B; \
	VXORPS C, C, C; \
	VXORPS D, D, D

#define ZERO_1 ZERO4(Y0, Y1, Y2, Y3)
#define ZERO_2 ZERO_1; ZERO4(Y8, Y9, Y10, Y11)

#define TIMES(X, W, T, lanes) \
	VMULPS X, W, T; \
	VADDPS T, lanes, lanes

#define STEP_1 \
	VMOVUPS (SI), Y12; \
	TIMES(0(BX), Y12, Y4, Y0); \
	TIMES(32(BX), Y12, Y5, Y1); \
	TIMES(64(BX), Y12, Y6, Y2); \
	TIMES(96(BX), Y12, Y7, Y3)

#define STEP_ROW_2(off, lanes0, lanes1) \
	VMOVUPS off(BX), Y14; \
	TIMES(Y12, Y14, Y4, lanes0); \
	TIMES(Y13, Y14, Y5, lanes1)

#define STEP_2 \
	VMOVUPS (SI), Y12; \
	VMOVUPS (SI)(R8*1), Y13; \
	STEP_ROW_2(0, Y0, Y8); \
	STEP_ROW_2(32, Y1, Y9); \
	STEP_ROW_2(64, Y2, Y10); \
	STEP_ROW_2(96, Y3, Y11)

#define STORE_1 \
	FOLD4; \
	VMOVUPS X0, (DX)

#define STORE_2 \
	STORE_1; \
	MOVQ    80(AX), SI; \
	VMOVAPS Y8, Y0; \
	VMOVAPS Y9, Y1; \
	VMOVAPS Y10, Y2; \
	VMOVAPS Y11, Y3; \
	FOLD4; \
	VMOVUPS X0, (DX)(SI*1)

// func tileF32x1AVX2(a *tileArgs)
TEXT ·tileF32x1AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_1, STEP_1, STORE_1)

// func tileF32x2AVX2(a *tileArgs)
TEXT ·tileF32x2AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_2, STEP_2, STORE_2)

// Integer kinds, eight weight rows: every vector has one number for each of them.
//	Y0..Y3   sums by activation row     Y4..Y7  integer sums of the block
//	Y12..Y15 the offsets' share         Y10     sixteen ones
//	Y8 four weights of each row         Y9      their absolute values
//	Y11 scratch

// INTS is a whole kernel: BLOCK adds a block that takes size bytes of the panel.
#define INTS(START, BLOCK, STORE, offsets, size) \
	LOAD_TILE; \
	MOVQ 64(AX), R11; \
	LEAQ (R11)(R11*2), R13; \
	ONES(Y10); \
group: \
	MOVQ 24(AX), SI; \
	MOVQ 40(AX), R12; \
	MOVQ offsets(AX), DI; \
	MOVQ 16(AX), CX; \
	SHRQ $5, CX; \
	ZERO4(Y0, Y1, Y2, Y3); \
	ZERO4(Y12, Y13, Y14, Y15); \
	START; \
block: \
	ZERO4(Y4, Y5, Y6, Y7); \
	BLOCK; \
	ADDQ $32, SI; \
	ADDQ $4, R12; \
	ADDQ $4, DI; \
	ADDQ $size, BX; \
	DECQ CX; \
	JNZ  block; \
	STORE; \
	ADDQ $32, DX; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

// Activation rows of a tile: M is applied to the position in each.
#define ROWS_1(M, off) M(off(SI), Y4)
#define ROWS_2(M, off) ROWS_1(M, off); M(off(SI)(R8*1), Y5)
#define ROWS_4(M, off) ROWS_2(M, off); M(off(SI)(R8*2), Y6); M(off(SI)(R10*1), Y7)

// FOUR steps of four columns are half a block.
#define FOUR(STEP, ROWS, off, q) \
	STEP(ROWS, off+0, q+0); \
	STEP(ROWS, off+32, q+4); \
	STEP(ROWS, off+64, q+8); \
	STEP(ROWS, off+96, q+12)

#define EIGHT(STEP, ROWS, off) \
	FOUR(STEP, ROWS, off, 0); \
	FOUR(STEP, ROWS, off+128, 16)

// Signed bytes times signed bytes: |w| x (q with w's sign), as in the dot kernel.
#define SIGNED(q, sum) \
	VPBROADCASTD q, Y11; \
	VPSIGNB      Y8, Y11, Y11; \
	VPMADDUBSW   Y11, Y9, Y11; \
	VPMADDWD     Y10, Y11, Y11; \
	VPADDD       Y11, sum, sum

#define Q8_STEP(ROWS, w, q) \
	VMOVDQU w(BX), Y8; \
	VPABSB  Y8, Y9; \
	ROWS(SIGNED, q)

// Nibbles times signed bytes: the eight pair sums of a block, each at most
// 2 x 15 x 127, fit a word together.
#define NIBBLE(q, sum) \
	VPBROADCASTD q, Y11; \
	VPMADDUBSW   Y11, Y8, Y11; \
	VPADDW       Y11, sum, sum

#define Q4_STEP(ROWS, w, q) \
	VMOVDQU w(BX), Y8; \
	ROWS(NIBBLE, q)

// PAIRED adds two steps at once: bytes up to 64 times signed bytes, whose sums of four
// fit a word. Y8 and Y9 are the weights, T is scratch, words are ones or sub-scales.
#define PAIRED(q0, q1, T, words, sum) \
	VPBROADCASTD q0, Y11; \
	VPMADDUBSW   Y11, Y8, Y11; \
	VPBROADCASTD q1, T; \
	VPMADDUBSW   T, Y9, T; \
	VPADDW       T, Y11, Y11; \
	VPMADDWD     words, Y11, Y11; \
	VPADDD       Y11, sum, sum

#define PAIR_1(q, T, words) PAIRED(q(SI), q+4(SI), T, words, Y4)
#define PAIR_2(q, T, words) PAIR_1(q, T, words); PAIRED(q(SI)(R8*1), q+4(SI)(R8*1), T, words, Y5)
#define PAIR_4(q, T, words) PAIR_2(q, T, words); PAIRED(q(SI)(R8*2), q+4(SI)(R8*2), T, words, Y6); \
	PAIRED(q(SI)(R10*1), q+4(SI)(R10*1), T, words, Y7)

#define TWO_PAIRS(PAIR, w, q, T, words) \
	VMOVDQU w(BX), Y8; \
	VMOVDQU w+32(BX), Y9; \
	PAIR(q, T, words); \
	VMOVDQU w+64(BX), Y8; \
	VMOVDQU w+96(BX), Y9; \
	PAIR(q+8, T, words)

// FOUR_PAIRS make a block; the ones are in memory, Y10 is scratch.
#define FOUR_PAIRS(PAIR, w) \
	TWO_PAIRS(PAIR, w, 0, Y10, ones<>(SB)); \
	TWO_PAIRS(PAIR, w+128, 16, Y10, ones<>(SB))

// SUB_SCALE makes Y10 words of the eight sub-scales at off.
#define SUB_SCALE(off) \
	VMOVDQU  off(BX), Y10; \
	VPSLLD   $16, Y10, Y11; \
	VPBLENDW $0xaa, Y11, Y10, Y10

// SUB_BIAS makes Y13 words of 32 times the sub-scales of both halves, with which the
// sums of bytes counted from 32 start.
#define SUB_BIAS \
	VMOVDQU  64(BX), Y11; \
	VPSLLD   $16, Y11, Y11; \
	VPBLENDW $0x55, 32(BX), Y11, Y13; \
	VPSLLW   $5, Y13, Y13

#define FROM_H(h, sum) \
	VPBROADCASTD h, sum; \
	VPMADDWD     Y13, sum, sum

#define FROM_H_1 FROM_H((DI), Y4)
#define FROM_H_2 FROM_H_1; FROM_H((DI)(R11*1), Y5)
#define FROM_H_4 FROM_H_2; FROM_H((DI)(R11*2), Y6); FROM_H((DI)(R13*1), Y7)

// SCALED adds the block's sum, times weight scales (Y8) and block scale, to lanes.
#define SCALED(sum, d, lanes) \
	VBROADCASTSS d, Y9; \
	VMULPS       Y8, Y9, Y9; \
	VCVTDQ2PS    sum, sum; \
	VMULPS       sum, Y9, sum; \
	VADDPS       sum, lanes, lanes

// SCALED_FROM counts weights from 2^shift: t is minus the sum of q.
#define SCALED_FROM(shift, sum, d, t, lanes) \
	VPBROADCASTD t, Y9; \
	VPSLLD       $shift, Y9, Y9; \
	VPADDD       Y9, sum, sum; \
	SCALED(sum, d, lanes)

// The sums of nibbles are still words.
#define SCALED_Q4_0(sum, d, t, lanes) \
	VPMADDWD Y10, sum, sum; \
	SCALED_FROM(3, sum, d, t, lanes)

#define SCALED_Q4_1(sum, d, s, lanes, offset) \
	VPMADDWD     Y10, sum, sum; \
	SCALED(sum, d, lanes); \
	OFFSET(s, offset)

#define OFFSET(s, offset) \
	VBROADCASTSS s, Y9; \
	VMULPS       32(BX), Y9, Y9; \
	VADDPS       Y9, offset, offset

// MINS adds the block's minimums times h, minus the sums of q, times both scales.
#define MINS(h, d, offset) \
	VPBROADCASTD h, Y9; \
	VPMADDWD     64(BX), Y9, Y9; \
	VCVTDQ2PS    Y9, Y9; \
	VBROADCASTSS d, Y11; \
	VMULPS       32(BX), Y11, Y11; \
	VMULPS       Y9, Y11, Y9; \
	VADDPS       Y9, offset, offset

#define Q8_END_1 \
	VMOVUPS (BX), Y8; \
	SCALED(Y4, (R12), Y0)
#define Q8_END_2 Q8_END_1; SCALED(Y5, (R12)(R11*1), Y1)
#define Q8_END_4 Q8_END_2; SCALED(Y6, (R12)(R11*2), Y2); SCALED(Y7, (R12)(R13*1), Y3)

#define Q4_0_END_1 \
	VMOVUPS (BX), Y8; \
	SCALED_Q4_0(Y4, (R12), (DI), Y0)
#define Q4_0_END_2 Q4_0_END_1; SCALED_Q4_0(Y5, (R12)(R11*1), (DI)(R11*1), Y1)
#define Q4_0_END_4 Q4_0_END_2; SCALED_Q4_0(Y6, (R12)(R11*2), (DI)(R11*2), Y2); \
	SCALED_Q4_0(Y7, (R12)(R13*1), (DI)(R13*1), Y3)

#define Q4_1_END_1 \
	VMOVUPS (BX), Y8; \
	SCALED_Q4_1(Y4, (R12), (DI), Y0, Y12)
#define Q4_1_END_2 Q4_1_END_1; SCALED_Q4_1(Y5, (R12)(R11*1), (DI)(R11*1), Y1, Y13)
#define Q4_1_END_4 Q4_1_END_2; SCALED_Q4_1(Y6, (R12)(R11*2), (DI)(R11*2), Y2, Y14); \
	SCALED_Q4_1(Y7, (R12)(R13*1), (DI)(R13*1), Y3, Y15)

#define BIASED_END_1 \
	VMOVUPS (BX), Y8; \
	SCALED_FROM(4, Y4, (R12), (DI), Y0)
#define BIASED_END_2 BIASED_END_1; SCALED_FROM(4, Y5, (R12)(R11*1), (DI)(R11*1), Y1)
#define BIASED_END_4 BIASED_END_2; SCALED_FROM(4, Y6, (R12)(R11*2), (DI)(R11*2), Y2); \
	SCALED_FROM(4, Y7, (R12)(R13*1), (DI)(R13*1), Y3)

#define WIDE_END_1 Q8_END_1; OFFSET((DI), Y12)
#define WIDE_END_2 Q8_END_2; OFFSET((DI), Y12); OFFSET((DI)(R11*1), Y13)
#define WIDE_END_4 Q8_END_4; OFFSET((DI), Y12); OFFSET((DI)(R11*1), Y13); \
	OFFSET((DI)(R11*2), Y14); OFFSET((DI)(R13*1), Y15)

#define MINS_END_1 Q8_END_1; MINS((DI), (R12), Y12)
#define MINS_END_2 Q8_END_2; MINS((DI), (R12), Y12); MINS((DI)(R11*1), (R12)(R11*1), Y13)
#define MINS_END_4 Q8_END_4; MINS((DI), (R12), Y12); MINS((DI)(R11*1), (R12)(R11*1), Y13); \
	MINS((DI)(R11*2), (R12)(R11*2), Y14); MINS((DI)(R13*1), (R12)(R13*1), Y15)

// Tiles of one activation row can stop and go on: GO_ON loads the sums, if they are
// kept, PAUSE stores them in place of the results.
#define NOTHING

#define GO_ON \
	MOVQ    96(AX), R14; \
	TESTQ   R14, R14; \
	JZ      block; \
	VMOVUPS (R14), Y0; \
	VMOVUPS 32(R14), Y12

#define PAUSE(SAVE) \
	TESTQ   R14, R14; \
	JZ      finish; \
	VMOVUPS Y0, (R14); \
	VMOVUPS Y12, 32(R14); \
	VZEROUPPER; \
	RET; \
finish: \
	SAVE

#define SAVE_1 VMOVUPS Y0, (DX)
#define SAVE_2 SAVE_1; MOVQ 80(AX), SI; VMOVUPS Y1, (DX)(SI*1)
#define SAVE_4 SAVE_2; VMOVUPS Y2, (DX)(SI*2); LEAQ (SI)(SI*2), SI; VMOVUPS Y3, (DX)(SI*1)

#define ADD_OFFSETS \
	VADDPS Y12, Y0, Y0; \
	VADDPS Y13, Y1, Y1; \
	VADDPS Y14, Y2, Y2; \
	VADDPS Y15, Y3, Y3

#define Q8_BLOCK_1 EIGHT(Q8_STEP, ROWS_1, 32); Q8_END_1
#define Q8_BLOCK_2 EIGHT(Q8_STEP, ROWS_2, 32); Q8_END_2
#define Q8_BLOCK_4 EIGHT(Q8_STEP, ROWS_4, 32); Q8_END_4

#define Q4_0_BLOCK_1 EIGHT(Q4_STEP, ROWS_1, 32); Q4_0_END_1
#define Q4_0_BLOCK_2 EIGHT(Q4_STEP, ROWS_2, 32); Q4_0_END_2
#define Q4_0_BLOCK_4 EIGHT(Q4_STEP, ROWS_4, 32); Q4_0_END_4

#define Q4_1_BLOCK_1 EIGHT(Q4_STEP, ROWS_1, 64); Q4_1_END_1
#define Q4_1_BLOCK_2 EIGHT(Q4_STEP, ROWS_2, 64); Q4_1_END_2
#define Q4_1_BLOCK_4 EIGHT(Q4_STEP, ROWS_4, 64); Q4_1_END_4

#define BIASED_BLOCK_1 FOUR_PAIRS(PAIR_1, 32); BIASED_END_1
#define BIASED_BLOCK_2 FOUR_PAIRS(PAIR_2, 32); BIASED_END_2
#define BIASED_BLOCK_4 FOUR_PAIRS(PAIR_4, 32); BIASED_END_4

#define WIDE_BLOCK_1 FOUR_PAIRS(PAIR_1, 64); WIDE_END_1
#define WIDE_BLOCK_2 FOUR_PAIRS(PAIR_2, 64); WIDE_END_2
#define WIDE_BLOCK_4 FOUR_PAIRS(PAIR_4, 64); WIDE_END_4

#define MINS_BLOCK_1 FOUR_PAIRS(PAIR_1, 96); MINS_END_1
#define MINS_BLOCK_2 FOUR_PAIRS(PAIR_2, 96); MINS_END_2
#define MINS_BLOCK_4 FOUR_PAIRS(PAIR_4, 96); MINS_END_4

// The offsets' share stays zero: scratch registers are none of a lone row's.
#define BOTH_HALVES(PAIR) \
	SUB_SCALE(32); \
	TWO_PAIRS(PAIR, 96, 0, Y14, Y10); \
	SUB_SCALE(64); \
	TWO_PAIRS(PAIR, 224, 16, Y14, Y10)

#define HALVES_BLOCK_1 SUB_BIAS; FROM_H_1; BOTH_HALVES(PAIR_1); Q8_END_1
#define HALVES_BLOCK_2 SUB_BIAS; FROM_H_2; BOTH_HALVES(PAIR_2); Q8_END_2
#define HALVES_BLOCK_4 SUB_BIAS; FROM_H_4; BOTH_HALVES(PAIR_4); Q8_END_4

#define Q4_1_SAVE_1 ADD_OFFSETS; SAVE_1
#define Q4_1_SAVE_2 ADD_OFFSETS; SAVE_2
#define Q4_1_SAVE_4 ADD_OFFSETS; SAVE_4

// func tileQ8_0x1AVX2(a *tileArgs)
TEXT ·tileQ8_0x1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, Q8_BLOCK_1, PAUSE(SAVE_1), 48, 288)

// func tileQ8_0x2AVX2(a *tileArgs)
TEXT ·tileQ8_0x2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q8_BLOCK_2, SAVE_2, 48, 288)

// func tileQ8_0x4AVX2(a *tileArgs)
TEXT ·tileQ8_0x4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q8_BLOCK_4, SAVE_4, 48, 288)

// func tileQ4_0x1AVX2(a *tileArgs)
TEXT ·tileQ4_0x1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, Q4_0_BLOCK_1, PAUSE(SAVE_1), 48, 288)

// func tileQ4_0x2AVX2(a *tileArgs)
TEXT ·tileQ4_0x2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_0_BLOCK_2, SAVE_2, 48, 288)

// func tileQ4_0x4AVX2(a *tileArgs)
TEXT ·tileQ4_0x4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_0_BLOCK_4, SAVE_4, 48, 288)

// func tileQ4_1x1AVX2(a *tileArgs)
TEXT ·tileQ4_1x1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, Q4_1_BLOCK_1, PAUSE(Q4_1_SAVE_1), 56, 320)

// func tileQ4_1x2AVX2(a *tileArgs)
TEXT ·tileQ4_1x2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_1_BLOCK_2, Q4_1_SAVE_2, 56, 320)

// func tileQ4_1x4AVX2(a *tileArgs)
TEXT ·tileQ4_1x4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, Q4_1_BLOCK_4, Q4_1_SAVE_4, 56, 320)

// func tileWidex1AVX2(a *tileArgs)
TEXT ·tileWidex1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, WIDE_BLOCK_1, PAUSE(Q4_1_SAVE_1), 56, 320)

// func tileWidex2AVX2(a *tileArgs)
TEXT ·tileWidex2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, WIDE_BLOCK_2, Q4_1_SAVE_2, 56, 320)

// func tileWidex4AVX2(a *tileArgs)
TEXT ·tileWidex4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, WIDE_BLOCK_4, Q4_1_SAVE_4, 56, 320)

// func tileHalvesx1AVX2(a *tileArgs)
TEXT ·tileHalvesx1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, HALVES_BLOCK_1, PAUSE(SAVE_1), 88, 352)

// func tileHalvesx2AVX2(a *tileArgs)
TEXT ·tileHalvesx2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, HALVES_BLOCK_2, SAVE_2, 88, 352)

// func tileHalvesx4AVX2(a *tileArgs)
TEXT ·tileHalvesx4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, HALVES_BLOCK_4, SAVE_4, 88, 352)

// func tileMinsx1AVX2(a *tileArgs)
TEXT ·tileMinsx1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, MINS_BLOCK_1, PAUSE(Q4_1_SAVE_1), 88, 352)

// func tileMinsx2AVX2(a *tileArgs)
TEXT ·tileMinsx2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, MINS_BLOCK_2, Q4_1_SAVE_2, 88, 352)

// func tileMinsx4AVX2(a *tileArgs)
TEXT ·tileMinsx4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, MINS_BLOCK_4, Q4_1_SAVE_4, 88, 352)

// func tileBiasedx1AVX2(a *tileArgs)
TEXT ·tileBiasedx1AVX2(SB), NOSPLIT, $0-8
	INTS(GO_ON, BIASED_BLOCK_1, PAUSE(SAVE_1), 48, 288)

// func tileBiasedx2AVX2(a *tileArgs)
TEXT ·tileBiasedx2AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, BIASED_BLOCK_2, SAVE_2, 48, 288)

// func tileBiasedx4AVX2(a *tileArgs)
TEXT ·tileBiasedx4AVX2(SB), NOSPLIT, $0-8
	INTS(NOTHING, BIASED_BLOCK_4, SAVE_4, 48, 288)
