// Macros of the pack kernels of kinds in blocks of 256 columns, eight of the panel's:
// registers as in pack_amd64.h, and
//
//	R9  bytes of a panel's block    SI, AX  where codes or numbers go
//
// Rows are in lanes everywhere: a vector has one dword of each, so that the scales of
// eight rows are decoded at once.

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

// KEEP_HIGH keeps what QUADS made for several blocks.
#define KEEP_HIGH \
	VMOVDQA Y0, Y10; \
	VMOVDQA Y1, Y11; \
	VMOVDQA Y2, Y12; \
	VMOVDQA Y3, Y13
