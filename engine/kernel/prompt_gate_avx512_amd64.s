#include "textflag.h"
#include "bf16_avx512_amd64.h"
#include "elem_amd64.h"
#include "elem_avx512_amd64.h"

// Activations of prompts' rows (prompt_gate.go).
//
//	SI sums   DI dst of the strip   DX dst   CX pairs of rows left   R8 strips left   R9 step
//	R10 bytes to the next strip's sums: none, or those of a pair's second matrix, in turn

#define BEGIN \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), DI; \
	MOVQ 16(AX), R9; \
	MOVQ 24(AX), R8; \
	XORL R10, R10; \
	CONSTANTS512

// GATES is two rows, of which Z8 and Z9 hold gate, Z0 and Z1 minus what the logistic function
// is taken of.
#define GATES \
	EXP512(Z0, Z2, Z3); \
	EXP512(Z1, Z4, Z5); \
	VADDPS Z22, Z0, Z0; \
	VADDPS Z22, Z1, Z1; \
	VDIVPS Z0, Z8, Z0; \
	VDIVPS Z1, Z9, Z1; \
	VMULPS 2048(SI), Z0, Z0; \
	VMULPS 2112(SI), Z1, Z1; \
	ROUND(0, 1, 2); \
	VMOVDQU       Y2, (DX); \
	VEXTRACTI64X4 $1, Z2, Y3; \
	VMOVDQU       Y3, 64(DX); \
	ADDQ   $128, SI; \
	ADDQ   $128, DX; \
	DECQ   CX

// NEXT goes on to the next strip.
#define NEXT(strip) \
	ADDQ R9, DI; \
	ADDQ R10, SI; \
	XORQ $2048, R10; \
	DECQ R8; \
	JNZ  strip; \
	VZEROUPPER; \
	RET

// func siluPromptAVX512(a *gateArgs)
TEXT ·siluPromptAVX512(SB), NOSPLIT, $0-8
	BEGIN

strip:
	MOVQ DI, DX
	MOVQ $8, CX

rows:
	VMOVUPS 0(SI), Z8
	VMOVUPS 64(SI), Z9
	VXORPS  Z19, Z8, Z0
	VXORPS  Z19, Z9, Z1
	GATES
	JNZ     rows
	NEXT(strip)

// func geluPromptAVX512(a *gateArgs)
//
// Z16 and Z17 hold the constants of the slope.
TEXT ·geluPromptAVX512(SB), NOSPLIT, $0-8
	BEGIN
	VBROADCASTSS CUBIC, Z16
	VBROADCASTSS LINEAR, Z17

strip:
	MOVQ DI, DX
	MOVQ $8, CX

rows:
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
	JNZ         rows
	NEXT(strip)
