// Package quant holds the number formats that weights are stored in: what a block
// is, how float32 values become blocks and how blocks become float32 values again.
//
// The functions here are the definition of each format, bit-compatible with ggml's
// reference quantizers; kernels that compute on blocks directly are tested against
// them. The package knows nothing of files, tensors or dot products. It uses only
// what has been stored: a row of n elements, n a multiple of Format.BlockElems.
//
// All arithmetic is float32 and unfused: products are wrapped in float32(), so that
// no architecture contracts x*y + z into one rounding and results are equal everywhere.
//
// A new format is one file with two functions and one row of Formats.
package quant
