#include "textflag.h"

// Float kernels: a chain of fused multiply-adds for each output, columns in order, of 16
// weight rows and one, two, four or six activation rows.
//
//	AX  *floatArgs   BX  w of the group   R9  groups left    CX  columns left
//	SI  x            R8  its step         DI  x of row 3     DX  out
//	R10 w            R11 bytes between rows of out           R12 w of the next group
//
// The sums of row r are Y(2r) and Y(2r+1); Y12 and Y13 are the column's weights, Y14 and Y15
// one x each.
//
// Preconditions (kept by Set.Mul): columns and groups above 0.

#define FAR 1024

#define LOAD_FLOAT \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), BX; \
	MOVQ 16(AX), R9; \
	MOVQ 40(AX), R8; \
	MOVQ 48(AX), DX; \
	MOVQ 56(AX), R11

#define LOAD_COLUMNS \
	MOVQ BX, R10; \
	MOVQ 8(AX), CX; \
	MOVQ 32(AX), SI; \
	LEAQ (R8)(R8*2), DI; \
	ADDQ SI, DI

#define ZERO(A, B) \
	VXORPS A, A, A; \
	VXORPS B, B, B

#define ZERO_1 ZERO(Y0, Y1)
#define ZERO_2 ZERO_1; ZERO(Y2, Y3)
#define ZERO_4 ZERO_2; ZERO(Y4, Y5); ZERO(Y6, Y7)
#define ZERO_6 ZERO_4; ZERO(Y8, Y9); ZERO(Y10, Y11)

#define TIMES(x, T, A, B) \
	VBROADCASTSS x, T; \
	VFMADD231PS  Y12, T, A; \
	VFMADD231PS  Y13, T, B

#define ROWS_1 TIMES((SI), Y14, Y0, Y1)
#define ROWS_2 ROWS_1; TIMES((SI)(R8*1), Y15, Y2, Y3)
#define ROWS_4 ROWS_2; TIMES((SI)(R8*2), Y14, Y4, Y5); TIMES((DI), Y15, Y6, Y7)
#define ROWS_6 ROWS_4; TIMES((DI)(R8*1), Y14, Y8, Y9); TIMES((DI)(R8*2), Y15, Y10, Y11)

// Two activation rows' results, and the step to the next two.
#define STORE(A, B, to) \
	VMOVUPS A, (to); \
	VMOVUPS B, 32(to)

#define STORE_1 MOVQ DX, R10; STORE(Y0, Y1, R10)
#define STORE_2 STORE_1; ADDQ R11, R10; STORE(Y2, Y3, R10)
#define STORE_4 STORE_2; ADDQ R11, R10; STORE(Y4, Y5, R10); ADDQ R11, R10; STORE(Y6, Y7, R10)
#define STORE_6 STORE_4; ADDQ R11, R10; STORE(Y8, Y9, R10); ADDQ R11, R10; STORE(Y10, Y11, R10)

// Sums to go on from, likewise.
#define LOAD(A, B, from) \
	VMOVUPS (from), A; \
	VMOVUPS 32(from), B

#define LOAD_1 MOVQ DX, R10; LOAD(Y0, Y1, R10)
#define LOAD_2 LOAD_1; ADDQ R11, R10; LOAD(Y2, Y3, R10)
#define LOAD_4 LOAD_2; ADDQ R11, R10; LOAD(Y4, Y5, R10); ADDQ R11, R10; LOAD(Y6, Y7, R10)
#define LOAD_6 LOAD_4; ADDQ R11, R10; LOAD(Y8, Y9, R10); ADDQ R11, R10; LOAD(Y10, Y11, R10)

// Sixteen weights of a column as floats.

#define WEIGHTS_F32(w, A, B) \
	VMOVUPS (w), A; \
	VMOVUPS 32(w), B

#define WEIGHTS_F16(w, A, B) \
	VCVTPH2PS (w), A; \
	VCVTPH2PS 16(w), B

#define WEIGHTS_BF16(w, A, B) \
	VPMOVZXWD (w), A; \
	VPMOVZXWD 16(w), B; \
	VPSLLD    $16, A, A; \
	VPSLLD    $16, B, B

// FLOATS is a whole kernel of weights of so many bytes a column.
#define FLOATS(ZERO, WEIGHTS, ROWS, RESUME, SAVE, bytes) \
	LOAD_FLOAT; \
group: \
	ZERO; \
	CMPQ 72(AX), $0; \
	JEQ  fresh; \
	RESUME; \
fresh: \
	LOAD_COLUMNS; \
column: \
	PREFETCHT0 FAR(R10); \
	WEIGHTS(R10, Y12, Y13); \
	ROWS; \
	ADDQ $4, SI; \
	ADDQ $4, DI; \
	ADDQ $bytes, R10; \
	DECQ CX; \
	JNZ  column; \
	SAVE; \
	ADDQ 24(AX), BX; \
	ADDQ 64(AX), DX; \
	DECQ R9; \
	JNZ  group; \
	VZEROUPPER; \
	RET

// LONE is the kernel of one row: two groups at a time, whose chains hide each other's
// latency.
#define LONE(WEIGHTS, bytes) \
	LOAD_FLOAT; \
	MOVQ 64(AX), R11; \
pair: \
	CMPQ R9, $2; \
	JL   last; \
	ZERO_2; \
	CMPQ 72(AX), $0; \
	JEQ  bothfresh; \
	LOAD_2; \
bothfresh: \
	LOAD_COLUMNS; \
	MOVQ BX, R12; \
	ADDQ 24(AX), R12; \
both: \
	PREFETCHT0 FAR(R10); \
	PREFETCHT0 FAR(R12); \
	VBROADCASTSS (SI), Y14; \
	WEIGHTS(R10, Y12, Y13); \
	WEIGHTS(R12, Y10, Y11); \
	VFMADD231PS Y12, Y14, Y0; \
	VFMADD231PS Y13, Y14, Y1; \
	VFMADD231PS Y10, Y14, Y2; \
	VFMADD231PS Y11, Y14, Y3; \
	ADDQ $4, SI; \
	ADDQ $bytes, R10; \
	ADDQ $bytes, R12; \
	DECQ CX; \
	JNZ  both; \
	STORE_2; \
	LEAQ (DX)(R11*2), DX; \
	MOVQ 24(AX), R12; \
	LEAQ (BX)(R12*2), BX; \
	SUBQ $2, R9; \
	JMP  pair; \
last: \
	TESTQ R9, R9; \
	JZ   done; \
	ZERO_1; \
	CMPQ 72(AX), $0; \
	JEQ  fresh; \
	LOAD_1; \
fresh: \
	LOAD_COLUMNS; \
column: \
	WEIGHTS(R10, Y12, Y13); \
	ROWS_1; \
	ADDQ $4, SI; \
	ADDQ $bytes, R10; \
	DECQ CX; \
	JNZ  column; \
	STORE_1; \
done: \
	VZEROUPPER; \
	RET

// func floatF32x1AVX2(a *floatArgs)
TEXT ·floatF32x1AVX2(SB), NOSPLIT, $0-8
	LONE(WEIGHTS_F32, 64)

// func floatF32x2AVX2(a *floatArgs)
TEXT ·floatF32x2AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_2, WEIGHTS_F32, ROWS_2, LOAD_2, STORE_2, 64)

// func floatF32x4AVX2(a *floatArgs)
TEXT ·floatF32x4AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_4, WEIGHTS_F32, ROWS_4, LOAD_4, STORE_4, 64)

// func floatF32x6AVX2(a *floatArgs)
TEXT ·floatF32x6AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_6, WEIGHTS_F32, ROWS_6, LOAD_6, STORE_6, 64)

// func floatF16x1AVX2(a *floatArgs)
TEXT ·floatF16x1AVX2(SB), NOSPLIT, $0-8
	LONE(WEIGHTS_F16, 32)

// func floatF16x2AVX2(a *floatArgs)
TEXT ·floatF16x2AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_2, WEIGHTS_F16, ROWS_2, LOAD_2, STORE_2, 32)

// func floatF16x4AVX2(a *floatArgs)
TEXT ·floatF16x4AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_4, WEIGHTS_F16, ROWS_4, LOAD_4, STORE_4, 32)

// func floatF16x6AVX2(a *floatArgs)
TEXT ·floatF16x6AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_6, WEIGHTS_F16, ROWS_6, LOAD_6, STORE_6, 32)

// func floatBF16x1AVX2(a *floatArgs)
TEXT ·floatBF16x1AVX2(SB), NOSPLIT, $0-8
	LONE(WEIGHTS_BF16, 32)

// func floatBF16x2AVX2(a *floatArgs)
TEXT ·floatBF16x2AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_2, WEIGHTS_BF16, ROWS_2, LOAD_2, STORE_2, 32)

// func floatBF16x4AVX2(a *floatArgs)
TEXT ·floatBF16x4AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_4, WEIGHTS_BF16, ROWS_4, LOAD_4, STORE_4, 32)

// func floatBF16x6AVX2(a *floatArgs)
TEXT ·floatBF16x6AVX2(SB), NOSPLIT, $0-8
	FLOATS(ZERO_6, WEIGHTS_BF16, ROWS_6, LOAD_6, STORE_6, 32)
