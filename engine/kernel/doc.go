// Package kernel is the engine's arithmetic: dot products of quantized weight rows
// with activations, alone or for a batch of them, weighted sums over cached values,
// and the element-wise functions between them. It takes slices, shapes and pointers;
// it knows no model.
//
// The generic implementation, always compiled, is the definition; every other one
// gives the same bits.
//
//   - Float kinds: products are rounded before they are added; element i is added to
//     lane i mod 8, and the eight lanes are folded in one fixed order.
//   - Integer kinds: activations are blocks of 32 eight-bit integers with a scale. The
//     32 products of a block are summed exactly, each half's sum times the integer
//     sub-scale of its weights where they have one of 16; the sum, below 2^24, is scaled
//     once by the product of both scales, and the blocks are added in order. A sub-scale
//     of 32 weights belongs to their scale: the product is exact. What offsets or
//     minimums add is a second running sum.
//
// A row's result therefore depends neither on the implementation nor on what else is
// in the batch.
package kernel
