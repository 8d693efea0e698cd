// Macros of the tile kernels for AVX-512: unpacked groups of 16 weight rows times 1 to 16
// activation rows, a vector being a quad of all weight rows.
//
//	AX  *tileArgs    R9  groups left    R11 codes of the group   R12 its scale
//	CX  blocks left  BX  codes          R8  scale                R15 t, or sub   R14 h
//	SI  q            R10 its step       DI  d    R13 its step, and that of t     DX  to
//
// Weights are made unsigned by a flip of their sign, Z17: that adds 128, which -128 times the
// sum of q takes away.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0, one strip.

// FAR is how far ahead codes are fetched: those of Q8_0 come from where the matrix is.
#define FAR 2048

#define NOTHING

// Sums of a group start at 0 or at what is at SI, and go to SI, DI bytes apart.

#define CLEAR(r, S) VPXORD S, S, S
#define CARRY(r, S) VMOVUPS 64*r(SI), S
#define STORE(r, S) \
	VMOVUPS S, (SI); \
	ADDQ    DI, SI

// TILE is a whole kernel. AIM sets R15 and R14 and may use SI, NEXT takes them and R8 on by a block,
// and SUMS has a macro take each row and where its sums are. SPILL puts sums where BLOCK
// expects them, FILL where SUMS does.
#define TILE(SUMS, SPILL, FILL, AIM, BLOCK, NEXT) \
	MOVQ         a+0(FP), AX; \
	MOVQ         0(AX), R11; \
	MOVQ         8(AX), R12; \
	MOVQ         32(AX), R9; \
	MOVQ         64(AX), R10; \
	MOVQ         88(AX), R13; \
	MOVQ         112(AX), DX; \
	MOVL         $0x80808080, CX; \
	VPBROADCASTD CX, Z17; \
group: \
	MOVQ  96(AX), SI; \
	TESTQ SI, SI; \
	JZ    clear; \
	MOVQ  32(AX), CX; \
	SUBQ  R9, CX; \
	IMULQ 104(AX), CX; \
	ADDQ  CX, SI; \
	SUMS(CARRY); \
	JMP   begin; \
clear: \
	SUMS(CLEAR); \
begin: \
	SPILL; \
	MOVQ 24(AX), CX; \
	MOVQ 56(AX), SI; \
	MOVQ 72(AX), DI; \
	MOVQ R11, BX; \
	MOVQ R12, R8; \
	AIM; \
block: \
	BLOCK; \
	ADDQ $512, BX; \
	ADDQ R10, SI; \
	ADDQ R13, DI; \
	NEXT; \
	DECQ CX; \
	JNZ  block; \
	FILL; \
	MOVQ DX, SI; \
	MOVQ 120(AX), DI; \
	SUMS(STORE); \
	ADDQ 128(AX), DX; \
	ADDQ 40(AX), R11; \
	ADDQ 48(AX), R12; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

// FLIP makes Z16 quad j.
#define FLIP(j) \
	PREFETCHT0 64*j+FAR(BX); \
	VPXORD     64*j(BX), Z17, Z16

// TIMES adds row r's products to A.
#define TIMES(j, r, A) VPDPBUSD.BCST 32*r+4*j(SI), Z16, A
