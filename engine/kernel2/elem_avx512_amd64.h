// CONSTANTS512 loads what EXP512 and QUANT512 take; Z12..Z31 are then taken.
#define CONSTANTS512 \
	VMOVSS       MOST, X12; \
	VMOVSS       ONE, X13; \
	VMOVSS       INF, X14; \
	VMOVDQU      ones<>(SB), Y15; \
	VBROADCASTSS SIGN, Z18; \
	VBROADCASTSS ABS, Z19; \
	VBROADCASTSS EXPMIN, Z20; \
	VBROADCASTSS EXPMAX, Z21; \
	VBROADCASTSS ONE, Z22; \
	VBROADCASTSS C1, Z23; \
	VBROADCASTSS C2, Z24; \
	VBROADCASTSS C3, Z25; \
	VBROADCASTSS C4, Z26; \
	VBROADCASTSS C5, Z27; \
	VBROADCASTSS LN2LO, Z28; \
	VBROADCASTSS LN2HI, Z29; \
	VBROADCASTSS ROUNDER, Z30; \
	VBROADCASTSS LOG2E, Z31

DATA ones<>+0(SB)/8, $0x0101010101010101
DATA ones<>+8(SB)/8, $0x0101010101010101
DATA ones<>+16(SB)/8, $0x0101010101010101
DATA ones<>+24(SB)/8, $0x0101010101010101
GLOBL ones<>(SB), RODATA|NOPTR, $32

// EXP512 replaces X by e^X as exp (elem.go) does; N, P and K1 are scratch.
#define EXP512(X, N, P) \
	VCMPPS      $5, Z20, X, K1; \
	VMINPS      X, Z21, X; \
	VMOVAPS     X, N; \
	VFMADD213PS Z30, Z31, N; \
	VSUBPS      Z30, N, N; \
	VFMADD231PS Z29, N, X; \
	VFMADD231PS Z28, N, X; \
	VMOVAPS     Z27, P; \
	VFMADD213PS Z26, X, P; \
	VFMADD213PS Z25, X, P; \
	VFMADD213PS Z24, X, P; \
	VFMADD213PS Z23, X, P; \
	VFMADD213PS Z22, X, P; \
	VSCALEFPS.Z N, P, K1, X

// QUANT512 quantizes the block in Z10 and Z11 (quantizeBlock) and stores it where ROW
// says; Z0..Z7 are scratch. Where the scale has no finite inverse, all is zero. Each half
// of Y2 holds the bytes of a half of the block, and is summed in all of its dwords.
#define QUANT512 \
	VANDPS        Z19, Z10, Z0; \
	VANDPS        Z19, Z11, Z1; \
	VMAXPS        Z1, Z0, Z0; \
	VEXTRACTF32X8 $1, Z0, Y1; \
	VMAXPS        Y1, Y0, Y0; \
	VEXTRACTF128  $1, Y0, X1; \
	VMAXPS        X1, X0, X0; \
	VMOVHLPS      X0, X0, X1; \
	VMAXPS        X1, X0, X0; \
	VMOVSHDUP     X0, X1; \
	VMAXSS        X1, X0, X0; \
	VDIVSS        X12, X0, X0; \
	VDIVSS        X0, X13, X1; \
	VCMPSS        $1, X14, X1, X2; \
	VANDPS        X2, X0, X0; \
	VANDPS        X2, X1, X1; \
	VBROADCASTSS  X1, Z1; \
	VMULPS        Z10, Z1, Z2; \
	VMULPS        Z11, Z1, Z3; \
	VCVTPS2DQ     Z2, Z2; \
	VCVTPS2DQ     Z3, Z3; \
	VPMOVDB       Z2, X2; \
	VPMOVDB       Z3, X3; \
	VINSERTI128   $1, X3, Y2, Y2; \
	VMOVDQU       Y2, (DI); \
	VPXOR         X7, X7, X7; \
	VMOVDQA       Y7, Y3; \
	VPDPBUSD      Y2, Y15, Y3; \
	VPSHUFD       $0xb1, Y3, Y4; \
	VPADDD        Y4, Y3, Y3; \
	VPSHUFD       $0x4e, Y3, Y4; \
	VPADDD        Y4, Y3, Y3; \
	VEXTRACTI128  $1, Y3, X4; \
	VPADDD        X4, X3, X5; \
	VPUNPCKLDQ    X4, X3, X3; \
	VPSUBD        X3, X7, X3; \
	VCVTDQ2PS     X3, X3; \
	VCVTDQ2PS     X5, X6; \
	VMULSS        X6, X0, X6; \
	VPSUBD        X5, X7, X5; \
	VPSLLD        $7, X5, X5; \
	VMOVSS        X0, (R8); \
	VMOVSS        X6, (R9); \
	VMOVD         X5, (R10); \
	VMOVLPS       X3, (R11); \
	NEXT
