#include "textflag.h"

// func pause()
//
// ISB rather than YIELD, which does nothing on most cores.
TEXT ·pause(SB), NOSPLIT, $0-0
	ISB $15
	RET
