#include "textflag.h"

// Codes of cached keys and values to floats (kv_read.go).
//
//	SI codes   BX scales   DI dst   CX blocks or rows left   DX columns left
//
// Preconditions: blocks or rows above 0.

#define BEGIN \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 16(AX), DI; \
	MOVQ 24(AX), CX

// WIDEN makes the 16 codes at an offset floats, times Z0.
#define WIDEN(i, Z) \
	VPMOVSXBD 16*i(SI), Z; \
	VCVTDQ2PS Z, Z; \
	VMULPS    Z0, Z, Z; \
	VMOVUPS   Z, 64*i(DI)

// func widenColumnsAVX512(a *widenArgs)
TEXT ·widenColumnsAVX512(SB), NOSPLIT, $0-8
	BEGIN

block:
	VCVTPH2PS (BX), Z0
	ADDQ      $32, BX
	MOVL      $8, DX

columns:
	WIDEN(0, Z1)
	WIDEN(1, Z2)
	WIDEN(2, Z3)
	WIDEN(3, Z4)
	ADDQ $64, SI
	ADDQ $256, DI
	DECL DX
	JNZ  columns
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET

// func widenRowsAVX512(a *widenArgs)
TEXT ·widenRowsAVX512(SB), NOSPLIT, $0-8
	BEGIN

row:
	VPBROADCASTW (BX), Y0
	VCVTPH2PS    Y0, Z0
	WIDEN(0, Z1)
	ADDQ         $2, BX
	ADDQ         $16, SI
	ADDQ         $64, DI
	DECQ         CX
	JNZ          row
	VZEROUPPER
	RET

// NIBBLES sets Z6 and Z7 to what four bits are taken out with, and what is subtracted from them.
#define NIBBLES \
	MOVL         $15, AX; \
	VPBROADCASTD AX, Z6; \
	MOVL         $8, AX; \
	VPBROADCASTD AX, Z7

// SIGNED makes codes floats, times Z0.
#define SIGNED(Z) \
	VPSUBD    Z7, Z, Z; \
	VCVTDQ2PS Z, Z; \
	VMULPS    Z0, Z, Z

// PAIRS makes the lower and the higher halves of the 16 bytes at an offset floats, and stores
// them 16 columns apart.
#define PAIRS(i, LOW, HIGH) \
	VPMOVZXBD 16*i(SI), LOW; \
	VPSRLD    $4, LOW, HIGH; \
	VPANDD    Z6, LOW, LOW; \
	SIGNED(LOW); \
	SIGNED(HIGH); \
	VMOVUPS   LOW, 64*i(DI); \
	VMOVUPS   HIGH, 64*i+1024(DI)

// func widenColumns4AVX512(a *widenArgs)
TEXT ·widenColumns4AVX512(SB), NOSPLIT, $0-8
	BEGIN
	NIBBLES

block4:
	VCVTPH2PS (BX), Z0
	ADDQ      $32, BX
	MOVL      $8, DX

columns4:
	PAIRS(0, Z1, Z2)
	PAIRS(1, Z3, Z4)
	ADDQ $32, SI
	ADDQ $128, DI
	DECL DX
	JNZ  columns4
	ADDQ $1024, DI
	DECQ CX
	JNZ  block4
	VZEROUPPER
	RET

// func widenRows4AVX512(a *widenArgs)
TEXT ·widenRows4AVX512(SB), NOSPLIT, $0-8
	BEGIN
	NIBBLES

row4:
	VPBROADCASTW (BX), Y0
	VCVTPH2PS    Y0, Z0
	VPMOVZXBD    (SI), Y1
	VPSRLD       $4, Y1, Y2
	VINSERTI64X4 $1, Y2, Z1, Z1
	VPANDD       Z6, Z1, Z1
	SIGNED(Z1)
	VMOVUPS      Z1, (DI)
	ADDQ         $2, BX
	ADDQ         $8, SI
	ADDQ         $64, DI
	DECQ         CX
	JNZ          row4
	VZEROUPPER
	RET
