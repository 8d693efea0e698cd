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
	kinds
)

// blockElems is the number of columns that share a scale in the integer kinds.
const blockElems = 32

var layouts = [kinds]struct {
	name         string
	elems, bytes int
	integer      bool // dotted with quantized activations
}{
	F32: {"F32", 1, 4, false}, F16: {"F16", 1, 2, false}, BF16: {"BF16", 1, 2, false},
	Q8_0: {"Q8_0", blockElems, 34, true}, Q4_0: {"Q4_0", blockElems, 18, true}, Q4_1: {"Q4_1", blockElems, 20, true},
}

func (k Kind) String() string { return layouts[k].name }

// Integer reports whether dot products run on quantized activations.
func (k Kind) Integer() bool { return layouts[k].integer }

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
	dot  [kinds]func(*dotArgs)
	sum  [kinds]func(*sumArgs) // nil where the cache does not use the kind
	// columns a dot of a float kind must be a multiple of; others fall back to generic
	align int
	// products of batches (panel.go): nil and 0 where they run as dots
	packs    [kinds]func(*packArgs)
	tile     [kinds][]tileKernel // the widest first, the last of one row
	intGroup int                 // weight rows in a group of an integer kind's panel
	flip     uint8               // makes Q8_0 weights what the tile kernels want
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
	dot:      [kinds]func(*dotArgs){dotF32, dotF16, dotBF16, dotQ8_0, dotQ4_0, dotQ4_1},
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
