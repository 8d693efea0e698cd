// Package steady says whether what was measured one after another is one thing: where a
// warm-up ends, whether the rest holds its level, whether a queue only grows, and
// whether waits are of two kinds.
//
// Every answer is that of a test at a level that is an argument, and comes with its
// probability. "Cannot tell" is among the answers. Neighbouring requests resemble each
// other, and a queue that is full to its capacity wanders: tests that take such
// values for independent would see trends everywhere, so none here does.
//
// It knows nothing of trials or arms, and uses no random numbers.
package steady
