#include "textflag.h"
#include "neon_arm64.h"

// Products of float kinds for NEON (args.go): 4 or 2 rows, or 1, which takes groups in pairs.
// Each running sum is one chain of fused multiply-adds.
//
//	R0 *floatArgs   R1 w of the group   R2 bytes between groups   R3 groups left
//	R4 columns left R5 w                R6..R9 x of the rows      R10 bytes between them
//	R11 to          R12 bytes between its rows                    R13 between groups
//	R14 w of the second group of a pair R16 scratch
//
// V0..V15 are the sums, of row r V(4r) and the three behind it (or, of 1 row, of group r);
// V16..V19 are a column's weights, V20..V23 the rows' x of four columns or of one.
//
// Preconditions: columns and groups above 0.

#define LOAD_FLOAT \
	MOVD a+0(FP), R0; \
	MOVD 0(R0), R1; \
	MOVD 16(R0), R3; \
	MOVD 24(R0), R2; \
	MOVD 40(R0), R10; \
	MOVD 48(R0), R11; \
	MOVD 56(R0), R12; \
	MOVD 64(R0), R13

#define WIDE_F32(w) \
	LDP_Q(16, w, 0); \
	LDP_Q(18, w, 32)

#define WIDE_F16(w) \
	LDP_Q(24, w, 0); \
	FCVTL_S(16, 24); \
	FCVTL2_S(17, 24); \
	FCVTL_S(18, 25); \
	FCVTL2_S(19, 25)

#define WIDE_BF16(w) \
	LDP_Q(24, w, 0); \
	SHLL_S(16, 24); \
	SHLL2_S(17, 24); \
	SHLL_S(18, 25); \
	SHLL2_S(19, 25)

#define CHAIN(r, x, i) \
	FMLA_LANE(4*r, 16, x, i); \
	FMLA_LANE(4*r+1, 17, x, i); \
	FMLA_LANE(4*r+2, 18, x, i); \
	FMLA_LANE(4*r+3, 19, x, i)

#define ZERO_ROW(r) \
	ZERO_S(4*r); \
	ZERO_S(4*r+1); \
	ZERO_S(4*r+2); \
	ZERO_S(4*r+3)

#define STORE_ROW(r) \
	STP_Q(4*r, 16, 0); \
	STP_Q(4*r+2, 16, 32); \
	ADD R12, R16

#define LOAD_ROW(r) \
	LDP_Q(4*r, 16, 0); \
	LDP_Q(4*r+2, 16, 32); \
	ADD R12, R16

// COLUMNS goes on with all columns, of size bytes of weights: COLUMN(i) is lane i of four,
// LOAD4 and LOAD1 load the rows' x of four columns and of one.
#define COLUMNS(COLUMN, LOAD4, LOAD1) \
	MOVD 8(R0), R4; \
	CMP  $4, R4; \
	BLT  rest; \
four: \
	LOAD4; \
	COLUMN(0); \
	COLUMN(1); \
	COLUMN(2); \
	COLUMN(3); \
	SUB  $4, R4; \
	CMP  $4, R4; \
	BGE  four; \
rest: \
	CBZ  R4, stored; \
one: \
	LOAD1; \
	COLUMN(0); \
	SUB  $1, R4; \
	CBNZ R4, one; \
stored:

#define LOAD4_1 \
	FMOVQ.P 16(R6), F20

#define LOAD1_1 \
	FMOVS.P 4(R6), F20

#define LOAD4_2 \
	LOAD4_1; \
	FMOVQ.P 16(R7), F21

#define LOAD1_2 \
	LOAD1_1; \
	FMOVS.P 4(R7), F21

#define LOAD4_4 \
	LOAD4_2; \
	FMOVQ.P 16(R8), F22; \
	FMOVQ.P 16(R9), F23

#define LOAD1_4 \
	LOAD1_2; \
	FMOVS.P 4(R8), F22; \
	FMOVS.P 4(R9), F23

#define POINT_AT_ROWS \
	MOVD 32(R0), R6; \
	ADD  R10, R6, R7; \
	ADD  R10, R7, R8; \
	ADD  R10, R8, R9

#define NEXT_GROUP \
	ADD  R2, R1; \
	ADD  R13, R11; \
	SUB  $1, R3

#define FLOATS4(COLUMN) \
	LOAD_FLOAT; \
group: \
	MOVD R1, R5; \
	POINT_AT_ROWS; \
	ZERO_ROW(0); \
	ZERO_ROW(1); \
	ZERO_ROW(2); \
	ZERO_ROW(3); \
	MOVD 72(R0), R4; \
	CBZ  R4, fresh; \
	MOVD R11, R16; \
	LOAD_ROW(0); \
	LOAD_ROW(1); \
	LOAD_ROW(2); \
	LOAD_ROW(3); \
fresh: \
	COLUMNS(COLUMN, LOAD4_4, LOAD1_4); \
	MOVD R11, R16; \
	STORE_ROW(0); \
	STORE_ROW(1); \
	STORE_ROW(2); \
	STORE_ROW(3); \
	NEXT_GROUP; \
	CBNZ R3, group; \
	RET

#define FLOATS2(COLUMN) \
	LOAD_FLOAT; \
group: \
	MOVD R1, R5; \
	POINT_AT_ROWS; \
	ZERO_ROW(0); \
	ZERO_ROW(1); \
	MOVD 72(R0), R4; \
	CBZ  R4, fresh; \
	MOVD R11, R16; \
	LOAD_ROW(0); \
	LOAD_ROW(1); \
fresh: \
	COLUMNS(COLUMN, LOAD4_2, LOAD1_2); \
	MOVD R11, R16; \
	STORE_ROW(0); \
	STORE_ROW(1); \
	NEXT_GROUP; \
	CBNZ R3, group; \
	RET

// FLOATS1 has a lone group be both of a pair.
#define FLOATS1(COLUMN) \
	LOAD_FLOAT; \
	MOVD R13, R12; \
group: \
	MOVD R1, R5; \
	MOVD R1, R14; \
	CMP  $1, R3; \
	BEQ  lone; \
	ADD  R2, R14; \
lone: \
	MOVD 32(R0), R6; \
	ZERO_ROW(0); \
	ZERO_ROW(1); \
	MOVD 72(R0), R4; \
	CBZ  R4, fresh; \
	MOVD R11, R16; \
	LOAD_ROW(0); \
	CMP  $1, R3; \
	BEQ  fresh; \
	LOAD_ROW(1); \
fresh: \
	COLUMNS(COLUMN, LOAD4_1, LOAD1_1); \
	MOVD R11, R16; \
	STORE_ROW(0); \
	CMP  $1, R3; \
	BEQ  done; \
	STORE_ROW(1); \
	NEXT_GROUP; \
	NEXT_GROUP; \
	CBNZ R3, group; \
done: \
	RET

// COLUMNS of kernels: WIDE is of the kind, size its bytes of a column.
#define COLUMN4(WIDE, size, i) \
	WIDE(5); \
	ADD $size, R5; \
	CHAIN(0, 20, i); \
	CHAIN(1, 21, i); \
	CHAIN(2, 22, i); \
	CHAIN(3, 23, i)

#define COLUMN2(WIDE, size, i) \
	WIDE(5); \
	ADD $size, R5; \
	CHAIN(0, 20, i); \
	CHAIN(1, 21, i)

#define COLUMN1(WIDE, size, i) \
	PRFM 1024(R5), PLDL1KEEP; \
	WIDE(5); \
	ADD  $size, R5; \
	CHAIN(0, 20, i); \
	PRFM 1024(R14), PLDL1KEEP; \
	WIDE(14); \
	ADD  $size, R14; \
	CHAIN(1, 20, i)

#define F32x4(i) COLUMN4(WIDE_F32, 64, i)
#define F32x2(i) COLUMN2(WIDE_F32, 64, i)
#define F32x1(i) COLUMN1(WIDE_F32, 64, i)
#define F16x4(i) COLUMN4(WIDE_F16, 32, i)
#define F16x2(i) COLUMN2(WIDE_F16, 32, i)
#define F16x1(i) COLUMN1(WIDE_F16, 32, i)
#define BF16x4(i) COLUMN4(WIDE_BF16, 32, i)
#define BF16x2(i) COLUMN2(WIDE_BF16, 32, i)
#define BF16x1(i) COLUMN1(WIDE_BF16, 32, i)

// func floatF32x4NEON(a *floatArgs)
TEXT ·floatF32x4NEON(SB), NOSPLIT, $0-8
	FLOATS4(F32x4)

// func floatF32x2NEON(a *floatArgs)
TEXT ·floatF32x2NEON(SB), NOSPLIT, $0-8
	FLOATS2(F32x2)

// func floatF32x1NEON(a *floatArgs)
TEXT ·floatF32x1NEON(SB), NOSPLIT, $0-8
	FLOATS1(F32x1)

// func floatF16x4NEON(a *floatArgs)
TEXT ·floatF16x4NEON(SB), NOSPLIT, $0-8
	FLOATS4(F16x4)

// func floatF16x2NEON(a *floatArgs)
TEXT ·floatF16x2NEON(SB), NOSPLIT, $0-8
	FLOATS2(F16x2)

// func floatF16x1NEON(a *floatArgs)
TEXT ·floatF16x1NEON(SB), NOSPLIT, $0-8
	FLOATS1(F16x1)

// func floatBF16x4NEON(a *floatArgs)
TEXT ·floatBF16x4NEON(SB), NOSPLIT, $0-8
	FLOATS4(BF16x4)

// func floatBF16x2NEON(a *floatArgs)
TEXT ·floatBF16x2NEON(SB), NOSPLIT, $0-8
	FLOATS2(BF16x2)

// func floatBF16x1NEON(a *floatArgs)
TEXT ·floatBF16x1NEON(SB), NOSPLIT, $0-8
	FLOATS1(BF16x1)
