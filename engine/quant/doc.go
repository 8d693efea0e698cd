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
// There are three families. Q4_0 to Q8_0, IQ4_NL and MXFP4 are blocks of 32 with one scale. The K
// formats and IQ4_XS are blocks of 256 in groups, whose scales are small integers times a
// scale of the block. Where a format searches for its scales, the search is in a fit file:
// symmetric (d*q), affine (d*q - m), descent, positive (for the scales of the groups) and
// nonlinear (a table of values).
//
// Quantize needs only the values; QuantizeWeighted also takes how much each column of a
// matrix matters. Both give the bytes of llama.cpp's ggml_quantize_chunk, without and with
// an importance matrix, as compiled for amd64 without fused multiply-add.
//
// A new format is one file with two or three functions and one row of Formats.
package quant
