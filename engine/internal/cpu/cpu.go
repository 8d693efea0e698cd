package cpu

// Features are the instruction sets kernels dispatch on. A feature is set only when
// the operating system saves the registers it needs, too; the tile registers of AMX need
// its permission besides (PermitTiles).
type Features struct {
	AVX2, FMA, F16C        bool
	AVXVNNI                bool
	AVX512                 bool // F, BW, VL and DQ
	AVX512VNNI, AVX512VBMI bool
	AVX512BF16, AVX512FP16 bool
	AMX                    bool // tile registers
	AMXInt8, AMXBF16       bool
	NEON                   bool
	DotProduct, I8MM       bool
}

// Names lists what f has, as /proc/cpuinfo calls it.
func (f Features) Names() []string {
	var names []string
	for _, x := range []struct {
		has  bool
		name string
	}{
		{f.AVX2, "avx2"}, {f.FMA, "fma"}, {f.F16C, "f16c"}, {f.AVXVNNI, "avx_vnni"},
		{f.AVX512, "avx512"}, {f.AVX512VNNI, "avx512_vnni"}, {f.AVX512VBMI, "avx512vbmi"},
		{f.AVX512BF16, "avx512_bf16"}, {f.AVX512FP16, "avx512_fp16"},
		{f.AMX, "amx_tile"}, {f.AMXInt8, "amx_int8"}, {f.AMXBF16, "amx_bf16"},
		{f.NEON, "asimd"}, {f.DotProduct, "asimddp"}, {f.I8MM, "i8mm"},
	} {
		if x.has {
			names = append(names, x.name)
		}
	}
	return names
}
