#include "textflag.h"

// func fetchAVX512(a *fetchArgs)
TEXT ·fetchAVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), AX
	MOVQ 0(AX), SI
	MOVQ 8(AX), CX

line:
	PREFETCHT1 (SI)
	ADDQ $64, SI
	DECQ CX
	JG   line
	RET
