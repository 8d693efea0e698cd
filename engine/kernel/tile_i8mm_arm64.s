#include "textflag.h"
#include "neon_arm64.h"
#include "tile_arm64.h"
#include "tile_i8mm_arm64.h"

// Tile kernels (tile_i8mm_arm64.h) of plain codes, whose integers are V28 and V29, and of
// kinds with sub-scales, whose integers are V28 and V29 of the first half, V14 and V15 of the
// second, and whose sub-scales are V8 to V11, laid out as the sums.

#define PLAIN_PAIR(p) \
	LOAD_PAIR_Q; \
	ZERO_S(28); \
	ZERO_S(29); \
	MULTIPLY(28, 0); \
	MULTIPLY(28, 1); \
	MULTIPLY(28, 2); \
	MULTIPLY(28, 3); \
	PAIR_TO_FLOAT(p, 28)

#define PLAIN(PAIRS) \
	BEGIN_BLOCK; \
	PAIRS(PLAIN_PAIR)

// func tilex16I8MM(a *tileArgs)
TEXT ·tilex16I8MM(SB), NOSPLIT, $0-8
	PAIRED(PAIRS8, PLAIN)

// func tilex8I8MM(a *tileArgs)
TEXT ·tilex8I8MM(SB), NOSPLIT, $0-8
	PAIRED(PAIRS4, PLAIN)

// func tilex4I8MM(a *tileArgs)
TEXT ·tilex4I8MM(SB), NOSPLIT, $0-8
	PAIRED(PAIRS2, PLAIN)

// SUB_SCALES makes V(d) and V(d+1) the integers at off from R20.
#define SUB_SCALES(d, off) \
	LDR_Q(24, 20, off); \
	FCVTZS_S(24, 24); \
	TWICE(d, 24)

#define HALVES_PAIR(p) \
	LOAD_PAIR_Q; \
	ZERO_S(28); \
	ZERO_S(29); \
	ZERO_S(14); \
	ZERO_S(15); \
	MULTIPLY(28, 0); \
	MULTIPLY(28, 1); \
	MULTIPLY(14, 2); \
	MULTIPLY(14, 3); \
	MUL_S(28, 28, 8); \
	MUL_S(29, 29, 9); \
	MLA_S(28, 14, 10); \
	MLA_S(29, 15, 11); \
	PAIR_TO_FLOAT(p, 28)

#define HALVES(PAIRS) \
	BEGIN_BLOCK; \
	SUB_SCALES(8, 0); \
	SUB_SCALES(10, 64); \
	PAIRS(HALVES_PAIR)

// func halvesx8I8MM(a *tileArgs)
TEXT ·halvesx8I8MM(SB), NOSPLIT, $0-8
	PAIRED(PAIRS4, HALVES)

// func halvesx4I8MM(a *tileArgs)
TEXT ·halvesx4I8MM(SB), NOSPLIT, $0-8
	PAIRED(PAIRS2, HALVES)
