// Macros of the line kernels for AVX2: one activation row times groups of 16 weight rows,
// codes being unpacked and used as they come.
//
//	AX  *lineArgs    R11 numbers of the group    R12 its codes    R13 bytes between groups
//	BX  groups left  CX  blocks left             DX  out
//	SI  numbers      DI  codes                   R8  q            R9  d    R10 t, s or h
//	R14 numbers of the super-block               R15 its blocks left
//
// Y0 and Y1 are the running sums of eight rows each, Y10 is the block's d, Y11 what it has
// of t, s or h.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0; of kinds of super-blocks, a
// multiple of 8 blocks.

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
	MOVQ 16(AX), CX

#define NEXT_BLOCK(numbers, codes, each) \
	ADDQ $numbers, SI; \
	ADDQ $codes, DI; \
	ADDQ $32, R8; \
	ADDQ $4, R9; \
	ADDQ $each, R10

#define STORE_GROUP \
	VMOVUPS Y0, (DX); \
	VMOVUPS Y1, 32(DX); \
	ADDQ    $64, DX; \
	ADDQ    R13, R11; \
	ADDQ    R13, R12

// LINE is a whole kernel of a kind whose blocks have numbers and codes of so many bytes;
// more is where lineArgs has what R10 points at, of which a block has each bytes.
#define LINE(MASKS, ZERO, BLOCK, FINISH, more, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
	ZERO; \
block: \
	PREFETCHT0 NEAR(SI); \
	VBROADCASTSS (R9), Y10; \
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

// SUPER_LINE is one of a kind of super-blocks, whose numbers are head bytes, at R14, and
// for each block more, at SI.
#define SUPER_LINE(MASKS, ZERO, BLOCK, FINISH, more, head, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
	ZERO; \
super: \
	MOVQ SI, R14; \
	ADDQ $head, SI; \
	MOVQ $8, R15; \
	PREFETCHT0 NEAR(SI); \
	PREFETCHT0 NEAR+64(SI); \
block: \
	PREFETCHT0 NEAR+128(SI); \
	VBROADCASTSS (R9), Y10; \
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

#define ZERO2 \
	VXORPS Y0, Y0, Y0; \
	VXORPS Y1, Y1, Y1

// Y2 and Y3 are the second running sums of kinds with offsets.
#define ZERO4 \
	ZERO2; \
	VXORPS Y2, Y2, Y2; \
	VXORPS Y3, Y3, Y3

#define ADD_OFFSETS \
	VADDPS Y2, Y0, Y0; \
	VADDPS Y3, Y1, Y1

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

// SUM adds integers times both scales to a running sum; scale is replaced.
#define SUM(scale, ints, sum) \
	VMULPS      Y10, scale, scale; \
	VCVTDQ2PS   ints, ints; \
	VFMADD231PS ints, scale, sum

// HALF_SUM is SUM of Y8 with float16 scales.
#define HALF_SUM(scale, sum) \
	VCVTPH2PS scale, Y4; \
	SUM(Y4, Y8, sum)
