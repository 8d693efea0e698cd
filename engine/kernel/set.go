package kernel

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// Set is one implementation of all kernels. Sets are immutable and shared.
type Set struct {
	Name string

	expand       [kinds]func(*expandArgs)          // of integer kinds
	tile, halves []tileKernel                      // the widest first; of plain codes, and of those with sub-scales
	narrow       [kinds][]tileKernel               // instead of tile, of kinds whose codes are so small that it pays
	offset, mins func(*offsetArgs)                 // of the kinds with offsets, and with minimums
	line         [kinds]func(*lineArgs)            // nil where a lone row runs as a tile of one
	few          [kinds][Group + 1]func(*tileArgs) // by rows, from 2 on: scales are read where the matrix has them; nil where tiles are better
	float        [BF16 + 1][]floatKernel           // the widest first
	tiles        *tileFuncs                        // nil where there are no tile registers
	prompt       *promptFuncs                      // nil where the rows of prompts are computed like any
	fetch        func(*fetchArgs)                  // nil where memory is left to itself
	widenKV
	elemFuncs
}

// tileKernel takes exactly so many activation rows of one strip, or, if it takes many
// strips, any number of rows: rows is then the fewest of a strip that it is used for. The
// last kernel of a list takes one row.
type tileKernel struct {
	rows int
	many bool
	run  func(*tileArgs)
}

// widenKV makes codes of cached keys and values floats (kv_read.go).
type widenKV struct {
	widenColumns, widenColumns4 func(*widenArgs) // of keys
	widenRows, widenRows4       func(*widenArgs) // of values, and of keys per channel
}

var widenGeneric = widenKV{widenColumns, widenColumns4, widenRows, widenRows4}

// floatKernel takes so many activation rows.
type floatKernel struct {
	rows int
	run  func(*floatArgs)
}

var generic = &Set{
	Name: "generic",
	expand: [kinds]func(*expandArgs){
		Q8_0: expandQ8_0, Q4_0: expandQ4_0, Q4_1: expandQ4_1, Q5_0: expandQ5_0, Q5_1: expandQ5_1,
		Q2_K: expandQ2_K, Q3_K: expandQ3_K, Q4_K: expandQ4_K, Q5_K: expandQ5_K, Q6_K: expandQ6_K,
		IQ4_NL: expandIQ4_NL, IQ4_XS: expandIQ4_XS, MXFP4: expandMXFP4,
	},
	tile: []tileKernel{{1, true, tilePlain}}, halves: []tileKernel{{1, true, tileHalves}},
	offset: addOffsets, mins: addMinimums,
	float: [BF16 + 1][]floatKernel{
		{{4, float4F32}, {1, floatF32}}, {{4, float4F16}, {1, floatF16}}, {{4, float4BF16}, {1, floatBF16}},
	},
	widenKV:   widenGeneric,
	elemFuncs: elemGeneric,
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

// ForMachine is Select for the machine this runs on.
func ForMachine(name string) (*Set, error) { return Select(name, cpu.Detect()) }
