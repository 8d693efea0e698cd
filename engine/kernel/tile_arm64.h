// Macros of the tile kernels for NEON (args.go): a few activation rows times groups of 16
// weight rows, of which some at a time pass over all blocks.
//
//	R0 *tileArgs   R1 codes of the group   R2 its scale   R3 its sub-scales   R4 groups left
//	R5 blocks left R6 codes                R7 scale       R20 sub-scales      R15 bytes of numbers of the rows before
//	R8 q           R9 d                    R10, R11 steps between blocks of q and d
//	R12 to         R13 bytes between its rows             R14 from, or 0      R16, R17 scratch
//
// Preconditions (kept by Set.Mul): groups and blocks above 0.

// PASSES is a whole kernel, in which width bytes of numbers pass at a time, a weight row
// having four: ZERO begins running sums at 0, LOAD at what is at R16, and STORE stores them
// there; BLOCK adds a block.
#define PASSES(width, ZERO, LOAD, STORE, BLOCK) \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 8(R0), R2; \
	MOVD 16(R0), R3; \
	MOVD 32(R0), R4; \
	MOVD 64(R0), R10; \
	MOVD 88(R0), R11; \
	MOVD 96(R0), R14; \
	MOVD 112(R0), R12; \
	MOVD 120(R0), R13; \
group: \
	MOVD $0, R15; \
pass: \
	ADD  R15, R1, R6; \
	ADD  R15, R2, R7; \
	ADD  R15, R3, R20; \
	MOVD 56(R0), R8; \
	MOVD 72(R0), R9; \
	MOVD 24(R0), R5; \
	ZERO; \
	CBZ  R14, block; \
	ADD  R15, R14, R16; \
	LOAD; \
block: \
	BLOCK; \
	ADD  $512, R6; \
	ADD  $64, R7; \
	ADD  $128, R20; \
	ADD  R10, R8; \
	ADD  R11, R9; \
	SUB  $1, R5; \
	CBNZ R5, block; \
	ADD  R15, R12, R16; \
	STORE; \
	ADD  $width, R15; \
	CMP  $64, R15; \
	BNE  pass; \
	MOVD 40(R0), R16; \
	ADD  R16, R1; \
	MOVD 48(R0), R16; \
	ADD  R16, R2; \
	ADD  R16<<1, R3; \
	MOVD 128(R0), R16; \
	ADD  R16, R12; \
	SUB  $1, R4; \
	CBZ  R4, done; \
	CBZ  R14, group; \
	MOVD 104(R0), R16; \
	ADD  R16, R14; \
	B    group; \
done: \
	RET
