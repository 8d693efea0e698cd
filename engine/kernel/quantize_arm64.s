#include "textflag.h"
#include "neon_arm64.h"

// func quantizeNEON(a *rowArgs)
//
// Quantizes rows of whole blocks (quantize.go).
//
//	R0 *rowArgs   R1 x   R4 blocks left   R5 q   R6 d   R7 s   R8 t   R9 h
//	R10, R11 steps between blocks of q and of d, R12 of h
//	R14, R15 sums of the block's halves   R16, R17 scratch
//
// V0..V7 are the block; F25 holds the largest float32, F26 1, F27 127.
//
// Precondition: n is a multiple of 32, and not 0.
TEXT ·quantizeNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  0(R0), R1
	MOVD  24(R0), R4
	LSR   $5, R4
	MOVD  48(R0), R5
	MOVD  56(R0), R6
	MOVD  64(R0), R7
	MOVD  72(R0), R8
	MOVD  80(R0), R9
	MOVD  88(R0), R10
	MOVD  96(R0), R11
	LSL   $1, R11, R12
	MOVW  $0x7f7fffff, R14
	FMOVS R14, F25
	FMOVS $1.0, F26
	MOVW  $0x42fe0000, R14
	FMOVS R14, F27

block:
	LDP_Q(0, 1, 0)
	LDP_Q(2, 1, 32)
	LDP_Q(4, 1, 64)
	LDP_Q(6, 1, 96)
	FABS_S(16, 0)
	FABS_S(17, 1)
	FABS_S(18, 2)
	FABS_S(19, 3)
	FABS_S(20, 4)
	FABS_S(21, 5)
	FABS_S(22, 6)
	FABS_S(23, 7)
	FMAX_S(16, 16, 20)
	FMAX_S(17, 17, 21)
	FMAX_S(18, 18, 22)
	FMAX_S(19, 19, 23)
	FMAX_S(16, 16, 18)
	FMAX_S(17, 17, 19)
	FMAX_S(16, 16, 17)
	FMAXV_S(16, 16)
	FDIVS F27, F16, F16 // d
	FDIVS F16, F26, F17 // its inverse
	FCMPS F25, F17
	BGT   zero
	FMUL_LANE(0, 0, 17, 0)
	FMUL_LANE(1, 1, 17, 0)
	FMUL_LANE(2, 2, 17, 0)
	FMUL_LANE(3, 3, 17, 0)
	FMUL_LANE(4, 4, 17, 0)
	FMUL_LANE(5, 5, 17, 0)
	FMUL_LANE(6, 6, 17, 0)
	FMUL_LANE(7, 7, 17, 0)
	FCVTNS_S(0, 0)
	FCVTNS_S(1, 1)
	FCVTNS_S(2, 2)
	FCVTNS_S(3, 3)
	FCVTNS_S(4, 4)
	FCVTNS_S(5, 5)
	FCVTNS_S(6, 6)
	FCVTNS_S(7, 7)
	UZP1_H(0, 0, 1)
	UZP1_H(2, 2, 3)
	UZP1_H(4, 4, 5)
	UZP1_H(6, 6, 7)
	UZP1_B(0, 0, 2)
	UZP1_B(1, 4, 6)

store:
	FSTPQ   (F0, F1), (R5)
	FMOVS   F16, (R6)
	SADDLV_H(18, 0)
	SADDLV_H(19, 1)
	VMOV    V18.H[0], R14
	VMOV    V19.H[0], R15
	MOVH    R14, R14
	MOVH    R15, R15
	ADD     R14, R15, R16
	NEG     R14, R14
	NEG     R15, R15
	SCVTFWS R14, F20
	SCVTFWS R15, F21
	SCVTFWS R16, F22
	FSTPS   (F20, F21), (R9)
	FMULS   F16, F22, F22
	FMOVS   F22, (R7)
	LSL     $7, R16
	NEG     R16, R16
	MOVW    R16, (R8)
	ADD     $128, R1
	ADD     R10, R5
	ADD     R11, R6
	ADD     R11, R7
	ADD     R11, R8
	ADD     R12, R9
	SUB     $1, R4
	CBNZ    R4, block
	RET

zero:
	ZERO_S(0)
	ZERO_S(1)
	ZERO_S(16)
	B store
