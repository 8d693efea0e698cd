#include "textflag.h"

// Constants of exp (elem.go), one float each.
DATA expc<>+0(SB)/4, $0x3fb8aa3b  // log2(e)
DATA expc<>+4(SB)/4, $0x4b400000  // 3 << 22
DATA expc<>+8(SB)/4, $0x3f317200  // ln 2, high part
DATA expc<>+12(SB)/4, $0x35bfbe8e // ln 2, low part
DATA expc<>+16(SB)/4, $0x39500d01 // 1/5040
DATA expc<>+20(SB)/4, $0x3ab60b61 // 1/720
DATA expc<>+24(SB)/4, $0x3c088889 // 1/120
DATA expc<>+28(SB)/4, $0x3d2aaaab // 1/24
DATA expc<>+32(SB)/4, $0x3e2aaaab // 1/6
DATA expc<>+36(SB)/4, $0x3f000000 // 1/2
DATA expc<>+40(SB)/4, $0x3f800000 // 1
DATA expc<>+44(SB)/4, $0xc2ae0000 // -87
DATA expc<>+48(SB)/4, $0x42b00000 // 88
DATA expc<>+52(SB)/4, $0x0000007f // the exponent's bias, an integer
DATA expc<>+56(SB)/4, $0x80000000 // the sign bit
GLOBL expc<>(SB), RODATA|NOPTR, $60

#define EXP_CONSTANTS \
	VBROADCASTSS expc<>+0(SB), Y8; \
	VBROADCASTSS expc<>+4(SB), Y9; \
	VBROADCASTSS expc<>+8(SB), Y10; \
	VBROADCASTSS expc<>+12(SB), Y11; \
	VBROADCASTSS expc<>+40(SB), Y12; \
	VBROADCASTSS expc<>+44(SB), Y13; \
	VBROADCASTSS expc<>+48(SB), Y14; \
	VBROADCASTSS expc<>+52(SB), Y15

#define HORNER(coefficient) \
	VMULPS       Y1, Y2, Y2; \
	VBROADCASTSS coefficient, Y3; \
	VADDPS       Y3, Y2, Y2

// EXP replaces Y0 by e^Y0; Y1..Y4 are scratch. Y4 keeps "x >= -87 or NaN".
#define EXP \
	VCMPPS       $5, Y13, Y0, Y4; \
	VMINPS       Y0, Y14, Y0; \
	VMULPS       Y8, Y0, Y2; \
	VADDPS       Y9, Y2, Y2; \
	VSUBPS       Y9, Y2, Y5; \
	VMULPS       Y10, Y5, Y2; \
	VSUBPS       Y2, Y0, Y1; \
	VMULPS       Y11, Y5, Y2; \
	VSUBPS       Y2, Y1, Y1; \
	VBROADCASTSS expc<>+16(SB), Y2; \
	HORNER(expc<>+20(SB)); \
	HORNER(expc<>+24(SB)); \
	HORNER(expc<>+28(SB)); \
	HORNER(expc<>+32(SB)); \
	HORNER(expc<>+36(SB)); \
	VMULPS       Y1, Y2, Y2; \
	VADDPS       Y12, Y2, Y2; \
	VMULPS       Y1, Y2, Y2; \
	VADDPS       Y12, Y2, Y2; \
	VCVTPS2DQ    Y5, Y5; \
	VPADDD       Y15, Y5, Y5; \
	VPSLLD       $23, Y5, Y5; \
	VMULPS       Y5, Y2, Y0; \
	VANDPS       Y4, Y0, Y0

// func expAVX2(x *float32, n int, shift float32, l *lanes)
TEXT ·expAVX2(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS shift+16(FP), Y7
	MOVQ         l+24(FP), DX
	VMOVUPS      (DX), Y6
	SHRQ         $3, CX
	EXP_CONSTANTS

expstep:
	VMOVUPS (DI), Y0
	VSUBPS  Y7, Y0, Y0
	EXP
	VMOVUPS Y0, (DI)
	VADDPS  Y0, Y6, Y6
	ADDQ    $32, DI
	DECQ    CX
	JNZ     expstep
	VMOVUPS Y6, (DX)
	VZEROUPPER
	RET

// func siluAVX2(dst, gate, up *float32, n int)
TEXT ·siluAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DX
	MOVQ         gate+8(FP), DI
	MOVQ         up+16(FP), SI
	MOVQ         n+24(FP), CX
	SHRQ         $3, CX
	VBROADCASTSS expc<>+56(SB), Y6
	EXP_CONSTANTS

silustep:
	VMOVUPS (DI), Y7
	VXORPS  Y6, Y7, Y0
	EXP
	VADDPS  Y12, Y0, Y0
	VDIVPS  Y0, Y7, Y0
	VMULPS  (SI), Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, DI
	ADDQ    $32, SI
	ADDQ    $32, DX
	DECQ    CX
	JNZ     silustep
	VZEROUPPER
	RET
