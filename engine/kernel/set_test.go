package kernel

import (
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

func TestSelect(t *testing.T) {
	nothing := cpu.Features{}
	if s, err := Select("auto", nothing); err != nil || s != generic {
		t.Errorf("a machine without features got %v, %v", s, err)
	}
	if _, err := Select("abacus", cpu.Detect()); err == nil {
		t.Error("an unknown kernel was selected")
	}
	if s, err := Select("generic", cpu.Detect()); err != nil || s != generic {
		t.Errorf("generic is %v, %v", s, err)
	}
}
