// Tile kernels of products of matrices of bytes (i8mm): 4, 8 or 16 activation rows, two being
// a pair; four weight rows pass at a time.
//
// SMMLA multiplies two weight rows of eight columns with a pair: half the instructions of dot
// products. But quads hold four columns, and two are zipped to eight, once for all pairs, as
// many zips as SMMLAs for one: a lone pair would gain nothing and is left to dot products. A
// pair's q comes zipped from a load of four-element structures.
//
// V0..V15 are the running sums, of pair p V(2p) and V(2p+1): of the first weight row times
// both of the pair, then of the second; of the third and fourth. V16..V23 are the block's
// codes, V24..V27 a pair's q and then scratch, V30 and V31 the scale, laid out as the sums.
// R16 and R17 point at the pair's q and d.

// PAIRS has M done for each pair of the kernel.
#define PAIRS2(M) M(0); M(1)
#define PAIRS4(M) PAIRS2(M); M(2); M(3)
#define PAIRS8(M) PAIRS4(M); M(4); M(5); M(6); M(7)

#define ZERO_PAIR(p) \
	ZERO_S(2*p); \
	ZERO_S(2*p+1)

#define LOAD_PAIR(p) \
	LDR_Q(24, 16, 128*p); \
	LDR_Q(25, 16, 128*p+64); \
	ZIP1_S(2*p, 24, 25); \
	ZIP2_S(2*p+1, 24, 25)

#define STORE_PAIR(p) \
	UZP1_S(24, 2*p, 2*p+1); \
	UZP2_S(25, 2*p, 2*p+1); \
	FMOVQ F24, (R16); \
	ADD   R13, R16; \
	FMOVQ F25, (R16); \
	ADD   R13, R16

// PAIRED is a whole kernel of so many pairs.
#define PAIRED(PAIRS, BLOCK) PASSES(16, PAIRS(ZERO_PAIR), PAIRS(LOAD_PAIR), PAIRS(STORE_PAIR), BLOCK(PAIRS))

// TWICE makes V(d) and V(d+1) the four numbers of V(n), each twice.
#define TWICE(d, n) \
	ZIP1_S(d, n, n); \
	ZIP2_S(d+1, n, n)

// ZIP_QUADS makes V(16+2j) and V(17+2j) columns 8j to 8j+7 of two weight rows and of the
// other two.
#define ZIP_QUADS(j) \
	LDR_Q(24, 6, 128*j); \
	LDR_Q(25, 6, 128*j+64); \
	ZIP1_S(16+2*j, 24, 25); \
	ZIP2_S(17+2*j, 24, 25)

#define BEGIN_BLOCK \
	ZIP_QUADS(0); \
	ZIP_QUADS(1); \
	ZIP_QUADS(2); \
	ZIP_QUADS(3); \
	FMOVQ (R7), F24; \
	TWICE(30, 24); \
	MOVD R8, R16; \
	MOVD R9, R17

// LOAD_PAIR_Q makes V24..V27 eight columns each of both rows.
#define LOAD_PAIR_Q VLD4.P 64(R16), [V24.D2, V25.D2, V26.D2, V27.D2]

// MULTIPLY adds the products of columns 8j to 8j+7 to the integers, V(to) and V(to+1).
#define MULTIPLY(to, j) \
	SMMLA(to, 16+2*j, 24+j); \
	SMMLA(to+1, 17+2*j, 24+j)

// PAIR_TO_FLOAT adds the integers, V(ints) and V(ints+1), times the scale and d, to the
// running sums.
#define PAIR_TO_FLOAT(p, ints) \
	VLD1R.P 8(R17), [V24.D2]; \
	FMUL_S(25, 30, 24); \
	FMUL_S(26, 31, 24); \
	SCVTF_S(ints, ints); \
	SCVTF_S(ints+1, ints+1); \
	FMLA_S(2*p, 25, ints); \
	FMLA_S(2*p+1, 26, ints+1)
