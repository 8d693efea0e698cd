package cpu

import (
	"encoding/binary"
	"os"
	"testing"
)

// From Linux's Documentation/arch/arm64/elf_hwcaps.rst and its uapi/asm/hwcap.h.
const (
	auxHWCAP, auxHWCAP2  = 16, 26
	hasASIMD, hasASIMDDP = 1 << 1, 1 << 20
	hasI8MM              = 1 << 13 // of HWCAP2
)

// The auxiliary vector is the process's own, under an emulator, too.
func TestDetectAgreesWithTheAuxiliaryVector(t *testing.T) {
	data, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		t.Skip("no /proc/self/auxv")
	}
	words := map[uint64]uint64{}
	for ; len(data) >= 16; data = data[16:] {
		words[binary.NativeEndian.Uint64(data)] = binary.NativeEndian.Uint64(data[8:])
	}
	want := Features{NEON: words[auxHWCAP]&hasASIMD > 0, DotProduct: words[auxHWCAP]&hasASIMDDP > 0, I8MM: words[auxHWCAP2]&hasI8MM > 0}
	if got := Detect(); got != want {
		t.Errorf("detected %v, the system says %v", got.Names(), want.Names())
	}
}
