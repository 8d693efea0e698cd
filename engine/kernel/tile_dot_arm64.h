// Tile kernels of dot products: 1, 2 or 4 activation rows; eight weight rows pass at a time.
//
// V0..V7 are the running sums, of row r V(2r) and V(2r+1).

// DO has M done for each row of the kernel.
#define DO1(M, a, b, c) M(0, a, b, c)
#define DO2(M, a, b, c) DO1(M, a, b, c); M(1, a, b, c)
#define DO4(M, a, b, c) DO2(M, a, b, c); M(2, a, b, c); M(3, a, b, c)

#define ZERO_SUMS(r, a, b, c) \
	ZERO_S(2*r); \
	ZERO_S(2*r+1)

#define LOAD_SUMS(r, a, b, c) LDP_Q(2*r, 16, 64*r)

#define STORE_SUMS(r, a, b, c) \
	STP_Q(2*r, 16, 0); \
	ADD R13, R16

// TILE is a whole kernel: of the rows of DO, whose d FMOV loads to F28.
#define TILE(DO, FMOV, BLOCK) PASSES(32, DO(ZERO_SUMS, 0, 0, 0), DO(LOAD_SUMS, 0, 0, 0), DO(STORE_SUMS, 0, 0, 0), BLOCK(DO, FMOV))

// TO_FLOAT adds row r's integers, V(to+2r) and V(to+2r+1), times V(w) and V(w+1), the scale,
// and d, to the running sums; V(t) and V(t+1) are scratch.
#define TO_FLOAT(r, to, w, t) \
	FMUL_LANE(t, w, 28, r); \
	FMUL_LANE(t+1, w+1, 28, r); \
	SCVTF_S(to+2*r, to+2*r); \
	SCVTF_S(to+2*r+1, to+2*r+1); \
	FMLA_S(2*r, t, to+2*r); \
	FMLA_S(2*r+1, t+1, to+2*r+1)
