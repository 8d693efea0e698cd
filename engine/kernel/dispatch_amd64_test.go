package kernel

import (
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// TestMaskedFeatures takes one feature after the other from a machine that has them all: no
// set that needs it may be offered, and all that do not need it must be.
func TestMaskedFeatures(t *testing.T) {
	all := cpu.Features{
		AVX2: true, FMA: true, F16C: true, AVX512: true, AVX512VNNI: true, AMX: true, AMXInt8: true, AMXBF16: true, AVX512BF16: true,
	}
	offered := []string{"generic", "avx2", "avx512", "amx"}
	if !cpu.PermitTiles() {
		offered = offered[:3]
	}
	for _, c := range []struct {
		name string
		mask func(*cpu.Features)
		left int // of the sets
	}{
		{"nothing", func(*cpu.Features) {}, 4},
		{"AVX2", func(f *cpu.Features) { f.AVX2 = false }, 1},
		{"FMA", func(f *cpu.Features) { f.FMA = false }, 1},
		{"F16C", func(f *cpu.Features) { f.F16C = false }, 1},
		{"AVX-512", func(f *cpu.Features) { f.AVX512 = false }, 2},
		{"VNNI", func(f *cpu.Features) { f.AVX512VNNI = false }, 2},
		{"tiles", func(f *cpu.Features) { f.AMX = false }, 3},
		{"tiles of bytes", func(f *cpu.Features) { f.AMXInt8 = false }, 3},
		{"tiles of bfloat16", func(f *cpu.Features) { f.AMXBF16 = false }, 3},
		{"bfloat16", func(f *cpu.Features) { f.AVX512BF16 = false }, 3},
	} {
		f := all
		c.mask(&f)
		var got []string
		for _, s := range Sets(f) {
			got = append(got, s.Name)
		}
		if want := offered[:min(c.left, len(offered))]; !slices.Equal(got, want) {
			t.Errorf("without %s there are %v, want %v", c.name, got, want)
		}
	}
}
