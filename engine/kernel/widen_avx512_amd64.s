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
