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
//   - Integer kinds: the 32 products of a block are summed exactly, the sum is scaled
//     once, and the blocks are added in order.
//
// A row's result therefore depends neither on the implementation nor on what else is
// in the batch.
package kernel
