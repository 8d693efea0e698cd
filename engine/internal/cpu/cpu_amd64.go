package cpu

import "golang.org/x/sys/cpu"

// cpuid executes CPUID for the leaf and sub-leaf.
//
//go:noescape
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

const fp16Bit = 1 << 23 // CPUID.7.0:EDX

// Detect reads this machine's features.
func Detect() Features {
	x := cpu.X86
	f := Features{
		AVX2: x.HasAVX2, FMA: x.HasFMA, F16C: x.HasAVX && x.HasF16C, AVXVNNI: x.HasAVX2 && x.HasAVXVNNI,
		AVX512: x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ,
	}
	if f.AVX512 { // which implies that the system saves ZMM, and that there is a leaf 7
		_, _, _, edx := cpuid(7, 0)
		f.AVX512VNNI, f.AVX512VBMI = x.HasAVX512VNNI, x.HasAVX512VBMI
		f.AVX512BF16, f.AVX512FP16 = x.HasAVX512BF16, edx&fp16Bit != 0
		f.AMX, f.AMXInt8, f.AMXBF16 = x.HasAMXTile, x.HasAMXInt8, x.HasAMXBF16
	}
	return f
}
