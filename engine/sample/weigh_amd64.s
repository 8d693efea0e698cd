#include "textflag.h"

// Weights for AVX-512, eight at a time: weigher.weigh's operations in its order, each rounded once.

DATA numbers<>+0(SB)/8, $0xC109000000000000  // smallest, -200 x 1024
DATA numbers<>+8(SB)/8, $0x4338000000000000  // rounding, 3 x 2^51
DATA numbers<>+16(SB)/8, $0x3F462E42FEFA39EF // linear, ln 2 / 1024
DATA numbers<>+24(SB)/8, $0x3FF0000000000000 // 1
DATA numbers<>+32(SB)/8, $1023
GLOBL numbers<>(SB), RODATA|NOPTR, $40

// func weighAVX512(a *weighArgs)
TEXT ·weighAVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), AX
	MOVQ         0(AX), SI
	MOVQ         8(AX), DI
	MOVQ         16(AX), DX
	MOVQ         24(AX), CX
	VBROADCASTSD 32(AX), Z8
	VBROADCASTSD 40(AX), Z9
	VBROADCASTSD 48(AX), Z14
	VBROADCASTSD numbers<>+0(SB), Z10
	VBROADCASTSD numbers<>+8(SB), Z11
	VBROADCASTSD numbers<>+16(SB), Z12
	VBROADCASTSD numbers<>+24(SB), Z13
	VPBROADCASTQ numbers<>+32(SB), Z15
	VPXORQ       Z7, Z7, Z7

eight:
	VCVTPS2PD  (DI), Z0
	VSUBPD     Z8, Z0, Z0
	VMULPD     Z9, Z0, Z0
	VCMPPD     $0x1e, Z10, Z0, K1 // above smallest, and not NaN
	VADDPD     Z11, Z0, Z1
	VSUBPD     Z11, Z1, Z2
	VSUBPD     Z2, Z0, Z2
	VMULPD     Z14, Z2, Z3
	VADDPD     Z12, Z3, Z3
	VMULPD     Z2, Z3, Z3
	VADDPD     Z13, Z3, Z3
	VPANDQ     Z15, Z1, Z4
	KXNORB     K2, K2, K2
	VPXORQ     Z5, Z5, Z5
	VGATHERQPD (DX)(Z4*8), K2, Z5
	VPSRLQ     $10, Z1, Z1
	VPSLLQ     $52, Z1, Z1
	VPADDQ     Z1, Z5, Z5
	VMULPD.Z   Z5, Z3, K1, Z3
	VMOVUPD    Z3, (SI)
	VADDPD     Z3, Z7, Z7
	ADDQ       $32, DI
	ADDQ       $64, SI
	SUBQ       $8, CX
	JNZ        eight

	VMOVUPD Z7, 56(AX)
	VZEROUPPER
	RET

// func shareAVX512(dst *float32, weights *float64, n int, share float64)
TEXT ·shareAVX512(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         weights+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSD share+24(FP), Z8

loop:
	VMULPD    (SI), Z8, Z0
	VCVTPD2PS Z0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $32, DI
	ADDQ      $64, SI
	SUBQ      $8, CX
	JNZ       loop

	VZEROUPPER
	RET
