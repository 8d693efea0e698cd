#include "textflag.h"
#include "neon_arm64.h"

// Second running sums for NEON (args.go): four rows at a time, then one by one.
//
//	R0 *offsetArgs   R1 m       R2 min      R3 blocks left   R4 rows left
//	R5 s of the row  R6 s       R7 its step R8 h of the row  R9 h   R10 its step
//	R11 from, or 0   R12 add, or 0          R13 to           R14 bytes between its rows
//
// V0..V15 are the sums, of row r V(4r) and the three behind it.
//
// Preconditions: rows and blocks above 0.

#define LOAD_OFFSETS \
	MOVD a+0(FP), R0; \
	MOVD 88(R0), R4; \
	MOVD 24(R0), R5; \
	MOVD 32(R0), R7; \
	MOVD 40(R0), R8; \
	MOVD 48(R0), R10; \
	MOVD 56(R0), R11; \
	MOVD 64(R0), R12; \
	MOVD 72(R0), R13; \
	MOVD 80(R0), R14

#define BEGIN \
	MOVD 0(R0), R1; \
	MOVD 8(R0), R2; \
	MOVD 16(R0), R3; \
	MOVD R5, R6; \
	MOVD R8, R9

#define ZERO_ROW(r) \
	ZERO_S(4*r); \
	ZERO_S(4*r+1); \
	ZERO_S(4*r+2); \
	ZERO_S(4*r+3)

#define LOAD_ROW(r) \
	LDP_Q(4*r, 11, 64*r); \
	LDP_Q(4*r+2, 11, 64*r+32)

#define ADD_ROW(r) \
	LDP_Q(16, 12, 64*r); \
	LDP_Q(18, 12, 64*r+32); \
	FADD_S(4*r, 4*r, 16); \
	FADD_S(4*r+1, 4*r+1, 17); \
	FADD_S(4*r+2, 4*r+2, 18); \
	FADD_S(4*r+3, 4*r+3, 19)

#define STORE_ROW(r) \
	STP_Q(4*r, 13, 0); \
	STP_Q(4*r+2, 13, 32); \
	ADD R14, R13

#define DO1(M) M(0)
#define DO4(M) M(0); M(1); M(2); M(3)

// ROWS are n rows of a kernel, from label on.
#define ROWS(label, block, stored, n, DO, BLOCK) \
label: \
	BEGIN; \
	DO(ZERO_ROW); \
	CBZ  R11, block; \
	DO(LOAD_ROW); \
	ADD  $(64*n), R11; \
block: \
	BLOCK(DO); \
	ADD  $64, R1; \
	ADD  R7, R6; \
	SUB  $1, R3; \
	CBNZ R3, block; \
	CBZ  R12, stored; \
	DO(ADD_ROW); \
	ADD  $(64*n), R12; \
stored: \
	DO(STORE_ROW); \
	ADD  $(4*n), R5; \
	ADD  $(8*n), R8; \
	SUB  $n, R4

#define OFFSETS(BLOCK1, BLOCK4) \
	LOAD_OFFSETS; \
	CMP  $4, R4; \
	BLT  few; \
	ROWS(four, block4, stored4, 4, DO4, BLOCK4); \
	CMP  $4, R4; \
	BGE  four; \
few: \
	CBZ  R4, done; \
	ROWS(one, block1, stored1, 1, DO1, BLOCK1); \
	CBNZ R4, one; \
done: \
	RET

// ADD_OFFSET adds V16..V19 times s, row r's in V20.
#define ADD_OFFSET(r) \
	FMLA_LANE(4*r, 16, 20, r); \
	FMLA_LANE(4*r+1, 17, 20, r); \
	FMLA_LANE(4*r+2, 18, 20, r); \
	FMLA_LANE(4*r+3, 19, 20, r)

#define LOAD_M \
	FLDPQ (R1), (F16, F17); \
	FLDPQ 32(R1), (F18, F19)

#define OFFSET1(DO) \
	LOAD_M; \
	FMOVS (R6), F20; \
	DO(ADD_OFFSET)

#define OFFSET4(DO) \
	LOAD_M; \
	FMOVQ (R6), F20; \
	DO(ADD_OFFSET)

// func offsetNEON(a *offsetArgs)
TEXT ·offsetNEON(SB), NOSPLIT, $0-8
	OFFSETS(OFFSET1, OFFSET4)

// MINIMUM adds four minimums of row r, V(low) and V(high) of the halves, times h, in two
// lanes of V(h) from i on, exactly, times V(m) and d, of V20.
#define MINIMUM(r, v, m, low, high, h, i) \
	FMUL_LANE(29, low, h, i); \
	FMLA_LANE(29, high, h, i+1); \
	FMUL_LANE(30, m, 20, r); \
	FMLA_S(4*r+v, 30, 29)

#define ADD_MINIMUMS(r, h, i) \
	MINIMUM(r, 0, 16, 21, 25, h, i); \
	MINIMUM(r, 1, 17, 22, 26, h, i); \
	MINIMUM(r, 2, 18, 23, 27, h, i); \
	MINIMUM(r, 3, 19, 24, 28, h, i)

#define LOAD_MIN \
	LOAD_M; \
	LDP_Q(21, 2, 0); \
	LDP_Q(23, 2, 32); \
	LDP_Q(25, 2, 64); \
	LDP_Q(27, 2, 96); \
	ADD $128, R2

#define MINS1(DO) \
	LOAD_MIN; \
	FMOVS (R6), F20; \
	FMOVD (R9), F31; \
	ADD_MINIMUMS(0, 31, 0); \
	ADD R10, R9

#define MINS4(DO) \
	LOAD_MIN; \
	FMOVQ (R6), F20; \
	FMOVQ (R9), F31; \
	ADD_MINIMUMS(0, 31, 0); \
	ADD_MINIMUMS(1, 31, 2); \
	FMOVQ 16(R9), F31; \
	ADD_MINIMUMS(2, 31, 0); \
	ADD_MINIMUMS(3, 31, 2); \
	ADD R10, R9

// func minsNEON(a *offsetArgs)
TEXT ·minsNEON(SB), NOSPLIT, $0-8
	OFFSETS(MINS1, MINS4)
