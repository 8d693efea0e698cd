#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx512_amd64.h"
#include "attention_avx512_amd64.h"
#include "bf16_avx512_amd64.h"

// What is between the products of attention by tile registers (attention_tiles.go).

DATA lanes<>+0(SB)/8, $0x0000000100000000
DATA lanes<>+8(SB)/8, $0x0000000300000002
DATA lanes<>+16(SB)/8, $0x0000000500000004
DATA lanes<>+24(SB)/8, $0x0000000700000006
DATA lanes<>+32(SB)/8, $0x0000000900000008
DATA lanes<>+40(SB)/8, $0x0000000b0000000a
DATA lanes<>+48(SB)/8, $0x0000000d0000000c
DATA lanes<>+56(SB)/8, $0x0000000f0000000e
GLOBL lanes<>(SB), RODATA|NOPTR, $64

// HIDE has 16 scores at offset DX be -Inf where K1 is set.
#define HIDE \
	VMOVUPS (SI)(DX*4), Z0; \
	VMOVAPS Z18, K1, Z0; \
	VMOVUPS Z0, (SI)(DX*4); \
	ADDQ    $16, DX

// FOLD halves Z, of which the lower half is Y and the lowest quarter X, until one element,
// the first of X, is left; with OP, by way of YT and XT.
#define FOLD(OP, Z, Y, X, YT, XT) \
	VEXTRACTF64X4 $1, Z, YT; \
	OP            YT, Y, Y; \
	VEXTRACTF128  $1, Y, XT; \
	OP            XT, X, X; \
	VPERMILPS     $0x4e, X, XT; \
	OP            XT, X, X; \
	VPERMILPS     $0xb1, X, XT; \
	OP            XT, X, X

// WEIGHT512 replaces 16 scores in X by their weights, 2^(X log2(e) - Z11): the power of the
// nearest integer, times that of what is left by a polynomial whose relative error is 7.5e-5 at
// most, the best of the third degree on [-1/2, 1/2] (Remez). Weights are rounded to 8 bits
// after that. N is scratch. Of scores that are -Inf, it is 0.
#define WEIGHT512(X, N) \
	VFMSUB213PS Z11, Z31, X; \
	VMAXPS      X, Z30, X; \
	VRNDSCALEPS $8, X, N; \
	VSUBPS      N, X, X; \
	VMOVAPS     Z29, Z3; \
	VFMADD213PS Z28, X, Z3; \
	VFMADD213PS Z27, X, Z3; \
	VFMADD213PS Z26, X, Z3; \
	VSCALEFPS   N, Z3, X

// func softmaxAVX512(a *softmaxArgs)
//
//	SI the row's x   R8 x   R9 sees   R10 max   R11 sum   R12 rows left   R13 n
//	R14 the row's from, R15 its to   DX position   CX, BX scratch, then BX where weights go
//
// Z10 holds the 16 sums, Z11 the largest score times log2(e), Z17 0 to 15, Z18 -Inf, Z26 to Z31
// what WEIGHT512 takes.
//
// Preconditions: rows above 0, n a multiple of 32 above 0, 0 <= from < to <= n.
TEXT ·softmaxAVX512(SB), NOSPLIT, $0-8
	MOVQ      a+0(FP), AX
	MOVQ      0(AX), R8
	MOVQ      16(AX), R12
	MOVQ      24(AX), R13
	MOVQ      32(AX), R9
	MOVQ      40(AX), R10
	MOVQ      48(AX), R11
	BROADCAST(0xff800000, DX, Z18)
	BROADCAST(0x3f7ffb49, DX, Z26) // 0.99992806
	BROADCAST(0x3f31798d, DX, Z27) // 0.69326097
	BROADCAST(0x3e786f0d, DX, Z28) // 0.24261113
	BROADCAST(0x3d61fbb0, DX, Z29) // 0.05517167
	BROADCAST(0xc3480000, DX, Z30) // -200, the power of which is 0
	VBROADCASTSS LOG2E, Z31
	VMOVDQU32 lanes<>(SB), Z17

row:
	MOVQ    R8, SI
	MOVLQSX 0(R9), R14
	MOVLQSX 4(R9), R15
	XORQ    DX, DX
	JMP     before

hidebefore:
	MOVQ         R14, BX
	SUBQ         DX, BX
	VPBROADCASTD BX, Z16
	VPCMPGTD     Z17, Z16, K1
	HIDE

before:
	CMPQ DX, R14
	JL   hidebefore
	MOVQ R15, DX
	ANDQ $~15, DX
	JMP  behind

hidebehind:
	MOVQ         R15, BX
	SUBQ         DX, BX
	VPBROADCASTD BX, Z16
	VPCMPGTD     Z17, Z16, K1
	KNOTW        K1, K1
	HIDE

behind:
	CMPQ    DX, R13
	JL      hidebehind
	VMOVAPS Z18, Z0
	VMOVAPS Z18, Z1
	MOVQ    R13, CX

top:
	VMAXPS       0(SI), Z0, Z0
	VMAXPS       64(SI), Z1, Z1
	ADDQ         $128, SI
	SUBQ         $32, CX
	JNZ          top
	VMAXPS       Z1, Z0, Z0
	FOLD(VMAXPS, Z0, Y0, X0, Y1, X1)
	VMOVSS       X0, (R10)
	VBROADCASTSS X0, Z11
	VMULPS       Z31, Z11, Z11
	VPXORD       Z10, Z10, Z10
	MOVQ         R8, SI
	MOVQ         R8, BX
	MOVQ         R13, CX

weights:
	VMOVUPS   0(SI), Z0
	VMOVUPS   64(SI), Z1
	WEIGHT512(Z0, Z2)
	WEIGHT512(Z1, Z4)
	VADDPS    Z0, Z10, Z10
	VADDPS    Z1, Z10, Z10
	ROUND(0, 1, 2)
	VMOVDQU64 Z2, (BX)
	ADDQ      $128, SI
	ADDQ      $64, BX
	SUBQ      $32, CX
	JNZ       weights
	FOLD(VADDPS, Z10, Y10, X10, Y1, X1)
	VMOVSS    X10, (R11)
	ADDQ      8(AX), R8
	ADDQ      $8, R9
	ADDQ      $4, R10
	ADDQ      $4, R11
	DECQ      R12
	JNZ       row
	VZEROUPPER
	RET

// func mergeAVX512(a *mergeArgs)
//
//	R8 max   R9 sum   R10 max of b   R15 its sum   SI out   DI out of b   R11 rows left
//	R12, R13 which of the next 16 rows have been seen   CX those left   DX numbers left
//	BX factors of the row
//
// Preconditions: rows above 0, dim a multiple of 16 above 0.
TEXT ·mergeAVX512(SB), NOSPLIT, $128-8
	MOVQ   a+0(FP), AX
	MOVQ   0(AX), R8
	MOVQ   8(AX), R9
	MOVQ   16(AX), SI
	MOVQ   24(AX), R10
	MOVQ   32(AX), R15
	MOVQ   40(AX), DI
	MOVQ   48(AX), R11
	CONSTANTS512
	BROADCAST(0xff800000, DX, Z18)
	VPXORD Z17, Z17, Z17

rows:
	MOVQ      $16, CX
	CMPQ      R11, CX
	CMOVQLT   R11, CX
	MOVL      $1, DX
	SHLL      CX, DX
	DECL      DX
	KMOVW     DX, K5
	VMOVUPS.Z (R8), K5, Z0
	VMOVUPS.Z (R9), K5, Z1
	VMOVUPS.Z (R10), K5, Z2
	VMOVUPS.Z (R15), K5, Z3
	VCMPPS    $4, Z17, Z1, K6
	VCMPPS    $4, Z17, Z3, K7
	VMOVAPS   Z18, Z6
	VMOVAPS   Z18, Z7
	VMOVAPS   Z0, K6, Z6
	VMOVAPS   Z2, K7, Z7
	VMAXPS    Z7, Z6, Z8
	VSUBPS    Z8, Z6, Z6
	VSUBPS    Z8, Z7, Z7
	EXPDOWN512(Z6, Z9, Z10)
	EXPDOWN512(Z7, Z9, Z10)
	VMULPS    Z6, Z1, Z1
	VMULPS    Z7, Z3, Z3
	VADDPS    Z3, Z1, Z1
	KORW      K6, K7, K5
	VMOVUPS   Z8, K5, (R8)
	VMOVUPS   Z1, K5, (R9)
	LEAQ      0(SP), BX
	VMOVUPS   Z6, 0(BX)
	VMOVUPS   Z7, 64(BX)
	KMOVW     K6, R12
	KMOVW     K7, R13
	SUBQ      CX, R11
	ADDQ      $64, R8
	ADDQ      $64, R9
	ADDQ      $64, R10
	ADDQ      $64, R15

row:
	MOVQ         56(AX), DX
	TESTL        $1, R13
	JZ           keep
	TESTL        $1, R12
	JZ           take
	VBROADCASTSS 0(BX), Z0
	VBROADCASTSS 64(BX), Z1

numbers:
	VMULPS  (SI), Z0, Z2
	VMULPS  (DI), Z1, Z3
	VADDPS  Z3, Z2, Z2
	VMOVUPS Z2, (SI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, DX
	JNZ     numbers
	JMP     next

take:
	VMOVUPS (DI), Z2
	VMOVUPS Z2, (SI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, DX
	JNZ     take
	JMP     next

keep:
	LEAQ (SI)(DX*4), SI
	LEAQ (DI)(DX*4), DI

next:
	SHRL  $1, R12
	SHRL  $1, R13
	ADDQ  $4, BX
	DECQ  CX
	JNZ   row
	TESTQ R11, R11
	JNZ   rows
	VZEROUPPER
	RET

// func divideAVX512(a *divideArgs)
//
//	SI x   BX sum   DI to   R8 the position's to   R9 positions left   CX rows left   DX numbers left
//
// Preconditions: positions and heads above 0, dim a multiple of 16 above 0.
TEXT ·divideAVX512(SB), NOSPLIT, $0-8
	MOVQ   a+0(FP), AX
	MOVQ   0(AX), SI
	MOVQ   8(AX), BX
	MOVQ   16(AX), R8
	MOVQ   40(AX), R9
	VMOVSS ONE, X2

position:
	MOVQ R8, DI
	MOVQ 32(AX), CX

row:
	VDIVSS       (BX), X2, X1
	VBROADCASTSS X1, Z1
	MOVQ         48(AX), DX

numbers:
	VMULPS  (SI), Z1, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, DX
	JNZ     numbers
	ADDQ    $4, BX
	DECQ    CX
	JNZ     row
	ADDQ    24(AX), R8
	DECQ    R9
	JNZ     position
	VZEROUPPER
	RET

// PAIRS is the distance of a slot's pairs of key columns.
#define PAIRS(off, i) DATA apart<>+off(SB)/8, $(64*i|(64*(i+1))<<32)
PAIRS(0, 0)
PAIRS(8, 2)
PAIRS(16, 4)
PAIRS(24, 6)
PAIRS(32, 8)
PAIRS(40, 10)
PAIRS(48, 12)
PAIRS(56, 14)
GLOBL apart<>(SB), RODATA|NOPTR, $64

// BFLOAT512 has the upper halves of T be X rounded to bfloat16, as quant.F32ToBF16 does: to
// even, and NaN quiet.
#define BFLOAT512(X, T) \
	VCMPPS $3, X, X, K2; \
	VPSRLD $16, X, T; \
	VPANDD Z20, T, T; \
	VPADDD Z21, T, T; \
	VPADDD X, T, T; \
	VPORD  Z22, X, K2, T

// func storeAVX512(a *storeArgs)
//
//	SI k   BX v   DI keys   R8 the head's keys   R9 values   CX heads left   DX numbers left
//
// Z15 is the distances of pairs, X16 the shift of values, K4 their words: the others belong to
// the slot beside, which may be stored at the same time.
//
// Preconditions: heads above 0, dim a multiple of 32 above 0.
TEXT ·storeAVX512(SB), NOSPLIT, $0-8
	MOVQ      a+0(FP), AX
	MOVQ      0(AX), SI
	MOVQ      8(AX), BX
	MOVQ      16(AX), CX
	MOVQ      32(AX), R8
	MOVQ      40(AX), R9
	BROADCAST(1, DX, Z20)
	BROADCAST(0x7fff, DX, Z21)
	BROADCAST(0x400000, DX, Z22)
	VMOVDQU64 upper<>(SB), Z14
	VMOVDQU64 apart<>(SB), Z15
	MOVQ      64(AX), R10
	MOVL      $0x55555555, DX
	MOVQ      R10, R11
	XORQ      $1, R11
	SHLQ      $4, R11
	VMOVQ     R11, X16
	TESTQ     R10, R10
	JZ        even
	SHLL      $1, DX

even:
	KMOVD DX, K4

head:
	MOVQ R8, DI
	MOVQ 24(AX), DX

columns:
	VMOVUPS     0(SI), Z0
	VMOVUPS     64(SI), Z1
	BFLOAT512(Z0, Z2)
	BFLOAT512(Z1, Z3)
	VPERMT2W    Z3, Z14, Z2
	KXNORW      K3, K3, K3
	VPSCATTERDD Z2, K3, (DI)(Z15*1)
	VMOVUPS     0(BX), Z0
	VMOVUPS     64(BX), Z1
	BFLOAT512(Z0, Z2)
	BFLOAT512(Z1, Z3)
	VPSRLD      X16, Z2, Z2
	VPSRLD      X16, Z3, Z3
	VMOVDQU16   Z2, K4, (R9)
	ADDQ        56(AX), R9
	VMOVDQU16   Z3, K4, (R9)
	ADDQ        56(AX), R9
	ADDQ        $128, SI
	ADDQ        $128, BX
	ADDQ        $1024, DI
	SUBQ        $32, DX
	JNZ         columns
	ADDQ        48(AX), R8
	DECQ        CX
	JNZ         head
	VZEROUPPER
	RET
