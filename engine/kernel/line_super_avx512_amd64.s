#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "codes_avx512_amd64.h"
#include "line_avx512_amd64.h"

// Line kernels (line_avx512_amd64.h) of kinds with super-blocks.

// HEAD_K makes Z10 the scale of scales and Z11 that of minimums; those of a block are bytes
// times them, exactly.
#define HEAD_K(at) \
	VCVTPH2PS (at), Z10; \
	VCVTPH2PS 32(at), Z11

#define BLOCK_K(EACH) \
	VPXORD            Z2, Z2, Z2; \
	VPXORD            Z3, Z3, Z3; \
	EACH(TIMES); \
	VPMOVZXBD         (SI), Z6; \
	VPMOVZXBD         16(SI), Z7; \
	VCVTDQ2PS         Z6, Z6; \
	VCVTDQ2PS         Z7, Z7; \
	VMULPS            Z10, Z6, Z6; \
	VMULPS            Z11, Z7, Z7; \
	VFNMADD231PS.BCST (R10), Z7, Z1; \
	VPADDD            Z3, Z2, Z2; \
	SUM(Z6, Z2)

#define BLOCK_Q4_K FETCH4; BLOCK_K(QUADS4)
#define BLOCK_Q5_K FETCH5; BLOCK_K(QUADS5)

// func lineQ4_KAVX512(a *lineArgs)
TEXT ·lineQ4_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS4, HEAD_K, BLOCK_Q4_K, ADD_OFFSETS, 64, 64, 32, 256, 4)

// func lineQ5_KAVX512(a *lineArgs)
TEXT ·lineQ5_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS5, HEAD_K, BLOCK_Q5_K, ADD_OFFSETS, 64, 64, 32, 320, 4)

// Of kinds with sub-scales Z2 has the products of the first half, Z3 those of the second.
// Codes are counted from 0: Z14 times minus the sums of q, at R10, makes up for that. Z6
// and Z7 are the sub-scales. All of it is exact in float32.
#define UNBIASED \
	VCVTDQ2PS        Z2, Z2; \
	VCVTDQ2PS        Z3, Z3; \
	VFMADD231PS.BCST (R10), Z14, Z2; \
	VFMADD231PS.BCST 4(R10), Z14, Z3

#define SUM_HALVES \
	VMULPS      Z6, Z2, Z2; \
	VFMADD231PS Z7, Z3, Z2; \
	VMULPS.BCST (R9), Z10, Z6; \
	VFMADD231PS Z2, Z6, Z0

#define SUB_SCALES \
	VPMOVSXBD (SI), Z6; \
	VPMOVSXBD 16(SI), Z7; \
	VCVTDQ2PS Z6, Z6; \
	VCVTDQ2PS Z7, Z7

#define HEAD_6(at) VCVTPH2PS (at), Z10

#define BLOCK_HALVES(EACH) \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3; \
	EACH(TIMES); \
	SUB_SCALES; \
	UNBIASED; \
	SUM_HALVES

#define BLOCK_Q6_K FETCH6; BLOCK_HALVES(QUADS6)
#define BLOCK_Q3_K FETCH3; BLOCK_HALVES(QUADS3)

#define BIAS(bits) \
	MOVL         $bits, CX; \
	VPBROADCASTD CX, Z14

#define MASKS_Q6_K \
	MASKS6; \
	BIAS(0x42000000) // 32

// func lineQ6_KAVX512(a *lineArgs)
TEXT ·lineQ6_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q6_K, HEAD_6, BLOCK_Q6_K, NOTHING, 72, 32, 32, 384, 8)

#define MASKS_Q3_K \
	MASKS3; \
	BIAS(0x40800000) // 4

// func lineQ3_KAVX512(a *lineArgs)
TEXT ·lineQ3_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q3_K, HEAD_6, BLOCK_Q3_K, NOTHING, 72, 32, 32, 192, 8)

#define HEAD_2(at) \
	VCVTPH2PS (at), Z10; \
	VCVTPH2PS 32(at), Z16

#define BLOCK_Q2_K \
	FETCH2; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3; \
	QUADS2(TIMES); \
	NIBBLES((SI), Z6, Z8); \
	NIBBLES(16(SI), Z7, Z9); \
	VMULPS.BCST      (R10), Z8, Z8; \
	VFMADD231PS.BCST 4(R10), Z9, Z8; \
	VMULPS.BCST      (R9), Z16, Z9; \
	VFMADD231PS      Z8, Z9, Z1; \
	VCVTDQ2PS        Z2, Z2; \
	VCVTDQ2PS        Z3, Z3; \
	SUM_HALVES

#define MASKS_Q2_K MASKS2; FIFTEENS

// func lineQ2_KAVX512(a *lineArgs)
TEXT ·lineQ2_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q2_K, HEAD_2, BLOCK_Q2_K, ADD_OFFSETS, 72, 64, 32, 128, 8)
