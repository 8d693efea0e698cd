#include "textflag.h"
#include "amx_amd64.h"
#include "tile_amx_amd64.h"

// Tile configurations for 16 rows (Intel SDM, volume 1, 18.3): of each register bytes a
// row, and rows.

#define CONFIG(name, activations, weights) \
	DATA name<>+0(SB)/8, $1; \
	DATA name<>+8(SB)/8, $0; \
	DATA name<>+16(SB)/8, $0x0000000000400040; \
	DATA name<>+24(SB)/8, $(0x0040004000000000|activations|activations<<16); \
	DATA name<>+32(SB)/8, $0; \
	DATA name<>+40(SB)/8, $0; \
	DATA name<>+48(SB)/8, $(0x0000101000001010|weights<<48|weights<<56); \
	DATA name<>+56(SB)/8, $0; \
	GLOBL name<>(SB), RODATA|NOPTR, $64

CONFIG(plain, 32, 8)
CONFIG(half, 16, 4)

// FETCH fetches the codes of a block to come: those of Q8_0 are read where the matrix is.
#define FAR 4096
#define FETCH \
	PREFETCHT0 FAR+0(BX); \
	PREFETCHT0 FAR+64(BX); \
	PREFETCHT0 FAR+128(BX); \
	PREFETCHT0 FAR+192(BX); \
	PREFETCHT0 FAR+256(BX); \
	PREFETCHT0 FAR+320(BX); \
	PREFETCHT0 FAR+384(BX); \
	PREFETCHT0 FAR+448(BX)

// A block of 32 columns is one product of tiles.

#define MAKE_PLAIN \
	FETCH; \
	TILELOADD_BX_R9(6); \
	TILELOADD_SI_R10(4); \
	TILEZERO(0); \
	TDPBSSD(0, 4, 6); \
	TILESTORED_R11_R9(0)

#define ROW_PLAIN(r, Z, A, B) \
	VCVTDQ2PS    64*r(R11), A; \
	VMULPS.BCST  4*r(DI), Z16, B; \
	VFMADD231PS  A, B, Z

#define ADD_PLAIN(ROWS) \
	VMOVUPS (R8), Z16; \
	ROWS; \
	ADDQ $64, R8; \
	ADDQ R14, DI

#define PLAIN_16 ADD_PLAIN(ROWS_16(ROW_PLAIN))
#define PLAIN_SOME ADD_PLAIN(ROWS_SOME(ROW_PLAIN, rowsend))

// func tilex16AMX(a *tileArgs)
TEXT ·tilex16AMX(SB), 0, $2240-8
	TILES(plain, 1024, MAKE_PLAIN, PLAIN_16, STORES_16)

// func tileAMX(a *tileArgs)
TEXT ·tileAMX(SB), 0, $2240-8
	TILES(plain, 1024, MAKE_PLAIN, PLAIN_SOME, STORES_SOME(storesend))

// A block with sub-scales is two products, of half the columns each.

#define MAKE_HALVES \
	TILELOADD_BX_R9(6); \
	TILELOADD_SI_R10(4); \
	TILEZERO(0); \
	TDPBSSD(0, 4, 6); \
	TILELOADD_256_BX_R9(7); \
	TILELOADD_16_SI_R10(5); \
	TILEZERO(1); \
	TDPBSSD(1, 5, 7); \
	TILESTORED_R11_R9(0); \
	TILESTORED_1024_R11_R9(1)

#define ROW_HALVES(r, Z, A, B) \
	VCVTDQ2PS    64*r(R11), A; \
	VCVTDQ2PS    1024+64*r(R11), B; \
	VMULPS       Z17, A, A; \
	VFMADD231PS  Z18, B, A; \
	VMULPS.BCST  4*r(DI), Z16, B; \
	VFMADD231PS  A, B, Z

#define ADD_HALVES(ROWS) \
	VMOVUPS (R8), Z16; \
	VMOVUPS (R13), Z17; \
	VMOVUPS 64(R13), Z18; \
	ROWS; \
	ADDQ $64, R8; \
	ADDQ $128, R13; \
	ADDQ R14, DI

#define HALVES_16 ADD_HALVES(ROWS_16(ROW_HALVES))
#define HALVES_SOME ADD_HALVES(ROWS_SOME(ROW_HALVES, rowsend))

// func halvesx16AMX(a *tileArgs)
TEXT ·halvesx16AMX(SB), 0, $4288-8
	TILES(half, 2048, MAKE_HALVES, HALVES_16, STORES_16)

// func halvesAMX(a *tileArgs)
TEXT ·halvesAMX(SB), 0, $4288-8
	TILES(half, 2048, MAKE_HALVES, HALVES_SOME, STORES_SOME(storesend))
