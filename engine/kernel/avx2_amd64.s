#include "textflag.h"

// Dot kernels: out[r] = dot(row r of w, x), four rows at a time.
//
//	AX  *dotArgs          DI  first row of the group    BX  position in it
//	R8  stride            R10 3 x stride                SI  activations
//	R9  groups left       CX  steps left                DX  out
//	Y0..Y3  the eight lanes of rows 0..3
//
// Preconditions (kept by Set.Dot): rows is a multiple of 4, n a multiple of the
// block (8 columns for floats), both above 0.

#define LOAD_ARGS \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 56(AX), R9; \
	SHRQ $2, R9; \
	MOVQ 64(AX), DX

#define ZERO_LANES \
	VXORPS Y0, Y0, Y0; \
	VXORPS Y1, Y1, Y1; \
	VXORPS Y2, Y2, Y2; \
	VXORPS Y3, Y3, Y3

// FOLD adds the lanes of Y into the low float of X: halves, then pairs, then the two.
#define FOLD(Y, X) \
	VEXTRACTF128 $1, Y, X4; \
	VADDPS       X4, X, X; \
	VMOVHLPS     X, X, X4; \
	VADDPS       X4, X, X; \
	VMOVSHDUP    X, X4; \
	VADDSS       X4, X, X

#define STORE_GROUP \
	VMOVSS X0, 0(DX); \
	VMOVSS X1, 4(DX); \
	VMOVSS X2, 8(DX); \
	VMOVSS X3, 12(DX); \
	ADDQ   $16, DX; \
	LEAQ   (DI)(R8*4), DI

#define FOLD_GROUP \
	FOLD(Y0, X0); \
	FOLD(Y1, X1); \
	FOLD(Y2, X2); \
	FOLD(Y3, X3)

// func dotF32AVX2(a *dotArgs)
TEXT ·dotF32AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS

f32group:
	MOVQ 16(AX), SI
	MOVQ 48(AX), CX
	SHRQ $3, CX
	MOVQ DI, BX
	ZERO_LANES

f32step:
	VMOVUPS (SI), Y8
	VMULPS  (BX), Y8, Y4
	VMULPS  (BX)(R8*1), Y8, Y5
	VMULPS  (BX)(R8*2), Y8, Y6
	VMULPS  (BX)(R10*1), Y8, Y7
	VADDPS  Y4, Y0, Y0
	VADDPS  Y5, Y1, Y1
	VADDPS  Y6, Y2, Y2
	VADDPS  Y7, Y3, Y3
	ADDQ    $32, SI
	ADDQ    $32, BX
	DECQ    CX
	JNZ     f32step
	FOLD_GROUP
	STORE_GROUP
	DECQ    R9
	JNZ     f32group
	VZEROUPPER
	RET

// func dotF16AVX2(a *dotArgs)
TEXT ·dotF16AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS

f16group:
	MOVQ 16(AX), SI
	MOVQ 48(AX), CX
	SHRQ $3, CX
	MOVQ DI, BX
	ZERO_LANES

f16step:
	VMOVUPS   (SI), Y8
	VCVTPH2PS (BX), Y4
	VCVTPH2PS (BX)(R8*1), Y5
	VCVTPH2PS (BX)(R8*2), Y6
	VCVTPH2PS (BX)(R10*1), Y7
	VMULPS    Y4, Y8, Y4
	VMULPS    Y5, Y8, Y5
	VMULPS    Y6, Y8, Y6
	VMULPS    Y7, Y8, Y7
	VADDPS    Y4, Y0, Y0
	VADDPS    Y5, Y1, Y1
	VADDPS    Y6, Y2, Y2
	VADDPS    Y7, Y3, Y3
	ADDQ      $32, SI
	ADDQ      $16, BX
	DECQ      CX
	JNZ       f16step
	FOLD_GROUP
	STORE_GROUP
	DECQ      R9
	JNZ       f16group
	VZEROUPPER
	RET

// func dotBF16AVX2(a *dotArgs)
TEXT ·dotBF16AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS

bf16group:
	MOVQ 16(AX), SI
	MOVQ 48(AX), CX
	SHRQ $3, CX
	MOVQ DI, BX
	ZERO_LANES

bf16step:
	VMOVUPS   (SI), Y8
	VPMOVZXWD (BX), Y4
	VPMOVZXWD (BX)(R8*1), Y5
	VPMOVZXWD (BX)(R8*2), Y6
	VPMOVZXWD (BX)(R10*1), Y7
	VPSLLD    $16, Y4, Y4
	VPSLLD    $16, Y5, Y5
	VPSLLD    $16, Y6, Y6
	VPSLLD    $16, Y7, Y7
	VMULPS    Y4, Y8, Y4
	VMULPS    Y5, Y8, Y5
	VMULPS    Y6, Y8, Y6
	VMULPS    Y7, Y8, Y7
	VADDPS    Y4, Y0, Y0
	VADDPS    Y5, Y1, Y1
	VADDPS    Y6, Y2, Y2
	VADDPS    Y7, Y3, Y3
	ADDQ      $32, SI
	ADDQ      $16, BX
	DECQ      CX
	JNZ       bf16step
	FOLD_GROUP
	STORE_GROUP
	DECQ      R9
	JNZ       bf16group
	VZEROUPPER
	RET

// Integer kinds. R11 is scratch, R12 the activations' scales, R13 their s.
//	Y8 the block of q, Y14 sixteen ones, Y13 the nibble mask
//
// SCALE puts weight scale x activation scale of the block at (BX)(off) into Y7.
#define SCALE(addr) \
	MOVWLZX      addr, R11; \
	VMOVD        R11, X7; \
	VCVTPH2PS    X7, X7; \
	VMULSS       (R12), X7, X7; \
	VBROADCASTSS X7, Y7

// ADD_INTS scales the eight integer sums of Y5 by Y7 into the lanes.
#define ADD_INTS(lanes) \
	VCVTDQ2PS Y5, Y5; \
	VMULPS    Y7, Y5, Y5; \
	VADDPS    Y5, lanes, lanes

// Signed bytes times signed bytes: |w| x (q with w's sign). |w| <= 128 and |q| <= 127
// keep the pair sums of VPMADDUBSW below 2^15.
#define Q8_ROW(data, addr, lanes) \
	VMOVDQU    data, Y4; \
	VPSIGNB    Y4, Y4, Y5; \
	VPSIGNB    Y4, Y8, Y6; \
	VPMADDUBSW Y6, Y5, Y5; \
	VPMADDWD   Y14, Y5, Y5; \
	SCALE(addr); \
	ADD_INTS(lanes)

#define INTEGER_BLOCKS \
	MOVQ 24(AX), SI; \
	MOVQ 32(AX), R12; \
	MOVQ 40(AX), R13; \
	MOVQ 48(AX), CX; \
	SHRQ $5, CX; \
	MOVQ DI, BX; \
	ZERO_LANES

#define ONES \
	VPCMPEQW Y14, Y14, Y14; \
	VPSRLW   $15, Y14, Y14

#define NIBBLE_MASK \
	VPCMPEQW Y13, Y13, Y13; \
	VPSRLW   $12, Y13, Y13; \
	VPSLLW   $8, Y13, Y12; \
	VPOR     Y12, Y13, Y13

// func dotQ8_0AVX2(a *dotArgs)
TEXT ·dotQ8_0AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS
	ONES

q8group:
	INTEGER_BLOCKS

q8block:
	VMOVDQU (SI), Y8
	Q8_ROW(2(BX), (BX), Y0)
	Q8_ROW(2(BX)(R8*1), (BX)(R8*1), Y1)
	Q8_ROW(2(BX)(R8*2), (BX)(R8*2), Y2)
	Q8_ROW(2(BX)(R10*1), (BX)(R10*1), Y3)
	ADDQ    $32, SI
	ADDQ    $4, R12
	ADDQ    $34, BX
	DECQ    CX
	JNZ     q8block
	FOLD_GROUP
	STORE_GROUP
	DECQ    R9
	JNZ     q8group
	VZEROUPPER
	RET

// NIBBLES spreads 16 bytes to 32 nibbles in Y4: the low ones first.
#define NIBBLES(data) \
	VMOVDQU     data, X4; \
	VPSRLW      $4, X4, X5; \
	VINSERTI128 $1, X5, Y4, Y4; \
	VPAND       Y13, Y4, Y4

// Q4_0 counts from 8: Y11 holds the lanes' 8 x sum of q, taken off once per row.
#define Q4_0_ROW(data, addr, lanes) \
	NIBBLES(data); \
	VPMADDUBSW Y8, Y4, Y5; \
	VPMADDWD   Y14, Y5, Y5; \
	VPSUBD     Y11, Y5, Y5; \
	SCALE(addr); \
	ADD_INTS(lanes)

// func dotQ4_0AVX2(a *dotArgs)
TEXT ·dotQ4_0AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS
	ONES
	NIBBLE_MASK
	VPCMPEQB Y9, Y9, Y9 // eights in every byte
	VPABSB   Y9, Y9
	VPSLLW   $3, Y9, Y9

q4group:
	INTEGER_BLOCKS

q4block:
	VMOVDQU    (SI), Y8
	VPMADDUBSW Y8, Y9, Y11
	VPMADDWD   Y14, Y11, Y11
	Q4_0_ROW(2(BX), (BX), Y0)
	Q4_0_ROW(2(BX)(R8*1), (BX)(R8*1), Y1)
	Q4_0_ROW(2(BX)(R8*2), (BX)(R8*2), Y2)
	Q4_0_ROW(2(BX)(R10*1), (BX)(R10*1), Y3)
	ADDQ       $32, SI
	ADDQ       $4, R12
	ADDQ       $18, BX
	DECQ       CX
	JNZ        q4block
	FOLD_GROUP
	STORE_GROUP
	DECQ       R9
	JNZ        q4group
	VZEROUPPER
	RET

// Q4_1 has an offset m per block: its share m x s is summed apart, in the low float of X.
#define Q4_1_ROW(data, addr, addrm, lanes, X) \
	NIBBLES(data); \
	VPMADDUBSW Y8, Y4, Y5; \
	VPMADDWD   Y14, Y5, Y5; \
	SCALE(addr); \
	ADD_INTS(lanes); \
	MOVWLZX    addrm, R11; \
	VMOVD      R11, X7; \
	VCVTPH2PS  X7, X7; \
	VMULSS     (R13), X7, X7; \
	VADDSS     X7, X, X

// func dotQ4_1AVX2(a *dotArgs)
TEXT ·dotQ4_1AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS
	ONES
	NIBBLE_MASK

q41group:
	INTEGER_BLOCKS
	VXORPS X9, X9, X9
	VXORPS X10, X10, X10
	VXORPS X11, X11, X11
	VXORPS X12, X12, X12

q41block:
	VMOVDQU (SI), Y8
	Q4_1_ROW(4(BX), (BX), 2(BX), Y0, X9)
	Q4_1_ROW(4(BX)(R8*1), (BX)(R8*1), 2(BX)(R8*1), Y1, X10)
	Q4_1_ROW(4(BX)(R8*2), (BX)(R8*2), 2(BX)(R8*2), Y2, X11)
	Q4_1_ROW(4(BX)(R10*1), (BX)(R10*1), 2(BX)(R10*1), Y3, X12)
	ADDQ    $32, SI
	ADDQ    $4, R12
	ADDQ    $4, R13
	ADDQ    $20, BX
	DECQ    CX
	JNZ     q41block
	FOLD_GROUP
	VADDSS  X9, X0, X0
	VADDSS  X10, X1, X1
	VADDSS  X11, X2, X2
	VADDSS  X12, X3, X3
	STORE_GROUP
	DECQ    R9
	JNZ     q41group
	VZEROUPPER
	RET

// Weighted sums: dst[i] += p[j] x v[j][i], positions in order, 32 columns at a time
// held in Y0..Y3.
//
//	AX *sumArgs   DI column in the first row   BX row   SI p   R8 stride
//	CX rows left  R9 column groups left        DX dst
//
// Preconditions (kept by Set.Sum): n is a multiple of 32, n and rows above 0.

#define LOAD_SUM \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	MOVQ 24(AX), R9; \
	SHRQ $5, R9; \
	MOVQ 40(AX), DX

#define LOAD_DST \
	MOVQ    DI, BX; \
	MOVQ    16(AX), SI; \
	MOVQ    32(AX), CX; \
	VMOVUPS 0(DX), Y0; \
	VMOVUPS 32(DX), Y1; \
	VMOVUPS 64(DX), Y2; \
	VMOVUPS 96(DX), Y3

#define ADD_SCALED \
	VMULPS Y4, Y8, Y4; \
	VMULPS Y5, Y8, Y5; \
	VMULPS Y6, Y8, Y6; \
	VMULPS Y7, Y8, Y7; \
	VADDPS Y4, Y0, Y0; \
	VADDPS Y5, Y1, Y1; \
	VADDPS Y6, Y2, Y2; \
	VADDPS Y7, Y3, Y3

#define STORE_DST \
	VMOVUPS Y0, 0(DX); \
	VMOVUPS Y1, 32(DX); \
	VMOVUPS Y2, 64(DX); \
	VMOVUPS Y3, 96(DX); \
	ADDQ    $128, DX

// func sumF32AVX2(a *sumArgs)
TEXT ·sumF32AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM

sf32columns:
	LOAD_DST

sf32row:
	VBROADCASTSS (SI), Y8
	VMOVUPS      0(BX), Y4
	VMOVUPS      32(BX), Y5
	VMOVUPS      64(BX), Y6
	VMOVUPS      96(BX), Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sf32row
	STORE_DST
	ADDQ         $128, DI
	DECQ         R9
	JNZ          sf32columns
	VZEROUPPER
	RET

// func sumBF16AVX2(a *sumArgs)
TEXT ·sumBF16AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM

sbf16columns:
	LOAD_DST

sbf16row:
	VBROADCASTSS (SI), Y8
	VPMOVZXWD    0(BX), Y4
	VPMOVZXWD    16(BX), Y5
	VPMOVZXWD    32(BX), Y6
	VPMOVZXWD    48(BX), Y7
	VPSLLD       $16, Y4, Y4
	VPSLLD       $16, Y5, Y5
	VPSLLD       $16, Y6, Y6
	VPSLLD       $16, Y7, Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sbf16row
	STORE_DST
	ADDQ         $64, DI
	DECQ         R9
	JNZ          sbf16columns
	VZEROUPPER
	RET

// func sumQ8_0AVX2(a *sumArgs)
TEXT ·sumQ8_0AVX2(SB), NOSPLIT, $0-8
	LOAD_SUM

sq8columns:
	LOAD_DST

sq8row:
	MOVWLZX      (BX), R11
	VMOVD        R11, X8
	VCVTPH2PS    X8, X8
	VMULSS       (SI), X8, X8
	VBROADCASTSS X8, Y8
	VPMOVSXBD    2(BX), Y4
	VPMOVSXBD    10(BX), Y5
	VPMOVSXBD    18(BX), Y6
	VPMOVSXBD    26(BX), Y7
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	ADD_SCALED
	ADDQ         $4, SI
	ADDQ         R8, BX
	DECQ         CX
	JNZ          sq8row
	STORE_DST
	ADDQ         $34, DI
	DECQ         R9
	JNZ          sq8columns
	VZEROUPPER
	RET

// Constants of exp (elem.go), one float each.
DATA expc<>+0(SB)/4, $0x3fb8aa3b  // log2(e)
DATA expc<>+4(SB)/4, $0x4b400000  // 3 << 22
DATA expc<>+8(SB)/4, $0x3f317200  // ln 2, high part
DATA expc<>+12(SB)/4, $0x35bfbe8e // ln 2, low part
DATA expc<>+16(SB)/4, $0x39500d01 // 1/5040
DATA expc<>+20(SB)/4, $0x3ab60b61 // 1/720
DATA expc<>+24(SB)/4, $0x3c088889 // 1/120
DATA expc<>+28(SB)/4, $0x3d2aaaab // 1/24
DATA expc<>+32(SB)/4, $0x3e2aaaab // 1/6
DATA expc<>+36(SB)/4, $0x3f000000 // 1/2
DATA expc<>+40(SB)/4, $0x3f800000 // 1
DATA expc<>+44(SB)/4, $0xc2ae0000 // -87
DATA expc<>+48(SB)/4, $0x42b00000 // 88
DATA expc<>+52(SB)/4, $0x0000007f // the exponent's bias, an integer
DATA expc<>+56(SB)/4, $0x80000000 // the sign bit
GLOBL expc<>(SB), RODATA|NOPTR, $60

#define EXP_CONSTANTS \
	VBROADCASTSS expc<>+0(SB), Y8; \
	VBROADCASTSS expc<>+4(SB), Y9; \
	VBROADCASTSS expc<>+8(SB), Y10; \
	VBROADCASTSS expc<>+12(SB), Y11; \
	VBROADCASTSS expc<>+40(SB), Y12; \
	VBROADCASTSS expc<>+44(SB), Y13; \
	VBROADCASTSS expc<>+48(SB), Y14; \
	VBROADCASTSS expc<>+52(SB), Y15

#define HORNER(coefficient) \
	VMULPS       Y1, Y2, Y2; \
	VBROADCASTSS coefficient, Y3; \
	VADDPS       Y3, Y2, Y2

// EXP replaces Y0 by e^Y0; Y1..Y4 are scratch. Y4 keeps "x >= -87 or NaN".
#define EXP \
	VCMPPS       $5, Y13, Y0, Y4; \
	VMINPS       Y0, Y14, Y0; \
	VMULPS       Y8, Y0, Y2; \
	VADDPS       Y9, Y2, Y2; \
	VSUBPS       Y9, Y2, Y5; \
	VMULPS       Y10, Y5, Y2; \
	VSUBPS       Y2, Y0, Y1; \
	VMULPS       Y11, Y5, Y2; \
	VSUBPS       Y2, Y1, Y1; \
	VBROADCASTSS expc<>+16(SB), Y2; \
	HORNER(expc<>+20(SB)); \
	HORNER(expc<>+24(SB)); \
	HORNER(expc<>+28(SB)); \
	HORNER(expc<>+32(SB)); \
	HORNER(expc<>+36(SB)); \
	VMULPS       Y1, Y2, Y2; \
	VADDPS       Y12, Y2, Y2; \
	VMULPS       Y1, Y2, Y2; \
	VADDPS       Y12, Y2, Y2; \
	VCVTPS2DQ    Y5, Y5; \
	VPADDD       Y15, Y5, Y5; \
	VPSLLD       $23, Y5, Y5; \
	VMULPS       Y5, Y2, Y0; \
	VANDPS       Y4, Y0, Y0

// func expAVX2(x *float32, n int, shift float32, l *lanes)
TEXT ·expAVX2(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS shift+16(FP), Y7
	MOVQ         l+24(FP), DX
	VMOVUPS      (DX), Y6
	SHRQ         $3, CX
	EXP_CONSTANTS

expstep:
	VMOVUPS (DI), Y0
	VSUBPS  Y7, Y0, Y0
	EXP
	VMOVUPS Y0, (DI)
	VADDPS  Y0, Y6, Y6
	ADDQ    $32, DI
	DECQ    CX
	JNZ     expstep
	VMOVUPS Y6, (DX)
	VZEROUPPER
	RET

// func siluAVX2(dst, gate, up *float32, n int)
TEXT ·siluAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DX
	MOVQ         gate+8(FP), DI
	MOVQ         up+16(FP), SI
	MOVQ         n+24(FP), CX
	SHRQ         $3, CX
	VBROADCASTSS expc<>+56(SB), Y6
	EXP_CONSTANTS

silustep:
	VMOVUPS (DI), Y7
	VXORPS  Y6, Y7, Y0
	EXP
	VADDPS  Y12, Y0, Y0
	VDIVPS  Y0, Y7, Y0
	VMULPS  (SI), Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, DI
	ADDQ    $32, SI
	ADDQ    $32, DX
	DECQ    CX
	JNZ     silustep
	VZEROUPPER
	RET
