#include "textflag.h"
#include "elem_amd64.h"
#include "quantize_amd64.h"

// Quantization of a row (quantize.go). Registers are those of QUANTIZED.

// The order that VPACKSSDW and VPACKSSWB, which work on halves, leave bytes in.
DATA packed<>+0(SB)/8, $0x0000000400000000
DATA packed<>+8(SB)/8, $0x0000000500000001
DATA packed<>+16(SB)/8, $0x0000000600000002
DATA packed<>+24(SB)/8, $0x0000000700000003
GLOBL packed<>(SB), RODATA|NOPTR, $32

// Sixteen words of 1, and 32 bytes of 1.
DATA units<>+0(SB)/8, $0x0001000100010001
DATA units<>+8(SB)/8, $0x0001000100010001
DATA units<>+16(SB)/8, $0x0001000100010001
DATA units<>+24(SB)/8, $0x0001000100010001
DATA units<>+32(SB)/8, $0x0101010101010101
DATA units<>+40(SB)/8, $0x0101010101010101
DATA units<>+48(SB)/8, $0x0101010101010101
DATA units<>+56(SB)/8, $0x0101010101010101
GLOBL units<>(SB), RODATA|NOPTR, $64

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
	VMOVLPS      X2, (R11)

// func quantizeFewAVX2(a *rowArgs)
//
// One block at a time.
TEXT ·quantizeFewAVX2(SB), NOSPLIT, $0-8
	QUANTIZED
	VMOVDQU packed<>(SB), Y15

few:
	VMOVUPS 0(SI), Y4
	VMOVUPS 32(SI), Y5
	VMOVUPS 64(SI), Y6
	VMOVUPS 96(SI), Y7
	QUANT
	MOVQ    $1, AX
	ADVANCE
	DECQ    CX
	JNZ     few
	VZEROUPPER
	RET

// LARGEST sets Y to the largest of every fourth four of the block's elements at off; Y8
// is scratch, Y14 all bits but the sign.
#define LARGEST(off, Y) \
	VANDPS (off+0)(SI), Y14, Y; \
	VANDPS (off+32)(SI), Y14, Y8; \
	VMAXPS Y8, Y, Y; \
	VANDPS (off+64)(SI), Y14, Y8; \
	VMAXPS Y8, Y, Y; \
	VANDPS (off+96)(SI), Y14, Y8; \
	VMAXPS Y8, Y, Y

// CODES stores at to the block at off times element i of both halves of Y1, rounded,
// and sets Y to sums of fours. Y8 and Y9 are scratch.
#define CODES(off, i, Y, to) \
	VPERMILPS  $(i*0x55), Y1, Y9; \
	VMULPS     (off+0)(SI), Y9, Y; \
	VMULPS     (off+32)(SI), Y9, Y8; \
	VCVTPS2DQ  Y, Y; \
	VCVTPS2DQ  Y8, Y8; \
	VPACKSSDW  Y8, Y, Y; \
	VMULPS     (off+64)(SI), Y9, Y8; \
	VMULPS     (off+96)(SI), Y9, Y9; \
	VCVTPS2DQ  Y8, Y8; \
	VCVTPS2DQ  Y9, Y9; \
	VPACKSSDW  Y9, Y8, Y8; \
	VPACKSSWB  Y8, Y, Y; \
	VPERMD     Y, Y15, Y; \
	VMOVDQU    Y, to; \
	VPMADDUBSW Y, Y13, Y; \
	VPMADDWD   Y, Y12, Y

// func quantizeAVX2(a *rowArgs)
//
// Four blocks at a time, the last four perhaps in part again: at least 4. What takes long,
// from the largest element to the scale, is done once for all four.
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-8
	QUANTIZED
	VMOVDQU packed<>(SB), Y15
	VMOVUPS ABS, Y14
	VMOVDQU units<>+32(SB), Y13
	VMOVDQU units<>(SB), Y12

four:
	LARGEST(0, Y0)
	LARGEST(128, Y1)
	LARGEST(256, Y2)
	LARGEST(384, Y3)
	VUNPCKLPS    Y1, Y0, Y4
	VUNPCKHPS    Y1, Y0, Y0
	VMAXPS       Y4, Y0, Y0
	VUNPCKLPS    Y3, Y2, Y4
	VUNPCKHPS    Y3, Y2, Y2
	VMAXPS       Y4, Y2, Y2
	VUNPCKLPD    Y2, Y0, Y4
	VUNPCKHPD    Y2, Y0, Y0
	VMAXPS       Y4, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	SCALES
	VINSERTF128  $1, X1, Y1, Y1
	CODES(0, 0, Y2, (DI))
	CODES(128, 1, Y3, (DI)(R12*1))
	CODES(256, 2, Y4, (DI)(R12*2))
	CODES(384, 3, Y5, (DI)(DX*1))
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y5, Y4, Y4
	VPHADDD      Y4, Y2, Y3
	VEXTRACTI128 $1, Y3, X4
	SUMS
	CMPQ         R13, $4
	JEQ          together
	NUMBERS

next:
	SUBQ $4, CX
	JZ   done
	MOVQ $4, AX
	CMPQ CX, AX
	JGE  advance
	MOVQ CX, AX
	MOVQ $4, CX

advance:
	ADVANCE
	JMP four

together:
	TOGETHER
	JMP next

done:
	VZEROUPPER
	RET
