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
