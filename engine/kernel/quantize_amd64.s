#include "textflag.h"

DATA quantc<>+0(SB)/4, $0x42fe0000 // 127
DATA quantc<>+4(SB)/4, $0x3f800000 // 1
DATA quantc<>+8(SB)/4, $0x7f800000 // +Inf
DATA quantc<>+12(SB)/4, $0x7fffffff // all bits but the sign
GLOBL quantc<>(SB), RODATA|NOPTR, $16

// The order that VPACKSSDW and VPACKSSWB, which work on halves, leave bytes in.
DATA quantp<>+0(SB)/8, $0x0000000400000000
DATA quantp<>+8(SB)/8, $0x0000000500000001
DATA quantp<>+16(SB)/8, $0x0000000600000002
DATA quantp<>+24(SB)/8, $0x0000000700000003
GLOBL quantp<>(SB), RODATA|NOPTR, $32

// func quantizeAVX2(a *quantizeArgs)
//
// quantizeBlock (vec.go) for a.blocks blocks, more than 0.
//	SI x   DI q   R8 d   R9 s   R10 t   R11 h   CX blocks left
//	Y0..Y3 the block   X4 its scale   X5 the inverse of it
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), AX
	MOVQ         0(AX), SI
	MOVQ         8(AX), DI
	MOVQ         16(AX), R8
	MOVQ         24(AX), R9
	MOVQ         32(AX), R10
	MOVQ         40(AX), CX
	MOVQ         48(AX), R11
	VBROADCASTSS quantc<>+12(SB), Y15
	VMOVSS       quantc<>+0(SB), X14
	VMOVSS       quantc<>+4(SB), X13
	VMOVSS       quantc<>+8(SB), X12
	VMOVDQU      quantp<>(SB), Y11

block:
	VMOVUPS      0(SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y2
	VMOVUPS      96(SI), Y3
	VANDPS       Y15, Y0, Y4
	VANDPS       Y15, Y1, Y5
	VANDPS       Y15, Y2, Y6
	VANDPS       Y15, Y3, Y7
	VMAXPS       Y5, Y4, Y4
	VMAXPS       Y7, Y6, Y6
	VMAXPS       Y6, Y4, Y4
	VEXTRACTF128 $1, Y4, X5
	VMAXPS       X5, X4, X4
	VMOVHLPS     X4, X4, X5
	VMAXPS       X5, X4, X4
	VMOVSHDUP    X4, X5
	VMAXSS       X5, X4, X4
	VDIVSS       X14, X4, X4
	VDIVSS       X4, X13, X5
	VCMPSS       $1, X12, X5, X6 // the inverse is below infinity: else the block is zero
	VANDPS       X6, X4, X4
	VANDPS       X6, X5, X5
	VBROADCASTSS X5, Y5
	VMULPS       Y0, Y5, Y0
	VMULPS       Y1, Y5, Y1
	VMULPS       Y2, Y5, Y2
	VMULPS       Y3, Y5, Y3
	VCVTPS2DQ    Y0, Y0
	VCVTPS2DQ    Y1, Y1
	VCVTPS2DQ    Y2, Y2
	VCVTPS2DQ    Y3, Y3
	VPADDD       Y1, Y0, Y6
	VPADDD       Y3, Y2, Y7
	VPHADDD      Y7, Y6, Y6
	VEXTRACTI128 $1, Y6, X7
	VPADDD       X7, X6, X6
	VPHADDD      X6, X6, X10 // the halves' sums, twice
	VPHADDD      X10, X10, X6
	VPACKSSDW    Y1, Y0, Y0
	VPACKSSDW    Y3, Y2, Y2
	VPACKSSWB    Y2, Y0, Y0
	VPERMD       Y0, Y11, Y0
	VMOVDQU      Y0, (DI)
	VCVTDQ2PS    X6, X7
	VMULSS       X7, X4, X7
	VPXOR        X8, X8, X8
	VPSUBD       X6, X8, X6
	VPSUBD       X10, X8, X10
	VPACKSSDW    X10, X10, X10
	VMOVSS       X4, (R8)
	VMOVSS       X7, (R9)
	VMOVSS       X6, (R10)
	VMOVSS       X10, (R11)
	ADDQ         $128, SI
	ADDQ         $32, DI
	ADDQ         $4, R8
	ADDQ         $4, R9
	ADDQ         $4, R10
	ADDQ         $4, R11
	DECQ         CX
	JNZ          block
	VZEROUPPER
	RET
