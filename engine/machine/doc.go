// Package machine says what this machine can do for a language model: the facts its
// system shows (caches, memory, huge pages, governors), and three things measured by
// running them: how fast threads read memory, how many operations a second each class
// of instructions gives, and how long a sleeping thread takes to wake.
//
// It measures the machine, not the engine: its loops are as short as they can be, and
// share no code with the kernels that they put a roof over. It keeps no state; a
// measurement takes the time it is given.
package machine
