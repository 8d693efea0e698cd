#include "textflag.h"
#include "bf16_avx512_amd64.h"
#include "prompt_avx512_amd64.h"
#include "attention_avx512_amd64.h"

// Numbers in two bfloat16 parts, for products by tile registers (prompt_split.go).

// SPLIT_CONSTANTS loads what SPLIT512 takes, to Z12, Z13 and Z14; R is scratch.
#define SPLIT_CONSTANTS(R) \
	BROADCAST(0xffff0000, R, Z12); \
	BROADCAST(0x8000, R, Z13); \
	VMOVDQU64 upper<>(SB), Z14

// SPLIT512 makes of 32 numbers, in X and Y, the high parts, in X, and the low ones, in S; T is
// scratch. A high part is the upper half of a number, a low one what that leaves, rounded.
#define SPLIT512(X, Y, S, T) \
	VPANDD   Z12, X, S; \
	VPANDD   Z12, Y, T; \
	VSUBPS   S, X, S; \
	VSUBPS   T, Y, T; \
	VPADDD   Z13, S, S; \
	VPADDD   Z13, T, T; \
	VPERMT2W Y, Z14, X; \
	VPERMT2W T, Z14, S

// func splitRowAVX512(a *splitRowArgs)
//
//	SI x   DI high   R9 low   R8 bytes between blocks of both   CX numbers left
//
// Preconditions: n a multiple of 32 above 0.
TEXT ·splitRowAVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), AX
	MOVQ 0(AX), SI
	MOVQ 8(AX), DI
	MOVQ 16(AX), R9
	MOVQ 24(AX), R8
	MOVQ 32(AX), CX
	SPLIT_CONSTANTS(DX)

block:
	VMOVUPS   (SI), Z0
	VMOVUPS   64(SI), Z1
	SPLIT512(Z0, Z1, Z2, Z3)
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z2, (R9)
	ADDQ      $128, SI
	ADDQ      R8, DI
	ADDQ      R8, R9
	SUBQ      $32, CX
	JNZ       block
	VZEROUPPER
	RET

// FILL goes on with two columns of 16 rows, which have been read to Z0 and are in Z2 now.
#define FILL(again) \
	VPERMW    Z2, Z20, Z2; \
	VMOVDQU64 Z2, (DI); \
	ADDQ      $64, SI; \
	ADDQ      $64, DI; \
	DECQ      CX; \
	JNZ       again; \
	VZEROUPPER; \
	RET

// FILLS loads what kernels that fill have in common: SI codes, DI dst, CX pairs of columns left.
#define FILLS \
	MOVQ      a+0(FP), AX; \
	MOVQ      0(AX), SI; \
	MOVQ      48(AX), CX; \
	MOVQ      56(AX), DI; \
	SHLQ      $4, CX; \
	VMOVDQU64 order<>(SB), Z20

// func fillBF16AVX512(a *fillArgs)
//
// Preconditions: blocks above 0.
TEXT ·fillBF16AVX512(SB), NOSPLIT, $0-8
	FILLS

pair:
	VMOVDQU64 (SI), Z2
	FILL(pair)

// func fillHighF16AVX512(a *fillArgs)
//
// Preconditions: blocks above 0.
TEXT ·fillHighF16AVX512(SB), NOSPLIT, $0-8
	FILLS

pair:
	VCVTPH2PS (SI), Z0
	VCVTPH2PS 32(SI), Z1
	ROUND(0, 1, 2)
	FILL(pair)

// func fillLowF16AVX512(a *fillArgs)
//
// What is left of 11 bits has 3, which is exact.
//
// Preconditions: blocks above 0.
TEXT ·fillLowF16AVX512(SB), NOSPLIT, $0-8
	FILLS

pair:
	VCVTPH2PS     (SI), Z0
	VCVTPH2PS     32(SI), Z1
	ROUND(0, 1, 2)
	VEXTRACTI64X4 $1, Z2, Y4
	VPMOVZXWD     Y2, Z3
	VPMOVZXWD     Y4, Z4
	VPSLLD        $16, Z3, Z3
	VPSLLD        $16, Z4, Z4
	VSUBPS        Z3, Z0, Z0
	VSUBPS        Z4, Z1, Z1
	ROUND(0, 1, 2)
	FILL(pair)
