#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx2_amd64.h"
#include "elem_avx512_amd64.h"

// Kernels of one row whose result is stored, quantized, or both (elem.go), for AVX-512
// (F, BW, VL, DQ) and VNNI. Precondition: n is 32 at least. Registers are those of ROW;
// Z10 and Z11 are the block's result.

#define STORE512 \
	VMOVUPS Z10, 0(DX); \
	VMOVUPS Z11, 64(DX); \
	ADDQ    $128, DX

// func quantizeAVX512(a *rowArgs)
TEXT ·quantizeAVX512(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS512

quantblock:
	VMOVUPS 0(SI), Z10
	VMOVUPS 64(SI), Z11
	ADDQ    $128, SI
	QUANT512
	DECQ    CX
	JNZ     quantblock
	VZEROUPPER
	RET

// func scaledAVX512(a *rowArgs)
//
// Z17 holds the factor.
TEXT ·scaledAVX512(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS512
	VBROADCASTSS 32(AX), Z17

scaledblock:
	VMULPS 0(SI), Z17, Z10
	VMULPS 64(SI), Z17, Z11
	VMULPS 0(BX), Z10, Z10
	VMULPS 64(BX), Z11, Z11
	ADDQ   $128, SI
	ADDQ   $128, BX
	TESTQ  DX, DX
	JZ     scaledquant
	STORE512

scaledquant:
	TESTQ DI, DI
	JZ    scalednext
	QUANT512

scalednext:
	DECQ CX
	JNZ  scaledblock
	VZEROUPPER
	RET

// GATES makes Z10 and Z11 from the elements of x in Z8 and Z9 and a block of y. Z0 and
// Z1 hold minus what the logistic function is taken of.
#define GATES \
	EXP512(Z0, Z2, Z3); \
	EXP512(Z1, Z4, Z5); \
	VADDPS Z22, Z0, Z0; \
	VADDPS Z22, Z1, Z1; \
	VDIVPS Z0, Z8, Z0; \
	VDIVPS Z1, Z9, Z1; \
	VMULPS 0(BX), Z0, Z10; \
	VMULPS 64(BX), Z1, Z11

// func siluAVX512(a *rowArgs)
TEXT ·siluAVX512(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS512

silublock:
	VMOVUPS 0(SI), Z8
	VMOVUPS 64(SI), Z9
	VXORPS  Z18, Z8, Z0
	VXORPS  Z18, Z9, Z1
	GATES
	ADDQ    $128, SI
	ADDQ    $128, BX
	TESTQ   DX, DX
	JZ      siluquant
	STORE512

siluquant:
	TESTQ DI, DI
	JZ    silunext
	QUANT512

silunext:
	DECQ CX
	JNZ  silublock
	VZEROUPPER
	RET

// func geluAVX512(a *rowArgs)
//
// Z16 and Z17 hold the constants of the slope.
TEXT ·geluAVX512(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS512
	VBROADCASTSS CUBIC, Z16
	VBROADCASTSS LINEAR, Z17

gelublock:
	VMOVUPS     0(SI), Z8
	VMOVUPS     64(SI), Z9
	VMULPS      Z8, Z8, Z0
	VMULPS      Z9, Z9, Z1
	VFMADD213PS Z17, Z16, Z0
	VFMADD213PS Z17, Z16, Z1
	VMULPS      Z8, Z0, Z0
	VMULPS      Z9, Z1, Z1
	VXORPS      Z18, Z0, Z0
	VXORPS      Z18, Z1, Z1
	GATES
	ADDQ        $128, SI
	ADDQ        $128, BX
	TESTQ       DX, DX
	JZ          geluquant
	STORE512

geluquant:
	TESTQ DI, DI
	JZ    gelunext
	QUANT512

gelunext:
	DECQ CX
	JNZ  gelublock
	VZEROUPPER
	RET
