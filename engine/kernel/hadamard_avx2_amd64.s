#include "textflag.h"

// Which of eight elements are subtracted: sign bits of every second, every second pair, every
// second four.
DATA hadamardSigns<>+0(SB)/8, $0x8000000000000000
DATA hadamardSigns<>+8(SB)/8, $0x8000000000000000
DATA hadamardSigns<>+16(SB)/8, $0x8000000000000000
DATA hadamardSigns<>+24(SB)/8, $0x8000000000000000
DATA hadamardSigns<>+32(SB)/8, $0
DATA hadamardSigns<>+40(SB)/8, $0x8000000080000000
DATA hadamardSigns<>+48(SB)/8, $0
DATA hadamardSigns<>+56(SB)/8, $0x8000000080000000
DATA hadamardSigns<>+64(SB)/8, $0
DATA hadamardSigns<>+72(SB)/8, $0
DATA hadamardSigns<>+80(SB)/8, $0x8000000080000000
DATA hadamardSigns<>+88(SB)/8, $0x8000000080000000
GLOBL hadamardSigns<>(SB), RODATA|NOPTR, $96

// func hadamardAVX2(a *rowArgs)
//
//	SI x   CX bytes of x   R8 bytes of a matrix's columns
//	DX bytes that elements are apart   DI, R9 the lower and the higher ones   BX bytes of x left
//
// Preconditions: a matrix has 16 columns at least, and divides n.
TEXT ·hadamardAVX2(SB), NOSPLIT, $0-8
	MOVQ    a+0(FP), AX
	MOVQ    0(AX), SI
	MOVQ    24(AX), CX
	MOVQ    120(AX), R8
	SHLQ    $2, CX
	SHLQ    $2, R8
	VMOVUPS hadamardSigns<>+0(SB), Y4
	VMOVUPS hadamardSigns<>+32(SB), Y5
	VMOVUPS hadamardSigns<>+64(SB), Y6
	XORQ    DI, DI

within:
	VMOVUPS    (SI)(DI*1), Y0
	VPERMILPS  $0xb1, Y0, Y1
	VXORPS     Y4, Y0, Y0
	VADDPS     Y1, Y0, Y0
	VPERMILPS  $0x4e, Y0, Y1
	VXORPS     Y5, Y0, Y0
	VADDPS     Y1, Y0, Y0
	VPERM2F128 $1, Y0, Y0, Y1
	VXORPS     Y6, Y0, Y0
	VADDPS     Y1, Y0, Y0
	VMOVUPS    Y0, (SI)(DI*1)
	ADDQ       $32, DI
	CMPQ       DI, CX
	JLT        within
	MOVQ       $32, DX

apart:
	MOVQ SI, DI
	MOVQ CX, BX

pair:
	LEAQ (DI)(DX*1), R9
	MOVQ DX, R10

eight:
	VMOVUPS (DI), Y0
	VMOVUPS (R9), Y1
	VADDPS  Y1, Y0, Y2
	VSUBPS  Y1, Y0, Y3
	VMOVUPS Y2, (DI)
	VMOVUPS Y3, (R9)
	ADDQ    $32, DI
	ADDQ    $32, R9
	SUBQ    $32, R10
	JNZ     eight
	ADDQ    DX, DI
	SUBQ    DX, BX
	SUBQ    DX, BX
	JNZ     pair
	SHLQ    $1, DX
	CMPQ    DX, R8
	JLT     apart
	VZEROUPPER
	RET
