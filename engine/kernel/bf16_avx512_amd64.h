// dst = numbers of lo, then of hi, in bfloat16, to nearest, ties to even, denormal numbers
// taken as 0: VCVTNE2PS2BF16, which the assembler does not know, for registers 0 to 7.
#define ROUND(lo, hi, dst) BYTE $0x62; BYTE $0xf2; BYTE $(0x07|(15-hi)<<3); BYTE $0x48; BYTE $0x72; BYTE $(0xc0|dst<<3|lo)
