// EXP replaces Y0 by e^Y0 as exp (elem.go) does; Y1..Y3 are scratch. Y3 keeps "not below
// -87", which NaN is not either.
#define EXP \
	VCMPPS      $5, EXPMIN, Y0, Y3; \
	VMOVUPS     EXPMAX, Y1; \
	VMINPS      Y0, Y1, Y0; \
	VMOVUPS     LOG2E, Y1; \
	VFMADD213PS ROUNDER, Y0, Y1; \
	VSUBPS      ROUNDER, Y1, Y1; \
	VFMADD231PS LN2HI, Y1, Y0; \
	VFMADD231PS LN2LO, Y1, Y0; \
	VMOVUPS     C5, Y2; \
	VFMADD213PS C4, Y0, Y2; \
	VFMADD213PS C3, Y0, Y2; \
	VFMADD213PS C2, Y0, Y2; \
	VFMADD213PS C1, Y0, Y2; \
	VFMADD213PS ONE, Y0, Y2; \
	VCVTPS2DQ   Y1, Y1; \
	VPADDD      BIAS, Y1, Y1; \
	VPSLLD      $23, Y1, Y1; \
	VMULPS      Y1, Y2, Y0; \
	VANDPS      Y3, Y0, Y0

// ROW loads the pointers of rowArgs that kernels with a result take, and the blocks.
//	AX *rowArgs   SI x   BX y   DX dst   CX blocks
//	DI q   R8 d   R9 s   R10 t   R11 h   R12 step of q   R13 step of d
#define ROW \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 16(AX), DX; \
	MOVQ 24(AX), CX; \
	SHRQ $5, CX; \
	MOVQ 48(AX), DI; \
	MOVQ 56(AX), R8; \
	MOVQ 64(AX), R9; \
	MOVQ 72(AX), R10; \
	MOVQ 80(AX), R11; \
	MOVQ 88(AX), R12; \
	MOVQ 96(AX), R13

// NEXT moves to the next block of the quantized row.
#define NEXT \
	ADDQ R12, DI; \
	ADDQ R13, R8; \
	ADDQ R13, R9; \
	ADDQ R13, R10; \
	LEAQ (R11)(R13*2), R11

// QUANT quantizes the block in Y4..Y7 (quantizeBlock) and stores it; all but Y15, which
// holds the order in which packing leaves bytes, is scratch. Where the scale has no finite
// inverse, all is zero.
#define QUANT \
	VMOVUPS      ABS, Y3; \
	VANDPS       Y3, Y4, Y0; \
	VANDPS       Y3, Y5, Y1; \
	VANDPS       Y3, Y6, Y2; \
	VANDPS       Y3, Y7, Y3; \
	VMAXPS       Y1, Y0, Y0; \
	VMAXPS       Y3, Y2, Y2; \
	VMAXPS       Y2, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X1; \
	VMAXPS       X1, X0, X0; \
	VMOVHLPS     X0, X0, X1; \
	VMAXPS       X1, X0, X0; \
	VMOVSHDUP    X0, X1; \
	VMAXSS       X1, X0, X0; \
	VDIVSS       MOST, X0, X0; \
	VMOVSS       ONE, X1; \
	VDIVSS       X0, X1, X1; \
	VCMPSS       $1, INF, X1, X2; \
	VANDPS       X2, X0, X0; \
	VANDPS       X2, X1, X1; \
	VBROADCASTSS X1, Y1; \
	VMULPS       Y4, Y1, Y4; \
	VMULPS       Y5, Y1, Y5; \
	VMULPS       Y6, Y1, Y6; \
	VMULPS       Y7, Y1, Y7; \
	VCVTPS2DQ    Y4, Y4; \
	VCVTPS2DQ    Y5, Y5; \
	VCVTPS2DQ    Y6, Y6; \
	VCVTPS2DQ    Y7, Y7; \
	VPADDD       Y5, Y4, Y2; \
	VPADDD       Y7, Y6, Y3; \
	VPHADDD      Y3, Y2, Y2; \
	VEXTRACTI128 $1, Y2, X3; \
	VPADDD       X3, X2, X2; \
	VPHADDD      X2, X2, X2; \
	VPHADDD      X2, X2, X3; \
	VPACKSSDW    Y5, Y4, Y4; \
	VPACKSSDW    Y7, Y6, Y6; \
	VPACKSSWB    Y6, Y4, Y4; \
	VPERMD       Y4, Y15, Y4; \
	VMOVDQU      Y4, (DI); \
	VCVTDQ2PS    X3, X4; \
	VMULSS       X4, X0, X4; \
	VPXOR        X5, X5, X5; \
	VPSUBD       X3, X5, X3; \
	VPSLLD       $7, X3, X3; \
	VPSUBD       X2, X5, X2; \
	VCVTDQ2PS    X2, X2; \
	VMOVSS       X0, (R8); \
	VMOVSS       X4, (R9); \
	VMOVSS       X3, (R10); \
	VMOVLPS      X2, (R11); \
	NEXT
