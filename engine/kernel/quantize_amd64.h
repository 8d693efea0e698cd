// QUANTIZED loads what quantizing kernels take of rowArgs.
//	SI x   CX blocks   DI q   R8 d   R9 s   R10 t   R11 h
//	R12 step of q   DX three of them   R13 step of d   BX three of them
#define QUANTIZED \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 24(AX), CX; \
	SHRQ $5, CX; \
	MOVQ 48(AX), DI; \
	MOVQ 56(AX), R8; \
	MOVQ 64(AX), R9; \
	MOVQ 72(AX), R10; \
	MOVQ 80(AX), R11; \
	MOVQ 88(AX), R12; \
	MOVQ 96(AX), R13; \
	LEAQ (R12)(R12*2), DX; \
	LEAQ (R13)(R13*2), BX

// SCALES makes of the largest elements of four blocks, in X0, their scales in X0 and
// the inverses in X1, both 0 where the inverse is not finite. X2 is scratch.
#define SCALES \
	VDIVPS  MOST, X0, X0; \
	VMOVUPS ONE, X1; \
	VDIVPS  X0, X1, X1; \
	VCMPPS  $1, INF, X1, X2; \
	VANDPS  X2, X0, X0; \
	VANDPS  X2, X1, X1

// SUMS makes of four blocks' scales in X0 and the sums of their low and high halves in X3
// and X4: s in X5, t in X6, and h in X3 and X4. X7 is scratch.
#define SUMS \
	VPADDD     X4, X3, X6; \
	VCVTDQ2PS  X6, X5; \
	VMULPS     X5, X0, X5; \
	VPXOR      X7, X7, X7; \
	VPSUBD     X6, X7, X6; \
	VPSLLD     $7, X6, X6; \
	VPSUBD     X3, X7, X3; \
	VPSUBD     X4, X7, X4; \
	VCVTDQ2PS  X3, X7; \
	VCVTDQ2PS  X4, X4; \
	VUNPCKLPS  X4, X7, X3; \
	VUNPCKHPS  X4, X7, X4

// PUT stores the four floats of X, a step apart.
#define PUT(X, at) \
	VMOVSS     X, (at); \
	VEXTRACTPS $1, X, (at)(R13*1); \
	VEXTRACTPS $2, X, (at)(R13*2); \
	VEXTRACTPS $3, X, (at)(BX*1)

// NUMBERS stores what SUMS made.
#define NUMBERS \
	PUT(X0, R8); \
	PUT(X5, R9); \
	PUT(X6, R10); \
	VMOVLPS X3, (R11); \
	VMOVHPS X3, (R11)(R13*2); \
	VMOVLPS X4, (R11)(R13*4); \
	VMOVHPS X4, (R11)(BX*2)

// TOGETHER does the same where the step is 4, a row that is alone in its strip.
#define TOGETHER \
	VMOVUPS X0, (R8); \
	VMOVUPS X5, (R9); \
	VMOVUPS X6, (R10); \
	VMOVUPS X3, (R11); \
	VMOVUPS X4, 16(R11)

// ADVANCE moves on by AX blocks; R14 is scratch.
#define ADVANCE \
	MOVQ  AX, R14; \
	IMULQ R13, R14; \
	ADDQ  R14, R8; \
	ADDQ  R14, R9; \
	ADDQ  R14, R10; \
	LEAQ  (R11)(R14*2), R11; \
	MOVQ  AX, R14; \
	IMULQ R12, R14; \
	ADDQ  R14, DI; \
	SHLQ  $7, AX; \
	ADDQ  AX, SI
