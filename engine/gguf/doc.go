// Package gguf reads and writes GGUF files: a list of typed key-value pairs, a directory
// of tensors and their bytes. It reads versions 2 and 3, little-endian, and writes
// version 3. The format is described at
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
//
// A File is as untrusted as any input: each count, offset and length is checked against
// what the file holds before it is used, and an error names the file, the key or tensor
// and the byte. Tensor data are slices of the mapped file, never copies. The package
// knows no model and does no arithmetic on tensors: of a type it knows only the size.
package gguf
