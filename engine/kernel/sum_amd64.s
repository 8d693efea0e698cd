#include "textflag.h"

// Weighted sums: dst[i] += p[j] x v[j][i], positions in order, 32 columns at a time
// held in Y0..Y3.
//
//	AX *sumArgs   DI column in the first row   BX row   SI p   R8 stride
//	CX rows left  R9 column groups left        DX dst
//
// Preconditions (kept by Set.Sum): n is a multiple of 32, n and rows above 0.

#define LOAD_SUM \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	MOVQ 24(AX), R9; \
	SHRQ $5, R9; \
	MOVQ 40(AX), DX

#define LOAD_DST \
	MOVQ    DI, BX; \
	MOVQ    16(AX), SI; \
	MOVQ    32(AX), CX; \
	VMOVUPS 0(DX), Y0; \
	VMOVUPS 32(DX), Y1; \
	VMOVUPS 64(DX), Y2; \
	VMOVUPS 96(DX), Y3

#define ADD_SCALED \
	VMULPS Y4, Y8, Y4; \
	VMULPS Y5, Y8, Y5; \
	VMULPS Y6, Y8, Y6; \
	VMULPS Y7, Y8, Y7; \
	VADDPS Y4, Y0, Y0; \
	VADDPS Y5, Y1, Y1; \
	VADDPS Y6, Y2, Y2; \
	VADDPS Y7, Y3, Y3

#define STORE_DST \
	VMOVUPS Y0, 0(DX); \
	VMOVUPS Y1, 32(DX); \
	VMOVUPS Y2, 64(DX); \
	VMOVUPS Y3, 96(DX); \
	ADDQ    $128, DX

// func sumF32AVX2(a *sumArgs)
TEXT ·sumF32AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM

sf32columns:
	LOAD_DST

sf32row:
	VBROADCASTSS (SI), Y8
	VMOVUPS      0(BX), Y4
	VMOVUPS      32(BX), Y5
	VMOVUPS      64(BX), Y6
	VMOVUPS      96(BX), Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sf32row
	STORE_DST
	ADDQ         $128, DI
	DECQ         R9
	JNZ          sf32columns
	VZEROUPPER
	RET

// func sumBF16AVX2(a *sumArgs)
TEXT ·sumBF16AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM
	VMOVDQU ·widenBytes(SB), Y15

sbf16columns:
	LOAD_DST

sbf16row:
	VBROADCASTSS (SI), Y8
	VBROADCASTI128 0(BX), Y4
	VBROADCASTI128 16(BX), Y5
	VBROADCASTI128 32(BX), Y6
	VBROADCASTI128 48(BX), Y7
	VPSHUFB      Y15, Y4, Y4
	VPSHUFB      Y15, Y5, Y5
	VPSHUFB      Y15, Y6, Y6
	VPSHUFB      Y15, Y7, Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sbf16row
	STORE_DST
	ADDQ         $64, DI
	DECQ         R9
	JNZ          sbf16columns
	VZEROUPPER
	RET

// func sumQ8_0AVX2(a *sumArgs)
TEXT ·sumQ8_0AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM

sq8columns:
	LOAD_DST

sq8row:
	MOVWLZX      (BX), R11
	VMOVD        R11, X8
	VCVTPH2PS    X8, X8
	VMULSS       (SI), X8, X8
	VBROADCASTSS X8, Y8
	VPMOVSXBD    2(BX), Y4
	VPMOVSXBD    10(BX), Y5
	VPMOVSXBD    18(BX), Y6
	VPMOVSXBD    26(BX), Y7
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sq8row
	STORE_DST
	ADDQ         $34, DI
	DECQ         R9
	JNZ          sq8columns
	VZEROUPPER
	RET
