#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx2_amd64.h"

// Kernels of one row that store a result (elem.go). Precondition: n is 32 at least.
// Registers are those of ROW.

// func scaledAVX2(a *rowArgs)
//
// Y14 holds the factor.
TEXT ·scaledAVX2(SB), NOSPLIT, $0-8
	ROW
	VBROADCASTSS 32(AX), Y14

scaledblock:
	VMULPS  0(SI), Y14, Y4
	VMULPS  32(SI), Y14, Y5
	VMULPS  64(SI), Y14, Y6
	VMULPS  96(SI), Y14, Y7
	VMULPS  0(BX), Y4, Y4
	VMULPS  32(BX), Y5, Y5
	VMULPS  64(BX), Y6, Y6
	VMULPS  96(BX), Y7, Y7
	VMOVUPS Y4, 0(DX)
	VMOVUPS Y5, 32(DX)
	VMOVUPS Y6, 64(DX)
	VMOVUPS Y7, 96(DX)
	ADDQ    $128, SI
	ADDQ    $128, BX
	ADDQ    $128, DX
	DECQ    CX
	JNZ     scaledblock
	VZEROUPPER
	RET

// GATE stores eight elements at off. Y0 holds minus what the logistic function is taken
// of, Y8 the elements of x.
#define GATE(off) \
	EXP; \
	VADDPS  ONE, Y0, Y0; \
	VDIVPS  Y0, Y8, Y0; \
	VMULPS  off(BX), Y0, Y0; \
	VMOVUPS Y0, off(DX)

#define SILU(off) \
	VMOVUPS off(SI), Y8; \
	VXORPS  SIGN, Y8, Y0; \
	GATE(off)

#define GELU(off) \
	VMOVUPS     off(SI), Y8; \
	VMULPS      Y8, Y8, Y0; \
	VMOVUPS     CUBIC, Y1; \
	VFMADD213PS LINEAR, Y1, Y0; \
	VMULPS      Y8, Y0, Y0; \
	VXORPS      SIGN, Y0, Y0; \
	GATE(off)

// func siluAVX2(a *rowArgs)
TEXT ·siluAVX2(SB), NOSPLIT, $0-8
	ROW

silublock:
	SILU(0)
	SILU(32)
	SILU(64)
	SILU(96)
	ADDQ $128, SI
	ADDQ $128, BX
	ADDQ $128, DX
	DECQ CX
	JNZ  silublock
	VZEROUPPER
	RET

// func geluAVX2(a *rowArgs)
TEXT ·geluAVX2(SB), NOSPLIT, $0-8
	ROW

gelublock:
	GELU(0)
	GELU(32)
	GELU(64)
	GELU(96)
	ADDQ $128, SI
	ADDQ $128, BX
	ADDQ $128, DX
	DECQ CX
	JNZ  gelublock
	VZEROUPPER
	RET
