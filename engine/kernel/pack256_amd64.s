#include "textflag.h"
#include "pack_amd64.h"
#include "pack256_amd64.h"

// Pack kernels of Q4_K, Q5_K, Q6_K and IQ4_XS.

BYTES(0, $0x0f0f0f0f0f0f0f0f)
BYTES(32, $0x3030303030303030)
BYTES(64, $0x3f3f3f3f3f3f3f3f)
BYTES(96, $0x2020202020202020)
BYTES(128, $0x1010101010101010)
BYTES(160, $0x8000000080000000)
BYTES(192, $0x000000ff000000ff)
BYTES(224, $0x0101010101010101)
BYTES(256, $0x0202020202020202)
BYTES(288, $0x0404040404040404)
BYTES(320, $0x0808080808080808)
BYTES(352, $0x1010101010101010)
BYTES(384, $0x2020202020202020)
BYTES(416, $0x4040404040404040)
BYTES(448, $0x8080808080808080)
GLOBL packc<>(SB), RODATA|NOPTR, $480

#define C_15   packc<>+0(SB)
#define C_48   packc<>+32(SB)
#define C_63   packc<>+64(SB)
#define C_32   packc<>+96(SB)
#define C_16   packc<>+128(SB)
#define C_SIGN packc<>+160(SB) // of a float
#define C_255  packc<>+192(SB) // the low byte of a dword

// BIT is one bit of every byte, 32 bytes from the next higher one.
#define BIT(at) packc<>+(224+at)(SB)

// TIMES_BYTE stores the low bytes of the dwords of S, times D, and moves S to the next.
#define TIMES_BYTE(S, D, T, addr) \
	VPAND     C_255, S, T; \
	VPSRLD    $8, S, S; \
	VCVTDQ2PS T, T; \
	VMULPS    D, T, T; \
	VMOVUPS   T, addr

// SCALES_OFFSETS stores the numbers of Q4_K's and Q5_K's blocks from the 16 bytes at
// the start: two half-precision numbers and eight scales and minimums of six bits.
#define SCALE_OFFSET(S, M) \
	TIMES_BYTE(S, Y8, Y0, (SI)); \
	TIMES_BYTE(M, Y9, Y1, (SI)(R12*1)); \
	ADDQ R9, SI

#define SCALES_OFFSETS \
	QUADS(0); \
	VPAND       C_63, Y1, Y4; \
	VPAND       C_63, Y2, Y5; \
	VPAND       C_15, Y3, Y6; \
	VPSRLW      $4, Y3, Y7; \
	VPAND       C_15, Y7, Y7; \
	VPSRLW      $2, Y1, Y1; \
	VPAND       C_48, Y1, Y1; \
	VPOR        Y1, Y6, Y6; \
	VPSRLW      $2, Y2, Y2; \
	VPAND       C_48, Y2, Y2; \
	VPOR        Y2, Y7, Y7; \
	VPXOR       C_SIGN, Y0, Y9; \
	VMOVDQA     Y0, Y8; \
	LOW_FLOATS(X8, Y8); \
	HIGH_FLOATS(X9, Y9); \
	MOVQ        DX, SI; \
	SCALE_OFFSET(Y4, Y5); \
	SCALE_OFFSET(Y4, Y5); \
	SCALE_OFFSET(Y4, Y5); \
	SCALE_OFFSET(Y4, Y5); \
	SCALE_OFFSET(Y6, Y7); \
	SCALE_OFFSET(Y6, Y7); \
	SCALE_OFFSET(Y6, Y7); \
	SCALE_OFFSET(Y6, Y7)

// TO_CODES points SI at the first codes of a block, AX at those of the next.
#define TO_CODES(P, numbers) \
	LEAQ (P)(R12*numbers), SI; \
	LEAQ (SI)(R9*1), AX

// NEXT_PAIR moves both on by two blocks.
#define NEXT_PAIR \
	LEAQ (SI)(R9*2), SI; \
	LEAQ (AX)(R9*2), AX

// Q4_K: 32 bytes are the low and the high nibbles of two blocks.
#define NIBBLES_Q4_K(off) \
	QUADS(off); \
	SPLIT(Y15); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	PUT4(AX, Y4, Y5, Y6, Y7)

#define PAIR_Q4_K(off) \
	NIBBLES_Q4_K(off); \
	ADDQ R14, SI; \
	ADDQ R14, AX; \
	NIBBLES_Q4_K(off+16); \
	NEXT_PAIR; \
	SUBQ R14, SI; \
	SUBQ R14, AX

#define PACK_Q4_K \
	FETCH_1152; \
	SCALES_OFFSETS; \
	TO_CODES(DX, 2); \
	MOVQ R12, R14; \
	SHLQ $2, R14; \
	PAIR_Q4_K(16); \
	PAIR_Q4_K(48); \
	PAIR_Q4_K(80); \
	PAIR_Q4_K(112)

// func packQ4_KAVX2(a *packArgs)
TEXT ·packQ4_KAVX2(SB), NOSPLIT, $0-8
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q4_K, 144, 2)

// Q5_K: as Q4_K; the fifth bits of a pair of blocks are two neighbours in 32 bytes,
// which the pairs share. Y10..Y13 hold them, those of the next pair lowest.
#define FIFTH(pair, H, A, B) \
	VPSLLW $4, H, Y8; \
	VPSLLW $3, H, Y9; \
	VPSRLW $2, H, H; \
	VPAND  Y14, Y8, Y8; \
	VPAND  Y14, Y9, Y9; \
	VPOR   Y8, A, A; \
	VPOR   Y9, B, B

// FIFTH_512 is FIFTH with AVX-512; the bits stay where they are.
#define FIFTH_512(pair, H, A, B) \
	VPTESTMB BIT(pair), H, K1; \
	VPTESTMB BIT(pair+32), H, K2; \
	VPADDB   Y14, A, K1, A; \
	VPADDB   Y14, B, K2, B

#define PAIR_Q5_K(FIFTH, pair, off) \
	QUADS(off); \
	SPLIT(Y15); \
	FIFTH(pair, Y10, Y0, Y4); \
	FIFTH(pair, Y11, Y1, Y5); \
	FIFTH(pair, Y12, Y2, Y6); \
	FIFTH(pair, Y13, Y3, Y7); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	PUT4(AX, Y4, Y5, Y6, Y7); \
	NEXT_PAIR

// HALF_Q5_K unpacks the halves of eight blocks whose first codes go to P.
#define HALF_Q5_K(FIFTH, P, off) \
	TO_CODES(P, 2); \
	QUADS(16+off); \
	KEEP_HIGH; \
	PAIR_Q5_K(FIFTH, 0, 48+off); \
	PAIR_Q5_K(FIFTH, 64, 80+off); \
	PAIR_Q5_K(FIFTH, 128, 112+off); \
	PAIR_Q5_K(FIFTH, 192, 144+off)

#define PACK_Q5_K(FIFTH) \
	FETCH_1408; \
	SCALES_OFFSETS; \
	LEAQ (DX)(R12*4), R14; \
	HALF_Q5_K(FIFTH, DX, 0); \
	HALF_Q5_K(FIFTH, R14, 16)

// func packQ5_KAVX2(a *packArgs)
TEXT ·packQ5_KAVX2(SB), NOSPLIT, $0-8
	VMOVDQU C_16, Y14
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q5_K(FIFTH), 176, 2)

// func packQ5_KAVX512(a *packArgs)
TEXT ·packQ5_KAVX512(SB), NOSPLIT, $0-8
	VMOVDQU C_16, Y14
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q5_K(FIFTH_512), 176, 2)

// Q6_K: 16 sub-scales at 192, the scale at 208. SUB_SCALES stores the numbers of the
// two blocks whose sub-scales are the bytes of S.
#define SUB_SCALE(S, left, addr) \
	VPSLLD  $left, S, Y5; \
	VPSRAD  $24, Y5, Y5; \
	VMOVDQU Y5, addr

#define SUB_SCALES(S) \
	VMOVUPS Y8, (SI); \
	SUB_SCALE(S, 24, (SI)(R12*1)); \
	SUB_SCALE(S, 16, (SI)(R12*2)); \
	ADDQ    R9, SI; \
	VMOVUPS Y8, (SI); \
	SUB_SCALE(S, 8, (SI)(R12*1)); \
	SUB_SCALE(S, 0, (SI)(R12*2)); \
	ADDQ    R9, SI

// SIXTHS adds the upper two bits of four vectors of codes, bits 4 and 5 of Y10..Y13
// after the shift.
#define SIXTHS(SIXTH, SHIFT, n, A, B, C, D) \
	SIXTH(SHIFT, n, Y10, A); \
	SIXTH(SHIFT, n, Y11, B); \
	SIXTH(SHIFT, n, Y12, C); \
	SIXTH(SHIFT, n, Y13, D)

#define SIXTH(SHIFT, n, H, A) \
	SHIFT n, H, Y8; \
	VPAND Y9, Y8, Y8; \
	VPOR  Y8, A, A

// SIXTH_512 is SIXTH with AVX-512, which has a | (b & c).
#define SIXTH_512(SHIFT, n, H, A) \
	SHIFT n, H, Y8; \
	VPTERNLOGD $0xf8, Y9, Y8, A

// HALF_Q6_K unpacks the halves of four blocks from low, high and sixth bits; P and SI
// point at the codes of the first and second, whose codes are the low nibbles, AX is
// scratch.
#define HALF_Q6_K(SIXTH, low, high) \
	QUADS(high); \
	KEEP_HIGH; \
	QUADS(low); \
	SPLIT(Y15); \
	SIXTHS(SIXTH, VPSLLW, $4, Y0, Y1, Y2, Y3); \
	SIXTHS(SIXTH, VPSRLW, $0, Y4, Y5, Y6, Y7); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	LEAQ (SI)(R9*2), AX; \
	PUT4(AX, Y4, Y5, Y6, Y7); \
	QUADS(low+32); \
	SPLIT(Y15); \
	SIXTHS(SIXTH, VPSLLW, $2, Y0, Y1, Y2, Y3); \
	SIXTHS(SIXTH, VPSRLW, $2, Y4, Y5, Y6, Y7); \
	ADDQ R9, SI; \
	ADDQ R9, AX; \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	PUT4(AX, Y4, Y5, Y6, Y7)

#define PACK_Q6_K(SIXTH) \
	FETCH_1680; \
	LOAD_HALVES8(208); \
	QUADS(192); \
	MOVQ DX, SI; \
	SUB_SCALES(Y0); \
	SUB_SCALES(Y1); \
	SUB_SCALES(Y2); \
	SUB_SCALES(Y3); \
	VMOVDQU C_48, Y9; \
	LEAQ (DX)(R13*1), SI; \
	HALF_Q6_K(SIXTH, 0, 128); \
	LEAQ (DX)(R13*1), SI; \
	LEAQ (SI)(R12*4), SI; \
	HALF_Q6_K(SIXTH, 16, 144); \
	LEAQ (DX)(R9*4), R14; \
	LEAQ (R14)(R13*1), SI; \
	HALF_Q6_K(SIXTH, 64, 160); \
	LEAQ (R14)(R13*1), SI; \
	LEAQ (SI)(R12*4), SI; \
	HALF_Q6_K(SIXTH, 80, 176)

// func packQ6_KAVX2(a *packArgs)
TEXT ·packQ6_KAVX2(SB), NOSPLIT, $0-8
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q6_K(SIXTH), 210, 3)

// func packQ6_KAVX512(a *packArgs)
TEXT ·packQ6_KAVX512(SB), NOSPLIT, $0-8
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q6_K(SIXTH_512), 210, 3)

// IQ4_XS: blocks as in IQ4_NL. Y0 has the upper two bits of the sub-scales, the next
// block's in bits 4 and 5, Y1 the lower four, the next block's lowest; Y8 the scale.
#define SCALE_IQ4_XS \
	VPAND     Y9, Y1, Y2; \
	VPAND     Y10, Y0, Y3; \
	VPOR      Y3, Y2, Y2; \
	VPSUBD    Y11, Y2, Y2; \
	VCVTDQ2PS Y2, Y2; \
	VMULPS    Y8, Y2, Y2; \
	VMOVUPS   Y2, (SI); \
	ADDQ      R9, SI; \
	VPSRLD    $2, Y0, Y0; \
	VPSRLD    $4, Y1, Y1

#define BLOCK_IQ4_XS(off) \
	ADDQ R12, SI; \
	QUADS(off); \
	SPLIT(Y14); \
	TABLE16(Y15); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	LEAQ (SI)(R12*4), SI; \
	PUT4(SI, Y4, Y5, Y6, Y7); \
	LEAQ (SI)(R12*4), SI

#define PACK_IQ4_XS \
	FETCH_1088; \
	PAIRS(0); \
	VMOVDQA Y0, Y8; \
	LOW_FLOATS(X8, Y8); \
	VPSRLD  $16, Y0, Y0; \
	VPSLLD  $4, Y0, Y0; \
	MOVQ    DX, SI; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	SCALE_IQ4_XS; \
	MOVQ    DX, SI; \
	BLOCK_IQ4_XS(8); \
	BLOCK_IQ4_XS(24); \
	BLOCK_IQ4_XS(40); \
	BLOCK_IQ4_XS(56); \
	BLOCK_IQ4_XS(72); \
	BLOCK_IQ4_XS(88); \
	BLOCK_IQ4_XS(104); \
	BLOCK_IQ4_XS(120)

// func packIQ4_XSAVX2(a *packArgs)
//
// Y9..Y11 are the dwords 15, 48 and 32.
TEXT ·packIQ4_XSAVX2(SB), NOSPLIT, $0-8
	VMOVDQU        C_15, Y14
	MOVQ           a+0(FP), AX
	VPBROADCASTB   40(AX), Y8
	VBROADCASTI128 ·nonlinear(SB), Y15
	VPXOR          Y8, Y15, Y15
	VPSRLD         $24, Y14, Y9
	VMOVDQU        C_48, Y10
	VPSRLD         $24, Y10, Y10
	VMOVDQU        C_32, Y11
	VPSRLD         $24, Y11, Y11
	PACK_SUPER(PACK_IQ4_XS, 136, 1)
