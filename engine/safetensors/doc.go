// Package safetensors reads and writes safetensors files, one or a sharded set with its index. The
// format is described at https://github.com/huggingface/safetensors: eight bytes with the
// length of a header, the header as a JSON object, and the tensors' bytes without gaps.
//
// A file is as untrusted as any input: the header's length, each type, shape and offset
// is checked against what the file holds before it is used, and an error names the file
// and the tensor. Files are not mapped: a tensor's bytes are read when asked for, so that
// a set of any size takes no memory, and one that shrinks while it is read is an error
// and not a fault. The package does no arithmetic: of a type it knows only the size.
package safetensors
