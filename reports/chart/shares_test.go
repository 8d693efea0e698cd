package chart

import (
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func syntheticShares() Shares {
	return Shares{Name: "shares", Of: "$1,000.00", Parts: []string{"used", "idle", "managed APIs"}, Rows: []ShareRow{
		{"search", "$612.40", []float64{300, 212.4, 100}},
		{"a team whose name is longer than the figure of a phone has room for", "$300.10", []float64{200, 100.1, 0}},
		{"unattributed", "$87.50", []float64{0, 0, 87.5}},
		{"nothing", "$0.00", []float64{0, 0, 0}},
	}}
}

func TestGoldenShares(t *testing.T) {
	for name, width := range map[string]vg.Length{"wide": Wide, "narrow": Narrow} {
		golden(t, "shares-"+name+".svg", render(t, syntheticShares(), width))
	}
}

// TestSharesOfNothing draws names and amounts, and no bar.
func TestSharesOfNothing(t *testing.T) {
	f := Shares{Name: "shares", Of: "$0.00", Parts: []string{"used"}, Rows: []ShareRow{{"a", "$0.00", []float64{0}}}}
	if got := render(t, f, Wide); !strings.Contains(got, "$0.00") || strings.Contains(got, "NaN") {
		t.Error(got)
	}
}
