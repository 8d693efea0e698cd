#include "textflag.h"
#include "codes_avx2_amd64.h"
#include "line_avx512_amd64.h"

// Line kernels (line_avx512_amd64.h) of kinds with super-blocks.

// HEAD_K makes Z10 the scale of scales and Z11 that of minimums; those of a block are bytes
// times them, exactly.
#define HEAD_K(at) \
	VCVTPH2PS (at), Z10; \
	VCVTPH2PS 32(at), Z11

#define BLOCK_K(INTS) \
	VPXORD            Z2, Z2, Z2; \
	VPXORD            Z3, Z3, Z3; \
	INTS(Z2, Z3); \
	VPMOVZXBD         (SI), Z6; \
	VPMOVZXBD         16(SI), Z7; \
	VCVTDQ2PS         Z6, Z6; \
	VCVTDQ2PS         Z7, Z7; \
	VMULPS            Z10, Z6, Z6; \
	VMULPS            Z11, Z7, Z7; \
	VFNMADD231PS.BCST (R10), Z7, Z1; \
	VPADDD            Z3, Z2, Z2; \
	SUM(Z6, Z2)

#define MASKS4 MASK(NIBBLE, Z15)

#define MASKS5 \
	MASK(NIBBLE, Z15); \
	MASK(FIFTHS, Z13)

#define BLOCK_Q4_K FETCH4; BLOCK_K(INTS4)
#define BLOCK_Q5_K FETCH5; BLOCK_K(INTS5)

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

#define PAIR_6(j, SHIFT, n) \
	WIDE4(j); \
	SHIFT $n, Z11, Z8; \
	SHIFT $n, Z12, Z9; \
	BITS_BESIDE; \
	TIMES(j, Z2, Z3)

#define BLOCK_Q6_K \
	FETCH6; \
	VPXORD    Z2, Z2, Z2; \
	VPXORD    Z3, Z3, Z3; \
	VMOVDQU64 256(DI), Z11; \
	VMOVDQU64 320(DI), Z12; \
	PAIR_6(0, VPSLLW, 4); \
	PAIR_6(1, VPSLLW, 2); \
	PAIR_6(2, VPSLLW, 0); \
	PAIR_6(3, VPSRLW, 2); \
	SUB_SCALES; \
	UNBIASED; \
	SUM_HALVES

#define BIAS(bits) \
	MOVL         $bits, CX; \
	VPBROADCASTD CX, Z14

#define MASKS_Q6_K \
	MASK(NIBBLE, Z15); \
	MASK(HIGH_PAIRS, Z13); \
	BIAS(0x42000000) // 32

// func lineQ6_KAVX512(a *lineArgs)
TEXT ·lineQ6_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q6_K, HEAD_6, BLOCK_Q6_K, NOTHING, 72, 32, 32, 384, 8)

// PAIR_2 makes Z4 the codes of quad j and Z5 those of quad j+4: pair j of the bits of Z11
// and Z12.
#define PAIR_2(j) \
	VPSRLW $(2*j), Z11, Z4; \
	VPSRLW $(2*j), Z12, Z5; \
	VPANDD Z15, Z4, Z4; \
	VPANDD Z15, Z5, Z5

#define PAIRS_2 \
	VPXORD    Z2, Z2, Z2; \
	VPXORD    Z3, Z3, Z3; \
	VMOVDQU64 (DI), Z11; \
	VMOVDQU64 64(DI), Z12

#define BLOCK_Q3_K \
	FETCH3; \
	PAIRS_2; \
	VMOVDQU64 128(DI), Z7; \
	PAIR_2(0); VPSLLW $2, Z7, Z8; VPSRLW $2, Z7, Z9; BITS_BESIDE; TIMES(0, Z2, Z3); \
	PAIR_2(1); VPSLLW $1, Z7, Z8; VPSRLW $3, Z7, Z9; BITS_BESIDE; TIMES(1, Z2, Z3); \
	PAIR_2(2); VMOVDQA64 Z7, Z8; VPSRLW $4, Z7, Z9; BITS_BESIDE; TIMES(2, Z2, Z3); \
	PAIR_2(3); VPSRLW $1, Z7, Z8; VPSRLW $5, Z7, Z9; BITS_BESIDE; TIMES(3, Z2, Z3); \
	SUB_SCALES; \
	UNBIASED; \
	SUM_HALVES

#define MASKS_Q3_K \
	MASK(PAIRS, Z15); \
	MASK(THIRDS, Z13); \
	BIAS(0x40800000) // 4

// func lineQ3_KAVX512(a *lineArgs)
TEXT ·lineQ3_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q3_K, HEAD_6, BLOCK_Q3_K, NOTHING, 72, 32, 32, 192, 8)

#define HEAD_2(at) \
	VCVTPH2PS (at), Z10; \
	VCVTPH2PS 32(at), Z16

// NIBBLES makes A the low nibbles of 16 bytes as floats and B the high ones.
#define NIBBLES(at, A, B) \
	VPMOVZXBD at, A; \
	VPSRLD    $4, A, B; \
	VPANDD    Z14, A, A; \
	VCVTDQ2PS A, A; \
	VCVTDQ2PS B, B

#define BLOCK_Q2_K \
	FETCH2; \
	PAIRS_2; \
	PAIR_2(0); TIMES(0, Z2, Z3); \
	PAIR_2(1); TIMES(1, Z2, Z3); \
	PAIR_2(2); TIMES(2, Z2, Z3); \
	PAIR_2(3); TIMES(3, Z2, Z3); \
	NIBBLES((SI), Z6, Z8); \
	NIBBLES(16(SI), Z7, Z9); \
	VMULPS.BCST      (R10), Z8, Z8; \
	VFMADD231PS.BCST 4(R10), Z9, Z8; \
	VMULPS.BCST      (R9), Z16, Z9; \
	VFMADD231PS      Z8, Z9, Z1; \
	VCVTDQ2PS        Z2, Z2; \
	VCVTDQ2PS        Z3, Z3; \
	SUM_HALVES

#define MASKS_Q2_K \
	MASK(PAIRS, Z15); \
	MOVL         $15, CX; \
	VPBROADCASTD CX, Z14

// func lineQ2_KAVX512(a *lineArgs)
TEXT ·lineQ2_KAVX512(SB), NOSPLIT, $0-8
	SUPER_LINE(MASKS_Q2_K, HEAD_2, BLOCK_Q2_K, ADD_OFFSETS, 72, 64, 32, 128, 8)
