package gate

import (
	"fmt"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/internal/words"
)

// holdExact takes back a failure for a change that is smaller than the instrument's own error. More repetitions would not
// decide it.
func holdExact(c *Check, r compare.Row) {
	if c.Verdict == Fail && r.WithinError() {
		c.Verdict, c.NeedMore = Undecided, 0
		c.Reason = fmt.Sprintf("beyond its bound, but smaller than the instrument's error, %s at this percentile", words.Duration(r.Error))
	}
}
