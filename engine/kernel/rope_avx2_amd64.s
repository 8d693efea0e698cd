#include "textflag.h"

// Rotary embeddings (rope.go): n pairs, 8 at least, of each of many heads.
//	AX *rowArgs   DX the head   SI x   BX cosines   DI sines   CX pairs left, by eights
//	R8 heads left   R9 pairs, by eights   R10 bytes between heads   R11 bytes of a half

#define HEADS \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DX; \
	MOVQ 24(AX), R9; \
	MOVQ R9, R11; \
	SHLQ $2, R11; \
	SHRQ $3, R9; \
	MOVQ 120(AX), R8; \
	MOVQ 128(AX), R10

#define HEAD \
	MOVQ DX, SI; \
	MOVQ 104(AX), BX; \
	MOVQ 112(AX), DI; \
	MOVQ R9, CX

// TURN rotates four pairs at off of x by the angles at angle.
#define TURN(off, angle) \
	VPMOVZXDQ angle(BX), Y0; \
	VPMOVZXDQ angle(DI), Y1; \
	VMOVSLDUP Y0, Y0; \
	VMOVSLDUP Y1, Y1; \
	VMOVUPS   off(SI), Y2; \
	VPERMILPS $0xb1, Y2, Y3; \
	VMULPS    Y2, Y0, Y2; \
	VMULPS    Y3, Y1, Y3; \
	VADDSUBPS Y3, Y2, Y2; \
	VMOVUPS   Y2, off(SI)

// func pairsAVX2(a *rowArgs)
TEXT ·pairsAVX2(SB), NOSPLIT, $0-8
	HEADS

pairshead:
	HEAD

pairseight:
	TURN(0, 0)
	TURN(32, 16)
	ADDQ $64, SI
	ADDQ $32, BX
	ADDQ $32, DI
	DECQ CX
	JNZ  pairseight
	ADDQ R10, DX
	DECQ R8
	JNZ  pairshead
	VZEROUPPER
	RET

// func halvesAVX2(a *rowArgs)
TEXT ·halvesAVX2(SB), NOSPLIT, $0-8
	HEADS

halveshead:
	HEAD

halveseight:
	VMOVUPS (BX), Y0
	VMOVUPS (DI), Y1
	VMOVUPS (SI), Y2
	VMOVUPS (SI)(R11*1), Y3
	VMULPS  Y2, Y0, Y4
	VMULPS  Y3, Y1, Y5
	VSUBPS  Y5, Y4, Y4
	VMULPS  Y3, Y0, Y3
	VMULPS  Y2, Y1, Y2
	VADDPS  Y2, Y3, Y3
	VMOVUPS Y4, (SI)
	VMOVUPS Y3, (SI)(R11*1)
	ADDQ    $32, SI
	ADDQ    $32, BX
	ADDQ    $32, DI
	DECQ    CX
	JNZ     halveseight
	ADDQ    R10, DX
	DECQ    R8
	JNZ     halveshead
	VZEROUPPER
	RET
