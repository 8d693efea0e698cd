package kernel

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// Kind is a storage format that kernels read.
type Kind uint8

// The kinds, in the order of the dispatch tables.
const (
	F32 Kind = iota
	F16
	BF16
	Q8_0
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q2_K
	Q3_K
	Q4_K
	Q5_K
	Q6_K
	IQ4_NL
	IQ4_XS
	MXFP4
	kinds
)

// blockElems is the number of activations that share a scale. Weights are stored in
// blocks of as many, or of superElems.
const (
	blockElems = 32
	superElems = 256
)

var layouts = [kinds]struct {
	name         string
	elems, bytes int
	panel        form // what a panel of it is (panel.go)
}{
	F32: {"F32", 1, 4, formFloats}, F16: {"F16", 1, 2, formFloats}, BF16: {"BF16", 1, 2, formFloats},
	Q8_0: {"Q8_0", blockElems, 34, formSigned}, Q4_0: {"Q4_0", blockElems, 18, formNibbles},
	Q4_1: {"Q4_1", blockElems, 20, formOffset}, Q5_0: {"Q5_0", blockElems, 22, formBiased},
	Q5_1: {"Q5_1", blockElems, 24, formWide}, Q2_K: {"Q2_K", superElems, 84, formMins},
	Q3_K: {"Q3_K", superElems, 110, formSigned}, Q4_K: {"Q4_K", superElems, 144, formOffset},
	Q5_K: {"Q5_K", superElems, 176, formWide}, Q6_K: {"Q6_K", superElems, 210, formHalves},
	IQ4_NL: {"IQ4_NL", blockElems, 18, formSigned}, IQ4_XS: {"IQ4_XS", superElems, 136, formSigned},
	MXFP4: {"MXFP4", blockElems, 17, formSigned},
}

func (k Kind) String() string { return layouts[k].name }

// Integer reports whether dot products run on quantized activations.
func (k Kind) Integer() bool { return layouts[k].panel != formFloats }

// RowBytes is the size of n consecutive elements; n is a multiple of the block.
func (k Kind) RowBytes(n int) int { return n / layouts[k].elems * layouts[k].bytes }

// KindOf finds a kind by the name of its format.
func KindOf(name string) (Kind, error) {
	for k := range kinds {
		if strings.EqualFold(layouts[k].name, name) {
			return k, nil
		}
	}
	return 0, fmt.Errorf("no kernel reads %s", name)
}

// dotArgs is the one argument of a dot kernel: out[r] = dot(row r of w, x) for
// rows rows that lie stride bytes apart. Assembly reads it by offset; keep the order.
type dotArgs struct {
	w      unsafe.Pointer // 0
	stride uintptr        // 8
	x      *float32       // 16: activations, for the float kinds
	q      *int8          // 24: quantized activations, for the integer kinds
	d      *float32       // 32: scale of each block of q
	s      *float32       // 40: scale x sum of each block of q
	n      int            // 48: columns
	rows   int            // 56: weight rows; assembly takes multiples of 4
	out    *float32       // 64
	t      *int32         // 72: minus the sum of each block of q
	h      *int16         // 80: the same for each half of a block

	// scratch of generic dots
	wide  [256]float32
	piece unpacked
	acts  quantized
}

// sumArgs is the one argument of a weighted-sum kernel: for positions j in order,
// dst[i] += p[j] x (row j of v)[i].
type sumArgs struct {
	v      unsafe.Pointer // 0
	stride uintptr        // 8
	p      *float32       // 16
	n      int            // 24: columns, a multiple of 32 for assembly
	rows   int            // 32: positions
	dst    *float32       // 40
}

// Set is one implementation of all kernels. Sets are immutable and shared.
type Set struct {
	Name string
	dot  [kinds]func(*dotArgs) // nil where a dot runs as a product of one row
	sum  [kinds]func(*sumArgs) // nil where the cache does not use the kind
	// columns a dot of a float kind must be a multiple of; others fall back to generic
	align int
	// products of batches (panel.go): nil and 0 where they run as dots
	packs    [kinds]func(*packArgs)
	tile     [forms][]tileKernel // the widest first, the last of one row
	intGroup int                 // weight rows in a group of an integer kind's panel
	flip     uint8               // what tile kernels want signed weights XORed with
	narrow   *Set                // takes products of fewer weight rows than a group
	quantize func(*quantizeArgs)
	elemFuncs
}

// elemFuncs are the element-wise functions (elem.go).
type elemFuncs struct {
	silu    func(dst, gate, up []float32)
	softmax func(x []float32)
	squares func(x []float32) [4]float64
	scaled  func(dst, x, weight []float32, f float32)
	add     func(x, y []float32)
	scale   func(x []float32, f float32)
}

var generic = &Set{
	Name: "generic", align: 1,
	dot: [kinds]func(*dotArgs){
		dotF32, dotF16, dotBF16, dotQ8_0, dotQ4_0, dotQ4_1, dotQ5_0, dotQ5_1,
		dotQ2_K, dotQ3_K, dotQ4_K, dotQ5_K, dotQ6_K, dotIQ4_NL, dotIQ4_XS, dotMXFP4,
	},
	sum:      [kinds]func(*sumArgs){F32: sumF32, BF16: sumBF16, Q8_0: sumQ8_0},
	quantize: quantizeBlocks,
	elemFuncs: elemFuncs{
		silu: siluMul, softmax: softmax, squares: squares, scaled: scaled, add: add, scale: scale,
	},
}

// Sets lists the implementations that this machine can run, the best one last.
func Sets(f cpu.Features) []*Set { return append([]*Set{generic}, native(f)...) }

// Select returns the named set, or the best one for "" and "auto".
func Select(name string, f cpu.Features) (*Set, error) {
	sets := Sets(f)
	if name == "" || name == "auto" {
		return sets[len(sets)-1], nil
	}
	var names []string
	for _, s := range sets {
		if strings.EqualFold(s.Name, name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("kernel %q does not run here: this machine has %s", name, strings.Join(names, ", "))
}
