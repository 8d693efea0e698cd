// Macros of the line kernels for AVX-512: one activation row times groups of 16 weight
// rows, a vector being a quad of all rows; codes are unpacked and used as they come.
//
//	AX  *lineArgs    R11 numbers of the group    R12 its codes    R13 bytes between groups
//	BX  groups left  CX  blocks left             DX  out
//	SI  numbers      DI  codes                   R8  q            R9  d    R10 t, s or h
//	R15 blocks of the super-block left
//
// Z0 is the running sum, Z1 the second one of kinds that have it, Z2 and Z3 the integers
// of a block or of its halves. Z4 to Z9 are scratch. Z12 to Z15 have masks and tables.
// Chains of a block wait for themselves, but blocks do not wait for each other.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0; of kinds of super-blocks, a
// multiple of 8 blocks.

#define LOAD_LINE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), R11; \
	MOVQ 8(AX), R12; \
	MOVQ 24(AX), BX; \
	MOVQ 32(AX), R13; \
	MOVQ 80(AX), DX

#define LOAD_GROUP(more) \
	MOVQ R11, SI; \
	MOVQ R12, DI; \
	MOVQ 40(AX), R8; \
	MOVQ 48(AX), R9; \
	MOVQ more(AX), R10; \
	MOVQ 16(AX), CX; \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1

#define NEXT_BLOCK(numbers, codes, each) \
	ADDQ $numbers, SI; \
	ADDQ $codes, DI; \
	ADDQ $32, R8; \
	ADDQ $4, R9; \
	ADDQ $each, R10

#define STORE_GROUP \
	VMOVUPS Z0, (DX); \
	ADDQ    $64, DX; \
	ADDQ    R13, R11; \
	ADDQ    R13, R12

// LINE is a whole kernel of a kind whose blocks have numbers and codes of so many bytes;
// more is where lineArgs has what R10 points at, of which a block has each bytes.
#define LINE(MASKS, BLOCK, FINISH, more, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
block: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ CX; \
	JNZ  block; \
	FINISH; \
	STORE_GROUP; \
	DECQ BX; \
	JNZ  group; \
	VZEROUPPER; \
	RET

// SUPER_LINE is one of a kind of super-blocks, whose numbers are head bytes, which HEAD
// reads, and more for each block.
#define SUPER_LINE(MASKS, HEAD, BLOCK, FINISH, more, head, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
super: \
	HEAD(SI); \
	ADDQ $head, SI; \
	MOVQ $8, R15; \
block: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ R15; \
	JNZ  block; \
	SUBQ $8, CX; \
	JNZ  super; \
	FINISH; \
	STORE_GROUP; \
	DECQ BX; \
	JNZ  group; \
	VZEROUPPER; \
	RET

#define ADD_OFFSETS VADDPS Z1, Z0, Z0

// TIMES adds the products of quads j and j+4, Z4 and Z5, to Z2 and Z3.
#define TIMES(j) \
	VPDPBUSD.BCST 4*j(R8), Z4, Z2; \
	VPDPBUSD.BCST 4*j+16(R8), Z5, Z3

// SUM adds integers times both scales to the running sum; scale is replaced.
#define SUM(scale, ints) \
	VMULPS.BCST (R9), scale, scale; \
	VCVTDQ2PS   ints, ints; \
	VFMADD231PS ints, scale, Z0
