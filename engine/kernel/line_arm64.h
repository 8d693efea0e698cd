// Macros of the line kernels for NEON: one activation row times groups of 16 weight rows,
// codes being unpacked and used as they come (codes_arm64.h).
//
//	R1  numbers of the group   R2 its codes   R3 bytes between groups   R4  groups left
//	R5  blocks left            R6 numbers     R7 codes                  R11 out
//	R8  q                      R9 d           R10 t, s or h
//	R12 blocks of the super-block left        R13 the super-block's numbers
//
// V0..V3 are the running sums of four rows each, V4..V7 the second ones. V8 and V9 are the
// block's q, V10 its d, V11 what it has of t, s or h.
//
// Preconditions (kept by Set.Mul): groups and blocks above 0; of kinds of super-blocks, a
// multiple of 8 blocks.

// FAR is how far ahead codes are fetched: a prefetch past the end is none.
#define FAR 1024
#define FETCH(off) PRFM (FAR+off)(R7), PLDL1KEEP
#define FETCH2 FETCH(0); FETCH(64)
#define FETCH4 FETCH2; FETCH(128); FETCH(192)
#define FETCH6 FETCH4; FETCH(256); FETCH(320)
#define FETCH8 FETCH6; FETCH(384); FETCH(448)

#define LOAD_LINE \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 8(R0), R2; \
	MOVD 24(R0), R4; \
	MOVD 32(R0), R3; \
	MOVD 80(R0), R11

#define LOAD_GROUP(more) \
	MOVD R1, R6; \
	MOVD R2, R7; \
	MOVD 40(R0), R8; \
	MOVD 48(R0), R9; \
	MOVD more(R0), R10; \
	MOVD 16(R0), R5; \
	ZERO_S(0); \
	ZERO_S(1); \
	ZERO_S(2); \
	ZERO_S(3); \
	ZERO_S(4); \
	ZERO_S(5); \
	ZERO_S(6); \
	ZERO_S(7)

#define LOAD_Q \
	FLDPQ (R8), (F8, F9); \
	FMOVS (R9), F10

#define NEXT_BLOCK(numbers, codes, each) \
	ADD $numbers, R6; \
	ADD $codes, R7; \
	ADD $32, R8; \
	ADD $4, R9; \
	ADD $each, R10

#define STORE_GROUP \
	FSTPQ (F0, F1), (R11); \
	FSTPQ (F2, F3), 32(R11); \
	ADD   $64, R11; \
	ADD   R3, R1; \
	ADD   R3, R2

// LINE is a whole kernel of a kind whose blocks have numbers and codes of so many bytes;
// more is where lineArgs has what R10 points at, of which a block has each bytes.
#define LINE(MASKS, BLOCK, FINISH, more, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
block: \
	LOAD_Q; \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	SUB  $1, R5; \
	CBNZ R5, block; \
	FINISH; \
	STORE_GROUP; \
	SUB  $1, R4; \
	CBNZ R4, group; \
	RET

// SUPER_LINE is one of a kind of super-blocks, whose numbers are head bytes, at R13, and
// for each block more, at R6.
#define SUPER_LINE(MASKS, BLOCK, FINISH, more, head, numbers, codes, each) \
	LOAD_LINE; \
	MASKS; \
group: \
	LOAD_GROUP(more); \
super: \
	MOVD R6, R13; \
	ADD  $head, R6; \
	MOVD $8, R12; \
block: \
	LOAD_Q; \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	SUB  $1, R12; \
	CBNZ R12, block; \
	SUB  $8, R5; \
	CBNZ R5, super; \
	FINISH; \
	STORE_GROUP; \
	SUB  $1, R4; \
	CBNZ R4, group; \
	RET

#define NOTHING

#define ADD_SECOND \
	FADD_S(0, 0, 4); \
	FADD_S(1, 1, 5); \
	FADD_S(2, 2, 6); \
	FADD_S(3, 3, 7)

// LOW and HIGH add the products of the block's first and second half to four rows' sums.
#define LOW(acc) \
	SDOT_LANE(acc, 12, 8, 0); \
	SDOT_LANE(acc, 13, 8, 1); \
	SDOT_LANE(acc, 14, 8, 2); \
	SDOT_LANE(acc, 15, 8, 3)

#define HIGH(acc) \
	SDOT_LANE(acc, 16, 9, 0); \
	SDOT_LANE(acc, 17, 9, 1); \
	SDOT_LANE(acc, 18, 9, 2); \
	SDOT_LANE(acc, 19, 9, 3)

// SUM adds integers times both scales to a running sum; both are replaced.
#define SUM(scale, ints, sum) \
	FMUL_LANE(scale, scale, 10, 0); \
	SCVTF_S(ints, ints); \
	FMLA_S(sum, scale, ints)
