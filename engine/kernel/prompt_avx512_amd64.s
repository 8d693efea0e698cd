#include "textflag.h"
#include "bf16_avx512_amd64.h"
#include "prompt_avx512_amd64.h"

// What goes with products by tile registers: numbers in bfloat16, by AVX-512 BF16.

// func roundBF16AVX512(a *rowArgs)
//
//	SI x   DI dst   CX numbers left   R8 bytes between blocks of dst
//
// Preconditions: n is a multiple of 32, above 0.
TEXT ·roundBF16AVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), AX
	MOVQ 0(AX), SI
	MOVQ 24(AX), CX
	MOVQ 48(AX), DI
	MOVQ 88(AX), R8

block:
	VMOVUPS   (SI), Z0
	VMOVUPS   64(SI), Z1
	ROUND(0, 1, 2)
	VMOVDQU64 Z2, (DI)
	ADDQ      $128, SI
	ADDQ      R8, DI
	SUBQ      $32, CX
	JNZ       block
	VZEROUPPER
	RET

// The second and the third byte of 32 bits, moved to the top; in bytes of which the upper bit
// is set, nothing is.
#define FOUR(name, off, byte) DATA name<>+off(SB)/4, $((byte+off%16)<<24|0x808080)
#define SIXTEEN(name, byte) \
	FOUR(name, 0, byte); FOUR(name, 4, byte); FOUR(name, 8, byte); FOUR(name, 12, byte); \
	FOUR(name, 16, byte); FOUR(name, 20, byte); FOUR(name, 24, byte); FOUR(name, 28, byte); \
	FOUR(name, 32, byte); FOUR(name, 36, byte); FOUR(name, 40, byte); FOUR(name, 44, byte); \
	FOUR(name, 48, byte); FOUR(name, 52, byte); FOUR(name, 56, byte); FOUR(name, 60, byte); \
	GLOBL name<>(SB), RODATA|NOPTR, $64
SIXTEEN(second, 1)
SIXTEEN(third, 2)

// QUAD is four columns of 16 rows: codes, which are moved to the top of 32 bits and so are
// 2^24 times as large, times Z21 plus Z22.
#define QUAD(off) \
	VMOVDQU64   off(SI), Z0; \
	VPSLLD      $24, Z0, Z1; \
	VPSHUFB     Z16, Z0, Z2; \
	VPSHUFB     Z17, Z0, Z3; \
	VPANDD      Z18, Z0, Z4; \
	VCVTDQ2PS   Z1, Z1; \
	VCVTDQ2PS   Z2, Z2; \
	VCVTDQ2PS   Z3, Z3; \
	VCVTDQ2PS   Z4, Z4; \
	VFMADD213PS Z22, Z21, Z1; \
	VFMADD213PS Z22, Z21, Z2; \
	VFMADD213PS Z22, Z21, Z3; \
	VFMADD213PS Z22, Z21, Z4; \
	ROUND(1, 2, 5); \
	ROUND(3, 4, 6); \
	VPERMW      Z5, Z20, Z5; \
	VPERMW      Z6, Z20, Z6; \
	VMOVDQU64   Z5, 2*off(DI); \
	VMOVDQU64   Z6, 2*off+64(DI)

// HALF sets factor and addend of half a block, from off bytes of sub and min on.
#define HALF(off, nosub) \
	VMOVUPS (R8), Z21; \
	TESTQ   R10, R10; \
	JZ      nosub; \
	VMULPS  off(R10), Z21, Z21; \
	TESTQ   R11, R11; \
	JZ      nosub; \
	VMOVUPS (R12), Z22; \
	VMULPS  off(R11), Z22, Z22; \
	VXORPS  Z23, Z22, Z22; \
nosub: \
	VMULPS  Z19, Z21, Z21

// func fillAVX512(a *fillArgs)
//
//	SI codes   R8 scale   R9 offset   R10 sub   R11 min   R12 minScale   CX blocks left
//	DI dst   BX ahead   DX lines left there   R13 lines left for the block
//
// Preconditions: blocks above 0.
TEXT ·fillAVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), AX
	MOVQ 0(AX), SI
	MOVQ 8(AX), R8
	MOVQ 16(AX), R9
	MOVQ 24(AX), R10
	MOVQ 32(AX), R11
	MOVQ 40(AX), R12
	MOVQ 48(AX), CX
	MOVQ 56(AX), DI
	VMOVDQU64 second<>(SB), Z16
	VMOVDQU64 third<>(SB), Z17
	VMOVDQU64 order<>(SB), Z20
	MOVL $0xff000000, BX
	VPBROADCASTD BX, Z18
	MOVL $0x33800000, BX // 2^-24
	VPBROADCASTD BX, Z19
	MOVL $0x80000000, BX
	VPBROADCASTD BX, Z23
	MOVQ 64(AX), BX
	MOVQ 72(AX), DX

block:
	MOVQ $8, R13

ahead: // of one block's lines
	DECQ DX
	JL   fetched
	PREFETCHT1 (BX)
	ADDQ $64, BX
	DECQ R13
	JNZ  ahead

fetched:
	VPXORD  Z22, Z22, Z22
	TESTQ   R9, R9
	JZ      nooffset
	VMOVUPS (R9), Z22
	ADDQ    $64, R9

nooffset:
	HALF(0, nosub0)
	QUAD(0)
	QUAD(64)
	QUAD(128)
	QUAD(192)
	HALF(64, nosub1)
	QUAD(256)
	QUAD(320)
	QUAD(384)
	QUAD(448)
	ADDQ  $512, SI
	ADDQ  $1024, DI
	ADDQ  $64, R8
	TESTQ R10, R10
	JZ    next
	ADDQ  $128, R10
	TESTQ R11, R11
	JZ    next
	ADDQ  $128, R11
	ADDQ  $64, R12

next:
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET
