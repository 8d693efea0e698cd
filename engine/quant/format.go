package quant

import (
	"fmt"
	"math"
	"strings"
)

// Partner names the form that activations take when multiplied with weights of a format.
type Partner string

// Partners of the formats.
const (
	PartnerF32 Partner = "f32" // activations as they are
	PartnerQ8  Partner = "q8"  // activations as 8-bit blocks with one scale each
)

// Format is one way to store numbers. The zero Format is not valid; take one from
// Formats, ByName or ByType. Formats are compared by Type.
type Format struct {
	Name       string // ggml's name in upper case, such as "Q4_0"
	Type       uint32 // ggml's type id, as stored in GGUF files
	BlockElems int    // elements of a block, 1 for the float formats
	BlockBytes int    // bytes of a block
	DotPartner Partner

	quantize   func(dst []byte, src []float32)
	weighted   func(dst []byte, src, importance []float32) // nil where importances change nothing
	dequantize func(dst []float32, src []byte)
}

// Formats are all formats, by ggml type id.
var Formats = []Format{
	{"F32", 0, 1, 4, PartnerF32, quantizeF32, nil, dequantizeF32},
	{"F16", 1, 1, 2, PartnerF32, quantizeF16, nil, dequantizeF16},
	{"Q4_0", 2, 32, 18, PartnerQ8, quantizeQ4_0, quantizeWeightedQ4_0, dequantizeQ4_0},
	{"Q4_1", 3, 32, 20, PartnerQ8, quantizeQ4_1, quantizeWeightedQ4_1, dequantizeQ4_1},
	{"Q5_0", 6, 32, 22, PartnerQ8, quantizeQ5_0, quantizeWeightedQ5_0, dequantizeQ5_0},
	{"Q5_1", 7, 32, 24, PartnerQ8, quantizeQ5_1, quantizeWeightedQ5_1, dequantizeQ5_1},
	{"Q8_0", 8, 32, 34, PartnerQ8, quantizeQ8_0, nil, dequantizeQ8_0},
	{"Q2_K", 10, 256, 84, PartnerQ8, quantizeQ2_K, quantizeWeightedQ2_K, dequantizeQ2_K},
	{"Q3_K", 11, 256, 110, PartnerQ8, quantizeQ3_K, quantizeWeightedQ3_K, dequantizeQ3_K},
	{"Q4_K", 12, 256, 144, PartnerQ8, quantizeQ4_K, quantizeWeightedQ4_K, dequantizeQ4_K},
	{"Q5_K", 13, 256, 176, PartnerQ8, quantizeQ5_K, quantizeWeightedQ5_K, dequantizeQ5_K},
	{"Q6_K", 14, 256, 210, PartnerQ8, quantizeQ6_K, quantizeWeightedQ6_K, dequantizeQ6_K},
	{"IQ4_NL", 20, 32, 18, PartnerQ8, quantizeIQ4_NL, quantizeWeightedIQ4_NL, dequantizeIQ4_NL},
	{"IQ4_XS", 23, 256, 136, PartnerQ8, quantizeIQ4_XS, quantizeWeightedIQ4_XS, dequantizeIQ4_XS},
	{"BF16", 30, 1, 2, PartnerF32, quantizeBF16, nil, dequantizeBF16},
	{"MXFP4", 39, 32, 17, PartnerQ8, quantizeMXFP4, nil, dequantizeMXFP4},
}

// String is the format's name.
func (f Format) String() string { return f.Name }

// Fits reports whether rows of n elements can be stored in the format.
func (f Format) Fits(n int) bool { return n >= 0 && n%f.BlockElems == 0 }

// RowBytes is the size of a row of n elements. It panics when n does not fit.
func (f Format) RowBytes(n int) int {
	if !f.Fits(n) {
		panic(fmt.Sprintf("quant: %d elements are not whole blocks of %d of %s", n, f.BlockElems, f.Name))
	}
	return n / f.BlockElems * f.BlockBytes
}

// Quantize stores src in dst, which has RowBytes(len(src)) bytes. It panics when the
// lengths disagree. Values that are not finite, or too large for the scale of their
// block (a float16 in the block formats), do not survive: check before if they may occur.
func (f Format) Quantize(dst []byte, src []float32) {
	f.check(len(dst), len(src))
	f.quantize(dst, src)
}

// Dequantize reads len(dst) elements from src, which has RowBytes(len(dst)) bytes.
// It panics when the lengths disagree.
func (f Format) Dequantize(dst []float32, src []byte) {
	f.check(len(src), len(dst))
	f.dequantize(dst, src)
}

func (f Format) check(bytes, elems int) {
	if want := f.RowBytes(elems); bytes != want {
		panic(fmt.Sprintf("quant: %d bytes for %d elements of %s, want %d", bytes, elems, f.Name, want))
	}
}

// ByName finds a format by its name, in upper or lower case.
func ByName(name string) (Format, error) {
	best, distance := Format{}, math.MaxInt
	for _, f := range Formats {
		d := editDistance(strings.ToUpper(name), f.Name)
		if d == 0 {
			return f, nil
		}
		if d < distance {
			best, distance = f, d
		}
	}
	hint := ""
	if distance <= 2 {
		hint = fmt.Sprintf("; did you mean %s?", best)
	}
	return Format{}, fmt.Errorf("quant: unknown format %q, expected one of %s%s", name, names(), hint)
}

// ByType finds a format by its ggml type id.
func ByType(id uint32) (Format, error) {
	for _, f := range Formats {
		if f.Type == id {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("quant: ggml type %d is not supported, expected one of %s", id, names())
}

func names() string {
	all := make([]string, len(Formats))
	for i, f := range Formats {
		all[i] = f.Name
	}
	return strings.Join(all, ", ")
}

// editDistance is Levenshtein's: single-byte insertions, deletions and substitutions.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
