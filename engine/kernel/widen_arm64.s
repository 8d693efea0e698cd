#include "textflag.h"
#include "neon_arm64.h"

// Codes of cached keys and values to floats, for NEON (kv_read.go).
//
//	R0 *widenArgs   R1 codes   R2 scales   R3 dst   R4 blocks or rows left   R5 columns left
//
// Preconditions: blocks or rows above 0.

#define BEGIN \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 8(R0), R2; \
	MOVD 16(R0), R3; \
	MOVD 24(R0), R4

// WIDEN makes 16 codes floats, times V(a) to V(d).
#define WIDEN(a, b, c, d) \
	FMOVQ.P 16(R1), F4; \
	SXTL_H(6, 4); \
	SXTL2_H(7, 4); \
	SXTL_S(4, 6); \
	SXTL2_S(5, 6); \
	SXTL_S(6, 7); \
	SXTL2_S(7, 7); \
	SCVTF_S(4, 4); \
	SCVTF_S(5, 5); \
	SCVTF_S(6, 6); \
	SCVTF_S(7, 7); \
	FMUL_S(4, 4, a); \
	FMUL_S(5, 5, b); \
	FMUL_S(6, 6, c); \
	FMUL_S(7, 7, d); \
	STP_Q(4, 3, 0); \
	STP_Q(6, 3, 32); \
	ADD $64, R3

// func widenColumnsNEON(a *widenArgs)
TEXT ·widenColumnsNEON(SB), NOSPLIT, $0-8
	BEGIN

block:
	FLDPQ    (R2), (F16, F17)
	FCVTL_S(0, 16)
	FCVTL2_S(1, 16)
	FCVTL_S(2, 17)
	FCVTL2_S(3, 17)
	ADD      $32, R2
	MOVD     $32, R5

column:
	WIDEN(0, 1, 2, 3)
	SUB  $1, R5
	CBNZ R5, column
	SUB  $1, R4
	CBNZ R4, block
	RET

// func widenRowsNEON(a *widenArgs)
TEXT ·widenRowsNEON(SB), NOSPLIT, $0-8
	BEGIN

row:
	VLD1R.P 2(R2), [V0.H4]
	FCVTL_S(0, 0)
	WIDEN(0, 0, 0, 0)
	SUB     $1, R4
	CBNZ    R4, row
	RET
