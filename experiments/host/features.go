package host

import "golang.org/x/sys/cpu"

// features lists the CPU features that compute kernels dispatch on, as far as this
// processor has them.
func features() []string {
	var all []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"sse4.1", cpu.X86.HasSSE41}, {"avx", cpu.X86.HasAVX}, {"avx2", cpu.X86.HasAVX2}, {"f16c", cpu.X86.HasF16C}, {"fma", cpu.X86.HasFMA},
		{"avxvnni", cpu.X86.HasAVXVNNI}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512bw", cpu.X86.HasAVX512BW},
		{"avx512vl", cpu.X86.HasAVX512VL}, {"avx512vnni", cpu.X86.HasAVX512VNNI}, {"avx512bf16", cpu.X86.HasAVX512BF16},
		{"amxtile", cpu.X86.HasAMXTile}, {"amxint8", cpu.X86.HasAMXInt8}, {"amxbf16", cpu.X86.HasAMXBF16},
		{"asimd", cpu.ARM64.HasASIMD}, {"asimdhp", cpu.ARM64.HasASIMDHP}, {"asimddp", cpu.ARM64.HasASIMDDP},
		{"sve", cpu.ARM64.HasSVE}, {"sve2", cpu.ARM64.HasSVE2}, {"i8mm", cpu.ARM64.HasI8MM},
	} {
		if f.has {
			all = append(all, f.name)
		}
	}
	return all
}
