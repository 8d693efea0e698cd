package cpu

// Features are the instruction sets kernels dispatch on. A feature is set only when
// the operating system saves the registers it needs, too.
type Features struct {
	AVX2, FMA, F16C              bool
	AVX512, AVX512VNNI, AVX512BF bool
	AMX                          bool
	NEON                         bool
}
