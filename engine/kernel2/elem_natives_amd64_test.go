package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// elemNatives are the element-wise functions that this machine can run besides the
// generic ones.
func elemNatives() map[string]elemFuncs {
	sets, f := map[string]elemFuncs{}, cpu.Detect()
	if f.AVX2 && f.FMA {
		sets["avx2"] = elemAVX2
	}
	if f.AVX512 && f.AVX512VNNI {
		sets["avx512"] = elemAVX512
	}
	return sets
}
