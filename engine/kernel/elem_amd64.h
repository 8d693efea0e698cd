// Constants of element-wise kernels (elem.go, quantize.go), eight of each: YMM kernels take
// them from memory, ZMM kernels broadcast them.

#define EIGHT(off, v) \
	DATA elemc<>+(off)(SB)/8, $(v|(v<<32)); \
	DATA elemc<>+(off+8)(SB)/8, $(v|(v<<32)); \
	DATA elemc<>+(off+16)(SB)/8, $(v|(v<<32)); \
	DATA elemc<>+(off+24)(SB)/8, $(v|(v<<32))

EIGHT(0, 0x3fb8aa3b) // log2(e)
EIGHT(32, 0x4b400000) // 3 << 22
EIGHT(64, 0xbf317200) // -ln 2, high part
EIGHT(96, 0xb5bfbe8e) // -ln 2, low part
EIGHT(128, 0x3c07d210) // of the polynomial
EIGHT(160, 0x3d2b9d80)
EIGHT(192, 0x3e2aad3d)
EIGHT(224, 0x3efffee2)
EIGHT(256, 0x3f7ffffb)
EIGHT(288, 0x3f800000) // 1
EIGHT(320, 0xc2ae0000) // -87
EIGHT(352, 0x42b00000) // 88
EIGHT(384, 0x0000007f) // the exponent's bias, an integer
EIGHT(416, 0x80000000) // the sign bit
EIGHT(448, 0x7fffffff) // all bits but the sign
EIGHT(480, 0x3fcc422a) // of GELU
EIGHT(512, 0x3d922279) // of GELU
EIGHT(544, 0x42fe0000) // 127
EIGHT(576, 0x7f800000) // +Inf
GLOBL elemc<>(SB), RODATA|NOPTR, $608

#define LOG2E elemc<>+0(SB)
#define ROUNDER elemc<>+32(SB)
#define LN2HI elemc<>+64(SB)
#define LN2LO elemc<>+96(SB)
#define C5 elemc<>+128(SB)
#define C4 elemc<>+160(SB)
#define C3 elemc<>+192(SB)
#define C2 elemc<>+224(SB)
#define C1 elemc<>+256(SB)
#define ONE elemc<>+288(SB)
#define EXPMIN elemc<>+320(SB)
#define EXPMAX elemc<>+352(SB)
#define BIAS elemc<>+384(SB)
#define SIGN elemc<>+416(SB)
#define ABS elemc<>+448(SB)
#define LINEAR elemc<>+480(SB)
#define CUBIC elemc<>+512(SB)
#define MOST elemc<>+544(SB)
#define INF elemc<>+576(SB)
