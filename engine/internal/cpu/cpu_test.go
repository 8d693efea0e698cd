package cpu

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// flags is what Linux says the first processor has. What an emulator passes on of another
// architecture's processor is not that.
func flags(t *testing.T) []string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("no /proc/cpuinfo")
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == map[string]string{"amd64": "flags", "arm64": "Features"}[runtime.GOARCH] {
			return strings.Fields(value)
		}
	}
	t.Skip("no flags in /proc/cpuinfo")
	return nil
}

func TestDetectAgreesWithTheSystem(t *testing.T) {
	want, got := flags(t), Detect().Names()
	for _, name := range (Features{true, true, true, true, true, true, true, true, true, true, true, true, true, true, true}).Names() {
		system := slices.Contains(want, name)
		if name == "avx512" {
			system = slices.Contains(want, "avx512f") && slices.Contains(want, "avx512bw") && slices.Contains(want, "avx512vl") && slices.Contains(want, "avx512dq")
		}
		if slices.Contains(got, name) != system {
			t.Errorf("%s: detected %v, the system says %v", name, !system, system)
		}
	}
}

func TestTilesNeedTheInstructions(t *testing.T) {
	if !Detect().AMX && PermitTiles() {
		t.Error("tile registers are permitted that are not there")
	}
	if runtime.GOOS != "linux" && PermitTiles() {
		t.Error("permitted where nothing was asked")
	}
}
