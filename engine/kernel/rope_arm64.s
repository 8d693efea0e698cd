#include "textflag.h"
#include "neon_arm64.h"

// Rotations for NEON (rope.go), four pairs at a time. Precondition: four pairs at least.
//
//	R0 *rowArgs   R1 x of the head   R2 heads left   R3 bytes between heads
//	R4 cos        R5 sin             R6 whole fours of pairs, R7 those left
//	R8 x          R9 x of the second half
//
// V0 and V1 are u and v of the pairs, V2 the cosines, V3 the sines.

#define HEADS \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 24(R0), R6; \
	LSR  $2, R6; \
	MOVD 120(R0), R2; \
	MOVD 128(R0), R3

#define HEAD \
	MOVD 104(R0), R4; \
	MOVD 112(R0), R5; \
	MOVD R6, R7; \
	MOVD R1, R8

// TURN makes V6 and V7 the rotated pairs.
#define TURN \
	FMOVQ.P 16(R4), F2; \
	FMOVQ.P 16(R5), F3; \
	FMUL_S(4, 0, 2); \
	FMUL_S(5, 1, 3); \
	FSUB_S(6, 4, 5); \
	FMUL_S(4, 1, 2); \
	FMUL_S(5, 0, 3); \
	FADD_S(7, 4, 5)

// func pairsNEON(a *rowArgs)
TEXT ·pairsNEON(SB), NOSPLIT, $0-8
	HEADS

pairshead:
	HEAD

pairsfour:
	VLD2   (R8), [V0.S4, V1.S4]
	TURN
	VST2.P [V6.S4, V7.S4], 32(R8)
	SUB    $1, R7
	CBNZ   R7, pairsfour
	ADD    R3, R1
	SUB    $1, R2
	CBNZ   R2, pairshead
	RET

// func halvesNEON(a *rowArgs)
TEXT ·halvesNEON(SB), NOSPLIT, $0-8
	HEADS

halveshead:
	HEAD
	MOVD 24(R0), R9
	ADD  R9<<2, R1, R9

halvesfour:
	FMOVQ   (R8), F0
	FMOVQ   (R9), F1
	TURN
	FMOVQ.P F6, 16(R8)
	FMOVQ.P F7, 16(R9)
	SUB     $1, R7
	CBNZ    R7, halvesfour
	ADD     R3, R1
	SUB     $1, R2
	CBNZ    R2, halveshead
	RET
