#include "textflag.h"
#include "neon_arm64.h"
#include "tile_arm64.h"
#include "tile_dot_arm64.h"

// Tile kernels (tile_dot_arm64.h) of plain codes. Row r's q is V(8+2r) and V(9+2r), its integers
// are V(16+2r) and V(17+2r).

#define LOAD_Q(r, a, b, c) \
	LDP_Q(8+2*r, 8, 32*r); \
	ZERO_S(16+2*r); \
	ZERO_S(17+2*r)

#define DOT(r, w, q, i) \
	SDOT_LANE(16+2*r, w, q+2*r, i); \
	SDOT_LANE(17+2*r, w+1, q+2*r, i)

#define QUAD(DO, j, w, q, i) \
	LDP_Q(w, 6, 64*j); \
	DO(DOT, w, q, i)

#define BLOCK(DO, FMOV) \
	DO(LOAD_Q, 0, 0, 0); \
	QUAD(DO, 0, 24, 8, 0); \
	QUAD(DO, 1, 26, 8, 1); \
	QUAD(DO, 2, 24, 8, 2); \
	QUAD(DO, 3, 26, 8, 3); \
	QUAD(DO, 4, 24, 9, 0); \
	QUAD(DO, 5, 26, 9, 1); \
	QUAD(DO, 6, 24, 9, 2); \
	QUAD(DO, 7, 26, 9, 3); \
	FLDPQ (R7), (F24, F25); \
	FMOV  (R9), F28; \
	DO(TO_FLOAT, 16, 24, 30)

// func tilex4NEON(a *tileArgs)
TEXT ·tilex4NEON(SB), NOSPLIT, $0-8
	TILE(DO4, FMOVQ, BLOCK)

// func tilex2NEON(a *tileArgs)
TEXT ·tilex2NEON(SB), NOSPLIT, $0-8
	TILE(DO2, FMOVD, BLOCK)

// func tilex1NEON(a *tileArgs)
TEXT ·tilex1NEON(SB), NOSPLIT, $0-8
	TILE(DO1, FMOVS, BLOCK)
