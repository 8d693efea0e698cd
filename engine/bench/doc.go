// Package bench measures how fast a model runs forward: prefill, decode, decode after a
// long context, decode of many sequences at once, in the terms of llama-bench (pp512,
// tg128). Beside each speed it counts the bytes and operations that the work needs, so
// that the machine's measured bandwidth and peak say how much faster it could be.
//
// It runs model.State alone: no scheduler, no sampling, no server. It does not measure
// the machine, which package machine does, and it prints nothing.
package bench
