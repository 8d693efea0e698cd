// Package kernel is the engine's arithmetic: products of quantized weight matrices
// with activations, for one row of them or a batch, attention over cached keys and
// values, and the element-wise functions between them. It takes slices, shapes and
// pointers; it knows no model.
//
// The generic set, always compiled, is the definition. The products of every other set
// give the same bits:
//
//   - Float kinds: one chain of fused multiply-adds per output, columns in order.
//   - Integer kinds: activations are blocks of 32 eight-bit integers with a scale. The
//     32 products of a block are summed exactly, each half's sum times the integer
//     sub-scale of its weights where they have one of 16; the sum, below 2^24, times the
//     product of both scales is added to a running sum, fused, block after block. A
//     sub-scale of 32 weights belongs to their scale: the product is exact. What offsets
//     or minimums add is a second running sum, added at the end.
//
// A row's result therefore depends neither on the implementation nor on what else is
// in the batch.
package kernel
