#include "textflag.h"
#include "elem_amd64.h"
#include "elem_avx2_amd64.h"
#include "elem_avx512_amd64.h"

// Kernels of one row that store a result (elem.go), for AVX-512 (F, DQ). Precondition: n
// is 32 at least. Registers are those of ROW.

// GATES stores a block, of which Z8 and Z9 hold the elements of x, Z0 and Z1 minus what the
// logistic function is taken of.
#define GATES \
	EXP512(Z0, Z2, Z3); \
	EXP512(Z1, Z4, Z5); \
	VADDPS  Z22, Z0, Z0; \
	VADDPS  Z22, Z1, Z1; \
	VDIVPS  Z0, Z8, Z0; \
	VDIVPS  Z1, Z9, Z1; \
	VMULPS  0(BX), Z0, Z0; \
	VMULPS  64(BX), Z1, Z1; \
	VMOVUPS Z0, 0(DX); \
	VMOVUPS Z1, 64(DX); \
	ADDQ    $128, SI; \
	ADDQ    $128, BX; \
	ADDQ    $128, DX; \
	DECQ    CX

// func siluAVX512(a *rowArgs)
TEXT ·siluAVX512(SB), NOSPLIT, $0-8
	ROW
	CONSTANTS512

silublock:
	VMOVUPS 0(SI), Z8
	VMOVUPS 64(SI), Z9
	VXORPS  Z19, Z8, Z0
	VXORPS  Z19, Z9, Z1
	GATES
	JNZ     silublock
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
	VXORPS      Z19, Z0, Z0
	VXORPS      Z19, Z1, Z1
	GATES
	JNZ         gelublock
	VZEROUPPER
	RET
