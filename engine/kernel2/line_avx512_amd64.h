// Macros of the line kernels for AVX-512: one activation row times groups of 16 weight
// rows, a vector being a quad of all rows; codes are unpacked and used as they come.
//
//	AX  *lineArgs    R11 numbers of the group    R12 its codes    R13 bytes between groups
//	BX  groups left  CX  blocks left             DX  out
//	SI  numbers      DI  codes                   R8  q            R9  d    R10 t, s or h
//	R14 numbers of the super-block               R15 its blocks left
//
// Z0 is the running sum, Z1 the second one of kinds that have it, Z2 and Z3 the integers
// of a block or of its halves. Z4 to Z9 are scratch. Z12 to Z15 have masks and tables.
// Chains of a block wait for themselves, but blocks do not wait for each other.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0; of kinds of super-blocks, a
// multiple of 8 blocks.

// FAR is how far ahead codes are fetched, NEAR numbers: a prefetch past the end is none.
#define FAR 3072
#define NEAR 512

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

// SUPER_LINE is one of a kind of super-blocks, whose numbers are head bytes, at R14, which
// HEAD reads, and for each block more, at SI.
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

#define MASK(at, Z) VBROADCASTI64X4 at, Z

// WIDE4 makes Z4 the codes of quad j and Z5 those of quad j+4, as they are stored.
#define WIDE4(j) \
	VMOVDQU64 64*j(DI), Z5; \
	VPANDD    Z15, Z5, Z4; \
	VPSRLW    $4, Z5, Z5; \
	VPANDD    Z15, Z5, Z5

// BITS_BESIDE puts bits of Z8 and Z9, shifted, under the mask Z13 beside those codes.
#define BITS_BESIDE \
	VPTERNLOGD $0xf8, Z13, Z8, Z4; \
	VPTERNLOGD $0xf8, Z13, Z9, Z5

// TIMES adds the products of both quads to A and B.
#define TIMES(j, A, B) \
	VPDPBUSD.BCST 4*j(R8), Z4, A; \
	VPDPBUSD.BCST 4*j+16(R8), Z5, B

#define INTS4(A, B) \
	WIDE4(0); TIMES(0, A, B); \
	WIDE4(1); TIMES(1, A, B); \
	WIDE4(2); TIMES(2, A, B); \
	WIDE4(3); TIMES(3, A, B)

// INTS5 has the fifth bits at 256(DI).
#define INTS5(A, B) \
	VMOVDQU64 256(DI), Z7; \
	WIDE4(0); VPSLLW $4, Z7, Z8; VMOVDQA64 Z7, Z9; BITS_BESIDE; TIMES(0, A, B); \
	WIDE4(1); VPSLLW $3, Z7, Z8; VPSRLW $1, Z7, Z9; BITS_BESIDE; TIMES(1, A, B); \
	WIDE4(2); VPSLLW $2, Z7, Z8; VPSRLW $2, Z7, Z9; BITS_BESIDE; TIMES(2, A, B); \
	WIDE4(3); VPSLLW $1, Z7, Z8; VPSRLW $3, Z7, Z9; BITS_BESIDE; TIMES(3, A, B)

// SUM adds integers times both scales to the running sum; scale is replaced.
#define SUM(scale, ints) \
	VMULPS.BCST (R9), scale, scale; \
	VCVTDQ2PS   ints, ints; \
	VFMADD231PS ints, scale, Z0
