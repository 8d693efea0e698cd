// Macros of the tile kernels for NEON (args.go): 1, 2 or 4 activation rows times groups of
// 16 weight rows, of which eight at a time pass over all blocks.
//
//	R0 *tileArgs   R1 codes of the group   R2 its scale   R3 its sub-scales   R4 groups left
//	R5 blocks left R6 codes                R7 scale       R20 sub-scales      R15 32 for the second eight
//	R8 q           R9 d                    R10, R11 steps between blocks of q and d
//	R12 to         R13 bytes between its rows             R14 from, or 0      R16 scratch
//
// V0..V7 are the running sums, of row r V(2r) and V(2r+1).
//
// Preconditions (kept by Set.Mul): groups and blocks above 0.

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
#define TILE(DO, FMOV, BLOCK) \
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
eight: \
	ADD  R15, R1, R6; \
	ADD  R15, R2, R7; \
	ADD  R15, R3, R20; \
	MOVD 56(R0), R8; \
	MOVD 72(R0), R9; \
	MOVD 24(R0), R5; \
	DO(ZERO_SUMS, 0, 0, 0); \
	CBZ  R14, block; \
	ADD  R15, R14, R16; \
	DO(LOAD_SUMS, 0, 0, 0); \
block: \
	BLOCK(DO, FMOV); \
	ADD  $512, R6; \
	ADD  $64, R7; \
	ADD  $128, R20; \
	ADD  R10, R8; \
	ADD  R11, R9; \
	SUB  $1, R5; \
	CBNZ R5, block; \
	ADD  R15, R12, R16; \
	DO(STORE_SUMS, 0, 0, 0); \
	ADD  $32, R15; \
	CMP  $64, R15; \
	BNE  eight; \
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

// TO_FLOAT adds row r's integers, V(to+2r) and V(to+2r+1), times V(w) and V(w+1), the scale,
// and d, to the running sums; V(t) and V(t+1) are scratch.
#define TO_FLOAT(r, to, w, t) \
	FMUL_LANE(t, w, 28, r); \
	FMUL_LANE(t+1, w+1, 28, r); \
	SCVTF_S(to+2*r, to+2*r); \
	SCVTF_S(to+2*r+1, to+2*r+1); \
	FMLA_S(2*r, t, to+2*r); \
	FMLA_S(2*r+1, t+1, to+2*r+1)
