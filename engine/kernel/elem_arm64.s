#include "textflag.h"
#include "neon_arm64.h"
#include "elem_arm64.h"

// Element-wise kernels for NEON (elem.go). Precondition: n is 32 at least.
//
//	R0 *rowArgs   R1 x   R2 y   R3 dst   R4 blocks of 32 left

#define ROW \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 8(R0), R2; \
	MOVD 16(R0), R3; \
	MOVD 24(R0), R4; \
	LSR  $5, R4

// LOAD32 loads a block from register n, to V(t) and those behind it; STORE32 stores one.
#define LOAD32(t, n) \
	LDP_Q(t, n, 0); \
	LDP_Q(t+2, n, 32); \
	LDP_Q(t+4, n, 64); \
	LDP_Q(t+6, n, 96)

#define STORE32(t, n) \
	STP_Q(t, n, 0); \
	STP_Q(t+2, n, 32); \
	STP_Q(t+4, n, 64); \
	STP_Q(t+6, n, 96)

// ALL8 does eight registers with eight; WITH8 with one.
#define ALL8(OP, d, n, m) \
	OP(d, n, m); \
	OP(d+1, n+1, m+1); \
	OP(d+2, n+2, m+2); \
	OP(d+3, n+3, m+3); \
	OP(d+4, n+4, m+4); \
	OP(d+5, n+5, m+5); \
	OP(d+6, n+6, m+6); \
	OP(d+7, n+7, m+7)

#define SCALE8(d, m) \
	FMUL_LANE(d, d, m, 0); \
	FMUL_LANE(d+1, d+1, m, 0); \
	FMUL_LANE(d+2, d+2, m, 0); \
	FMUL_LANE(d+3, d+3, m, 0); \
	FMUL_LANE(d+4, d+4, m, 0); \
	FMUL_LANE(d+5, d+5, m, 0); \
	FMUL_LANE(d+6, d+6, m, 0); \
	FMUL_LANE(d+7, d+7, m, 0)

// func addNEON(a *rowArgs)
TEXT ·addNEON(SB), NOSPLIT, $0-8
	ROW

addblock:
	LOAD32(0, 1)
	LOAD32(8, 2)
	ALL8(FADD_S, 0, 0, 8)
	STORE32(0, 1)
	ADD  $128, R1
	ADD  $128, R2
	SUB  $1, R4
	CBNZ R4, addblock
	RET

// func narrow16NEON(a *rowArgs)
TEXT ·narrow16NEON(SB), NOSPLIT, $0-8
	ROW

narrowblock:
	LOAD32(0, 1)
	FCVTN_S(16, 0)
	FCVTN2_S(16, 1)
	FCVTN_S(17, 2)
	FCVTN2_S(17, 3)
	FCVTN_S(18, 4)
	FCVTN2_S(18, 5)
	FCVTN_S(19, 6)
	FCVTN2_S(19, 7)
	STP_Q(16, 3, 0)
	STP_Q(18, 3, 32)
	ADD  $128, R1
	ADD  $64, R3
	SUB  $1, R4
	CBNZ R4, narrowblock
	RET

// func scaleNEON(a *rowArgs)
TEXT ·scaleNEON(SB), NOSPLIT, $0-8
	ROW
	FMOVS 32(R0), F16

scaleblock:
	LOAD32(0, 1)
	SCALE8(0, 16)
	STORE32(0, 1)
	ADD  $128, R1
	SUB  $1, R4
	CBNZ R4, scaleblock
	RET

// func scaledNEON(a *rowArgs)
TEXT ·scaledNEON(SB), NOSPLIT, $0-8
	ROW
	FMOVS 32(R0), F16

scaledblock:
	LOAD32(0, 1)
	LOAD32(8, 2)
	SCALE8(0, 16)
	ALL8(FMUL_S, 0, 0, 8)
	STORE32(0, 3)
	ADD  $128, R1
	ADD  $128, R2
	ADD  $128, R3
	SUB  $1, R4
	CBNZ R4, scaledblock
	RET

// SQUARE adds the squares of V(x)'s four elements to V(d) and V(d+1), in float64.
#define SQUARE(d, x) \
	FCVTL_D(24, x); \
	FCVTL2_D(25, x); \
	FMLA_D(d, 24, 24); \
	FMLA_D(d+1, 25, 25)

// func squaresNEON(a *rowArgs)
//
// V16..V23 hold the 16 sums.
TEXT ·squaresNEON(SB), NOSPLIT, $0-8
	ROW
	ADD $200, R0, R5
	LOAD32(16, 5)

squaresblock:
	LOAD32(0, 1)
	CBZ R2, squaressum
	LOAD32(8, 2)
	ALL8(FADD_S, 0, 0, 8)
	STORE32(0, 1)
	ADD $128, R2

squaressum:
	SQUARE(16, 0)
	SQUARE(18, 1)
	SQUARE(20, 2)
	SQUARE(22, 3)
	SQUARE(16, 4)
	SQUARE(18, 5)
	SQUARE(20, 6)
	SQUARE(22, 7)
	ADD  $128, R1
	SUB  $1, R4
	CBNZ R4, squaresblock
	STORE32(16, 5)
	RET

// func topNEON(a *rowArgs)
//
// No element is NaN.
TEXT ·topNEON(SB), NOSPLIT, $0-8
	ROW
	FMOVS 32(R0), F16
	DUP_LANE(16, 16, 0)
	MOV_B(17, 16)
	MOV_B(18, 16)
	MOV_B(19, 16)
	MOV_B(20, 16)
	MOV_B(21, 16)
	MOV_B(22, 16)
	MOV_B(23, 16)

topblock:
	LOAD32(0, 1)
	ALL8(FMAX_S, 16, 16, 0)
	ADD   $128, R1
	SUB   $1, R4
	CBNZ  R4, topblock
	FMAX_S(16, 16, 20)
	FMAX_S(17, 17, 21)
	FMAX_S(18, 18, 22)
	FMAX_S(19, 19, 23)
	FMAX_S(16, 16, 18)
	FMAX_S(17, 17, 19)
	FMAX_S(16, 16, 17)
	FMAXV_S(16, 16)
	FMOVS F16, 32(R0)
	RET

// EXPS does 16 elements at off.
#define EXPS(off) \
	LDP_Q(0, 1, off); \
	LDP_Q(2, 1, off+32); \
	FSUB_S(0, 0, 16); \
	FSUB_S(1, 1, 16); \
	FSUB_S(2, 2, 16); \
	FSUB_S(3, 3, 16); \
	EXP(0, 4, 5, 6, 7); \
	EXP(1, 8, 9, 10, 11); \
	EXP(2, 12, 13, 14, 15); \
	EXP(3, 4, 5, 6, 7); \
	STP_Q(0, 1, off); \
	STP_Q(2, 1, off+32); \
	FADD_S(20, 20, 0); \
	FADD_S(21, 21, 1); \
	FADD_S(22, 22, 2); \
	FADD_S(23, 23, 3)

// func expsNEON(a *rowArgs)
//
// V20..V23 hold the 16 sums, V16 what is taken off.
TEXT ·expsNEON(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS
	FMOVS 32(R0), F16
	DUP_LANE(16, 16, 0)
	ADD   $136, R0, R5
	FLDPQ (R5), (F20, F21)
	FLDPQ 32(R5), (F22, F23)

expsblock:
	EXPS(0)
	EXPS(64)
	ADD   $128, R1
	SUB   $1, R4
	CBNZ  R4, expsblock
	FSTPQ (F20, F21), (R5)
	FSTPQ (F22, F23), 32(R5)
	RET

// GATE makes V(x) = V(x) / (1 + e^V(z)) x V(y); V(n) to V(n+3) are scratch.
#define GATE(x, z, y, n) \
	EXP(z, n, n+1, n+2, n+3); \
	DUP_LANE(n, 30, 1); \
	FADD_S(z, z, n); \
	FDIV_S(x, x, z); \
	FMUL_S(x, x, y)

#define SILU(x, z) FNEG_S(z, x)

#define GELU(x, z) \
	FMUL_S(24, x, x); \
	DUP_LANE(z, 31, 2); \
	FMLA_LANE(z, 24, 31, 1); \
	FMUL_S(z, x, z); \
	FNEG_S(z, z)

// GATES does 16 elements at off, Z being what makes z.
#define GATES(off, Z) \
	LDP_Q(0, 1, off); \
	LDP_Q(2, 1, off+32); \
	LDP_Q(8, 2, off); \
	LDP_Q(10, 2, off+32); \
	Z(0, 4); \
	Z(1, 5); \
	Z(2, 6); \
	Z(3, 7); \
	GATE(0, 4, 8, 12); \
	GATE(1, 5, 9, 16); \
	GATE(2, 6, 10, 20); \
	GATE(3, 7, 11, 12); \
	STP_Q(0, 3, off); \
	STP_Q(2, 3, off+32)

// func siluNEON(a *rowArgs)
TEXT ·siluNEON(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS

silublock:
	GATES(0, SILU)
	GATES(64, SILU)
	ADD  $128, R1
	ADD  $128, R2
	ADD  $128, R3
	SUB  $1, R4
	CBNZ R4, silublock
	RET

// func geluNEON(a *rowArgs)
TEXT ·geluNEON(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS

gelublock:
	GATES(0, GELU)
	GATES(64, GELU)
	ADD  $128, R1
	ADD  $128, R2
	ADD  $128, R3
	SUB  $1, R4
	CBNZ R4, gelublock
	RET
