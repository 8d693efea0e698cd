package recordtest

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// bigTrials is how many trials Big has: arms x rates x repetitions.
const bigTrials = 4 * 5 * 5

// Big is a long run: four arms at five rates, five times each, with about so many requests in total. The highest rates are
// above what the slower arms bear; at the highest, one request in a thousand breaks in the middle of its answer.
func Big(requests int) Plan {
	p := base()
	p.Rates, p.Repetitions, p.Requests = []float64{10, 15, 20, 30, 40}, 5, max(requests/bigTrials, 1)
	for i, weights := range []string{"BF16", "Q8_0", "Q4_1", "Q4_0"} {
		pace := []float64{1, 0.7, 0.55, 0.5}[i]
		p.Arms = append(p.Arms, Arm{ID: weights, Swept: []record.Setting{{Name: "weights", Value: weights}},
			QualityID: "q-" + weights, Loss: []float64{0, 0.0005, 0.02, 0.03}[i], Prefix: 0.25,
			TTFT: time.Duration(12e6 * pace), TPOT: time.Duration(3e6 * pace), Busy: time.Duration(30e6 * pace), Capacity: 26 / pace})
	}
	p.Edit = func(t *record.Trial, requests []result.Request) bool {
		for i := range requests {
			r := &requests[i]
			r.Conn = r.Dequeued + 30_000
			r.ID = fmt.Sprintf("cmpl-%016x", r.Seq*0x9e3779b97f4a7c15)
			if t.Key.Load == LoadID(40) && i%1000 == 999 {
				r.Outcome, r.Error, r.Finish = result.Reset, "connection reset by peer", ""
				r.Events = r.Events[:len(r.Events)/2]
				r.Last = r.Events[len(r.Events)-1].At
				r.End = r.Last + 200_000
			}
		}
		return true
	}
	return p
}
