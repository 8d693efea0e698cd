// The frame of tile kernels for AMX: unpacked groups of 16 weight rows times strips of
// activations, in the order strips, groups, blocks.
//
// Integers of a block are made by the tile registers and pass through memory to vector
// registers. That takes longer than what is to be done with them, so they are made two
// blocks ahead, across the ends of groups and strips: there are two sets of registers to
// say where, one of what is made and one of what is added to sums. Two slots of memory
// take turns; a block's integers are read just before those of the block after the next
// are written.
//
//	made:   BX  codes   SI  q      DX  blocks left of the group
//	added:  R8  scale   DI  d      CX  blocks left   R13  sub   R14  bytes between blocks of d
//	R11 slot   R15 the other slot xor this one   R9  64   R10  32   R12  rows   AX  *tileArgs
//
// Z0 to Z15 are the sums of the rows, Z16 the block's scale, Z17 and Z18 its sub-scales.
//
// Tile registers: 0 and 1 are products, 4 and 5 activations, 6 and 7 weights.
//
// Preconditions (kept by Set.Mul): groups, blocks, strips and rows above 0; no sums to go
// on from; q may be read only where it has rows.

#define MADE_CODES 0(SP)
#define MADE_Q 8(SP)
#define MADE_GROUPS 16(SP)
#define MADE_STRIPS 24(SP)
#define ADDED_SCALE 32(SP)
#define ADDED_SUB 40(SP)
#define ADDED_D 48(SP)
#define ADDED_GROUPS 56(SP)
#define ADDED_STRIPS 64(SP)
#define TO 72(SP)
#define TO_STRIP 80(SP)
#define SLOTS 128(SP)

// BEGIN loads the tile configuration for as many rows as there are, the one given being
// that for 16, and everything but the slots' distance.
#define BEGIN(config) \
	MOVQ a+0(FP), AX; \
	LEAQ SLOTS, R11; \
	ADDQ $63, R11; \
	ANDQ $~63, R11; \
	MOVQ 136(AX), R12; \
	MOVOU config<>+0(SB), X0; \
	MOVOU config<>+16(SB), X1; \
	MOVOU config<>+32(SB), X2; \
	MOVOU config<>+48(SB), X3; \
	MOVOU X0, 0(R11); \
	MOVOU X1, 16(R11); \
	MOVOU X2, 32(R11); \
	MOVOU X3, 48(R11); \
	MOVB  R12, 48(R11); \
	MOVB  R12, 49(R11); \
	MOVB  R12, 52(R11); \
	MOVB  R12, 53(R11); \
	LDTILECFG_R11; \
	MOVQ $64, R9; \
	MOVQ $32, R10; \
	MOVQ 24(AX), DX; \
	MOVQ DX, CX; \
	MOVQ 32(AX), BX; \
	MOVQ BX, MADE_GROUPS; \
	MOVQ BX, ADDED_GROUPS; \
	MOVQ 144(AX), BX; \
	MOVQ BX, MADE_STRIPS; \
	MOVQ BX, ADDED_STRIPS; \
	MOVQ 0(AX), BX; \
	MOVQ BX, MADE_CODES; \
	MOVQ 56(AX), SI; \
	MOVQ SI, MADE_Q; \
	MOVQ 8(AX), R8; \
	MOVQ R8, ADDED_SCALE; \
	MOVQ 16(AX), R13; \
	MOVQ R13, ADDED_SUB; \
	MOVQ 72(AX), DI; \
	MOVQ DI, ADDED_D; \
	MOVQ 88(AX), R14; \
	MOVQ 112(AX), R15; \
	MOVQ R15, TO; \
	MOVQ R15, TO_STRIP

// STEP_MADE goes on to the next block to be made; at the end of a group to made.
#define STEP_MADE(made) \
	XORQ R15, R11; \
	ADDQ $512, BX; \
	ADDQ 64(AX), SI; \
	DECQ DX; \
	JZ   made

// NEXT_MADE goes on to the next group or strip. Behind the last one that is the first:
// what is made of it is not used.
#define NEXT_MADE(strip, inside, back) \
	MOVQ 24(AX), DX; \
	DECQ MADE_GROUPS; \
	JZ   strip; \
	MOVQ MADE_CODES, BX; \
	ADDQ 40(AX), BX; \
	MOVQ BX, MADE_CODES; \
	MOVQ MADE_Q, SI; \
	JMP  back; \
strip: \
	MOVQ 32(AX), BX; \
	MOVQ BX, MADE_GROUPS; \
	MOVQ 0(AX), BX; \
	MOVQ BX, MADE_CODES; \
	MOVQ MADE_Q, SI; \
	ADDQ 152(AX), SI; \
	DECQ MADE_STRIPS; \
	JNZ  inside; \
	MOVQ $1, MADE_STRIPS; \
	MOVQ 56(AX), SI; \
inside: \
	MOVQ SI, MADE_Q; \
	JMP  back

// NEXT_ADDED stores sums and goes on to the next group or strip, or to done.
#define NEXT_ADDED(STORES, strip, back, done) \
	MOVQ 120(AX), R8; \
	MOVQ TO, DI; \
	STORES; \
	CLEARS; \
	MOVQ 24(AX), CX; \
	DECQ ADDED_GROUPS; \
	JZ   strip; \
	MOVQ 128(AX), DI; \
	ADDQ DI, TO; \
	MOVQ 48(AX), R8; \
	MOVQ ADDED_SUB, R13; \
	LEAQ (R13)(R8*2), R13; \
	MOVQ R13, ADDED_SUB; \
	ADDQ ADDED_SCALE, R8; \
	MOVQ R8, ADDED_SCALE; \
	MOVQ ADDED_D, DI; \
	JMP  back; \
strip: \
	DECQ ADDED_STRIPS; \
	JZ   done; \
	MOVQ 32(AX), R8; \
	MOVQ R8, ADDED_GROUPS; \
	MOVQ 168(AX), DI; \
	ADDQ TO_STRIP, DI; \
	MOVQ DI, TO_STRIP; \
	MOVQ DI, TO; \
	MOVQ 8(AX), R8; \
	MOVQ R8, ADDED_SCALE; \
	MOVQ 16(AX), R13; \
	MOVQ R13, ADDED_SUB; \
	MOVQ ADDED_D, DI; \
	ADDQ 160(AX), DI; \
	MOVQ DI, ADDED_D; \
	JMP  back

#define CLEAR(Z) VPXORD Z, Z, Z

#define CLEARS \
	CLEAR(Z0); CLEAR(Z1); CLEAR(Z2); CLEAR(Z3); CLEAR(Z4); CLEAR(Z5); CLEAR(Z6); CLEAR(Z7); \
	CLEAR(Z8); CLEAR(Z9); CLEAR(Z10); CLEAR(Z11); CLEAR(Z12); CLEAR(Z13); CLEAR(Z14); CLEAR(Z15)

#define STORE(Z) \
	VMOVUPS Z, (DI); \
	ADDQ    R8, DI

#define STORES_16 \
	STORE(Z0); STORE(Z1); STORE(Z2); STORE(Z3); STORE(Z4); STORE(Z5); STORE(Z6); STORE(Z7); \
	STORE(Z8); STORE(Z9); STORE(Z10); STORE(Z11); STORE(Z12); STORE(Z13); STORE(Z14); STORE(Z15)

// ROWS_16 is ROW for all rows, with registers to be changed.
#define ROWS_16(ROW) \
	ROW(0, Z0, Z20, Z21); ROW(1, Z1, Z22, Z23); ROW(2, Z2, Z24, Z25); ROW(3, Z3, Z26, Z27); \
	ROW(4, Z4, Z28, Z29); ROW(5, Z5, Z30, Z31); ROW(6, Z6, Z20, Z21); ROW(7, Z7, Z22, Z23); \
	ROW(8, Z8, Z24, Z25); ROW(9, Z9, Z26, Z27); ROW(10, Z10, Z28, Z29); ROW(11, Z11, Z30, Z31); \
	ROW(12, Z12, Z20, Z21); ROW(13, Z13, Z22, Z23); ROW(14, Z14, Z24, Z25); ROW(15, Z15, Z26, Z27)

// UNLESS goes to end where there is no row r.
#define UNLESS(r, end) \
	CMPQ R12, $r; \
	JE   end

// STORES_SOME and ROWS_SOME are for as many rows as there are.
#define STORES_SOME(end) \
	STORE(Z0); UNLESS(1, end); STORE(Z1); UNLESS(2, end); STORE(Z2); UNLESS(3, end); STORE(Z3); UNLESS(4, end); \
	STORE(Z4); UNLESS(5, end); STORE(Z5); UNLESS(6, end); STORE(Z6); UNLESS(7, end); STORE(Z7); UNLESS(8, end); \
	STORE(Z8); UNLESS(9, end); STORE(Z9); UNLESS(10, end); STORE(Z10); UNLESS(11, end); STORE(Z11); UNLESS(12, end); \
	STORE(Z12); UNLESS(13, end); STORE(Z13); UNLESS(14, end); STORE(Z14); UNLESS(15, end); STORE(Z15); \
end:

#define ROWS_SOME(ROW, end) \
	ROW(0, Z0, Z20, Z21); UNLESS(1, end); ROW(1, Z1, Z22, Z23); UNLESS(2, end); \
	ROW(2, Z2, Z24, Z25); UNLESS(3, end); ROW(3, Z3, Z26, Z27); UNLESS(4, end); \
	ROW(4, Z4, Z28, Z29); UNLESS(5, end); ROW(5, Z5, Z30, Z31); UNLESS(6, end); \
	ROW(6, Z6, Z20, Z21); UNLESS(7, end); ROW(7, Z7, Z22, Z23); UNLESS(8, end); \
	ROW(8, Z8, Z24, Z25); UNLESS(9, end); ROW(9, Z9, Z26, Z27); UNLESS(10, end); \
	ROW(10, Z10, Z28, Z29); UNLESS(11, end); ROW(11, Z11, Z30, Z31); UNLESS(12, end); \
	ROW(12, Z12, Z20, Z21); UNLESS(13, end); ROW(13, Z13, Z22, Z23); UNLESS(14, end); \
	ROW(14, Z14, Z24, Z25); UNLESS(15, end); ROW(15, Z15, Z26, Z27); \
end:

// TILES is a whole kernel. MAKE makes a block's integers, in a slot of so many bytes; ADD
// adds them to the sums and steps to the next block.
#define TILES(config, bytes, MAKE, ADD, STORES) \
	BEGIN(config); \
	LEAQ bytes(R11), R15; \
	XORQ R11, R15; \
	CLEARS; \
	XORL R12, R12; \
first: \
	MAKE; \
	STEP_MADE(firstmade); \
firstback: \
	XORQ $1, R12; \
	JNZ  first; \
	MOVQ 136(AX), R12; \
block: \
	ADD; \
	MAKE; \
	STEP_MADE(made); \
madeback: \
	DECQ CX; \
	JNZ  block; \
	NEXT_ADDED(STORES, addedstrip, block, done); \
made: \
	NEXT_MADE(madestrip, madeinside, madeback); \
firstmade: \
	NEXT_MADE(firststrip, firstinside, firstback); \
done: \
	TILERELEASE; \
	VZEROUPPER; \
	RET
