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

// WIDEN makes 16 codes floats, times A and B.
#define WIDEN(A, B) \
	VPMOVSXBD (SI), Y2; \
	VPMOVSXBD 8(SI), Y3; \
	VCVTDQ2PS Y2, Y2; \
	VCVTDQ2PS Y3, Y3; \
	VMULPS    A, Y2, Y2; \
	VMULPS    B, Y3, Y3; \
	VMOVUPS   Y2, (DI); \
	VMOVUPS   Y3, 32(DI); \
	ADDQ      $16, SI; \
	ADDQ      $64, DI

// func widenColumnsAVX2(a *widenArgs)
TEXT ·widenColumnsAVX2(SB), NOSPLIT, $0-8
	BEGIN

block:
	VCVTPH2PS (BX), Y0
	VCVTPH2PS 16(BX), Y1
	ADDQ      $32, BX
	MOVL      $32, DX

column:
	WIDEN(Y0, Y1)
	DECL DX
	JNZ  column
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET

// func widenRowsAVX2(a *widenArgs)
TEXT ·widenRowsAVX2(SB), NOSPLIT, $0-8
	BEGIN

row:
	VPBROADCASTW (BX), X0
	VCVTPH2PS    X0, Y0
	ADDQ         $2, BX
	WIDEN(Y0, Y0)
	DECQ         CX
	JNZ          row
	VZEROUPPER
	RET

// NIBBLES sets Y6 and Y7 to what four bits are taken out with, and what is subtracted from them.
#define NIBBLES \
	MOVL         $15, AX; \
	VMOVD        AX, X6; \
	VPBROADCASTD X6, Y6; \
	MOVL         $8, AX; \
	VMOVD        AX, X7; \
	VPBROADCASTD X7, Y7

// PAIRS makes the lower and the higher halves of the eight bytes at src floats, times S.
#define PAIRS(src, LOW, HIGH, S) \
	VPMOVZXBD src, LOW; \
	VPSRLD    $4, LOW, HIGH; \
	VPAND     Y6, LOW, LOW; \
	VPSUBD    Y7, LOW, LOW; \
	VPSUBD    Y7, HIGH, HIGH; \
	VCVTDQ2PS LOW, LOW; \
	VCVTDQ2PS HIGH, HIGH; \
	VMULPS    S, LOW, LOW; \
	VMULPS    S, HIGH, HIGH

// func widenColumns4AVX2(a *widenArgs)
TEXT ·widenColumns4AVX2(SB), NOSPLIT, $0-8
	BEGIN
	NIBBLES

block4:
	VCVTPH2PS (BX), Y0
	VCVTPH2PS 16(BX), Y1
	ADDQ      $32, BX
	MOVL      $16, DX

column4:
	PAIRS((SI), Y2, Y3, Y0)
	PAIRS(8(SI), Y4, Y5, Y1)
	VMOVUPS Y2, (DI)
	VMOVUPS Y4, 32(DI)
	VMOVUPS Y3, 1024(DI)
	VMOVUPS Y5, 1056(DI)
	ADDQ    $16, SI
	ADDQ    $64, DI
	DECL    DX
	JNZ     column4
	ADDQ    $1024, DI
	DECQ    CX
	JNZ     block4
	VZEROUPPER
	RET

// func widenRows4AVX2(a *widenArgs)
TEXT ·widenRows4AVX2(SB), NOSPLIT, $0-8
	BEGIN
	NIBBLES

row4:
	VPBROADCASTW (BX), X0
	VCVTPH2PS    X0, Y0
	ADDQ         $2, BX
	PAIRS((SI), Y2, Y3, Y0)
	VMOVUPS      Y2, (DI)
	VMOVUPS      Y3, 32(DI)
	ADDQ         $8, SI
	ADDQ         $64, DI
	DECQ         CX
	JNZ          row4
	VZEROUPPER
	RET
