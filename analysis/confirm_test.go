package analysis

import (
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// Wide intervals overlap whatever is between the figures: 2.09 ms against 842 µs is no agreement.
func TestComparison(t *testing.T) {
	for _, c := range []struct {
		Confirmation
		want string
	}{
		{Confirmation{Overlap: true, Ratio: 1.06}, "which agrees: the intervals overlap, and the ratio is 1.06"},
		{Confirmation{Overlap: true, Ratio: 842e3 / 2.09e6}, "which differs by a factor of 2.48, though the intervals overlap"},
		{Confirmation{Overlap: true, Ratio: 1.3}, "which differs by a factor of 1.3, though the intervals overlap"},
		{Confirmation{Ratio: 1.1}, "further apart than the intervals of single runs allow for (1.1 times that of the sweep)"},
		{Confirmation{Overlap: true}, "with intervals that overlap"},
		{Confirmation{}, "further apart than the intervals of single runs allow for"},
	} {
		if got := c.Comparison(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.Confirmation, got, c.want)
		}
	}
}

// Two later turns of three waited, for 4 and 20 ms; a first turn never does.
func TestHeldOfACell(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(tr *record.Trial, all []result.Request) bool {
		if tr.Key.Arm == "fast" {
			all[0].Turn, all[1].Turn, all[2].Turn, all[3].Turn = 1, 2, 3, 4
			all[1].Held, all[3].Held = 20e6, 4e6
		}
		return true
	}
	s := study(t, p)
	for _, c := range s.Cells {
		switch {
		case c.Arm != "fast" && c.Held != nil:
			t.Errorf("%s: %+v", c.Arm, c.Held)
		case c.Arm == "fast" && (c.Held == nil || *c.Held != Held{Turns: 3, Waited: 2, Median: 4e6, P95: 20e6, Max: 20e6}):
			t.Errorf("%+v", c.Held)
		}
	}
}
