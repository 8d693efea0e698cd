#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx2_amd64.h"

// Kernels that change a row in place, or sum it (elem.go). Precondition: n is 32 at least.
//	AX *rowArgs   SI x   BX y   CX blocks

#define INPLACE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 24(AX), CX; \
	SHRQ $5, CX

// SQUARE adds the squares of Y's eight elements to P and Q, in float64.
#define SQUARE(X, Y, P, Q) \
	VCVTPS2PD    X, Y8; \
	VEXTRACTF128 $1, Y, X; \
	VCVTPS2PD    X, Y9; \
	VFMADD231PD  Y8, Y8, P; \
	VFMADD231PD  Y9, Y9, Q

// func squaresAVX2(a *rowArgs)
//
// Y4..Y7 hold the 16 sums.
TEXT ·squaresAVX2(SB), NOSPLIT, $0-8
	INPLACE
	VMOVUPD 200(AX), Y4
	VMOVUPD 232(AX), Y5
	VMOVUPD 264(AX), Y6
	VMOVUPD 296(AX), Y7

squaresblock:
	VMOVUPS 0(SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	TESTQ   BX, BX
	JZ      squaressum
	VADDPS  0(BX), Y0, Y0
	VADDPS  32(BX), Y1, Y1
	VADDPS  64(BX), Y2, Y2
	VADDPS  96(BX), Y3, Y3
	VMOVUPS Y0, 0(SI)
	VMOVUPS Y1, 32(SI)
	VMOVUPS Y2, 64(SI)
	VMOVUPS Y3, 96(SI)
	ADDQ    $128, BX

squaressum:
	SQUARE(X0, Y0, Y4, Y5)
	SQUARE(X1, Y1, Y6, Y7)
	SQUARE(X2, Y2, Y4, Y5)
	SQUARE(X3, Y3, Y6, Y7)
	ADDQ    $128, SI
	DECQ    CX
	JNZ     squaresblock
	VMOVUPD Y4, 200(AX)
	VMOVUPD Y5, 232(AX)
	VMOVUPD Y6, 264(AX)
	VMOVUPD Y7, 296(AX)
	VZEROUPPER
	RET

// func addAVX2(a *rowArgs)
TEXT ·addAVX2(SB), NOSPLIT, $0-8
	INPLACE

addblock:
	VMOVUPS 0(SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VADDPS  0(BX), Y0, Y0
	VADDPS  32(BX), Y1, Y1
	VADDPS  64(BX), Y2, Y2
	VADDPS  96(BX), Y3, Y3
	VMOVUPS Y0, 0(SI)
	VMOVUPS Y1, 32(SI)
	VMOVUPS Y2, 64(SI)
	VMOVUPS Y3, 96(SI)
	ADDQ    $128, SI
	ADDQ    $128, BX
	DECQ    CX
	JNZ     addblock
	VZEROUPPER
	RET

// func scaleAVX2(a *rowArgs)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-8
	INPLACE
	VBROADCASTSS 32(AX), Y4

scaleblock:
	VMULPS  0(SI), Y4, Y0
	VMULPS  32(SI), Y4, Y1
	VMULPS  64(SI), Y4, Y2
	VMULPS  96(SI), Y4, Y3
	VMOVUPS Y0, 0(SI)
	VMOVUPS Y1, 32(SI)
	VMOVUPS Y2, 64(SI)
	VMOVUPS Y3, 96(SI)
	ADDQ    $128, SI
	DECQ    CX
	JNZ     scaleblock
	VZEROUPPER
	RET

// func narrow16AVX2(a *rowArgs)
TEXT ·narrow16AVX2(SB), NOSPLIT, $0-8
	INPLACE
	MOVQ 16(AX), DI

narrowblock:
	VMOVUPS   0(SI), Y0
	VMOVUPS   32(SI), Y1
	VMOVUPS   64(SI), Y2
	VMOVUPS   96(SI), Y3
	VCVTPS2PH $0, Y0, 0(DI)
	VCVTPS2PH $0, Y1, 16(DI)
	VCVTPS2PH $0, Y2, 32(DI)
	VCVTPS2PH $0, Y3, 48(DI)
	ADDQ      $128, SI
	ADDQ      $64, DI
	DECQ      CX
	JNZ       narrowblock
	VZEROUPPER
	RET

// func topAVX2(a *rowArgs)
//
// No element is NaN.
TEXT ·topAVX2(SB), NOSPLIT, $0-8
	INPLACE
	VBROADCASTSS 32(AX), Y0
	VMOVAPS      Y0, Y1
	VMOVAPS      Y0, Y2
	VMOVAPS      Y0, Y3

topblock:
	VMAXPS       0(SI), Y0, Y0
	VMAXPS       32(SI), Y1, Y1
	VMAXPS       64(SI), Y2, Y2
	VMAXPS       96(SI), Y3, Y3
	ADDQ         $128, SI
	DECQ         CX
	JNZ          topblock
	VMAXPS       Y1, Y0, Y0
	VMAXPS       Y3, Y2, Y2
	VMAXPS       Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSHDUP    X0, X1
	VMAXSS       X1, X0, X0
	VMOVSS       X0, 32(AX)
	VZEROUPPER
	RET

#define EXPS(off, sum) \
	VMOVUPS off(SI), Y0; \
	VSUBPS  Y6, Y0, Y0; \
	EXP; \
	VMOVUPS Y0, off(SI); \
	VADDPS  Y0, sum, sum

// func expsAVX2(a *rowArgs)
//
// Y4 and Y5 hold the 16 sums, Y6 what is taken off.
TEXT ·expsAVX2(SB), NOSPLIT, $0-8
	INPLACE
	VBROADCASTSS 32(AX), Y6
	VMOVUPS      136(AX), Y4
	VMOVUPS      168(AX), Y5

expsblock:
	EXPS(0, Y4)
	EXPS(32, Y5)
	EXPS(64, Y4)
	EXPS(96, Y5)
	ADDQ    $128, SI
	DECQ    CX
	JNZ     expsblock
	VMOVUPS Y4, 136(AX)
	VMOVUPS Y5, 168(AX)
	VZEROUPPER
	RET
