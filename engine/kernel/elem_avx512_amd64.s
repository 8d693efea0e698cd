#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx512_amd64.h"

// Kernels that sum a row (elem.go), for AVX-512 (F, BW, VL, DQ). Precondition: n is 32 at
// least.
//	AX *rowArgs   SI x   BX y   CX blocks

#define INPLACE512 \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 24(AX), CX; \
	SHRQ $5, CX

#define SQUARE512(Y, Z, sum) \
	VCVTPS2PD   Y, Z; \
	VFMADD231PD Z, Z, sum

// func squaresAVX512(a *rowArgs)
//
// Z8 and Z9 hold the 16 sums.
TEXT ·squaresAVX512(SB), NOSPLIT, $0-8
	INPLACE512
	VMOVUPD 200(AX), Z8
	VMOVUPD 264(AX), Z9

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
	SQUARE512(Y0, Z0, Z8)
	SQUARE512(Y1, Z1, Z9)
	SQUARE512(Y2, Z2, Z8)
	SQUARE512(Y3, Z3, Z9)
	ADDQ    $128, SI
	DECQ    CX
	JNZ     squaresblock
	VMOVUPD Z8, 200(AX)
	VMOVUPD Z9, 264(AX)
	VZEROUPPER
	RET

// func expsAVX512(a *rowArgs)
//
// Z10 holds the 16 sums, Z11 what is taken off.
TEXT ·expsAVX512(SB), NOSPLIT, $0-8
	INPLACE512
	CONSTANTS512
	VBROADCASTSS 32(AX), Z11
	VMOVUPS      136(AX), Z10

expsblock:
	VMOVUPS 0(SI), Z0
	VMOVUPS 64(SI), Z1
	VSUBPS  Z11, Z0, Z0
	VSUBPS  Z11, Z1, Z1
	EXP512(Z0, Z2, Z3)
	EXP512(Z1, Z4, Z5)
	VMOVUPS Z0, 0(SI)
	VMOVUPS Z1, 64(SI)
	VADDPS  Z0, Z10, Z10
	VADDPS  Z1, Z10, Z10
	ADDQ    $128, SI
	DECQ    CX
	JNZ     expsblock
	VMOVUPS Z10, 136(AX)
	VZEROUPPER
	RET
