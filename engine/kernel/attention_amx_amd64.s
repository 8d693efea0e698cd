#include "textflag.h"
#include "amx_amd64.h"

// Attention to keys and values in bfloat16 (attention_tiles.go).

// The tile configuration (Intel SDM, volume 1, 18.3): 64 bytes a row, and 16 rows, of which
// registers 0 to 5 get as many as there are.
DATA config<>+0(SB)/8, $1
DATA config<>+8(SB)/8, $0
DATA config<>+16(SB)/8, $0x0040004000400040
DATA config<>+24(SB)/8, $0x0040004000400040
DATA config<>+32(SB)/8, $0
DATA config<>+40(SB)/8, $0
DATA config<>+48(SB)/8, $0x1010101010101010
DATA config<>+56(SB)/8, $0
GLOBL config<>(SB), RODATA|NOPTR, $64

// HIGH and LOW are a step's products with one group, of both parts, in register c; b takes
// turns, and so do the groups, for a sum is ready after four products only.
#define HIGH(c, b) TILELOADD_BX_R10(b); TDPBF16PS(c, 4, b); ADDQ R14, BX
#define LOW(c, b) TILELOADD_BX_R10(b); TDPBF16PS(c, 5, b); ADDQ R14, BX

#define HIGHS_4 HIGH(0, 6); HIGH(1, 7); HIGH(2, 6); HIGH(3, 7)
#define LOWS_4 LOW(0, 6); LOW(1, 7); LOW(2, 6); LOW(3, 7)
#define HIGHS_2 HIGH(0, 6); HIGH(1, 7)
#define LOWS_2 LOW(0, 6); LOW(1, 7)
#define HIGHS_1 HIGH(0, 6)
#define LOWS_1 LOW(0, 6)

#define ZEROS_1 TILEZERO(0)
#define ZEROS_2 ZEROS_1; TILEZERO(1)
#define ZEROS_4 ZEROS_2; TILEZERO(2); TILEZERO(3)

#define STORES_1 TILESTORED_R11_R12(0, 0)
#define STORES_2 STORES_1; TILESTORED_R11_R12(1, 64)
#define STORES_4 STORES_2; TILESTORED_R11_R12(2, 128); TILESTORED_R11_R12(3, 192)

// GROUPS is n groups, while there are so many: R15 is n x R14.
#define GROUPS(n, ZEROS, HIGHS, LOWS, STORES, groups, step, next) \
	MOVQ  R14, R15; \
	IMULQ $n, R15; \
groups: \
	CMPQ R13, $n; \
	JL   next; \
	ZEROS; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), DI; \
	MOVQ R8, BX; \
	MOVQ 48(AX), CX; \
step: \
	TILELOADD_SI_R9(4); \
	HIGHS; \
	SUBQ R15, BX; \
	TILELOADD_DI_R9(5); \
	LOWS; \
	SUBQ R15, BX; \
	ADDQ $64, SI; \
	ADDQ $64, DI; \
	ADDQ $1024, BX; \
	DECQ CX; \
	JNZ  step; \
	STORES; \
	ADDQ $(64*n), R11; \
	ADDQ R15, R8; \
	SUBQ $n, R13; \
	JMP  groups; \
next:

// func pairsAMX(a *pairArgs)
//
//	AX *pairArgs   SI high   DI low   R9 bytes between their rows   CX steps left
//	R8 b of the group   BX b   R10 64   R13 groups left   R14 bytes between groups
//	R11 to   R12 bytes between its rows
//
// Tile registers: 0 to 3 are sums, 4 high, 5 low, 6 and 7 b.
//
// Preconditions: steps and groups above 0, rows 1 to 16.
TEXT ·pairsAMX(SB), 0, $128-8
	MOVQ  a+0(FP), AX
	LEAQ  63(SP), R11
	ANDQ  $~63, R11
	MOVQ  24(AX), BX
	MOVOU config<>+0(SB), X0
	MOVOU config<>+16(SB), X1
	MOVOU config<>+32(SB), X2
	MOVOU config<>+48(SB), X3
	MOVOU X0, 0(R11)
	MOVOU X1, 16(R11)
	MOVOU X2, 32(R11)
	MOVOU X3, 48(R11)
	MOVB  BX, 48(R11)
	MOVB  BX, 49(R11)
	MOVB  BX, 50(R11)
	MOVB  BX, 51(R11)
	MOVB  BX, 52(R11)
	MOVB  BX, 53(R11)
	LDTILECFG_R11
	MOVQ  16(AX), R9
	MOVQ  $64, R10
	MOVQ  32(AX), R8
	MOVQ  40(AX), R14
	MOVQ  56(AX), R13
	MOVQ  64(AX), R11
	MOVQ  72(AX), R12
	GROUPS(4, ZEROS_4, HIGHS_4, LOWS_4, STORES_4, groups4, step4, next4)
	GROUPS(2, ZEROS_2, HIGHS_2, LOWS_2, STORES_2, groups2, step2, next2)
	GROUPS(1, ZEROS_1, HIGHS_1, LOWS_1, STORES_1, groups1, step1, next1)
	TILERELEASE
	RET

// func splitAVX512(a *splitArgs)
//
//	SI x   DI high   BX low   DX numbers left   CX rows left   R8 scratch
//
// Z2 is the upper half of a number, Z3 half of the lower one's unit.
//
// Preconditions: rows above 0, n a multiple of 16.
TEXT ·splitAVX512(SB), NOSPLIT, $0-8
	MOVQ  a+0(FP), AX
	MOVQ  0(AX), SI
	MOVQ  16(AX), DI
	MOVQ  24(AX), BX
	MOVQ  40(AX), CX
	MOVL  $0xffff0000, R8
	VPBROADCASTD R8, Z2
	MOVL  $0x8000, R8
	VPBROADCASTD R8, Z3

row:
	XORQ R8, R8
	MOVQ 48(AX), DX

numbers:
	VMOVUPS (SI)(R8*4), Z0
	VPANDD  Z2, Z0, Z1
	VSUBPS  Z1, Z0, Z0
	VPADDD  Z3, Z0, Z0
	VPSRLD  $16, Z1, Z1
	VPSRLD  $16, Z0, Z0
	VPMOVDW Z1, (DI)(R8*2)
	VPMOVDW Z0, (BX)(R8*2)
	ADDQ    $16, R8
	CMPQ    R8, DX
	JL      numbers
	ADDQ    8(AX), SI
	ADDQ    32(AX), DI
	ADDQ    32(AX), BX
	DECQ    CX
	JNZ     row
	VZEROUPPER
	RET

// Words of a unit in the order of pairs.
#define FOUR(off, i) DATA order<>+off(SB)/8, $(i|(i+16)<<16|(i+1)<<32|(i+17)<<48)
FOUR(0, 0)
FOUR(8, 2)
FOUR(16, 4)
FOUR(24, 6)
FOUR(32, 8)
FOUR(40, 10)
FOUR(48, 12)
FOUR(56, 14)
GLOBL order<>(SB), RODATA|NOPTR, $64

// func interleaveAVX512(a *interleaveArgs)
//
// Preconditions: n above 0.
TEXT ·interleaveAVX512(SB), NOSPLIT, $0-8
	MOVQ      a+0(FP), AX
	MOVQ      0(AX), SI
	MOVQ      8(AX), DI
	MOVQ      16(AX), CX
	VMOVDQU64 order<>(SB), Z0

unit:
	VPERMW    (SI), Z0, Z1
	VMOVDQU64 Z1, (DI)
	ADDQ      $64, SI
	ADDQ      $64, DI
	DECQ      CX
	JNZ       unit
	VZEROUPPER
	RET
