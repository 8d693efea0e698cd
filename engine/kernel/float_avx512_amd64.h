// Float kernels for AVX-512: a chain of fused multiply-adds for each output, columns in
// order and two of them at a time. A kernel takes two groups of 16 weight rows at once, and
// a last one alone.
//
//	AX  *floatArgs        R10 groups left   CX  columns left    R11 out
//	R12 w of the group    BX  w             R13 bytes between groups
//	SI DI DX  x of rows 0, 4 and 8          R8  bytes between rows     R9  three times that
//
// With two groups, sums of row r are Z(2r) and Z(2r+1); with one, Z(r). Z24 to Z27 are
// weights, Z28 and Z29 one x each; Z30, Z31 and K1 spread bfloat16 numbers.
//
// Preconditions (kept by Set.Mul): columns and groups above 0.

// Bytes that weights are fetched ahead.
#define FAR 2048

// Weights of 16 rows in a pair of columns, and in a last one: m is an address without
// displacement. Where they are converted, two columns are 64 bytes.

#define FIRST_F32(m, W) VMOVUPS 0 m, W
#define SECOND_F32(m, W) VMOVUPS 64 m, W
#define LAST_F32(m, W) VMOVUPS 0 m, W
#define FETCH_F32(m) PREFETCHT0 FAR m; PREFETCHT0 FAR+64 m

#define FIRST_F16(m, W) VCVTPH2PS 0 m, W
#define SECOND_F16(m, W) VCVTPH2PS 32 m, W
#define LAST_F16(m, W) VCVTPH2PS 0 m, W
#define FETCH_F16(m) PREFETCHT0 FAR m

#define FIRST_BF16(m, W) VPERMW.Z 0 m, Z30, K1, W
#define SECOND_BF16(m, W) VPERMW.Z 0 m, Z31, K1, W
#define LAST_BF16(m, W) \
	VPMOVZXWD 0 m, W; \
	VPSLLD    $16, W, W
#define FETCH_BF16(m) PREFETCHT0 FAR m

// Keys and values in pairs (kv_pairs.go): 16 of two columns each.
#define FIRST_PAIRS(m, W) VPSLLD $16, 0 m, W
#define SECOND_PAIRS(m, W) VPANDD 0 m, Z30, W
#define LAST_PAIRS(m, W) FIRST_PAIRS(m, W)
#define FETCH_PAIRS(m) PREFETCHT0 FAR m
#define SPREAD_PAIRS \
	MOVL $0xffff0000, CX; \
	VPBROADCASTD CX, Z30

#define SPREAD_F32
#define SPREAD_F16

// SPREAD_BF16 makes each 16-bit number of the first half the high half of 32 bits, and so
// for the second half.
#define SPREAD_BF16 \
	MOVL     $0xaaaaaaaa, CX; \
	KMOVD    CX, K1; \
	VMOVDQU64 spread<>+0(SB), Z30; \
	VMOVDQU64 spread<>+64(SB), Z31

// A column, of rows at 4*c bytes from where SI, DI and DX point.

#define TWO(x, T, A, B, W, V) \
	VBROADCASTSS x, T; \
	VFMADD231PS  W, T, A; \
	VFMADD231PS  V, T, B

#define TWO_1(c, W, V) TWO(4*c(SI), Z28, Z0, Z1, W, V)
#define TWO_2(c, W, V) TWO_1(c, W, V); TWO(4*c(SI)(R8*1), Z29, Z2, Z3, W, V)
#define TWO_3(c, W, V) TWO_2(c, W, V); TWO(4*c(SI)(R8*2), Z28, Z4, Z5, W, V)
#define TWO_4(c, W, V) TWO_2(c, W, V); TWO(4*c(SI)(R8*2), Z28, Z4, Z5, W, V); TWO(4*c(SI)(R9*1), Z29, Z6, Z7, W, V)
#define TWO_6(c, W, V) TWO_4(c, W, V); TWO(4*c(DI), Z28, Z8, Z9, W, V); TWO(4*c(DI)(R8*1), Z29, Z10, Z11, W, V)
#define TWO_8(c, W, V) TWO_4(c, W, V); \
	TWO(4*c(DI), Z28, Z8, Z9, W, V); TWO(4*c(DI)(R8*1), Z29, Z10, Z11, W, V); \
	TWO(4*c(DI)(R8*2), Z28, Z12, Z13, W, V); TWO(4*c(DI)(R9*1), Z29, Z14, Z15, W, V)
#define TWO_10(c, W, V) TWO_8(c, W, V); TWO(4*c(DX), Z28, Z16, Z17, W, V); TWO(4*c(DX)(R8*1), Z29, Z18, Z19, W, V)
#define TWO_12(c, W, V) TWO_8(c, W, V); \
	TWO(4*c(DX), Z28, Z16, Z17, W, V); TWO(4*c(DX)(R8*1), Z29, Z18, Z19, W, V); \
	TWO(4*c(DX)(R8*2), Z28, Z20, Z21, W, V); TWO(4*c(DX)(R9*1), Z29, Z22, Z23, W, V)

#define ONE_1(c, W) VFMADD231PS.BCST 4*c(SI), W, Z0
#define ONE_2(c, W) ONE_1(c, W); VFMADD231PS.BCST 4*c(SI)(R8*1), W, Z1
#define ONE_3(c, W) ONE_2(c, W); VFMADD231PS.BCST 4*c(SI)(R8*2), W, Z2
#define ONE_4(c, W) ONE_2(c, W); VFMADD231PS.BCST 4*c(SI)(R8*2), W, Z2; VFMADD231PS.BCST 4*c(SI)(R9*1), W, Z3
#define ONE_6(c, W) ONE_4(c, W); VFMADD231PS.BCST 4*c(DI), W, Z4; VFMADD231PS.BCST 4*c(DI)(R8*1), W, Z5
#define ONE_8(c, W) ONE_4(c, W); \
	VFMADD231PS.BCST 4*c(DI), W, Z4; VFMADD231PS.BCST 4*c(DI)(R8*1), W, Z5; \
	VFMADD231PS.BCST 4*c(DI)(R8*2), W, Z6; VFMADD231PS.BCST 4*c(DI)(R9*1), W, Z7
#define ONE_10(c, W) ONE_8(c, W); VFMADD231PS.BCST 4*c(DX), W, Z8; VFMADD231PS.BCST 4*c(DX)(R8*1), W, Z9
#define ONE_12(c, W) ONE_8(c, W); \
	VFMADD231PS.BCST 4*c(DX), W, Z8; VFMADD231PS.BCST 4*c(DX)(R8*1), W, Z9; \
	VFMADD231PS.BCST 4*c(DX)(R8*2), W, Z10; VFMADD231PS.BCST 4*c(DX)(R9*1), W, Z11

#define ZERO(Z) VPXORD Z, Z, Z
#define ZERO_2 ZERO(Z0); ZERO(Z1)
#define ZERO_4 ZERO_2; ZERO(Z2); ZERO(Z3)
#define ZERO_6 ZERO_4; ZERO(Z4); ZERO(Z5)
#define ZERO_8 ZERO_4; ZERO(Z4); ZERO(Z5); ZERO(Z6); ZERO(Z7)
#define ZERO_12 ZERO_8; ZERO(Z8); ZERO(Z9); ZERO(Z10); ZERO(Z11)
#define ZERO_16 ZERO_8; ZERO(Z8); ZERO(Z9); ZERO(Z10); ZERO(Z11); ZERO(Z12); ZERO(Z13); ZERO(Z14); ZERO(Z15)
#define ZERO_20 ZERO_16; ZERO(Z16); ZERO(Z17); ZERO(Z18); ZERO(Z19)
#define ZERO_24 ZERO_16; ZERO(Z16); ZERO(Z17); ZERO(Z18); ZERO(Z19); ZERO(Z20); ZERO(Z21); ZERO(Z22); ZERO(Z23)

// Results of rows, from BX on: SI is bytes between rows, DI between groups.

#define STORE_TWO(A, B) \
	VMOVUPS A, (BX); \
	VMOVUPS B, (BX)(DI*1); \
	ADDQ    SI, BX

#define STORE_TWO_1 STORE_TWO(Z0, Z1)
#define STORE_TWO_2 STORE_TWO_1; STORE_TWO(Z2, Z3)
#define STORE_TWO_3 STORE_TWO_2; STORE_TWO(Z4, Z5)
#define STORE_TWO_4 STORE_TWO_2; STORE_TWO(Z4, Z5); STORE_TWO(Z6, Z7)
#define STORE_TWO_6 STORE_TWO_4; STORE_TWO(Z8, Z9); STORE_TWO(Z10, Z11)
#define STORE_TWO_8 STORE_TWO_4; STORE_TWO(Z8, Z9); STORE_TWO(Z10, Z11); STORE_TWO(Z12, Z13); STORE_TWO(Z14, Z15)
#define STORE_TWO_10 STORE_TWO_8; STORE_TWO(Z16, Z17); STORE_TWO(Z18, Z19)
#define STORE_TWO_12 STORE_TWO_8; STORE_TWO(Z16, Z17); STORE_TWO(Z18, Z19); STORE_TWO(Z20, Z21); STORE_TWO(Z22, Z23)

#define STORE_ONE(A) \
	VMOVUPS A, (BX); \
	ADDQ    SI, BX

#define STORE_ONE_1 STORE_ONE(Z0)
#define STORE_ONE_2 STORE_ONE_1; STORE_ONE(Z1)
#define STORE_ONE_3 STORE_ONE_2; STORE_ONE(Z2)
#define STORE_ONE_4 STORE_ONE_2; STORE_ONE(Z2); STORE_ONE(Z3)
#define STORE_ONE_6 STORE_ONE_4; STORE_ONE(Z4); STORE_ONE(Z5)
#define STORE_ONE_8 STORE_ONE_4; STORE_ONE(Z4); STORE_ONE(Z5); STORE_ONE(Z6); STORE_ONE(Z7)
#define STORE_ONE_10 STORE_ONE_8; STORE_ONE(Z8); STORE_ONE(Z9)
#define STORE_ONE_12 STORE_ONE_8; STORE_ONE(Z8); STORE_ONE(Z9); STORE_ONE(Z10); STORE_ONE(Z11)

// Sums to go on from, likewise.

#define LOAD_TWO(A, B) \
	VMOVUPS (BX), A; \
	VMOVUPS (BX)(DI*1), B; \
	ADDQ    SI, BX

#define LOAD_TWO_1 LOAD_TWO(Z0, Z1)
#define LOAD_TWO_2 LOAD_TWO_1; LOAD_TWO(Z2, Z3)
#define LOAD_TWO_3 LOAD_TWO_2; LOAD_TWO(Z4, Z5)
#define LOAD_TWO_4 LOAD_TWO_2; LOAD_TWO(Z4, Z5); LOAD_TWO(Z6, Z7)
#define LOAD_TWO_6 LOAD_TWO_4; LOAD_TWO(Z8, Z9); LOAD_TWO(Z10, Z11)
#define LOAD_TWO_8 LOAD_TWO_4; LOAD_TWO(Z8, Z9); LOAD_TWO(Z10, Z11); LOAD_TWO(Z12, Z13); LOAD_TWO(Z14, Z15)
#define LOAD_TWO_10 LOAD_TWO_8; LOAD_TWO(Z16, Z17); LOAD_TWO(Z18, Z19)
#define LOAD_TWO_12 LOAD_TWO_8; LOAD_TWO(Z16, Z17); LOAD_TWO(Z18, Z19); LOAD_TWO(Z20, Z21); LOAD_TWO(Z22, Z23)

#define LOAD_ONE(A) \
	VMOVUPS (BX), A; \
	ADDQ    SI, BX

#define LOAD_ONE_1 LOAD_ONE(Z0)
#define LOAD_ONE_2 LOAD_ONE_1; LOAD_ONE(Z1)
#define LOAD_ONE_3 LOAD_ONE_2; LOAD_ONE(Z2)
#define LOAD_ONE_4 LOAD_ONE_2; LOAD_ONE(Z2); LOAD_ONE(Z3)
#define LOAD_ONE_6 LOAD_ONE_4; LOAD_ONE(Z4); LOAD_ONE(Z5)
#define LOAD_ONE_8 LOAD_ONE_4; LOAD_ONE(Z4); LOAD_ONE(Z5); LOAD_ONE(Z6); LOAD_ONE(Z7)
#define LOAD_ONE_10 LOAD_ONE_8; LOAD_ONE(Z8); LOAD_ONE(Z9)
#define LOAD_ONE_12 LOAD_ONE_8; LOAD_ONE(Z8); LOAD_ONE(Z9); LOAD_ONE(Z10); LOAD_ONE(Z11)

#define BEGIN(SPREAD) \
	MOVQ a+0(FP), AX; \
	SPREAD; \
	MOVQ 0(AX), R12; \
	MOVQ 16(AX), R10; \
	MOVQ 24(AX), R13; \
	MOVQ 40(AX), R8; \
	LEAQ (R8)(R8*2), R9; \
	MOVQ 48(AX), R11

#define COLUMNS \
	MOVQ R12, BX; \
	MOVQ 8(AX), CX; \
	MOVQ 32(AX), SI; \
	LEAQ (SI)(R8*4), DI; \
	LEAQ (SI)(R8*8), DX

#define NEXT_COLUMNS(bytes) \
	ADDQ $8, SI; \
	ADDQ $8, DI; \
	ADDQ $8, DX; \
	ADDQ $(2*bytes), BX

// RESULTS has BX, SI and DI as stores and loads of results want them.
#define RESULTS \
	MOVQ R11, BX; \
	MOVQ 56(AX), SI; \
	MOVQ 64(AX), DI

// FLOATS is a whole kernel of weights of so many bytes a column of a group.
#define FLOATS(SPREAD, FETCH, FIRST, SECOND, LAST, bytes, ZERO_A, ZERO_B, TWO_N, ONE_N, LOAD_A, LOAD_B, STORE_A, STORE_B) \
	BEGIN(SPREAD); \
pairs: \
	CMPQ R10, $2; \
	JL   rest; \
	ZERO_A; \
	CMPQ 72(AX), $0; \
	JEQ  twofresh; \
	RESULTS; \
	LOAD_A; \
twofresh: \
	COLUMNS; \
	SUBQ $2, CX; \
	JL   twolast; \
two: \
	FETCH((BX)); \
	FETCH((BX)(R13*1)); \
	FIRST((BX), Z24); \
	FIRST((BX)(R13*1), Z25); \
	TWO_N(0, Z24, Z25); \
	SECOND((BX), Z26); \
	SECOND((BX)(R13*1), Z27); \
	TWO_N(1, Z26, Z27); \
	NEXT_COLUMNS(bytes); \
	SUBQ $2, CX; \
	JGE  two; \
twolast: \
	ADDQ $2, CX; \
	JZ   twodone; \
	LAST((BX), Z24); \
	LAST((BX)(R13*1), Z25); \
	TWO_N(0, Z24, Z25); \
twodone: \
	RESULTS; \
	STORE_A; \
	LEAQ (R11)(DI*2), R11; \
	LEAQ (R12)(R13*2), R12; \
	SUBQ $2, R10; \
	JMP  pairs; \
rest: \
	TESTQ R10, R10; \
	JZ   done; \
	ZERO_B; \
	CMPQ 72(AX), $0; \
	JEQ  onefresh; \
	RESULTS; \
	LOAD_B; \
onefresh: \
	COLUMNS; \
	SUBQ $2, CX; \
	JL   onelast; \
one: \
	FETCH((BX)); \
	FIRST((BX), Z24); \
	ONE_N(0, Z24); \
	SECOND((BX), Z26); \
	ONE_N(1, Z26); \
	NEXT_COLUMNS(bytes); \
	SUBQ $2, CX; \
	JGE  one; \
onelast: \
	ADDQ $2, CX; \
	JZ   onedone; \
	LAST((BX), Z24); \
	ONE_N(0, Z24); \
onedone: \
	RESULTS; \
	STORE_B; \
done: \
	VZEROUPPER; \
	RET
