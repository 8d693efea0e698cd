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
//
// A set with tile registers computes the rows of prompts otherwise. Their results differ
// from the definition in rounding, and still do not depend on the batch:
//
//   - Products of integer kinds with rows that Batch.ReservePrompt tells from others are of
//     bfloat16 numbers (prompt.go). Those of the kinds that Set.Splits names have activations,
//     and weights of F16, in two such numbers, which lose next to nothing (prompt_split.go).
//   - Attention with Attention.Prompt set, to keys and values in bfloat16, has the other
//     factors rounded to bfloat16 (attention_tiles.go).
//
// They are a class of their own: what is computed of a position as a prompt's is not what
// is computed of it otherwise. Which rows are a prompt's is for the caller to say, by what
// they are, and keys and values of one class must not be taken for those of the other.
// Set.Prompts reports whether there are two classes.
package kernel
