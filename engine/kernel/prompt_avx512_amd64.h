// Words of two columns of 16 rows in the order of pairs.
#define PAIRS(off, i) DATA order<>+off(SB)/8, $(i|(i+16)<<16|(i+1)<<32|(i+17)<<48)
PAIRS(0, 0)
PAIRS(8, 2)
PAIRS(16, 4)
PAIRS(24, 6)
PAIRS(32, 8)
PAIRS(40, 10)
PAIRS(48, 12)
PAIRS(56, 14)
GLOBL order<>(SB), RODATA|NOPTR, $64
