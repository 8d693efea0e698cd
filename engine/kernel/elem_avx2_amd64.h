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
#define ROW \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 16(AX), DX; \
	MOVQ 24(AX), CX; \
	SHRQ $5, CX
