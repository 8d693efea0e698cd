#include "textflag.h"
#include "amx_amd64.h"

// Products of prompts' rows, in bfloat16 (prompt.go).
//
//	AX *promptArgs   SI DI x of both strips   BX DX w of both groups   CX blocks left
//	R9 64   R10 bytes between pairs of strips   R11 R13 to of both strips   R12 bytes between
//	rows of to   R8 pairs left   R14 x of the first strip   R15 bytes between pairs of to
//
// Where sums are kept, and gone on from, is on the stack, once the configuration has been loaded
// from there.
//
// Tile registers: 0 and 1 are sums of both strips with the first group, 2 and 3 with the
// second; 4 and 5 activations, 6 and 7 weights.

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

// BEGIN configures the tiles. A strip of no rows is given one: a configuration needs it.
#define BEGIN \
	MOVQ  a+0(FP), AX; \
	LEAQ  63(SP), R11; \
	ANDQ  $~63, R11; \
	MOVOU config<>+0(SB), X0; \
	MOVOU config<>+16(SB), X1; \
	MOVOU config<>+32(SB), X2; \
	MOVOU config<>+48(SB), X3; \
	MOVOU X0, 0(R11); \
	MOVOU X1, 16(R11); \
	MOVOU X2, 32(R11); \
	MOVOU X3, 48(R11); \
	MOVQ  64(AX), BX; \
	MOVB  BX, 48(R11); \
	MOVB  BX, 50(R11); \
	MOVB  BX, 52(R11); \
	MOVQ  72(AX), BX; \
	MOVL  $1, CX; \
	TESTQ BX, BX; \
	CMOVQEQ CX, BX; \
	MOVB  BX, 49(R11); \
	MOVB  BX, 51(R11); \
	MOVB  BX, 53(R11); \
	LDTILECFG_R11; \
	MOVQ  $64, R9; \
	MOVQ  8(AX), R10; \
	ADDQ  R10, R10; \
	MOVQ  40(AX), R11; \
	MOVQ  48(AX), R12; \
	MOVQ  R12, R15; \
	SHLQ  $4, R15; \
	LEAQ  (R11)(R15*1), R13; \
	ADDQ  R15, R15; \
	MOVQ  56(AX), R8; \
	MOVQ  0(AX), R14

#define STEP_11 \
	TILELOADD_SI_R9(4); TILELOADD_BX_R9(6); TDPBF16PS(0, 4, 6); \
	ADDQ $1024, SI; ADDQ $1024, BX
#define STEP_12 \
	TILELOADD_SI_R9(4); TILELOADD_BX_R9(6); TDPBF16PS(0, 4, 6); \
	TILELOADD_DX_R9(7); TDPBF16PS(2, 4, 7); \
	ADDQ $1024, SI; ADDQ $1024, BX; ADDQ $1024, DX
#define STEP_21 \
	TILELOADD_SI_R9(4); TILELOADD_BX_R9(6); TDPBF16PS(0, 4, 6); \
	TILELOADD_DI_R9(5); TDPBF16PS(1, 5, 6); \
	ADDQ $1024, SI; ADDQ $1024, DI; ADDQ $1024, BX
#define STEP_22 \
	TILELOADD_SI_R9(4); TILELOADD_BX_R9(6); TDPBF16PS(0, 4, 6); \
	TILELOADD_DI_R9(5); TDPBF16PS(1, 5, 6); \
	TILELOADD_DX_R9(7); TDPBF16PS(2, 4, 7); TDPBF16PS(3, 5, 7); \
	ADDQ $1024, SI; ADDQ $1024, DI; ADDQ $1024, BX; ADDQ $1024, DX

#define ZEROS_11 TILEZERO(0)
#define ZEROS_12 TILEZERO(0); TILEZERO(2)
#define ZEROS_21 TILEZERO(0); TILEZERO(1)
#define ZEROS_22 ZEROS_12; TILEZERO(1); TILEZERO(3)

#define LOADS_11 TILELOADD_BX_R9(0)
#define LOADS_12 TILELOADD_BX_R9(0); TILELOADD_OFF_BX_R9(2, 2048)
#define LOADS_21 TILELOADD_BX_R9(0); TILELOADD_OFF_BX_R9(1, 1024)
#define LOADS_22 LOADS_12; TILELOADD_OFF_BX_R9(1, 1024); TILELOADD_OFF_BX_R9(3, 3072)

#define KEEPS_11 TILESTORED_OFF_BX_R9(0, 0)
#define KEEPS_12 TILESTORED_OFF_BX_R9(0, 0); TILESTORED_OFF_BX_R9(2, 2048)
#define KEEPS_21 TILESTORED_OFF_BX_R9(0, 0); TILESTORED_OFF_BX_R9(1, 1024)
#define KEEPS_22 KEEPS_12; TILESTORED_OFF_BX_R9(1, 1024); TILESTORED_OFF_BX_R9(3, 3072)

#define STORES_11 TILESTORED_R11_R12(0, 0)
#define STORES_12 TILESTORED_R11_R12(0, 0); TILESTORED_R11_R12(2, 64)
#define STORES_21 TILESTORED_R11_R12(0, 0); TILESTORED_R13_R12(1, 0)
#define STORES_22 STORES_12; TILESTORED_R13_R12(1, 0); TILESTORED_R13_R12(3, 64)

#define SUMS 0(SP)

#define MULTIPLY(ZEROS, LOADS, STEP, STORES, KEEPS) \
	BEGIN; \
	MOVQ  80(AX), BX; \
	MOVQ  BX, SUMS; \
pair: \
	CMPQ  88(AX), $0; \
	JNE   goon; \
	ZEROS; \
begin: \
	MOVQ  R14, SI; \
	MOVQ  8(AX), DI; \
	ADDQ  SI, DI; \
	MOVQ  16(AX), BX; \
	MOVQ  24(AX), DX; \
	ADDQ  BX, DX; \
	MOVQ  32(AX), CX; \
step: \
	STEP; \
	DECQ  CX; \
	JNZ   step; \
	CMPQ  96(AX), $0; \
	JNE   keep; \
	STORES; \
stored: \
	ADDQ  $4096, SUMS; \
	ADDQ  R10, R14; \
	ADDQ  R15, R11; \
	ADDQ  R15, R13; \
	DECQ  R8; \
	JNZ   pair; \
	TILERELEASE; \
	RET; \
goon: \
	MOVQ  SUMS, BX; \
	LOADS; \
	JMP   begin; \
keep: \
	MOVQ  SUMS, BX; \
	KEEPS; \
	JMP   stored

// func prompt1x1AMX(a *promptArgs)
TEXT ·prompt1x1AMX(SB), 0, $128-8
	MULTIPLY(ZEROS_11, LOADS_11, STEP_11, STORES_11, KEEPS_11)

// func prompt1x2AMX(a *promptArgs)
TEXT ·prompt1x2AMX(SB), 0, $128-8
	MULTIPLY(ZEROS_12, LOADS_12, STEP_12, STORES_12, KEEPS_12)

// func prompt2x1AMX(a *promptArgs)
TEXT ·prompt2x1AMX(SB), 0, $128-8
	MULTIPLY(ZEROS_21, LOADS_21, STEP_21, STORES_21, KEEPS_21)

// func prompt2x2AMX(a *promptArgs)
TEXT ·prompt2x2AMX(SB), 0, $128-8
	MULTIPLY(ZEROS_22, LOADS_22, STEP_22, STORES_22, KEEPS_22)
