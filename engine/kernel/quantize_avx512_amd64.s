#include "textflag.h"
#include "elem_amd64.h"
#include "quantize_amd64.h"

// The order that VPACKSSDW and VPACKSSWB leave the dwords of two blocks in.
DATA packed<>+0(SB)/8, $0x0000000400000000
DATA packed<>+8(SB)/8, $0x0000000c00000008
DATA packed<>+16(SB)/8, $0x0000000500000001
DATA packed<>+24(SB)/8, $0x0000000d00000009
DATA packed<>+32(SB)/8, $0x0000000600000002
DATA packed<>+40(SB)/8, $0x0000000e0000000a
DATA packed<>+48(SB)/8, $0x0000000700000003
DATA packed<>+56(SB)/8, $0x0000000f0000000b
GLOBL packed<>(SB), RODATA|NOPTR, $64

// Where the sums of the low halves of four blocks are found, and of the high ones.
DATA halves<>+0(SB)/8, $0x0000000800000000
DATA halves<>+8(SB)/8, $0x0000000a00000002
DATA halves<>+16(SB)/8, $0x0000000c00000004
DATA halves<>+24(SB)/8, $0x0000000e00000006
GLOBL halves<>(SB), RODATA|NOPTR, $32

// Bytes of 1.
DATA units<>+0(SB)/4, $0x01010101
GLOBL units<>(SB), RODATA|NOPTR, $4

// LARGEST loads the block at off to P and Q and sets Z to the larger of each two; Z4 is
// scratch, Z31 all bits but the sign.
#define LARGEST(off, P, Q, Z) \
	VMOVUPS (off+0)(SI), P; \
	VMOVUPS (off+64)(SI), Q; \
	VANDPS  P, Z31, Z; \
	VANDPS  Q, Z31, Z4; \
	VMAXPS  Z4, Z, Z

// ROUND sets P to words: the block in P and Q times element i of each quarter of Z1,
// rounded. Z4 is scratch.
#define ROUND(i, P, Q) \
	VPERMILPS $(i*0x55), Z1, Z4; \
	VMULPS    P, Z4, P; \
	VMULPS    Q, Z4, Q; \
	VCVTPS2DQ P, P; \
	VCVTPS2DQ Q, Q; \
	VPACKSSDW Q, P, P

// func quantizeAVX512(a *rowArgs)
//
// Quantization of a row (quantize.go) for AVX-512 (F, BW, VL, DQ) and VNNI: four blocks at
// a time, the last four perhaps in part again; at least 4. Registers are those of QUANTIZED;
// Z16..Z23 are the four blocks.
TEXT ·quantizeAVX512(SB), NOSPLIT, $0-8
	QUANTIZED
	VBROADCASTSS ABS, Z31
	VPBROADCASTD units<>(SB), Z30
	VMOVDQU32    packed<>(SB), Z29
	VMOVDQU32    halves<>(SB), Y28

four:
	LARGEST(0, Z16, Z17, Z0)
	LARGEST(128, Z18, Z19, Z1)
	LARGEST(256, Z20, Z21, Z2)
	LARGEST(384, Z22, Z23, Z3)
	VUNPCKLPS     Z1, Z0, Z4
	VUNPCKHPS     Z1, Z0, Z0
	VMAXPS        Z4, Z0, Z0
	VUNPCKLPS     Z3, Z2, Z4
	VUNPCKHPS     Z3, Z2, Z2
	VMAXPS        Z4, Z2, Z2
	VUNPCKLPD     Z2, Z0, Z4
	VUNPCKHPD     Z2, Z0, Z0
	VMAXPS        Z4, Z0, Z0
	VEXTRACTF32X8 $1, Z0, Y1
	VMAXPS        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VMAXPS        X1, X0, X0
	SCALES
	VSHUFF32X4    $0, Z1, Z1, Z1
	ROUND(0, Z16, Z17)
	ROUND(1, Z18, Z19)
	ROUND(2, Z20, Z21)
	ROUND(3, Z22, Z23)
	VPACKSSWB     Z18, Z16, Z16
	VPACKSSWB     Z22, Z20, Z20
	VPERMD        Z16, Z29, Z16
	VPERMD        Z20, Z29, Z20
	VMOVDQU32     Y16, (DI)
	VEXTRACTI32X8 $1, Z16, (DI)(R12*1)
	VMOVDQU32     Y20, (DI)(R12*2)
	VEXTRACTI32X8 $1, Z20, (DI)(DX*1)
	VPXORD        Z2, Z2, Z2
	VPXORD        Z3, Z3, Z3
	VPDPBUSD      Z16, Z30, Z2
	VPDPBUSD      Z20, Z30, Z3
	VSHUFPS       $0x88, Z3, Z2, Z4
	VSHUFPS       $0xdd, Z3, Z2, Z2
	VPADDD        Z4, Z2, Z2
	VPSHUFD       $0xb1, Z2, Z4
	VPADDD        Z4, Z2, Z2
	VPERMD        Z2, Z28, Z3
	VEXTRACTI128  $1, Y3, X4
	SUMS
	CMPQ          R13, $4
	JEQ           together
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
