#include "textflag.h"
#include "macros_amd64.h"
#include "pack_amd64.h"

// Pack kernels of the kinds in blocks of 256 columns, eight of the panel's blocks:
// registers as in pack_amd64.h, and
//
//	R9  bytes of a panel's block    SI, AX  where codes or numbers go
//
// Rows are in lanes everywhere: a vector has one dword of each, so that the scales of
// eight rows are decoded at once.

BYTES(0, $0x0f0f0f0f0f0f0f0f)
BYTES(32, $0x3030303030303030)
BYTES(64, $0x3f3f3f3f3f3f3f3f)
BYTES(96, $0x2020202020202020)
BYTES(128, $0x0303030303030303)
BYTES(160, $0x0404040404040404)
BYTES(192, $0x1010101010101010)
BYTES(224, $0x8000000080000000)
BYTES(256, $0x000000ff000000ff)
SPREAD(288, 0x80008000)
SPREAD(320, 0x80018001)
SPREAD(352, 0x80028002)
SPREAD(384, 0x80038003)
SPREAD(416, 0x80018000)
SPREAD(448, 0x80038002)
SPREAD(480, 0x00000000)
SPREAD(512, 0x01010101)
SPREAD(544, 0x02020202)
SPREAD(576, 0x03030303)
GLOBL packc<>(SB), RODATA|NOPTR, $608

#define C_15     packc<>+0(SB)
#define C_48     packc<>+32(SB)
#define C_63     packc<>+64(SB)
#define C_32     packc<>+96(SB)
#define C_3      packc<>+128(SB)
#define C_4      packc<>+160(SB)
#define C_16     packc<>+192(SB)
#define C_SIGN   packc<>+224(SB) // of a float
#define C_255    packc<>+256(SB) // the low byte of a dword

// Byte k of every dword: both words, all bytes; and two neighbours, a word each.
#define WORDS_0  packc<>+288(SB)
#define WORDS_1  packc<>+320(SB)
#define WORDS_2  packc<>+352(SB)
#define WORDS_3  packc<>+384(SB)
#define WORDS_01 packc<>+416(SB)
#define WORDS_23 packc<>+448(SB)
#define BYTES_0  packc<>+480(SB)
#define BYTES_1  packc<>+512(SB)
#define BYTES_2  packc<>+544(SB)
#define BYTES_3  packc<>+576(SB)

// FETCH fetches 512 bytes of the next group's rows ahead.
#define FETCH \
	PREFETCHT0 0(BX); \
	PREFETCHT0 64(BX); \
	PREFETCHT0 128(BX); \
	PREFETCHT0 192(BX); \
	PREFETCHT0 256(BX); \
	PREFETCHT0 320(BX); \
	PREFETCHT0 384(BX); \
	PREFETCHT0 448(BX); \
	ADDQ       $512, BX

// PACK_SUPER is a whole kernel: BLOCK unpacks size bytes of each row to eight blocks
// of the panel at DX, each of numbers+8 steps. The fetches are a little ahead of what
// is read.
#define PACK_SUPER(BLOCK, size, numbers) \
	LOAD_PACK(8); \
	LEAQ   (DI)(R8*4), R11; \
	MOVQ   32(AX), R12; \
	LEAQ   (R12)(R12*2), R13; \
	MOVQ   48(AX), BX; \
	ADDQ   DI, BX; \
	IMUL3Q $(8+numbers), R12, R9; \
super: \
	BLOCK; \
	ADDQ   $size, DI; \
	ADDQ   $size, R11; \
	LEAQ   (DX)(R9*8), DX; \
	DECQ   CX; \
	JNZ    super; \
	VZEROUPPER; \
	RET

#define FETCH_672  FETCH; PREFETCHT0 0(BX); PREFETCHT0 64(BX); PREFETCHT0 128(BX); ADDQ $160, BX
#define FETCH_880  FETCH; FETCH; SUBQ $144, BX
#define FETCH_1088 FETCH; FETCH; PREFETCHT0 0(BX); ADDQ $64, BX
#define FETCH_1152 FETCH; FETCH; PREFETCHT0 0(BX); PREFETCHT0 64(BX); ADDQ $128, BX
#define FETCH_1408 FETCH; FETCH; FETCH; SUBQ $128, BX
#define FETCH_1680 FETCH; FETCH; FETCH; PREFETCHT0 0(BX); PREFETCHT0 64(BX); PREFETCHT0 128(BX); ADDQ $144, BX

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
	LEAQ (SI)(R12*4), SI; \
	LEAQ (AX)(R12*4), AX; \
	NIBBLES_Q4_K(off+16); \
	LEAQ (SI)(R9*2), SI; \
	LEAQ (AX)(R9*2), AX; \
	SUBQ R14, SI; \
	SUBQ R14, AX

#define PACK_Q4_K \
	FETCH_1152; \
	SCALES_OFFSETS; \
	TO_CODES(DX, 2); \
	LEAQ (R12*4), R14; \
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
#define FIFTH(H, A, B) \
	VPSLLW $4, H, Y8; \
	VPSLLW $3, H, Y9; \
	VPSRLW $2, H, H; \
	VPAND  Y14, Y8, Y8; \
	VPAND  Y14, Y9, Y9; \
	VPOR   Y8, A, A; \
	VPOR   Y9, B, B

#define PAIR_Q5_K(off) \
	QUADS(off); \
	SPLIT(Y15); \
	FIFTH(Y10, Y0, Y4); \
	FIFTH(Y11, Y1, Y5); \
	FIFTH(Y12, Y2, Y6); \
	FIFTH(Y13, Y3, Y7); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	PUT4(AX, Y4, Y5, Y6, Y7); \
	NEXT_PAIR

#define KEEP_HIGH \
	VMOVDQA Y0, Y10; \
	VMOVDQA Y1, Y11; \
	VMOVDQA Y2, Y12; \
	VMOVDQA Y3, Y13

// HALF_Q5_K unpacks the halves of eight blocks whose first codes go to P.
#define HALF_Q5_K(P, off) \
	TO_CODES(P, 2); \
	QUADS(16+off); \
	KEEP_HIGH; \
	PAIR_Q5_K(48+off); \
	PAIR_Q5_K(80+off); \
	PAIR_Q5_K(112+off); \
	PAIR_Q5_K(144+off)

#define PACK_Q5_K \
	FETCH_1408; \
	SCALES_OFFSETS; \
	LEAQ (DX)(R12*4), R14; \
	HALF_Q5_K(DX, 0); \
	HALF_Q5_K(R14, 16)

// func packQ5_KAVX2(a *packArgs)
TEXT ·packQ5_KAVX2(SB), NOSPLIT, $0-8
	VMOVDQU C_16, Y14
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q5_K, 176, 2)

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
#define SIXTH(SHIFT, n, H, A) \
	SHIFT n, H, Y8; \
	VPAND Y9, Y8, Y8; \
	VPOR  Y8, A, A

#define SIXTHS(SHIFT, n, A, B, C, D) \
	SIXTH(SHIFT, n, Y10, A); \
	SIXTH(SHIFT, n, Y11, B); \
	SIXTH(SHIFT, n, Y12, C); \
	SIXTH(SHIFT, n, Y13, D)

// HALF_Q6_K unpacks the halves of four blocks from low, high and sixth bits; P and SI
// point at the codes of the first and second, whose codes are the low nibbles, AX is
// scratch.
#define HALF_Q6_K(low, high) \
	QUADS(high); \
	KEEP_HIGH; \
	QUADS(low); \
	SPLIT(Y15); \
	SIXTHS(VPSLLW, $4, Y0, Y1, Y2, Y3); \
	SIXTHS(VPSRLW, $0, Y4, Y5, Y6, Y7); \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	LEAQ (SI)(R9*2), AX; \
	PUT4(AX, Y4, Y5, Y6, Y7); \
	QUADS(low+32); \
	SPLIT(Y15); \
	SIXTHS(VPSLLW, $2, Y0, Y1, Y2, Y3); \
	SIXTHS(VPSRLW, $2, Y4, Y5, Y6, Y7); \
	ADDQ R9, SI; \
	ADDQ R9, AX; \
	PUT4(SI, Y0, Y1, Y2, Y3); \
	PUT4(AX, Y4, Y5, Y6, Y7)

#define PACK_Q6_K \
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
	HALF_Q6_K(0, 128); \
	LEAQ (DX)(R13*1), SI; \
	LEAQ (SI)(R12*4), SI; \
	HALF_Q6_K(16, 144); \
	LEAQ (DX)(R9*4), R14; \
	LEAQ (R14)(R13*1), SI; \
	HALF_Q6_K(64, 160); \
	LEAQ (R14)(R13*1), SI; \
	LEAQ (SI)(R12*4), SI; \
	HALF_Q6_K(80, 176)

// func packQ6_KAVX2(a *packArgs)
TEXT ·packQ6_KAVX2(SB), NOSPLIT, $0-8
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q6_K, 210, 3)

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

// Q2_K and Q3_K: a quarter of the codes of four blocks' halves at a time, two bits each
// at the same place of sixteen bytes; all are multiplied with the half's sub-scale. On
// the stack: 16 sub-scales of each row, four a vector.

// Q2_K: sub-scales and minimums, four bits each, at 0, then the codes, then two
// half-precision numbers at 80. NUMBERS stores the numbers of one block.
#define NUMBERS_Q2_K(S, words) \
	VMOVUPS Y8, (SI); \
	VMOVUPS Y9, (SI)(R12*1); \
	VPSHUFB words, S, Y4; \
	VPSRLW  $4, Y4, Y4; \
	VMOVDQU Y4, (SI)(R12*2); \
	ADDQ    R9, SI

// KEEP_SUB stores four sub-scales of each row for later.
#define KEEP_Q2_K(S, at) \
	NUMBERS_Q2_K(S, WORDS_01); \
	NUMBERS_Q2_K(S, WORDS_23); \
	VPAND   Y15, S, S; \
	VMOVDQU S, at(SP)

#define CODE_Q2_K(n, Y, T) \
	VPSRLW  $n, Y, T; \
	VPAND   Y14, T, T; \
	VPMULLW Y8, T, T

#define CODES_Q2_K(n, S, words) \
	VMOVDQU S, Y8; \
	VPSHUFB words, Y8, Y8; \
	CODE_Q2_K(n, Y0, Y4); \
	CODE_Q2_K(n, Y1, Y5); \
	CODE_Q2_K(n, Y2, Y6); \
	CODE_Q2_K(n, Y3, Y7); \
	PUT4(SI, Y4, Y5, Y6, Y7); \
	ADDQ R9, SI

// QUARTER takes 16 bytes at off; the sub-scales are bytes of the two vectors at sub.
#define QUARTER_Q2_K(off, sub, first, second) \
	QUADS(off); \
	CODES_Q2_K(0, sub(SP), first); \
	CODES_Q2_K(2, sub(SP), second); \
	CODES_Q2_K(4, sub+32(SP), first); \
	CODES_Q2_K(6, sub+32(SP), second)

#define PACK_Q2_K \
	FETCH_672; \
	LOAD_HALVES8(82); \
	VMOVAPS Y8, Y10; \
	LOAD_HALVES8(80); \
	VMOVAPS Y10, Y9; \
	QUADS(0); \
	MOVQ DX, SI; \
	KEEP_Q2_K(Y0, 0); \
	KEEP_Q2_K(Y1, 32); \
	KEEP_Q2_K(Y2, 64); \
	KEEP_Q2_K(Y3, 96); \
	LEAQ (DX)(R13*1), SI; \
	LEAQ (SI)(R12*4), AX; \
	QUARTER_Q2_K(16, 0, WORDS_0, WORDS_2); \
	QUARTER_Q2_K(48, 64, WORDS_0, WORDS_2); \
	MOVQ AX, SI; \
	QUARTER_Q2_K(32, 0, WORDS_1, WORDS_3); \
	QUARTER_Q2_K(64, 64, WORDS_1, WORDS_3)

// func packQ2_KAVX2(a *packArgs)
TEXT ·packQ2_KAVX2(SB), NOSPLIT, $128-8
	VMOVDQU C_3, Y14
	VMOVDQU C_15, Y15
	PACK_SUPER(PACK_Q2_K, 84, 3)

// Q3_K: bits that say where 4 is not subtracted, then the codes at 32, sub-scales of six
// bits at 96 and the scale at 108. SUB_Q3_K makes the sub-scales of four halves, negated:
// 32 less the six bits, the upper two those at bits 4 and 5 of Y3 after the shift.
#define SUB_Q3_K(S, SHIFT, n, at) \
	SHIFT   n, Y3, Y4; \
	VPAND   C_48, Y4, Y4; \
	VPAND   Y15, S, S; \
	VPOR    Y4, S, S; \
	VMOVDQU C_32, Y4; \
	VPSUBB  S, Y4, S; \
	VMOVDQU S, at(SP)

// CODE_Q3_K: c is 0..3, plus 4 where the bit n of H is set, less 4. The product of
// absolute values, at most 128, fits a byte and is negated where one factor, not both,
// is negative. Y8 are the sub-scales in all bytes, Y9 their absolute values in words.
#define CODE_Q3_K(n, HSHIFT, h, H, Y) \
	VPSRLW  n, Y, Y4; \
	VPAND   C_3, Y4, Y4; \
	HSHIFT  h, H, Y5; \
	VPAND   C_4, Y5, Y5; \
	VPOR    Y5, Y4, Y4; \
	VPSUBB  C_4, Y4, Y4; \
	VPSIGNB Y4, Y8, Y5; \
	VPABSB  Y4, Y4; \
	VPMULLW Y9, Y4, Y4; \
	VPSIGNB Y5, Y4, Y4; \
	VPXOR   Y14, Y4, Y4

#define CODES_Q3_K(n, HSHIFT, h, S, bytes, words) \
	VMOVDQU S, Y8; \
	VPABSB  Y8, Y9; \
	VPSHUFB words, Y9, Y9; \
	VPSHUFB bytes, Y8, Y8; \
	CODE_Q3_K(n, HSHIFT, h, Y10, Y0); \
	VMOVDQU Y4, (SI); \
	CODE_Q3_K(n, HSHIFT, h, Y11, Y1); \
	VMOVDQU Y4, (SI)(R12*1); \
	CODE_Q3_K(n, HSHIFT, h, Y12, Y2); \
	VMOVDQU Y4, (SI)(R12*2); \
	CODE_Q3_K(n, HSHIFT, h, Y13, Y3); \
	VMOVDQU Y4, (SI)(R13*1); \
	ADDQ    R9, SI

// The bits of the first four blocks' codes are the low ones, those of the others the
// high ones.
#define QUARTER_LOW_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	CODES_Q3_K($0, VPSLLW, $2, 0(SP), b0, w0); \
	CODES_Q3_K($2, VPSLLW, $1, 0(SP), b1, w1); \
	CODES_Q3_K($4, VPSRLW, $0, 32(SP), b0, w0); \
	CODES_Q3_K($6, VPSRLW, $1, 32(SP), b1, w1)

#define QUARTER_HIGH_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	CODES_Q3_K($0, VPSRLW, $2, 64(SP), b0, w0); \
	CODES_Q3_K($2, VPSRLW, $3, 64(SP), b1, w1); \
	CODES_Q3_K($4, VPSRLW, $4, 96(SP), b0, w0); \
	CODES_Q3_K($6, VPSRLW, $5, 96(SP), b1, w1)

#define HALF_Q3_K(off, b0, w0, b1, w1) \
	QUADS(off); \
	KEEP_HIGH; \
	QUARTER_LOW_Q3_K(32+off, b0, w0, b1, w1); \
	QUARTER_HIGH_Q3_K(64+off, b0, w0, b1, w1)

#define SCALE_Q3_K \
	VMOVUPS Y8, (SI); \
	ADDQ    R9, SI

// JOIN makes the four bytes that are the upper half of A and the lower one of B.
#define JOIN(B, A) \
	VPSRLD $16, A, A; \
	VPSLLD $16, B, Y4; \
	VPOR   Y4, A, A

#define PACK_Q3_K \
	FETCH_880; \
	QUADS(94); \
	VMOVDQA     Y3, Y8; \
	JOIN(Y1, Y0); \
	JOIN(Y2, Y1); \
	JOIN(Y3, Y2); \
	VPXOR       C_SIGN, Y8, Y8; \
	HIGH_FLOATS(X8, Y8); \
	VMOVDQA     Y2, Y3; \
	VPSRLW      $4, Y0, Y5; \
	VPSRLW      $4, Y1, Y6; \
	SUB_Q3_K(Y0, VPSLLW, $4, 0); \
	SUB_Q3_K(Y1, VPSLLW, $2, 32); \
	SUB_Q3_K(Y5, VPSRLW, $0, 64); \
	SUB_Q3_K(Y6, VPSRLW, $2, 96); \
	MOVQ        DX, SI; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	SCALE_Q3_K; \
	LEAQ        (DX)(R12*1), SI; \
	LEAQ        (SI)(R12*4), AX; \
	HALF_Q3_K(0, BYTES_0, WORDS_0, BYTES_2, WORDS_2); \
	MOVQ        AX, SI; \
	HALF_Q3_K(16, BYTES_1, WORDS_1, BYTES_3, WORDS_3)

// func packQ3_KAVX2(a *packArgs)
TEXT ·packQ3_KAVX2(SB), NOSPLIT, $128-8
	MOVQ         a+0(FP), AX
	VPBROADCASTB 40(AX), Y14
	VMOVDQU      C_15, Y15
	PACK_SUPER(PACK_Q3_K, 110, 1)
