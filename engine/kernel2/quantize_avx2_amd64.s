#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx2_amd64.h"

// Kernels of one row whose result is stored, quantized, or both (elem.go). Precondition:
// n is 32 at least. Registers are those of ROW; Y4..Y7 are the block's result.

// The order that VPACKSSDW and VPACKSSWB, which work on halves, leave bytes in.
DATA packed<>+0(SB)/8, $0x0000000400000000
DATA packed<>+8(SB)/8, $0x0000000500000001
DATA packed<>+16(SB)/8, $0x0000000600000002
DATA packed<>+24(SB)/8, $0x0000000700000003
GLOBL packed<>(SB), RODATA|NOPTR, $32

// STORE writes Y4..Y7 to dst.
#define STORE \
	VMOVUPS Y4, 0(DX); \
	VMOVUPS Y5, 32(DX); \
	VMOVUPS Y6, 64(DX); \
	VMOVUPS Y7, 96(DX); \
	ADDQ    $128, DX

// func quantizeAVX2(a *rowArgs)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-8
	ROW
	VMOVDQU packed<>(SB), Y15

quantblock:
	VMOVUPS 0(SI), Y4
	VMOVUPS 32(SI), Y5
	VMOVUPS 64(SI), Y6
	VMOVUPS 96(SI), Y7
	ADDQ    $128, SI
	QUANT
	DECQ    CX
	JNZ     quantblock
	VZEROUPPER
	RET

// func scaledAVX2(a *rowArgs)
//
// Y14 holds the factor.
TEXT ·scaledAVX2(SB), NOSPLIT, $0-8
	ROW
	VMOVDQU      packed<>(SB), Y15
	VBROADCASTSS 32(AX), Y14

scaledblock:
	VMULPS 0(SI), Y14, Y4
	VMULPS 32(SI), Y14, Y5
	VMULPS 64(SI), Y14, Y6
	VMULPS 96(SI), Y14, Y7
	VMULPS 0(BX), Y4, Y4
	VMULPS 32(BX), Y5, Y5
	VMULPS 64(BX), Y6, Y6
	VMULPS 96(BX), Y7, Y7
	ADDQ   $128, SI
	ADDQ   $128, BX
	TESTQ  DX, DX
	JZ     scaledquant
	STORE

scaledquant:
	TESTQ DI, DI
	JZ    scalednext
	QUANT

scalednext:
	DECQ CX
	JNZ  scaledblock
	VZEROUPPER
	RET

// GATE makes Y from eight elements of x and y at off. Y0 holds minus what the logistic
// function is taken of, Y8 the elements of x.
#define GATE(off, Y) \
	EXP; \
	VADDPS ONE, Y0, Y0; \
	VDIVPS Y0, Y8, Y0; \
	VMULPS off(BX), Y0, Y

#define SILU(off, Y) \
	VMOVUPS off(SI), Y8; \
	VXORPS  SIGN, Y8, Y0; \
	GATE(off, Y)

#define GELU(off, Y) \
	VMOVUPS     off(SI), Y8; \
	VMULPS      Y8, Y8, Y0; \
	VMOVUPS     CUBIC, Y1; \
	VFMADD213PS LINEAR, Y1, Y0; \
	VMULPS      Y8, Y0, Y0; \
	VXORPS      SIGN, Y0, Y0; \
	GATE(off, Y)

// func siluAVX2(a *rowArgs)
TEXT ·siluAVX2(SB), NOSPLIT, $0-8
	ROW
	VMOVDQU packed<>(SB), Y15

silublock:
	SILU(0, Y4)
	SILU(32, Y5)
	SILU(64, Y6)
	SILU(96, Y7)
	ADDQ  $128, SI
	ADDQ  $128, BX
	TESTQ DX, DX
	JZ    siluquant
	STORE

siluquant:
	TESTQ DI, DI
	JZ    silunext
	QUANT

silunext:
	DECQ CX
	JNZ  silublock
	VZEROUPPER
	RET

// func geluAVX2(a *rowArgs)
TEXT ·geluAVX2(SB), NOSPLIT, $0-8
	ROW
	VMOVDQU packed<>(SB), Y15

gelublock:
	GELU(0, Y4)
	GELU(32, Y5)
	GELU(64, Y6)
	GELU(96, Y7)
	ADDQ  $128, SI
	ADDQ  $128, BX
	TESTQ DX, DX
	JZ    geluquant
	STORE

geluquant:
	TESTQ DI, DI
	JZ    gelunext
	QUANT

gelunext:
	DECQ CX
	JNZ  gelublock
	VZEROUPPER
	RET
