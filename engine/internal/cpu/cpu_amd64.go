package cpu

import "golang.org/x/sys/cpu"

// cpuid executes CPUID for the leaf and sub-leaf.
//
//go:noescape
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

const f16cBit = 1 << 29 // CPUID.1:ECX

// Detect reads this machine's features.
func Detect() Features {
	x := cpu.X86
	_, _, ecx, _ := cpuid(1, 0)
	return Features{
		AVX2: x.HasAVX2, FMA: x.HasFMA,
		F16C:       x.HasAVX && ecx&f16cBit != 0, // HasAVX implies that the system saves YMM
		AVX512:     x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ,
		AVX512VNNI: x.HasAVX512VNNI, AVX512BF: x.HasAVX512BF16,
		AMX: x.HasAMXTile && x.HasAMXInt8 && x.HasAMXBF16,
	}
}
