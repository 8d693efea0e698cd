// Macros of the pack kernels.

// Packing: weight rows to a panel (see panel.go).
//
//	AX  *packArgs    DI  row 0          R8  stride     R10 3 x stride
//	CX  steps left   DX  panel
//
// Preconditions (kept by Set.pack): n is a multiple of 8, of 32 for integer kinds,
// and above 0; the rows of one group follow each other.

#define LOAD_PACK(shift) \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), DI; \
	MOVQ 8(AX), R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ 16(AX), CX; \
	SHRQ $shift, CX; \
	MOVQ 24(AX), DX

// Integer kinds, eight rows: R11 is row 4, R12 the panel's step, R13 3 x step.

// ROWS16 loads 16 bytes of each row: Y0..Y3 have rows 0..3 and, in their upper halves,
// rows 4..7.
#define ROWS16(off) \
	VMOVDQU     off(DI), X0; \
	VINSERTI128 $1, off(R11), Y0, Y0; \
	VMOVDQU     off(DI)(R8*1), X1; \
	VINSERTI128 $1, off(R11)(R8*1), Y1, Y1; \
	VMOVDQU     off(DI)(R8*2), X2; \
	VINSERTI128 $1, off(R11)(R8*2), Y2, Y2; \
	VMOVDQU     off(DI)(R10*1), X3; \
	VINSERTI128 $1, off(R11)(R10*1), Y3, Y3

// QUADS loads 16 bytes of each row and turns them so that Y0..Y3 hold four bytes of
// every row each: bytes 0..3, 4..7, 8..11 and 12..15. Y4..Y7 are scratch.
#define QUADS(off) \
	ROWS16(off); \
	VPUNPCKLDQ  Y1, Y0, Y4; \
	VPUNPCKHDQ  Y1, Y0, Y5; \
	VPUNPCKLDQ  Y3, Y2, Y6; \
	VPUNPCKHDQ  Y3, Y2, Y7; \
	VPUNPCKLQDQ Y6, Y4, Y0; \
	VPUNPCKHQDQ Y6, Y4, Y1; \
	VPUNPCKLQDQ Y7, Y5, Y2; \
	VPUNPCKHQDQ Y7, Y5, Y3

// STORE4 stores Y0..Y3 after applying op with Y14.
#define STORE4(op) \
	op      Y14, Y0, Y0; \
	op      Y14, Y1, Y1; \
	op      Y14, Y2, Y2; \
	op      Y14, Y3, Y3; \
	VMOVDQU Y0, (DX); \
	VMOVDQU Y1, (DX)(R12*1); \
	VMOVDQU Y2, (DX)(R12*2); \
	VMOVDQU Y3, (DX)(R13*1); \
	LEAQ    (DX)(R12*4), DX

// LOAD_HALVES8 makes Y8 one half-precision number of each row as floats.
#define LOAD_HALVES8(off) \
	VPXOR     X8, X8, X8; \
	VPXOR     X9, X9, X9; \
	VPINSRW   $0, off(DI), X8, X8; \
	VPINSRW   $1, off(DI)(R8*1), X8, X8; \
	VPINSRW   $2, off(DI)(R8*2), X8, X8; \
	VPINSRW   $3, off(DI)(R10*1), X8, X8; \
	VPINSRW   $0, off(R11), X9, X9; \
	VPINSRW   $1, off(R11)(R8*1), X9, X9; \
	VPINSRW   $2, off(R11)(R8*2), X9, X9; \
	VPINSRW   $3, off(R11)(R10*1), X9, X9; \
	VPUNPCKLQDQ X9, X8, X8; \
	VCVTPH2PS X8, Y8

// HALVES8 stores it.
#define HALVES8(off) \
	LOAD_HALVES8(off); \
	VMOVUPS Y8, (DX); \
	ADDQ    R12, DX

#define PACK_INTS(BLOCK, size) \
	LOAD_PACK(5); \
	LEAQ (DI)(R8*4), R11; \
	MOVQ 32(AX), R12; \
	LEAQ (R12)(R12*2), R13; \
	MOVQ 48(AX), BX; \
	ADDQ DI, BX; \
block: \
	PREFETCHT0 (BX); \
	PREFETCHT0 64(BX); \
	PREFETCHT0 128(BX); \
	ADDQ $(8*size), BX; \
	BLOCK; \
	ADDQ $size, DI; \
	ADDQ $size, R11; \
	DECQ CX; \
	JNZ  block; \
	VZEROUPPER; \
	RET

// PAIRS makes Y0 and Y1 the first and second four bytes of every row's 16 at off.
#define PAIRS(off) \
	ROWS16(off); \
	VPUNPCKLDQ  Y1, Y0, Y0; \
	VPUNPCKLDQ  Y3, Y2, Y2; \
	VPUNPCKHQDQ Y2, Y0, Y1; \
	VPUNPCKLQDQ Y2, Y0, Y0

// LOW_FLOATS turns the half-precision numbers in the low words of Y, whose lower half
// is X, into floats; HIGH_FLOATS those in the high words.
#define HIGH_FLOATS(X, Y) \
	VPSRLD    $16, Y, Y; \
	VPACKUSDW Y, Y, Y; \
	VPERMQ    $8, Y, Y; \
	VCVTPH2PS X, Y

#define LOW_FLOATS(X, Y) \
	VPSLLD $16, Y, Y; \
	HIGH_FLOATS(X, Y)

// SPLIT moves the high nibbles of Y0..Y3 to Y4..Y7 and leaves the low ones; mask is
// bytes of 15.
#define SPLIT(mask) \
	VPSRLW $4, Y0, Y4; \
	VPSRLW $4, Y1, Y5; \
	VPSRLW $4, Y2, Y6; \
	VPSRLW $4, Y3, Y7; \
	EACH4(VPAND, mask, Y0, Y1, Y2, Y3); \
	EACH4(VPAND, mask, Y4, Y5, Y6, Y7)

#define EACH4(op, arg, A, B, C, D) \
	op arg, A, A; \
	op arg, B, B; \
	op arg, C, C; \
	op arg, D, D

// PUT4 stores four steps at P.
#define PUT4(P, A, B, C, D) \
	VMOVDQU A, (P); \
	VMOVDQU B, (P)(R12*1); \
	VMOVDQU C, (P)(R12*2); \
	VMOVDQU D, (P)(R13*1)

// PUT8 stores Y0..Y7, which are all bytes of a block.
#define PUT8 \
	PUT4(DX, Y0, Y1, Y2, Y3); \
	LEAQ (DX)(R12*4), DX; \
	PUT4(DX, Y4, Y5, Y6, Y7); \
	LEAQ (DX)(R12*4), DX

// TABLE16 looks the nibbles in Y0..Y7 up in T.
#define LOOK_UP(T, Y) VPSHUFB Y, T, Y

#define TABLE16(T) \
	LOOK_UP(T, Y0); \
	LOOK_UP(T, Y1); \
	LOOK_UP(T, Y2); \
	LOOK_UP(T, Y3); \
	LOOK_UP(T, Y4); \
	LOOK_UP(T, Y5); \
	LOOK_UP(T, Y6); \
	LOOK_UP(T, Y7)

// BYTES fills 32 bytes at off of the constants with the same eight.
#define BYTES(off, v) \
	DATA packc<>+(off)(SB)/8, v; \
	DATA packc<>+(off+8)(SB)/8, v; \
	DATA packc<>+(off+16)(SB)/8, v; \
	DATA packc<>+(off+24)(SB)/8, v

// SPREAD is a VPSHUFB control: the same four bytes, counted on by four in each dword.
#define SPREAD(off, v) \
	DATA packc<>+(off)(SB)/8, $(v|((v+0x04040404)<<32)); \
	DATA packc<>+(off+8)(SB)/8, $((v+0x08080808)|((v+0x0c0c0c0c)<<32)); \
	DATA packc<>+(off+16)(SB)/8, $(v|((v+0x04040404)<<32)); \
	DATA packc<>+(off+24)(SB)/8, $((v+0x08080808)|((v+0x0c0c0c0c)<<32))
