package kernel

import (
	"fmt"
	"strings"
)

// Kind is a storage format that kernels read.
type Kind uint8

// The kinds, in the order of the dispatch tables: floats first.
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

// extra is what a kind has beside codes and their scale.
type extra uint8

const (
	none      extra = iota
	offsets         // an offset for 32 columns
	subScales       // an integer sub-scale for 16 columns
	minimums        // sub-scales and minimums for 16 columns
)

// layout describes a kind in a file, a row of elems columns being bytes long, and
// packed (args.go, pack.go): of a group of 16 rows and the same columns, the bytes of
// their numbers, and those of the codes of a block of 32.
type layout struct {
	name           string
	elems, bytes   int
	numbers, codes int
	extra          extra
}

var layouts = [kinds]layout{
	F32: {"F32", 1, 4, 0, 0, none}, F16: {"F16", 1, 2, 0, 0, none}, BF16: {"BF16", 1, 2, 0, 0, none},
	Q8_0: {"Q8_0", blockElems, 34, 32, 512, none}, Q4_0: {"Q4_0", blockElems, 18, 32, 256, none},
	Q4_1: {"Q4_1", blockElems, 20, 64, 256, offsets}, Q5_0: {"Q5_0", blockElems, 22, 32, 320, none},
	Q5_1: {"Q5_1", blockElems, 24, 64, 320, offsets}, Q2_K: {"Q2_K", superElems, 84, 320, 128, minimums},
	Q3_K: {"Q3_K", superElems, 110, 288, 192, subScales}, Q4_K: {"Q4_K", superElems, 144, 320, 256, offsets},
	Q5_K: {"Q5_K", superElems, 176, 320, 320, offsets}, Q6_K: {"Q6_K", superElems, 210, 288, 384, subScales},
	IQ4_NL: {"IQ4_NL", blockElems, 18, 32, 256, none}, IQ4_XS: {"IQ4_XS", superElems, 136, 160, 256, none},
	MXFP4: {"MXFP4", blockElems, 17, 16, 256, none},
}

func (k Kind) String() string { return layouts[k].name }

// Integer reports whether products run on quantized activations.
func (k Kind) Integer() bool { return k >= Q8_0 }

// RowBytes is the size of n consecutive elements; n is a multiple of the block.
func (k Kind) RowBytes(n int) int { return n / layouts[k].elems * layouts[k].bytes }

// halved reports whether 16 columns have a sub-scale: such kinds have tile kernels of
// their own.
func (k Kind) halved() bool { return layouts[k].extra >= subScales }

// KindOf finds a kind by the name of its format.
func KindOf(name string) (Kind, error) {
	for k := range kinds {
		if strings.EqualFold(layouts[k].name, name) {
			return k, nil
		}
	}
	return 0, fmt.Errorf("no kernel reads %s", name)
}
