#include "textflag.h"
#include "tile_avx2_amd64.h"

// Tile kernels of kinds with sub-scales. Their codes, below 32 and not below -32, are counted
// from -32 on: words have room for two such quads, which are multiplied with words of
// sub-scales. What is too much is in the integers from the start.
//
//	Y8..Y11  quads j and j+1 of the first eight rows, and of the others
//	Y12 Y13  scratch    Y14 Y15  sub-scales    R15  where those of the block are

DATA halfc<>+0(SB)/8, $0x2020202020202020
DATA halfc<>+8(SB)/8, $0x2020202020202020
DATA halfc<>+16(SB)/8, $0x2020202020202020
DATA halfc<>+24(SB)/8, $0x2020202020202020
DATA halfc<>+32(SB)/8, $0x0101010101010101
DATA halfc<>+40(SB)/8, $0x0101010101010101
DATA halfc<>+48(SB)/8, $0x0101010101010101
DATA halfc<>+56(SB)/8, $0x0101010101010101
DATA halfc<>+64(SB)/8, $0xffffffffffffffff
DATA halfc<>+72(SB)/8, $0xffffffffffffffff
DATA halfc<>+80(SB)/8, $0xffffffffffffffff
DATA halfc<>+88(SB)/8, $0xffffffffffffffff
GLOBL halfc<>(SB), RODATA|NOPTR, $96

#define THIRTY_TWOS halfc<>+0(SB)
#define ONE_BYTES halfc<>+32(SB)
#define MINUS_WORDS halfc<>+64(SB)

// NEGATED makes the dwords of Y minus the sums of four q each.
#define NEGATED(r, Y) \
	VMOVDQU    ONE_BYTES, Y; \
	VPMADDUBSW 32*r(SI), Y, Y; \
	VPMADDWD   MINUS_WORDS, Y, Y

// PUT_PAIRS stores, for each row, a pair of words: minus the sums of both halves of its q.
// Y0 has those of the first half in its lower lane.
#define PUT_PAIRS \
	VEXTRACTI128 $1, Y0, X1; \
	VPSLLD       $16, X1, X1; \
	VPBLENDW     $0xaa, X1, X0, X0; \
	VMOVDQU      X0, 256(SP)

#define PAIRS_1 \
	NEGATED(0, Y0); \
	VPHADDD Y0, Y0, Y0; \
	VPHADDD Y0, Y0, Y0; \
	PUT_PAIRS

#define PAIRS_2 \
	NEGATED(0, Y0); \
	NEGATED(1, Y1); \
	VPHADDD Y1, Y0, Y0; \
	VPHADDD Y0, Y0, Y0; \
	PUT_PAIRS

#define PAIRS_4 \
	NEGATED(0, Y0); \
	NEGATED(1, Y1); \
	NEGATED(2, Y2); \
	NEGATED(3, Y3); \
	VPHADDD Y1, Y0, Y0; \
	VPHADDD Y3, Y2, Y2; \
	VPHADDD Y2, Y0, Y0; \
	PUT_PAIRS

// SUB makes Y words of eight rows' sub-scales, two for each. T is scratch.
#define SUB(off, Y, T) \
	VCVTPS2DQ off(R15), Y; \
	VPSLLD    $16, Y, T; \
	VPBLENDW  $0xaa, T, Y, Y

// TOO_MUCH makes P 32 times both sub-scales of eight rows, a pair of words each.
#define TOO_MUCH(A, B, P) \
	VPBLENDW $0xaa, B, A, P; \
	VPSLLW   $5, P, P

#define START(r, A, B) \
	VPBROADCASTD 256+4*r(SP), B; \
	VPMADDWD     Y12, B, A; \
	VPMADDWD     Y13, B, B

#define START_1 START(0, Y0, Y1)
#define START_2 START_1; START(1, Y2, Y3)
#define START_4 START_2; START(2, Y4, Y5); START(3, Y6, Y7)

// SUBS_AND_START leaves the first half's sub-scales in Y14 and Y15.
#define SUBS_AND_START(STARTS) \
	SUB(0, Y14, Y8); \
	SUB(32, Y15, Y9); \
	SUB(64, Y10, Y8); \
	SUB(96, Y11, Y9); \
	TOO_MUCH(Y14, Y10, Y12); \
	TOO_MUCH(Y15, Y11, Y13); \
	STARTS

#define SECOND_SUBS \
	SUB(64, Y14, Y12); \
	SUB(96, Y15, Y13)

// PAIRED adds the products of two quads of eight rows.
#define PAIRED(q, V, W, sub, ints) \
	VPBROADCASTD q, Y12; \
	VPBROADCASTD 4+q, Y13; \
	VPMADDUBSW   Y12, V, Y12; \
	VPMADDUBSW   Y13, W, Y13; \
	VPADDW       Y12, Y13, Y13; \
	VPMADDWD     sub, Y13, Y13; \
	VPADDD       Y13, ints, ints

#define ROW(q, A, B) \
	PAIRED(q, Y8, Y9, Y14, A); \
	PAIRED(q, Y10, Y11, Y15, B)

#define ROW_1(q) ROW(q(SI), Y0, Y1)
#define ROW_2(q) ROW_1(q); ROW(q+32(SI), Y2, Y3)
#define ROW_4(q) ROW_2(q); ROW(q+64(SI), Y4, Y5); ROW(q+96(SI), Y6, Y7)

#define QUADS(j, ROWS) \
	VMOVDQU THIRTY_TWOS, Y11; \
	VPADDB  64*j(BX), Y11, Y8; \
	VPADDB  64*j+64(BX), Y11, Y9; \
	VPADDB  64*j+32(BX), Y11, Y10; \
	VPADDB  64*j+96(BX), Y11, Y11; \
	ROWS(4*j)

#define AT_SUB MOVQ R14, R15

// BLOCK is a block: pairs are kept behind the sums of four rows.
#define BLOCK(PAIRS, STARTS, ROWS, SUM) \
	PAIRS; \
	SUBS_AND_START(STARTS); \
	QUADS(0, ROWS); \
	QUADS(2, ROWS); \
	SECOND_SUBS; \
	QUADS(4, ROWS); \
	QUADS(6, ROWS); \
	ADDQ $128, R15; \
	SCALES; \
	SUM

#define BLOCK_1 BLOCK(PAIRS_1, START_1, ROW_1, SUM_1)
#define BLOCK_2 BLOCK(PAIRS_2, START_2, ROW_2, SUM_2)
#define BLOCK_4 BLOCK(PAIRS_4, START_4, ROW_4, SUM_4)

// func halvesx1AVX2(a *tileArgs)
TEXT ·halvesx1AVX2(SB), NOSPLIT, $272-8
	TILE(AT_SUB, CLEAR_1, CARRY_1, BLOCK_1, STORE_1)

// func halvesx2AVX2(a *tileArgs)
TEXT ·halvesx2AVX2(SB), NOSPLIT, $272-8
	TILE(AT_SUB, CLEAR_2, CARRY_2, BLOCK_2, STORE_2)

// func halvesx4AVX2(a *tileArgs)
TEXT ·halvesx4AVX2(SB), NOSPLIT, $272-8
	TILE(AT_SUB, CLEAR_4, CARRY_4, BLOCK_4, STORE_4)
