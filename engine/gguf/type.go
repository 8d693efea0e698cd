package gguf

import (
	"fmt"
	"math/bits"
)

// Type is how a tensor's elements are stored: ggml's type id.
type Type uint32

// TypeInfo describes a Type. Elements are stored in blocks.
type TypeInfo struct {
	Name       string // ggml's name in upper case
	BlockElems int    // elements of a block; 0 for types that ggml removed
	BlockBytes int    // bytes of a block
}

// types is ggml's list, indexed by id.
var types = [...]TypeInfo{
	0:  {"F32", 1, 4},
	1:  {"F16", 1, 2},
	2:  {"Q4_0", 32, 18},
	3:  {"Q4_1", 32, 20},
	4:  {"Q4_2", 0, 0},
	5:  {"Q4_3", 0, 0},
	6:  {"Q5_0", 32, 22},
	7:  {"Q5_1", 32, 24},
	8:  {"Q8_0", 32, 34},
	9:  {"Q8_1", 32, 36},
	10: {"Q2_K", 256, 84},
	11: {"Q3_K", 256, 110},
	12: {"Q4_K", 256, 144},
	13: {"Q5_K", 256, 176},
	14: {"Q6_K", 256, 210},
	15: {"Q8_K", 256, 292},
	16: {"IQ2_XXS", 256, 66},
	17: {"IQ2_XS", 256, 74},
	18: {"IQ3_XXS", 256, 98},
	19: {"IQ1_S", 256, 50},
	20: {"IQ4_NL", 32, 18},
	21: {"IQ3_S", 256, 110},
	22: {"IQ2_S", 256, 82},
	23: {"IQ4_XS", 256, 136},
	24: {"I8", 1, 1},
	25: {"I16", 1, 2},
	26: {"I32", 1, 4},
	27: {"I64", 1, 8},
	28: {"F64", 1, 8},
	29: {"IQ1_M", 256, 56},
	30: {"BF16", 1, 2},
	31: {"Q4_0_4_4", 0, 0},
	32: {"Q4_0_4_8", 0, 0},
	33: {"Q4_0_8_8", 0, 0},
	34: {"TQ1_0", 256, 54},
	35: {"TQ2_0", 256, 66},
	36: {"IQ4_NL_4_4", 0, 0},
	37: {"IQ4_NL_4_8", 0, 0},
	38: {"IQ4_NL_8_8", 0, 0},
	39: {"MXFP4", 32, 17},
	40: {"NVFP4", 64, 36},
	41: {"Q1_0", 128, 18},
	42: {"Q2_0", 64, 18},
}

// Info describes t; ok is false for ids that are not ggml's, or were removed from it.
func (t Type) Info() (info TypeInfo, ok bool) {
	if int64(t) >= int64(len(types)) {
		return TypeInfo{}, false
	}
	return types[t], types[t].BlockBytes > 0
}

// String is the type's name.
func (t Type) String() string {
	info, ok := t.Info()
	switch {
	case ok:
		return info.Name
	case info.Name != "":
		return info.Name + " (removed from ggml)"
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Size is the bytes of a tensor of dims elements, in ggml's order. The error says what is
// wrong with the shape: no or too many dimensions, one below 1, a row that is not whole
// blocks, or a size beyond what an int holds.
func (t Type) Size(dims []int) (int, error) {
	info, ok := t.Info()
	if !ok {
		return 0, &shapeError{found: t.String(), expected: "a tensor type of ggml"}
	}
	if len(dims) < 1 || len(dims) > maxDims {
		return 0, &shapeError{fmt.Sprintf("%d dimensions", len(dims)), fmt.Sprintf("1 to %d", maxDims)}
	}
	if n := dims[0]; n%info.BlockElems != 0 {
		return 0, &shapeError{fmt.Sprintf("rows of %d elements", n), fmt.Sprintf("a multiple of %d, the block of %s", info.BlockElems, t)}
	}
	size := info.BlockBytes
	for i, n := range dims {
		if n < 1 {
			return 0, &shapeError{fmt.Sprintf("shape %v", dims), "positive dimensions"}
		}
		if i == 0 {
			n /= info.BlockElems
		}
		high, low := bits.Mul(uint(size), uint(n))
		if high != 0 || low > maxInt-maxAlignment {
			return 0, &shapeError{fmt.Sprintf("shape %v", dims), "a size that fits in memory"}
		}
		size = int(low)
	}
	return size, nil
}

// shapeError is what is wrong with a tensor, for the reader and the writer to place.
type shapeError struct{ found, expected string }

func (e *shapeError) Error() string { return "found " + e.found + ", expected " + e.expected }
