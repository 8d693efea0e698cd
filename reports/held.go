package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
)

// heldText says how turns waited for the reply to the turn before, "" where none did. It belongs to the load, since what is
// asked later is asked by a slower client.
func (v *view) heldText(cells []*analysis.Cell) string {
	const most = 8
	var parts []string
	for _, c := range cells {
		if h := c.Held; h != nil {
			parts = append(parts, fmt.Sprintf("%s: %d of %s, median %s, p95 %s", v.arm(c.Arm), h.Waited, plural(h.Turns, "later turn"), short(h.Median), short(h.P95)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	more := ""
	if n := len(parts) - most; n > 0 {
		parts, more = parts[:most], fmt.Sprintf("; and %s", plural(n, "further arm"))
	}
	return "Turns that were due before the reply to the turn before was there were held until it was, so a slower arm was asked later. How many, and for how long those waited: " +
		strings.Join(parts, "; ") + more + ". Clocks start at the intended send, waiting included."
}

// short prints a duration with three digits.
func short(ns float64) string {
	u := durationUnit(ns)
	return u.frame(u.of(ns), max(0, 2-magnitude(max(u.of(ns), 1))))
}
