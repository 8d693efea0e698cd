#include "textflag.h"
#include "codes_avx2_amd64.h"

// Expand kernels: blocks of a group to a panel.
//
//	AX  *expandArgs   CX  blocks left   SI numbers   DI  codes        DX dst
//	R8  scale         R9  more          R10 min      R11 minScale
//	R14 numbers of the super-block      R15 its blocks left
//
// Preconditions (kept by Set.Mul): blocks above 0; of kinds of super-blocks, a multiple of 8.

#define LOAD_EXPAND \
	MOVQ a+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), DI; \
	MOVQ 16(AX), CX; \
	MOVQ 24(AX), DX; \
	MOVQ 32(AX), R8; \
	MOVQ 40(AX), R9; \
	MOVQ 48(AX), R10; \
	MOVQ 56(AX), R11

#define NEXT_BLOCK(numbers, codes, each) \
	ADDQ $numbers, SI; \
	ADDQ $codes, DI; \
	ADDQ $512, DX; \
	ADDQ $64, R8; \
	ADDQ $each, R9

// EXPAND is a whole kernel of a kind whose blocks have numbers and codes of so many bytes,
// and each bytes of more.
#define EXPAND(MASKS, BLOCK, numbers, codes, each) \
	LOAD_EXPAND; \
	MASKS; \
block: \
	PREFETCHT0 1024(DI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ CX; \
	JNZ  block; \
	VZEROUPPER; \
	RET

// SUPER_EXPAND is one of a kind of super-blocks, whose numbers are head bytes and for each
// block more.
#define SUPER_EXPAND(MASKS, BLOCK, head, numbers, codes, each) \
	LOAD_EXPAND; \
	MASKS; \
super: \
	MOVQ SI, R14; \
	ADDQ $head, SI; \
	MOVQ $8, R15; \
block: \
	PREFETCHT0 1024(DI); \
	BLOCK; \
	NEXT_BLOCK(numbers, codes, each); \
	DECQ R15; \
	JNZ  block; \
	SUBQ $8, CX; \
	JNZ  super; \
	VZEROUPPER; \
	RET

// PUT stores quads j and j+4, Y14 being what codes are counted from; PUT_PLAIN those
// counted from 0.
#define PUT(j, h) \
	VPSUBB  Y14, Y4, Y4; \
	VPSUBB  Y14, Y5, Y5; \
	PUT_PLAIN(j, h)

#define PUT_PLAIN(j, h) \
	VMOVDQU Y4, 64*j+h(DX); \
	VMOVDQU Y5, 64*j+256+h(DX)

// PUT_LOOKED_UP stores values from the table Y13.
#define PUT_LOOKED_UP(j, h) \
	VPSHUFB Y4, Y13, Y4; \
	VPSHUFB Y5, Y13, Y5; \
	PUT_PLAIN(j, h)

#define BOTH(EACH, M) \
	EACH(M, 0); \
	EACH(M, 32)

// FLOATS stores 16 float16 numbers as floats.
#define FLOATS(at, base, to) \
	VCVTPH2PS at(base), Y4; \
	VCVTPH2PS at+16(base), Y5; \
	PUT_FLOATS(to)

#define PUT_FLOATS(to) \
	VMOVUPS Y4, (to); \
	VMOVUPS Y5, 32(to)

#define MASKS4 VMOVDQU NIBBLE, Y15
#define MASKS5 MASKS4; VMOVDQU FIFTHS, Y13
#define MASKS_Q4_0 MASKS4; VMOVDQU EIGHTS, Y14
#define MASKS_Q5_0 MASKS5; VMOVDQU SIXTEENS, Y14

#define BLOCK_Q8_0 FLOATS(0, SI, R8)
#define BLOCK_Q4_0 BOTH(EACH4, PUT); FLOATS(0, SI, R8)
#define BLOCK_Q5_0 BOTH(EACH5, PUT); FLOATS(0, SI, R8)
#define BLOCK_Q4_1 BOTH(EACH4, PUT_PLAIN); FLOATS(0, SI, R8); FLOATS(32, SI, R9)
#define BLOCK_Q5_1 BOTH(EACH5, PUT_PLAIN); FLOATS(0, SI, R8); FLOATS(32, SI, R9)
#define BLOCK_IQ4_NL BOTH(EACH4, PUT_LOOKED_UP); FLOATS(0, SI, R8)

// func expandQ8_0AVX2(a *expandArgs)
TEXT ·expandQ8_0AVX2(SB), NOSPLIT, $0-8
	EXPAND(NOTHING, BLOCK_Q8_0, 32, 512, 0)

// func expandQ4_0AVX2(a *expandArgs)
TEXT ·expandQ4_0AVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q4_0, BLOCK_Q4_0, 32, 256, 0)

// func expandQ4_1AVX2(a *expandArgs)
TEXT ·expandQ4_1AVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS4, BLOCK_Q4_1, 64, 256, 64)

// func expandQ5_0AVX2(a *expandArgs)
TEXT ·expandQ5_0AVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS_Q5_0, BLOCK_Q5_0, 32, 320, 0)

// func expandQ5_1AVX2(a *expandArgs)
TEXT ·expandQ5_1AVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS5, BLOCK_Q5_1, 64, 320, 64)

#define MASKS_NONLINEAR MASKS4; VMOVDQU NONLINEAR, Y13

// func expandIQ4_NLAVX2(a *expandArgs)
TEXT ·expandIQ4_NLAVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS_NONLINEAR, BLOCK_IQ4_NL, 32, 256, 0)

#define MASKS_MXFP4 MASKS4; VMOVDQU MICROFLOAT, Y13

#define BLOCK_MXFP4 \
	BOTH(EACH4, PUT_LOOKED_UP); \
	POWERS((SI), Y4, Y6); \
	POWERS(8(SI), Y5, Y6); \
	PUT_FLOATS(R8)

// func expandMXFP4AVX2(a *expandArgs)
TEXT ·expandMXFP4AVX2(SB), NOSPLIT, $0-8
	EXPAND(MASKS_MXFP4, BLOCK_MXFP4, 16, 256, 0)

// Scales and offsets are float16 numbers times bytes, exactly; offsets are minus that.
#define NUMBERS_K \
	SCALED4((R14), (SI), Y4, Y6); \
	SCALED4(16(R14), 8(SI), Y5, Y6); \
	PUT_FLOATS(R8); \
	SCALED4(32(R14), 16(SI), Y4, Y6); \
	SCALED4(48(R14), 24(SI), Y5, Y6); \
	VXORPS SIGNS, Y4, Y4; \
	VXORPS SIGNS, Y5, Y5; \
	PUT_FLOATS(R9)

#define BLOCK_Q4_K BOTH(EACH4, PUT_PLAIN); NUMBERS_K
#define BLOCK_Q5_K BOTH(EACH5, PUT_PLAIN); NUMBERS_K

// func expandQ4_KAVX2(a *expandArgs)
TEXT ·expandQ4_KAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS4, BLOCK_Q4_K, 64, 32, 256, 64)

// func expandQ5_KAVX2(a *expandArgs)
TEXT ·expandQ5_KAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS5, BLOCK_Q5_K, 64, 32, 320, 64)

#define BLOCK_IQ4_XS \
	BOTH(EACH4, PUT_LOOKED_UP); \
	SCALED_XS((R14), (SI), Y4, Y6); \
	SCALED_XS(16(R14), 8(SI), Y5, Y6); \
	PUT_FLOATS(R8)

// func expandIQ4_XSAVX2(a *expandArgs)
TEXT ·expandIQ4_XSAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_NONLINEAR, BLOCK_IQ4_XS, 32, 16, 256, 0)

#define SIGNED_FLOATS(from, to) \
	BYTES_TO_FLOATS(from(SI), VPMOVSXBD, Y4); \
	BYTES_TO_FLOATS(from+8(SI), VPMOVSXBD, Y5); \
	VMOVUPS Y4, to(R9); \
	VMOVUPS Y5, to+32(R9)

#define NUMBERS_SUB \
	FLOATS(0, R14, R8); \
	SIGNED_FLOATS(0, 0); \
	SIGNED_FLOATS(16, 64)

#define PAIRED6_BOTH(M, h) PAIRED6(M, M, h)
#define BLOCK_Q6_K BOTH(PAIRED6_BOTH, PUT); NUMBERS_SUB
#define MASKS_Q6_K MASKS4; VMOVDQU HIGH_PAIRS, Y13; VMOVDQU THIRTY_TWOS, Y14

// func expandQ6_KAVX2(a *expandArgs)
TEXT ·expandQ6_KAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q6_K, BLOCK_Q6_K, 32, 32, 384, 128)

#define BLOCK_Q3_K BOTH(EACH3, PUT); NUMBERS_SUB
#define MASKS_Q3_K VMOVDQU PAIRS, Y15; VMOVDQU THIRDS, Y13; VMOVDQU FOURS, Y14

// func expandQ3_KAVX2(a *expandArgs)
TEXT ·expandQ3_KAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q3_K, BLOCK_Q3_K, 32, 32, 192, 128)

// NIBBLES stores the low nibbles of eight bytes as sub-scales, the high ones as minimums.
// Y14 is NIBBLE.
#define NIBBLES(from, to) \
	VPMOVZXBD from(SI), Y4; \
	VPSRLD    $4, Y4, Y5; \
	VPAND     Y14, Y4, Y4; \
	VCVTDQ2PS Y4, Y4; \
	VCVTDQ2PS Y5, Y5; \
	VMOVUPS   Y4, to(R9); \
	VMOVUPS   Y5, to(R10)

#define BLOCK_Q2_K \
	BOTH(EACH2, PUT_PLAIN); \
	FLOATS(0, R14, R8); \
	FLOATS(32, R14, R11); \
	NIBBLES(0, 0); \
	NIBBLES(8, 32); \
	NIBBLES(16, 64); \
	NIBBLES(24, 96); \
	ADDQ $128, R10; \
	ADDQ $64, R11

#define MASKS_Q2_K VMOVDQU PAIRS, Y15; VMOVDQU NIBBLE, Y14

// func expandQ2_KAVX2(a *expandArgs)
TEXT ·expandQ2_KAVX2(SB), NOSPLIT, $0-8
	SUPER_EXPAND(MASKS_Q2_K, BLOCK_Q2_K, 64, 32, 128, 128)
