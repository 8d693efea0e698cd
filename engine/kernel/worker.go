package kernel

import "unsafe"

// Worker is the scratch of one worker: the arguments that kernels read, kept here so
// that a call allocates nothing, and memory that grows on first use.
type Worker struct {
	row    rowArgs
	expand expandArgs
	tile   tileArgs
	offset offsetArgs
	line   lineArgs
	float  floatArgs
	widen  widenArgs
	fetch  fetchArgs

	panel panel
	sums  []float32 // of a piece of a product
	more  []float32 // (16, 16): the second sums
	part  Matrix    // a last group that is partly filled
	rest  Batch     // (rows, 16): products with it

	scores, aside, wide []float32 // of a part of an attention: (rows, Part), scores that are moved, keys or values as floats
	partial             Partial   // of a part
	way                 []int32   // of a node of a tree
	observe             observeScratch
	stored              []uint16  // keys or values to be stored
	codes               Batch     // the same, quantized
	blocks              []byte    // the same, in four bits
	column              []float32 // (dim, 32): keys to be sealed
	tiles               tileScratch

	prompt promptScratch
}

// growAligned is grow for memory that begins at a multiple of 64 bytes.
func growAligned[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	size := int(unsafe.Sizeof(*new(T)))
	s = make([]T, n+lineBytes/size)
	past := int(uintptr(unsafe.Pointer(&s[0])) % lineBytes)
	return s[(lineBytes-past)/size%(lineBytes/size):][:n]
}
