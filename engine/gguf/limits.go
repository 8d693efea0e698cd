package gguf

import "math"

// Limits of the format, and of this implementation where the format sets none.
const (
	maxDims      = 4 // ggml's
	maxKeyLen    = 1<<16 - 1
	maxNameLen   = 64      // of tensors
	maxDepth     = 4       // of arrays in arrays; files in use have 1
	maxAlignment = 1 << 20 // files in use have 32

	defaultAlignment = 32
	alignmentKey     = "general.alignment"

	maxInt = math.MaxInt
)

// Smallest encodings, to judge a count by the bytes that are left for what it counts.
const (
	minKVBytes     = 8 + 1 + 4 + 1         // a key of one byte, a type, a bool
	minTensorBytes = 8 + 1 + 4 + 8 + 4 + 8 // a name of one byte, one dimension, a type, an offset
)

func validAlignment(n uint64) bool { return n > 0 && n <= maxAlignment && n&(n-1) == 0 }

// pad rounds n up to a multiple of alignment, a power of two.
func pad(n, alignment int) int { return (n + alignment - 1) &^ (alignment - 1) }
