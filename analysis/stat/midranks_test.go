package stat

import (
	"slices"
	"testing"
)

func TestMidRanks(t *testing.T) {
	if got := MidRanks([]float64{5, 1, 5, 9}); !slices.Equal(got, []float64{2.5, 1, 2.5, 4}) {
		t.Errorf("ranks %v", got)
	}
	if got := MidRanks(nil); len(got) > 0 {
		t.Errorf("ranks of nothing: %v", got)
	}
}
