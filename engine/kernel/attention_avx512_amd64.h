// Upper halves of the double words of two registers, in order.
#define EIGHT_WORDS(off, i) \
	DATA upper<>+off(SB)/8, $(i|(i+2)<<16|(i+4)<<32|(i+6)<<48); \
	DATA upper<>+(off+8)(SB)/8, $((i+8)|(i+10)<<16|(i+12)<<32|(i+14)<<48)

EIGHT_WORDS(0, 1)
EIGHT_WORDS(16, 17)
EIGHT_WORDS(32, 33)
EIGHT_WORDS(48, 49)
GLOBL upper<>(SB), RODATA|NOPTR, $64

// BROADCAST has all of Z be v, by way of R.
#define BROADCAST(v, R, Z) \
	MOVL         $v, R; \
	VPBROADCASTD R, Z
