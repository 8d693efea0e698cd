#include "textflag.h"
#include "macros_amd64.h"

// VPSHUFB control that makes the floats of eight BF16 numbers, given in both halves.
DATA ·widenBytes+0(SB)/8, $0x0302808001008080
DATA ·widenBytes+8(SB)/8, $0x0706808005048080
DATA ·widenBytes+16(SB)/8, $0x0b0a808009088080
DATA ·widenBytes+24(SB)/8, $0x0f0e80800d0c8080
GLOBL ·widenBytes(SB), RODATA|NOPTR, $32

// Packing: weight rows to a panel (see panel.go).
//
//	AX  *packArgs    DI  row 0          R8  stride     R10 3 x stride
//	CX  steps left   DX  panel
//
// Preconditions (kept by Set.pack): n is a multiple of 8, of 32 for integer kinds,
// and above 0; the rows of one group follow each other.

#define LOAD_PACK(shift) \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 16(AX), CX; \
	SHRQ $shift, CX; \
	MOVQ 24(AX), DX

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

// Integer kinds, eight rows: R11 is row 4, R12 the panel's step, R13 3 x step.

// QUADS loads 16 bytes of each row and turns them so that Y0..Y3 hold four bytes of
// every row each: bytes 0..3, 4..7, 8..11 and 12..15. Y4..Y7 are scratch.
#define QUADS(off) \
	VMOVDQU     off(DI), X0; \
	VINSERTI128 $1, off(R11), Y0, Y0; \
	VMOVDQU     off(DI)(R8*1), X1; \
	VINSERTI128 $1, off(R11)(R8*1), Y1, Y1; \
	VMOVDQU     off(DI)(R8*2), X2; \
	VINSERTI128 $1, off(R11)(R8*2), Y2, Y2; \
	VMOVDQU     off(DI)(R10*1), X3; \
	VINSERTI128 $1, off(R11)(R10*1), Y3, Y3; \
	VPUNPCKLDQ  Y1, Y0, Y4; \
	VPUNPCKHDQ  Y1, Y0, Y5; \
	VPUNPCKLDQ  Y3, Y2, Y6; \
	VPUNPCKHDQ  Y3, Y2, Y7; \
	VPUNPCKLQDQ Y6, Y4, Y0; \
	VPUNPCKHQDQ Y6, Y4, Y1; \
	VPUNPCKLQDQ Y7, Y5, Y2; \
	VPUNPCKHQDQ Y7, Y5, Y3

// STORE4 stores Y0..Y3 after applying op with Y14.
#define STORE4(op) \
	op      Y14, Y0, Y0; \
	op      Y14, Y1, Y1; \
	op      Y14, Y2, Y2; \
	op      Y14, Y3, Y3; \
	VMOVDQU Y0, (DX); \
	VMOVDQU Y1, (DX)(R12*1); \
	VMOVDQU Y2, (DX)(R12*2); \
	VMOVDQU Y3, (DX)(R13*1); \
	LEAQ    (DX)(R12*4), DX

// HALVES8 stores one half-precision number of each row as floats.
#define HALVES8(off) \
	VPXOR     X8, X8, X8; \
	VPXOR     X9, X9, X9; \
	VPINSRW   $0, off(DI), X8, X8; \
	VPINSRW   $1, off(DI)(R8*1), X8, X8; \
	VPINSRW   $2, off(DI)(R8*2), X8, X8; \
	VPINSRW   $3, off(DI)(R10*1), X8, X8; \
	VPINSRW   $0, off(R11), X9, X9; \
	VPINSRW   $1, off(R11)(R8*1), X9, X9; \
	VPINSRW   $2, off(R11)(R8*2), X9, X9; \
	VPINSRW   $3, off(R11)(R10*1), X9, X9; \
	VPUNPCKLQDQ X9, X8, X8; \
	VCVTPH2PS X8, Y8; \
	VMOVUPS   Y8, (DX); \
	ADDQ      R12, DX

#define PACK_INTS(BLOCK, size) \
	LOAD_PACK(5); \
	LEAQ (DI)(R8*4), R11; \
	MOVQ 32(AX), R12; \
	LEAQ (R12)(R12*2), R13; \
	LEAQ (DI)(R8*8), BX; \
block: \
	PREFETCHT0 (BX); \
	PREFETCHT0 64(BX); \
	PREFETCHT0 128(BX); \
	ADDQ $(8*size), BX; \
	BLOCK; \
	ADDQ $size, DI; \
	ADDQ $size, R11; \
	DECQ CX; \
	JNZ  block; \
	VZEROUPPER; \
	RET

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
