// Instructions on tile registers, which the assembler does not know: VEX encodings by
// hand (Intel SDM, volume 2). c, a, b, t are numbers of tile registers.

#define LDTILECFG_R11 BYTE $0xc4; BYTE $0xc2; BYTE $0x78; BYTE $0x49; BYTE $0x03
#define TILERELEASE BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0
#define TILEZERO(t) BYTE $0xc4; BYTE $0xe2; BYTE $0x7b; BYTE $0x49; BYTE $(0xc0|t<<3)

// TILELOADD (BX)(R9*1), t, and 256(BX)(R9*1)
#define TILELOADD_BX_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x0b
#define TILELOADD_256_BX_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x0b; LONG $256

// TILELOADD (SI)(R10*1), t, and 16(SI)(R10*1)
#define TILELOADD_SI_R10(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x16
#define TILELOADD_16_SI_R10(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x44|t<<3); BYTE $0x16; BYTE $16

// TILESTORED t, (R11)(R9*1), and 1024(R11)(R9*1)
#define TILESTORED_R11_R9(t) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x0b
#define TILESTORED_1024_R11_R9(t) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x0b; LONG $1024

// c += a x b, signed bytes
#define TDPBSSD(c, a, b) BYTE $0xc4; BYTE $0xe2; BYTE $(0x03|(15-b)<<3); BYTE $0x5e; BYTE $(0xc0|c<<3|a)

// TILELOADD (SI)(R9*1), t, 64(SI)(R9*1), (DX)(R9*1), 64(DX)(R9*1) and (DI)(R10*1)
#define TILELOADD_SI_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x0e
#define TILELOADD_64_SI_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x44|t<<3); BYTE $0x0e; BYTE $64
#define TILELOADD_DX_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x0a
#define TILELOADD_64_DX_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x44|t<<3); BYTE $0x0a; BYTE $64
#define TILELOADD_DI_R10(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x17

// TILELOADD (DI)(R9*1), t, and off(BX)(R9*1), and TILESTORED t, off(BX)(R9*1)
#define TILELOADD_DI_R9(t) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x04|t<<3); BYTE $0x0f
#define TILELOADD_OFF_BX_R9(t, off) BYTE $0xc4; BYTE $0xa2; BYTE $0x7b; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x0b; LONG $off
#define TILESTORED_OFF_BX_R9(t, off) BYTE $0xc4; BYTE $0xa2; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x0b; LONG $off

// TILESTORED t, off(R11)(R12*1), off(R13)(R12*1) and off(R15)(R12*1)
#define TILESTORED_R13_R12(t, off) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x25; LONG $off
#define TILESTORED_R11_R12(t, off) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x23; LONG $off
#define TILESTORED_R15_R12(t, off) BYTE $0xc4; BYTE $0x82; BYTE $0x7a; BYTE $0x4b; BYTE $(0x84|t<<3); BYTE $0x27; LONG $off

// c += a x b, pairs of bfloat16
#define TDPBF16PS(c, a, b) BYTE $0xc4; BYTE $0xe2; BYTE $(0x02|(15-b)<<3); BYTE $0x5c; BYTE $(0xc0|c<<3|a)
