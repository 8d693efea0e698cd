package cpu

import "golang.org/x/sys/cpu"

// Detect reads this machine's features.
func Detect() Features {
	x := cpu.ARM64
	return Features{NEON: x.HasASIMD, DotProduct: x.HasASIMDDP, I8MM: x.HasI8MM}
}
