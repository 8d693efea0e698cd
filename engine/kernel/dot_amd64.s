#include "textflag.h"
#include "macros_amd64.h"

// Dot kernels: out[r] = dot(row r of w, x), four rows at a time.
//
//	AX  *dotArgs          DI  first row of the group    BX  position in it
//	R8  stride            R10 3 x stride                SI  activations
//	R9  groups left       CX  steps left                DX  out
//
// Preconditions of all (kept by Set.Dot): rows is a multiple of 4, n a multiple of
// the block (8 columns for floats), both above 0.

#define LOAD_ARGS \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 56(AX), R9; \
	SHRQ $2, R9; \
	MOVQ 64(AX), DX

// Every group fetches the next one's rows ahead, R11 moving over them in the order
// of memory. Fetching behind the end of the weights is harmless.
#define FETCH_NEXT LEAQ (DI)(R8*4), R11

#define STORE_GROUP \
	VMOVUPS X0, (DX); \
	ADDQ    $16, DX; \
	LEAQ    (DI)(R8*4), DI

// FLOATS is a whole kernel for a float kind of size bytes: WIDEN loads eight weights
// as floats. Y0..Y3 hold the eight lanes of rows 0..3.
#define FLOATS(WIDEN, size) \
	LOAD_ARGS; \
group: \
	MOVQ    16(AX), SI; \
	MOVQ    48(AX), CX; \
	SHRQ    $3, CX; \
	MOVQ    DI, BX; \
	FETCH_NEXT; \
	VXORPS  Y0, Y0, Y0; \
	VXORPS  Y1, Y1, Y1; \
	VXORPS  Y2, Y2, Y2; \
	VXORPS  Y3, Y3, Y3; \
step: \
	PREFETCHT0 (R11); \
	ADDQ    $(32*size), R11; \
	VMOVUPS (SI), Y8; \
	WIDEN((BX), Y4); \
	WIDEN((BX)(R8*1), Y5); \
	WIDEN((BX)(R8*2), Y6); \
	WIDEN((BX)(R10*1), Y7); \
	VMULPS  Y4, Y8, Y4; \
	VMULPS  Y5, Y8, Y5; \
	VMULPS  Y6, Y8, Y6; \
	VMULPS  Y7, Y8, Y7; \
	VADDPS  Y4, Y0, Y0; \
	VADDPS  Y5, Y1, Y1; \
	VADDPS  Y6, Y2, Y2; \
	VADDPS  Y7, Y3, Y3; \
	ADDQ    $32, SI; \
	ADDQ    $(8*size), BX; \
	DECQ    CX; \
	JNZ     step; \
	FOLD4; \
	STORE_GROUP; \
	DECQ    R9; \
	JNZ     group; \
	VZEROUPPER; \
	RET

#define WIDEN_F32(addr, Y)  VMOVUPS addr, Y
#define WIDEN_F16(addr, Y)  VCVTPH2PS addr, Y
#define WIDEN_BF16(addr, Y) VBROADCASTI128 addr, Y; VPSHUFB Y15, Y, Y

// func dotF32AVX2(a *dotArgs)
TEXT ·dotF32AVX2(SB), NOSPLIT, $0-8
	FLOATS(WIDEN_F32, 4)

// func dotF16AVX2(a *dotArgs)
TEXT ·dotF16AVX2(SB), NOSPLIT, $0-8
	FLOATS(WIDEN_F16, 2)

// func dotBF16AVX2(a *dotArgs)
TEXT ·dotBF16AVX2(SB), NOSPLIT, $0-8
	VMOVDQU ·widenBytes(SB), Y15
	FLOATS(WIDEN_BF16, 2)

// Integer kinds. R12 is at the activations' scales, R13 at their t or s.
//	X0 sums of rows 0..3       X1 the offsets' share of them
//	Y8 the block of q          Y4..Y7 products of rows 0..3
//	Y15 sixteen ones           Y14 the nibble mask, or 0x80 in every byte
//
// INTS is a whole kernel for an integer kind of size bytes a block: BLOCK adds the
// block's four sums to X0, FINISH what remains.
#define INTS(BLOCK, FINISH, offsets, size) \
	LOAD_ARGS; \
group: \
	MOVQ    24(AX), SI; \
	MOVQ    32(AX), R12; \
	MOVQ    offsets(AX), R13; \
	MOVQ    48(AX), CX; \
	SHRQ    $5, CX; \
	MOVQ    DI, BX; \
	FETCH_NEXT; \
	VXORPS  X0, X0, X0; \
	VXORPS  X1, X1, X1; \
block: \
	PREFETCHT0 (R11); \
	PREFETCHT0 64(R11); \
	ADDQ    $(4*size), R11; \
	VMOVDQU (SI), Y8; \
	BLOCK; \
	ADDQ    $32, SI; \
	ADDQ    $4, R12; \
	ADDQ    $4, R13; \
	ADDQ    $size, BX; \
	DECQ    CX; \
	JNZ     block; \
	FINISH; \
	STORE_GROUP; \
	DECQ    R9; \
	JNZ     group; \
	VZEROUPPER; \
	RET

#define NOTHING

// HALVES loads one half-precision number of each row as floats.
#define HALVES(off, X) \
	VPXOR     X, X, X; \
	VPINSRW   $0, off(BX), X, X; \
	VPINSRW   $1, off(BX)(R8*1), X, X; \
	VPINSRW   $2, off(BX)(R8*2), X, X; \
	VPINSRW   $3, off(BX)(R10*1), X, X; \
	VCVTPH2PS X, X

// ADD_SCALED adds the four integers of X4, times the scales of weights and block, to X0.
#define ADD_SCALED \
	HALVES(0, X9); \
	VBROADCASTSS (R12), X10; \
	VMULPS       X9, X10, X9; \
	VCVTDQ2PS    X4, X4; \
	VMULPS       X4, X9, X4; \
	VADDPS       X4, X0, X0

// SUM_DWORDS sums the eight integers of each of Y4..Y7 to the four of X4.
#define SUM_DWORDS \
	VPHADDD      Y5, Y4, Y4; \
	VPHADDD      Y7, Y6, Y6; \
	VPHADDD      Y6, Y4, Y4; \
	VEXTRACTI128 $1, Y4, X5; \
	VPADDD       X5, X4, X4

// Signed bytes times signed bytes: |w| x (q with w's sign). |w| <= 128 and |q| <= 127
// keep the pair sums of VPMADDUBSW below 2^15.
#define Q8_ROW(addr, Y) \
	VMOVDQU    addr, Y9; \
	VPSIGNB    Y9, Y9, Y10; \
	VPSIGNB    Y9, Y8, Y9; \
	VPMADDUBSW Y9, Y10, Y; \
	VPMADDWD   Y15, Y, Y

#define Q8_ROWS(ROW) \
	ROW(2(BX), Y4); \
	ROW(2(BX)(R8*1), Y5); \
	ROW(2(BX)(R8*2), Y6); \
	ROW(2(BX)(R10*1), Y7); \
	SUM_DWORDS

#define Q8_BLOCK Q8_ROWS(Q8_ROW); ADD_SCALED

// func dotQ8_0AVX2(a *dotArgs)
TEXT ·dotQ8_0AVX2(SB), NOSPLIT, $0-8
	ONES(Y15)
	INTS(Q8_BLOCK, NOTHING, 72, 34)

// As Q8_ROW with VNNI: (w + 128) x q, from which ADD_T takes 128 x the sum of q.
#define Q8_ROW_VNNI(addr, Y) \
	VPXOR    addr, Y14, Y9; \
	VPXOR    Y, Y, Y; \
	VPDPBUSD Y8, Y9, Y

// ADD_T adds 2^shift x t to the four integers of X4.
#define ADD_T(shift) \
	VPBROADCASTD (R13), X9; \
	VPSLLD       $shift, X9, X9; \
	VPADDD       X9, X4, X4

#define Q8_BLOCK_VNNI Q8_ROWS(Q8_ROW_VNNI); ADD_T(7); ADD_SCALED

// func dotQ8_0VNNI(a *dotArgs)
TEXT ·dotQ8_0VNNI(SB), NOSPLIT, $0-8
	VPCMPEQB Y14, Y14, Y14
	VPABSB   Y14, Y14
	VPSLLW   $7, Y14, Y14
	INTS(Q8_BLOCK_VNNI, NOTHING, 72, 34)

// NIBBLES multiplies 32 nibbles, the low ones of 16 bytes first, with q. The pair
// sums are at most 2 x 15 x 127, so that eight of them still fit a word.
#define NIBBLES(addr, X, Y) \
	VMOVDQU     addr, X; \
	VPSRLW      $4, X, X9; \
	VINSERTI128 $1, X9, Y, Y; \
	VPAND       Y14, Y, Y; \
	VPMADDUBSW  Y8, Y, Y

#define NIBBLE_ROWS(off) \
	NIBBLES(off(BX), X4, Y4); \
	NIBBLES(off(BX)(R8*1), X5, Y5); \
	NIBBLES(off(BX)(R8*2), X6, Y6); \
	NIBBLES(off(BX)(R10*1), X7, Y7); \
	VPHADDW      Y5, Y4, Y4; \
	VPHADDW      Y7, Y6, Y6; \
	VPHADDW      Y6, Y4, Y4; \
	VPMADDWD     Y15, Y4, Y4; \
	VEXTRACTI128 $1, Y4, X5; \
	VPADDD       X5, X4, X4

#define Q4_0_BLOCK NIBBLE_ROWS(2); ADD_T(3); ADD_SCALED

// func dotQ4_0AVX2(a *dotArgs)
TEXT ·dotQ4_0AVX2(SB), NOSPLIT, $0-8
	ONES(Y15)
	NIBBLE_MASK(Y14, Y13)
	INTS(Q4_0_BLOCK, NOTHING, 72, 18)

#define Q4_1_BLOCK \
	NIBBLE_ROWS(4); \
	ADD_SCALED; \
	HALVES(2, X9); \
	VBROADCASTSS (R13), X10; \
	VMULPS       X9, X10, X9; \
	VADDPS       X9, X1, X1

#define ADD_OFFSETS VADDPS X1, X0, X0

// func dotQ4_1AVX2(a *dotArgs)
TEXT ·dotQ4_1AVX2(SB), NOSPLIT, $0-8
	ONES(Y15)
	NIBBLE_MASK(Y14, Y13)
	INTS(Q4_1_BLOCK, ADD_OFFSETS, 40, 20)
