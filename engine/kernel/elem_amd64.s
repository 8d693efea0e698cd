#include "textflag.h"

// Element-wise functions. Precondition of all: n is a multiple of 8 and above 0.

// func maxAVX2(x *float32, n int) float32
//
// The largest of n floats, none of them NaN.
TEXT ·maxAVX2(SB), NOSPLIT, $0-20
	MOVQ    x+0(FP), DI
	MOVQ    n+8(FP), CX
	VMOVUPS (DI), Y0
	SHRQ    $3, CX

maxstep:
	VMAXPS       (DI), Y0, Y0
	ADDQ         $32, DI
	DECQ         CX
	JNZ          maxstep
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSHDUP    X0, X1
	VMAXSS       X1, X0, X0
	VMOVSS       X0, ret+16(FP)
	VZEROUPPER
	RET

// func scaleAVX2(x *float32, n int, f float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS f+16(FP), Y1
	SHRQ         $3, CX

scalestep:
	VMULPS  (DI), Y1, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	DECQ    CX
	JNZ     scalestep
	VZEROUPPER
	RET

// func addAVX2(x, y *float32, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ n+16(FP), CX
	SHRQ $3, CX

addstep:
	VMOVUPS (DI), Y0
	VADDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	DECQ    CX
	JNZ     addstep
	VZEROUPPER
	RET

// func squaresAVX2(x *float32, n int, sums *[4]float64)
//
// Element i's square is added to sum i mod 4, in order.
TEXT ·squaresAVX2(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), DI
	MOVQ   n+8(FP), CX
	MOVQ   sums+16(FP), DX
	VXORPD Y0, Y0, Y0
	SHRQ   $3, CX

squarestep:
	VCVTPS2PD 0(DI), Y1
	VCVTPS2PD 16(DI), Y2
	VMULPD    Y1, Y1, Y1
	VMULPD    Y2, Y2, Y2
	VADDPD    Y1, Y0, Y0
	VADDPD    Y2, Y0, Y0
	ADDQ      $32, DI
	DECQ      CX
	JNZ       squarestep
	VMOVUPD   Y0, (DX)
	VZEROUPPER
	RET

// func scaledAVX2(dst, x, weight *float32, n int, f float32)
//
// dst = (x x f) x weight.
TEXT ·scaledAVX2(SB), NOSPLIT, $0-36
	MOVQ         dst+0(FP), DX
	MOVQ         x+8(FP), DI
	MOVQ         weight+16(FP), SI
	MOVQ         n+24(FP), CX
	VBROADCASTSS f+32(FP), Y1
	SHRQ         $3, CX

scaledstep:
	VMULPS  (DI), Y1, Y0
	VMULPS  (SI), Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, DI
	ADDQ    $32, SI
	ADDQ    $32, DX
	DECQ    CX
	JNZ     scaledstep
	VZEROUPPER
	RET
