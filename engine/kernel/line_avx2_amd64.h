// Macros of the line kernels for AVX2: one activation row times groups of 16 weight rows,
// codes being unpacked and used as they come. Two groups run side by side, block by block,
// one of each half of all groups: memory gives more when it is read in two places.
//
//	AX  *lineArgs    R11 numbers of the first group   R13 bytes to the other half
//	R15 groups side by side, 2 or 1                   R12 their bytes
//	BX  of these left in the block                    DX  the group's sums
//	CX  blocks left  SI  numbers     DI  codes        R14 numbers of the super-block
//	R8  q            R9  d           R10 t, s or h
//
// The stack has 128 bytes for each group, the running sums and the second ones of kinds with
// offsets; then how many groups are left, where results go, and how far apart those of both
// halves are. Y10 is the block's d, Y11 what it has of t, s or h.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0; of kinds of super-blocks, a
// multiple of 8 blocks.

#define LEFT 256(SP)
#define OUT 264(SP)
#define APART 272(SP)

// FAR is how far ahead codes are fetched, NEAR numbers: a prefetch past the end is none.
#define FAR 2048
#define NEAR 256

#define FETCH1 PREFETCHT0 FAR(DI)
#define FETCH2 FETCH1; PREFETCHT0 FAR+64(DI)
#define FETCH3 FETCH2; PREFETCHT0 FAR+128(DI)
#define FETCH4 FETCH3; PREFETCHT0 FAR+192(DI)
#define FETCH5 FETCH4; PREFETCHT0 FAR+256(DI)
#define FETCH6 FETCH5; PREFETCHT0 FAR+320(DI)
#define FETCH8 FETCH6; PREFETCHT0 FAR+384(DI); PREFETCHT0 FAR+448(DI)

#define LOAD_LINE \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), R11; \
	MOVQ 24(AX), CX; \
	MOVQ CX, LEFT; \
	INCQ CX; \
	SHRQ $1, CX; \
	MOVQ CX, R13; \
	IMULQ 32(AX), R13; \
	SHLQ $6, CX; \
	MOVQ CX, APART; \
	MOVQ 80(AX), DX; \
	MOVQ DX, OUT

// LOAD_GROUPS follows when R15 is how many groups are left.
#define LOAD_GROUPS(more) \
	MOVQ    $2, CX; \
	CMPQ    R15, CX; \
	CMOVQGT CX, R15; \
	MOVQ    R15, R12; \
	IMULQ   R13, R12; \
	MOVQ    R11, SI; \
	MOVQ    R11, DI; \
	ADDQ    8(AX), DI; \
	SUBQ    0(AX), DI; \
	MOVQ    40(AX), R8; \
	MOVQ    48(AX), R9; \
	MOVQ    more(AX), R10; \
	MOVQ    16(AX), CX; \
	VXORPS  Y0, Y0, Y0; \
	CLEAR(0); \
	CLEAR(128)

#define CLEAR(off) \
	VMOVUPS Y0, off(SP); \
	VMOVUPS Y0, off+32(SP); \
	VMOVUPS Y0, off+64(SP); \
	VMOVUPS Y0, off+96(SP)

#define FIRST_GROUP \
	MOVQ R15, BX; \
	MOVQ SP, DX

#define NEXT_GROUP \
	ADDQ R13, SI; \
	ADDQ R13, DI; \
	ADDQ $128, DX; \
	DECQ BX

#define NEXT_BLOCK(numbers, codes, each) \
	SUBQ R12, SI; \
	SUBQ R12, DI; \
	ADDQ $numbers, SI; \
	ADDQ $codes, DI; \
	ADDQ $32, R8; \
	ADDQ $4, R9; \
	ADDQ $each, R10

#define STORE_GROUP(FINISH) \
	VMOVUPS (DX), Y0; \
	VMOVUPS 32(DX), Y1; \
	FINISH; \
	VMOVUPS Y0, (DI); \
	VMOVUPS Y1, 32(DI); \
	ADDQ    APART, DI; \
	ADDQ    $128, DX; \
	DECQ    BX

// LINE is a whole kernel of a kind whose blocks have numbers and codes of so many bytes;
// more is where lineArgs has what R10 points at, of which a block has each bytes and START
// makes Y11. BLOCK adds to the group's sums, of which FINISH makes Y0 and Y1.
#define LINE(MASKS, START, BLOCK, FINISH, more, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
groups: \
	MOVQ LEFT, R15; \
	LOAD_GROUPS(more); \
block: \
	VBROADCASTSS (R9), Y10; \
	START; \
	FIRST_GROUP; \
group: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	NEXT_GROUP; \
	JNZ  group; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ CX; \
	JNZ  block; \
	FIRST_GROUP; \
	MOVQ OUT, DI; \
store: \
	STORE_GROUP(FINISH); \
	JNZ  store; \
	ADDQ $64, OUT; \
	ADDQ 32(AX), R11; \
	SUBQ R15, LEFT; \
	JNZ  groups; \
	VZEROUPPER; \
	RET

// SUPER_LINE is one of a kind of super-blocks, whose numbers are head bytes, at R14, and
// for each block more, at SI.
#define SUPER_LINE(MASKS, START, BLOCK, FINISH, more, head, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
groups: \
	MOVQ LEFT, R15; \
	LOAD_GROUPS(more); \
super: \
	MOVQ SI, R14; \
	ADDQ $head, SI; \
block: \
	VBROADCASTSS (R9), Y10; \
	START; \
	FIRST_GROUP; \
group: \
	PREFETCHT0 NEAR(SI); \
	BLOCK; \
	ADDQ R13, R14; \
	NEXT_GROUP; \
	JNZ  group; \
	SUBQ R12, R14; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ CX; \
	TESTQ $7, CX; \
	JNZ  block; \
	TESTQ CX, CX; \
	JNZ  super; \
	FIRST_GROUP; \
	MOVQ OUT, DI; \
store: \
	STORE_GROUP(FINISH); \
	JNZ  store; \
	ADDQ $64, OUT; \
	ADDQ 32(AX), R11; \
	SUBQ R15, LEFT; \
	JNZ  groups; \
	VZEROUPPER; \
	RET

#define ADD_OFFSETS \
	VADDPS 64(DX), Y0, Y0; \
	VADDPS 96(DX), Y1, Y1

// MASKS4 are of the four-bit kinds, Y14 has words of one.
#define MASKS4 \
	VMOVDQU NIBBLE, Y15; \
	VMOVDQU ONE_WORDS, Y14

#define MASKS5 \
	MASKS4; \
	VMOVDQU FIFTHS, Y13

// WORDS adds the products of quads j and j+4 to Y8 and Y9, words whose sums of so many
// quads must fit: codes up to 31 times 127 do of four, up to 15 of eight.
#define WORDS(j, h) \
	VPBROADCASTD 4*j(R8), Y6; \
	VPBROADCASTD 4*j+16(R8), Y7; \
	VPMADDUBSW   Y6, Y4, Y6; \
	VPMADDUBSW   Y7, Y5, Y7; \
	VPADDW       Y6, Y8, Y8; \
	VPADDW       Y7, Y9, Y9

#define ZERO_WORDS \
	VPXOR Y8, Y8, Y8; \
	VPXOR Y9, Y9, Y9

// INTS4 and INTS5 make Y8 the sums of eight rows' products with four and five-bit codes.
#define INTS4(h) \
	ZERO_WORDS; \
	EACH4(WORDS, h); \
	VPADDW   Y9, Y8, Y8; \
	VPMADDWD Y14, Y8, Y8

#define INTS5(h) \
	ZERO_WORDS; \
	EACH5(WORDS, h); \
	WORDS_TO_INTS

#define WORDS_TO_INTS \
	VPMADDWD Y14, Y8, Y8; \
	VPMADDWD Y14, Y9, Y9; \
	VPADDD   Y9, Y8, Y8

// SUM adds integers times both scales to running sums at off; scale is replaced.
#define SUM(scale, ints, off) \
	VMULPS      Y10, scale, scale; \
	VCVTDQ2PS   ints, ints; \
	VFMADD213PS off(DX), scale, ints; \
	VMOVUPS     ints, off(DX)

// HALF_SUM is SUM of Y8 with float16 scales.
#define HALF_SUM(scale, off) \
	VCVTPH2PS scale, Y4; \
	SUM(Y4, Y8, off)

#define LOAD_S VBROADCASTSS (R10), Y11
