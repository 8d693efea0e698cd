// Package kernel is the engine's arithmetic: dot products of quantized weight rows
// with activations, weighted sums over cached values, and the element-wise
// functions between them. It takes slices, shapes and pointers; it knows no model.
//
// The generic implementation, always compiled, is the definition. Every other one
// gives the same bits: sums are kept in eight lanes (element i belongs to lane
// i mod 8, or i/4 mod 8 in integer formats), products are rounded before they are
// added, and the lanes are folded in one fixed order. A row's result therefore
// depends neither on the implementation nor on what else is in the batch.
package kernel
