// Constants of element-wise kernels (elem.go), four to a register, and the exponential
// function of them, for NEON.

#define PAIR(off, a, b) DATA elemc<>+(off)(SB)/8, $(a|(b<<32))

PAIR(0, 0x3fb8aa3b, 0x4b400000) // log2(e), 3 << 22
PAIR(8, 0xbf317200, 0xb5bfbe8e) // -ln 2, high and low part
PAIR(16, 0x3c07d210, 0x3d2b9d80) // of the polynomial: C5, C4
PAIR(24, 0x3e2aad3d, 0x3efffee2) // C3, C2
PAIR(32, 0x3f7ffffb, 0x3f800000) // C1, 1
PAIR(40, 0xc2ae0000, 0x42b00000) // -87, 88
PAIR(48, 0x0000007f, 0x3d922279) // the exponent's bias, an integer; GELU's cubic term
PAIR(56, 0x3fcc422a, 0) // GELU's linear term
GLOBL elemc<>(SB), RODATA|NOPTR, $64

// CONSTANTS leaves them in V28..V31.
#define CONSTANTS \
	MOVD $elemc<>(SB), R14; \
	FLDPQ (R14), (F28, F29); \
	FLDPQ 32(R14), (F30, F31)

// EXP replaces V(x) by e^V(x) as exp (elem.go) does; n, p, q and t are scratch. V(t) keeps
// "below -87", which NaN is not.
#define EXP(x, n, p, q, t) \
	DUP_LANE(t, 30, 2); \
	FCMGT_S(t, t, x); \
	DUP_LANE(p, 30, 3); \
	FMIN_S(x, x, p); \
	DUP_LANE(n, 28, 1); \
	DUP_LANE(p, 28, 1); \
	FMLA_LANE(n, x, 28, 0); \
	FSUB_S(n, n, p); \
	FMLA_LANE(x, n, 28, 2); \
	FMLA_LANE(x, n, 28, 3); \
	DUP_LANE(p, 29, 1); \
	FMLA_LANE(p, x, 29, 0); \
	DUP_LANE(q, 29, 2); \
	FMLA_S(q, p, x); \
	DUP_LANE(p, 29, 3); \
	FMLA_S(p, q, x); \
	DUP_LANE(q, 30, 0); \
	FMLA_S(q, p, x); \
	DUP_LANE(p, 30, 1); \
	FMLA_S(p, q, x); \
	FCVTZS_S(n, n); \
	DUP_LANE(q, 31, 0); \
	ADD_S(n, n, q); \
	SHL_S(n, n, 23); \
	FMUL_S(x, p, n); \
	BIC_B(x, x, t)
