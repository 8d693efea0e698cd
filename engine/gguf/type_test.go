package gguf

import (
	"math"
	"strings"
	"testing"
)

// TestTypeSizes adds up the fields of ggml's block structures.
func TestTypeSizes(t *testing.T) {
	const half, single = 2, 4
	sizes := map[string][2]int{
		"F32": {1, 4}, "F16": {1, 2}, "BF16": {1, 2}, "F64": {1, 8}, "I8": {1, 1}, "I16": {1, 2}, "I32": {1, 4}, "I64": {1, 8},
		"Q4_0":    {32, half + 16},
		"Q4_1":    {32, 2*half + 16},
		"Q5_0":    {32, half + 4 + 16},
		"Q5_1":    {32, 2*half + 4 + 16},
		"Q8_0":    {32, half + 32},
		"Q8_1":    {32, 2*half + 32},
		"Q2_K":    {256, 2*half + 16 + 64},
		"Q3_K":    {256, half + 12 + 32 + 64},
		"Q4_K":    {256, 2*half + 12 + 128},
		"Q5_K":    {256, 2*half + 12 + 32 + 128},
		"Q6_K":    {256, half + 16 + 64 + 128},
		"Q8_K":    {256, single + 256 + 16*2},
		"IQ1_S":   {256, half + 32 + 16},
		"IQ1_M":   {256, 32 + 16 + 8},
		"IQ2_XXS": {256, half + 64},
		"IQ2_XS":  {256, half + 64 + 8},
		"IQ2_S":   {256, half + 64 + 8 + 8},
		"IQ3_XXS": {256, half + 64 + 32},
		"IQ3_S":   {256, half + 64 + 8 + 32 + 4},
		"IQ4_NL":  {32, half + 16},
		"IQ4_XS":  {256, half + 2 + 4 + 128},
		"TQ1_0":   {256, half + 48 + 4},
		"TQ2_0":   {256, half + 64},
		"MXFP4":   {32, 1 + 16},
		"NVFP4":   {64, 4 + 32},
		"Q1_0":    {128, half + 16},
		"Q2_0":    {64, half + 16},
	}
	known := 0
	for i := range types {
		info, ok := Type(i).Info()
		if !ok {
			continue
		}
		known++
		if want := sizes[info.Name]; [2]int{info.BlockElems, info.BlockBytes} != want {
			t.Errorf("%s is %d elements in %d bytes, want %v", info.Name, info.BlockElems, info.BlockBytes, want)
		}
	}
	if known != len(sizes) {
		t.Errorf("%d types, want %d", known, len(sizes))
	}
}

func TestTypeIDs(t *testing.T) {
	for id, want := range map[Type]string{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 8: "Q8_0", 12: "Q4_K", 14: "Q6_K", 15: "Q8_K",
		20: "IQ4_NL", 23: "IQ4_XS", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 39: "MXFP4", 42: "Q2_0",
		4: "Q4_2 (removed from ggml)", 43: "type 43", math.MaxUint32: "type 4294967295"} {
		if got := id.String(); got != want {
			t.Errorf("type %d is %q, want %q", uint32(id), got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for _, test := range []struct {
		t    Type
		dims []int
		want int
	}{{0, []int{1}, 4}, {8, []int{64, 3}, 204}, {12, []int{256, 2, 2, 5}, 2880}, {30, []int{7, 3}, 42}} {
		if got, err := test.t.Size(test.dims); err != nil || got != test.want {
			t.Errorf("%v %v is %d, %v, want %d", test.t, test.dims, got, err, test.want)
		}
	}
}

func TestSizeErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		t    Type
		dims []int
		want string
	}{
		{"type", 43, []int{1}, "type 43"},
		{"none", 0, nil, "0 dimensions"},
		{"five", 0, []int{1, 1, 1, 1, 1}, "5 dimensions"},
		{"zero", 2, []int{0, 1}, "positive"},
		{"negative", 0, []int{4, -1}, "positive"},
		{"negative-row", 2, []int{-32}, "positive"},
		{"partial", 2, []int{48}, "a multiple of 32"},
		{"overflow", 0, []int{math.MaxInt / 2}, "fits in memory"},
		{"overflow-twice", 0, []int{math.MaxInt / 8, math.MaxInt / 8}, "fits in memory"},
		{"no-room-to-pad", 24, []int{math.MaxInt}, "fits in memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if n, err := test.t.Size(test.dims); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%d, %v, want %q", n, err, test.want)
			}
		})
	}
}
