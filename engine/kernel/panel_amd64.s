#include "textflag.h"
#include "macros_amd64.h"
#include "pack_amd64.h"

// VPSHUFB control that makes the floats of eight BF16 numbers, given in both halves.
DATA ·widenBytes+0(SB)/8, $0x0302808001008080
DATA ·widenBytes+8(SB)/8, $0x0706808005048080
DATA ·widenBytes+16(SB)/8, $0x0b0a808009088080
DATA ·widenBytes+24(SB)/8, $0x0f0e80800d0c8080
GLOBL ·widenBytes(SB), RODATA|NOPTR, $32

// Kernels of the float kinds and of Q8_0, Q4_0 and Q4_1; macros in pack_amd64.h.

// As in the dot kernels, the next group's rows are fetched ahead, BX moving over them.

// PACK_FLOATS is a whole kernel: four rows, eight columns of each in turn.
#define PACK_FLOATS(WIDEN, size) \
	LOAD_PACK(3); \
	LEAQ (DI)(R8*4), BX; \
step: \
	PREFETCHT0 (BX); \
	ADDQ    $(32*size), BX; \
	WIDEN((DI), Y0); \
	WIDEN((DI)(R8*1), Y1); \
	WIDEN((DI)(R8*2), Y2); \
	WIDEN((DI)(R10*1), Y3); \
	VMOVUPS Y0, 0(DX); \
	VMOVUPS Y1, 32(DX); \
	VMOVUPS Y2, 64(DX); \
	VMOVUPS Y3, 96(DX); \
	ADDQ    $(8*size), DI; \
	ADDQ    $128, DX; \
	DECQ    CX; \
	JNZ     step; \
	VZEROUPPER; \
	RET

#define WIDEN_F32(addr, Y)  VMOVUPS addr, Y
#define WIDEN_F16(addr, Y)  VCVTPH2PS addr, Y
#define WIDEN_BF16(addr, Y) VBROADCASTI128 addr, Y; VPSHUFB Y15, Y, Y

// func packF32AVX2(a *packArgs)
TEXT ·packF32AVX2(SB), NOSPLIT, $0-8
	PACK_FLOATS(WIDEN_F32, 4)

// func packF16AVX2(a *packArgs)
TEXT ·packF16AVX2(SB), NOSPLIT, $0-8
	PACK_FLOATS(WIDEN_F16, 2)

// func packBF16AVX2(a *packArgs)
TEXT ·packBF16AVX2(SB), NOSPLIT, $0-8
	VMOVDQU ·widenBytes(SB), Y15
	PACK_FLOATS(WIDEN_BF16, 2)

#define PACK_Q8_0 \
	HALVES8(0); \
	QUADS(2); \
	STORE4(VPXOR); \
	QUADS(18); \
	STORE4(VPXOR)

// func packQ8_0AVX2(a *packArgs)
//
// Y14 is flip, which the bytes are XORed with.
TEXT ·packQ8_0AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), AX
	VPBROADCASTB 40(AX), Y14
	PACK_INTS(PACK_Q8_0, 34)

#define PACK_NIBBLES(off) \
	QUADS(off); \
	VPSRLW $4, Y0, Y4; \
	VPSRLW $4, Y1, Y5; \
	VPSRLW $4, Y2, Y6; \
	VPSRLW $4, Y3, Y7; \
	STORE4(VPAND); \
	VMOVDQA Y4, Y0; \
	VMOVDQA Y5, Y1; \
	VMOVDQA Y6, Y2; \
	VMOVDQA Y7, Y3; \
	STORE4(VPAND)

#define PACK_Q4_0 HALVES8(0); PACK_NIBBLES(2)
#define PACK_Q4_1 HALVES8(0); HALVES8(2); PACK_NIBBLES(4)

// func packQ4_0AVX2(a *packArgs)
TEXT ·packQ4_0AVX2(SB), NOSPLIT, $0-8
	NIBBLE_MASK(Y14, Y13)
	PACK_INTS(PACK_Q4_0, 18)

// func packQ4_1AVX2(a *packArgs)
TEXT ·packQ4_1AVX2(SB), NOSPLIT, $0-8
	NIBBLE_MASK(Y14, Y13)
	PACK_INTS(PACK_Q4_1, 20)
