// Package model binds the tensors of a GGUF file to an architecture and runs it
// forward over a batch of rows from any number of sequences.
//
// Each architecture is one file and one row of the table in architecture.go: what it
// reads beyond the keys that all share, and which tensors make a layer. The forward
// pass is one for all; what a layer lacks is not done.
//
// A Model is immutable and shared. A State is one engine's scratch memory and KV
// cache over it, and runs one Pass at a time. What a row computes depends on its
// sequence alone: not on the other rows of the pass, and not on how its prompt was
// cut into passes.
//
// The package schedules nothing, samples nothing and keeps no sequence's state
// beyond the cached keys and values, which it addresses by block.
package model
