package cpu

// Features are the instruction sets kernels dispatch on. A feature is set only when
// the operating system saves the registers it needs, too.
type Features struct {
	AVX2, FMA, F16C              bool
	AVX512, AVX512VNNI, AVX512BF bool
	AMX                          bool
	NEON                         bool
}

// Names lists the features present, in a fixed order.
func (f Features) Names() []string {
	var names []string
	for _, e := range []struct {
		name string
		has  bool
	}{
		{"avx2", f.AVX2}, {"fma", f.FMA}, {"f16c", f.F16C}, {"avx512", f.AVX512},
		{"avx512_vnni", f.AVX512VNNI}, {"avx512_bf16", f.AVX512BF}, {"amx", f.AMX}, {"neon", f.NEON},
	} {
		if e.has {
			names = append(names, e.name)
		}
	}
	return names
}
