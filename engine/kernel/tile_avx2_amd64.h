// Macros of the tile kernels for AVX2: unpacked groups of 16 weight rows times one, two or
// four activation rows.
//
//	AX  *tileArgs    R9  groups left    R11 codes of the group   R12 its scale   R14 its sub
//	CX  blocks left  BX  codes          R8  scale                R15 free
//	SI  q            R10 its step       DI  d    R13 its step    DX  to
//
// Integers of row r are in Y(2r) and Y(2r+1) while a block's products are added, sums are
// kept on the stack, 64 bytes a row.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0, one strip.

DATA tilec<>+0(SB)/8, $0x0001000100010001
DATA tilec<>+8(SB)/8, $0x0001000100010001
DATA tilec<>+16(SB)/8, $0x0001000100010001
DATA tilec<>+24(SB)/8, $0x0001000100010001
GLOBL tilec<>(SB), RODATA|NOPTR, $32

#define ONE_WORDS tilec<>+0(SB)

// FAR is how far ahead codes are fetched: those of Q8_0 come from where the matrix is.
#define FAR 1024

#define NOTHING

// TILE is a whole kernel; AIM sets R15.
#define TILE(AIM, CLEAR, CARRY, BLOCK, SAVE) \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), R11; \
	MOVQ 8(AX), R12; \
	MOVQ 16(AX), R14; \
	MOVQ 32(AX), R9; \
	MOVQ 64(AX), R10; \
	MOVQ 88(AX), R13; \
	MOVQ 112(AX), DX; \
group: \
	CMPQ  96(AX), $0; \
	JE    clear; \
	MOVQ  32(AX), SI; \
	SUBQ  R9, SI; \
	IMULQ 104(AX), SI; \
	ADDQ  96(AX), SI; \
	CARRY; \
	JMP   begin; \
clear: \
	CLEAR; \
begin: \
	MOVQ 24(AX), CX; \
	MOVQ 56(AX), SI; \
	MOVQ 72(AX), DI; \
	MOVQ R11, BX; \
	MOVQ R12, R8; \
	AIM; \
block: \
	BLOCK; \
	ADDQ $512, BX; \
	ADDQ $64, R8; \
	ADDQ R10, SI; \
	ADDQ R13, DI; \
	DECQ CX; \
	JNZ  block; \
	MOVQ DX, SI; \
	MOVQ 120(AX), DI; \
	SAVE; \
	ADDQ 128(AX), DX; \
	ADDQ 40(AX), R11; \
	MOVQ 48(AX), SI; \
	ADDQ SI, R12; \
	LEAQ (R14)(SI*2), R14; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

#define ZERO(A, B) \
	VPXOR A, A, A; \
	VPXOR B, B, B

#define ZERO_1 ZERO(Y0, Y1)
#define ZERO_2 ZERO_1; ZERO(Y2, Y3)
#define ZERO_4 ZERO_2; ZERO(Y4, Y5); ZERO(Y6, Y7)

// Sums start at 0 or at what is at SI.
#define CLEAR(r) \
	VMOVUPS Y0, 64*r(SP); \
	VMOVUPS Y0, 64*r+32(SP)

#define CLEAR_1 VXORPS Y0, Y0, Y0; CLEAR(0)
#define CLEAR_2 CLEAR_1; CLEAR(1)
#define CLEAR_4 CLEAR_2; CLEAR(2); CLEAR(3)

#define CARRY(r) \
	VMOVUPS 64*r(SI), Y0; \
	VMOVUPS 64*r+32(SI), Y1; \
	VMOVUPS Y0, 64*r(SP); \
	VMOVUPS Y1, 64*r+32(SP)

#define CARRY_1 CARRY(0)
#define CARRY_2 CARRY_1; CARRY(1)
#define CARRY_4 CARRY_2; CARRY(2); CARRY(3)

// SCALES makes Y8 and Y9 the block's scales of 16 rows.
#define SCALES \
	VMOVUPS (R8), Y8; \
	VMOVUPS 32(R8), Y9

// SUM adds integers of row r, times both scales, to its sums.
#define SUM(r, A, B) \
	VBROADCASTSS 4*r(DI), Y10; \
	VMULPS       Y8, Y10, Y12; \
	VMULPS       Y9, Y10, Y13; \
	VCVTDQ2PS    A, A; \
	VCVTDQ2PS    B, B; \
	VFMADD213PS  64*r(SP), Y12, A; \
	VFMADD213PS  64*r+32(SP), Y13, B; \
	VMOVUPS      A, 64*r(SP); \
	VMOVUPS      B, 64*r+32(SP)

#define SUM_1 SUM(0, Y0, Y1)
#define SUM_2 SUM_1; SUM(1, Y2, Y3)
#define SUM_4 SUM_2; SUM(2, Y4, Y5); SUM(3, Y6, Y7)

// Results go to SI, DI bytes apart.
#define STORE(r) \
	VMOVUPS 64*r(SP), Y0; \
	VMOVUPS 64*r+32(SP), Y1; \
	VMOVUPS Y0, (SI); \
	VMOVUPS Y1, 32(SI); \
	ADDQ    DI, SI

#define STORE_1 STORE(0)
#define STORE_2 STORE_1; STORE(1)
#define STORE_4 STORE_2; STORE(2); STORE(3)
