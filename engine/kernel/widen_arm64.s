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

// FLOATS makes the 16 codes in V4 floats, times V(a) to V(d), and stores them at R(to).
#define FLOATS(a, b, c, d, to) \
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
	STP_Q(4, to, 0); \
	STP_Q(6, to, 32)

// WIDEN does so with the next 16 codes.
#define WIDEN(a, b, c, d) \
	FMOVQ.P 16(R1), F4; \
	FLOATS(a, b, c, d, 3); \
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

// func widenColumns4NEON(a *widenArgs)
//
// V20 and V21 are what four bits are taken out with, and what is subtracted from them.
TEXT ·widenColumns4NEON(SB), NOSPLIT, $0-8
	BEGIN
	MOVI_B(20, 15)
	MOVI_B(21, 8)

block4:
	FLDPQ    (R2), (F16, F17)
	FCVTL_S(0, 16)
	FCVTL2_S(1, 16)
	FCVTL_S(2, 17)
	FCVTL2_S(3, 17)
	ADD      $32, R2
	MOVD     $16, R5

column4:
	FMOVQ.P 16(R1), F18
	ADD     $1024, R3, R6
	AND_B(4, 18, 20)
	SUB_B(4, 4, 21)
	FLOATS(0, 1, 2, 3, 3)
	USHR_B(4, 18, 4)
	SUB_B(4, 4, 21)
	FLOATS(0, 1, 2, 3, 6)
	ADD     $64, R3
	SUB     $1, R5
	CBNZ    R5, column4
	ADD     $1024, R3
	SUB     $1, R4
	CBNZ    R4, block4
	RET

// func widenRows4NEON(a *widenArgs)
TEXT ·widenRows4NEON(SB), NOSPLIT, $0-8
	BEGIN
	MOVI_B(20, 15)
	MOVI_B(21, 8)

row4:
	VLD1R.P 2(R2), [V0.H4]
	FCVTL_S(0, 0)
	FMOVD.P 8(R1), F4
	USHR_B(5, 4, 4)
	AND_B(4, 4, 20)
	VMOV    V5.D[0], V4.D[1]
	SUB_B(4, 4, 21)
	FLOATS(0, 0, 0, 0, 3)
	ADD     $64, R3
	SUB     $1, R4
	CBNZ    R4, row4
	RET
