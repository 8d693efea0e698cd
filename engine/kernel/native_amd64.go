package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// native lists the assembly sets this machine can run, the best last.
func native(f cpu.Features) []*Set {
	var sets []*Set
	if f.AVX2 && f.FMA && f.F16C {
		sets = append(sets, avx2)
		if f.AVX512 && f.AVX512VNNI {
			sets = append(sets, avx512)
			if f.AMX && f.AMXInt8 && f.AMXBF16 && f.AVX512BF16 && cpu.PermitTiles() {
				sets = append(sets, amx)
			}
		}
	}
	return sets
}

var (
	avx2   = avx2Set()
	avx512 = avx512Set()
	amx    = amxSet()
)
