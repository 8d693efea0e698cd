// Package recipe chooses the number format of every tensor of a model: the named
// mixtures of llama.cpp (Q4_K_M and its kin), with the same choices tensor by tensor,
// the same fall-backs for rows that no block divides, and overrides by name.
//
// It decides from names and shapes alone. It reads no file and quantizes nothing;
// engine/checkpoint does.
package recipe
