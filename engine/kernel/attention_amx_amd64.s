#include "textflag.h"
#include "amx_amd64.h"

// Products of attention by tile registers (attention_tiles.go).

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

// B loads a step's pairs for group i from where the table says.
#define B(i, b) MOVQ (8*i)(BX), DI; TILELOADD_DI_R10(b)

// LOW_4 and so on are a step of up to 16 rows with as many groups: sums in registers 0 to 3. A
// sum is ready after four products only, so the groups take turns.
#define ONE(i, b) B(i, b); TDPBF16PS(i, 4, b)
#define LOW_1 TILELOADD_SI_R9(4); ONE(0, 6)
#define LOW_2 LOW_1; ONE(1, 7)
#define LOW_4 LOW_2; ONE(2, 6); ONE(3, 7)

// TALL_2 and TALL_1 are a step of more rows: sums of the first 16 in registers 0 and 1, of the
// others in 2 and 3.
#define TALL_2 \
	B(0, 6); B(1, 7); \
	TILELOADD_SI_R9(4); \
	TDPBF16PS(0, 4, 6); TDPBF16PS(1, 4, 7); \
	TILELOADD_DX_R9(5); \
	TDPBF16PS(2, 5, 6); TDPBF16PS(3, 5, 7)
#define TALL_1 \
	B(0, 6); \
	TILELOADD_SI_R9(4); \
	TDPBF16PS(0, 4, 6); \
	TILELOADD_DX_R9(5); \
	TDPBF16PS(2, 5, 6)

#define LOW_STORES_1 TILESTORED_R11_R12(0, 0)
#define LOW_STORES_2 LOW_STORES_1; TILESTORED_R11_R12(1, 64)
#define LOW_STORES_4 LOW_STORES_2; TILESTORED_R11_R12(2, 128); TILESTORED_R11_R12(3, 192)
#define TALL_STORES_1 LOW_STORES_1; TILESTORED_R15_R12(2, 0)
#define TALL_STORES_2 LOW_STORES_2; TILESTORED_R15_R12(2, 0); TILESTORED_R15_R12(3, 64)

// GROUPS is n groups, while there are so many.
#define GROUPS(n, STEP, STORES, groups, step, next) \
groups: \
	CMPQ R13, $n; \
	JL   next; \
	TILEZERO(0); \
	TILEZERO(1); \
	TILEZERO(2); \
	TILEZERO(3); \
	MOVQ 0(AX), SI; \
	LEAQ (SI)(R9*8), DX; \
	LEAQ (DX)(R9*8), DX; \
	MOVQ R8, BX; \
	MOVQ 40(AX), CX; \
step: \
	STEP; \
	ADDQ $64, SI; \
	ADDQ $64, DX; \
	ADDQ R14, BX; \
	DECQ CX; \
	JNZ  step; \
	STORES; \
	ADDQ $(64*n), R11; \
	ADDQ $(64*n), R15; \
	ADDQ $(8*n), R8; \
	SUBQ $n, R13; \
	JMP  groups; \
next:

// func pairsAMX(a *pairArgs)
//
//	AX *pairArgs   SI x   DX 16 rows on   R9 bytes between its rows   CX steps left
//	R8 the group's part of the table   BX the step's   R14 bytes between steps of it
//	DI b   R10 64   R13 groups left
//	R11 to   R15 16 rows on   R12 bytes between its rows
//
// Tile registers: 0 to 3 are sums, 4 and 5 x, 6 and 7 b.
//
// Preconditions: steps and groups above 0, rows 1 to 32. Where there are up to 16, DX and R15
// are not used.
TEXT ·pairsAMX(SB), 0, $128-8
	MOVQ  a+0(FP), AX
	LEAQ  63(SP), R11
	ANDQ  $~63, R11
	MOVOU config<>+0(SB), X0
	MOVOU config<>+16(SB), X1
	MOVOU config<>+32(SB), X2
	MOVOU config<>+48(SB), X3
	MOVOU X0, 0(R11)
	MOVOU X1, 16(R11)
	MOVOU X2, 32(R11)
	MOVOU X3, 48(R11)
	MOVQ  8(AX), R9
	MOVQ  24(AX), R8
	MOVQ  32(AX), R14
	MOVQ  48(AX), R13
	MOVQ  64(AX), R12
	MOVQ  $64, R10
	MOVQ  16(AX), BX
	SUBQ  $16, BX
	JG    tall
	ADDQ  $16, BX
	MOVB  BX, 48(R11)
	MOVB  BX, 49(R11)
	MOVB  BX, 50(R11)
	MOVB  BX, 51(R11)
	MOVB  BX, 52(R11)
	MOVB  BX, 53(R11)
	LDTILECFG_R11
	MOVQ  56(AX), R11
	GROUPS(4, LOW_4, LOW_STORES_4, low4, low4step, low4next)
	GROUPS(2, LOW_2, LOW_STORES_2, low2, low2step, low2next)
	GROUPS(1, LOW_1, LOW_STORES_1, low1, low1step, low1next)
	TILERELEASE
	RET

tall:
	MOVB BX, 50(R11)
	MOVB BX, 51(R11)
	MOVB BX, 53(R11)
	LDTILECFG_R11
	MOVQ 56(AX), R11
	LEAQ (R11)(R12*8), R15
	LEAQ (R15)(R12*8), R15
	GROUPS(2, TALL_2, TALL_STORES_2, tall2, tall2step, tall2next)
	GROUPS(1, TALL_1, TALL_STORES_1, tall1, tall1step, tall1next)
	TILERELEASE
	RET
