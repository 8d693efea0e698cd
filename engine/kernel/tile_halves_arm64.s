#include "textflag.h"
#include "neon_arm64.h"
#include "tile_arm64.h"
#include "tile_dot_arm64.h"

// Tile kernels (tile_dot_arm64.h) of kinds with sub-scales. Row r's q is V(8+r), half after half;
// its integers are V(12+2r) and V(13+2r) of the first half, V(20+2r) and V(21+2r) of the
// second.

#define LOAD_Q(r, off, to, c) \
	LDR_Q(8+r, 8, off+32*r); \
	ZERO_S(to+2*r); \
	ZERO_S(to+1+2*r)

#define DOT(r, w, to, i) \
	SDOT_LANE(to+2*r, w, 8+r, i); \
	SDOT_LANE(to+1+2*r, w+1, 8+r, i)

#define QUAD(DO, j, w, to, i) \
	LDP_Q(w, 6, 64*j); \
	DO(DOT, w, to, i)

#define TIMES_SUB_SCALES(r, a, b, c) \
	MUL_S(12+2*r, 12+2*r, 28); \
	MUL_S(13+2*r, 13+2*r, 29); \
	MLA_S(12+2*r, 20+2*r, 30); \
	MLA_S(13+2*r, 21+2*r, 31)

#define BLOCK(DO, FMOV) \
	DO(LOAD_Q, 0, 12, 0); \
	QUAD(DO, 0, 28, 12, 0); \
	QUAD(DO, 1, 30, 12, 1); \
	QUAD(DO, 2, 28, 12, 2); \
	QUAD(DO, 3, 30, 12, 3); \
	DO(LOAD_Q, 16, 20, 0); \
	QUAD(DO, 4, 28, 20, 0); \
	QUAD(DO, 5, 30, 20, 1); \
	QUAD(DO, 6, 28, 20, 2); \
	QUAD(DO, 7, 30, 20, 3); \
	FLDPQ (R20), (F28, F29); \
	FLDPQ 64(R20), (F30, F31); \
	FCVTZS_S(28, 28); \
	FCVTZS_S(29, 29); \
	FCVTZS_S(30, 30); \
	FCVTZS_S(31, 31); \
	DO(TIMES_SUB_SCALES, 0, 0, 0); \
	FLDPQ (R7), (F30, F31); \
	FMOV  (R9), F28; \
	DO(TO_FLOAT, 12, 30, 20)

// func halvesx4NEON(a *tileArgs)
TEXT ·halvesx4NEON(SB), NOSPLIT, $0-8
	TILE(DO4, FMOVQ, BLOCK)

// func halvesx2NEON(a *tileArgs)
TEXT ·halvesx2NEON(SB), NOSPLIT, $0-8
	TILE(DO2, FMOVD, BLOCK)

// func halvesx1NEON(a *tileArgs)
TEXT ·halvesx1NEON(SB), NOSPLIT, $0-8
	TILE(DO1, FMOVS, BLOCK)
