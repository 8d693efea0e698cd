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

// SPLIT_CONSTANTS loads what SPLIT512 takes, to Z12, Z13 and Z14; R is scratch.
#define SPLIT_CONSTANTS(R) \
	BROADCAST(0xffff0000, R, Z12); \
	BROADCAST(0x8000, R, Z13); \
	VMOVDQU64 upper<>(SB), Z14

// SPLIT512 makes of 32 numbers, in X and Y, the high parts, in X, and the low ones, in S; T is
// scratch. A high part is the upper half of a number, a low one what that leaves, rounded.
#define SPLIT512(X, Y, S, T) \
	VPANDD   Z12, X, S; \
	VPANDD   Z12, Y, T; \
	VSUBPS   S, X, S; \
	VSUBPS   T, Y, T; \
	VPADDD   Z13, S, S; \
	VPADDD   Z13, T, T; \
	VPERMT2W Y, Z14, X; \
	VPERMT2W T, Z14, S
