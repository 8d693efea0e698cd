package experiments

import (
	"slices"
	"sync"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// LimitCount is a limit with what became of it among the requests that have ended: those of its class, where it has one. Failures
// are misses; a request without such a quantity, as an answer of one token for TPOT, does not count.
type LimitCount struct {
	record.SLO
	Class     string
	Misses, N int
}

// tally counts for all limits of a load, in their order.
type tally []LimitCount

func newTally(limits record.Limits) (t tally) {
	for class, slo := range limits.Each() {
		t = append(t, LimitCount{SLO: slo, Class: class})
	}
	return t
}

func (t tally) count(r *result.Request) {
	for i := range t {
		l := &t[i]
		if l.Class != "" && l.Class != r.Class {
			continue
		}
		switch metric.Judge(l.SLO, r) {
		case metric.Fail:
			l.Misses, l.N = l.Misses+1, l.N+1
		case metric.Pass:
			l.N++
		}
	}
}

// Limits are those of a trial under way; any number of goroutines may read them.
type Limits struct {
	mu    sync.Mutex
	tally tally
}

// Now is what has become of them so far, in the order of the load's classes.
func (l *Limits) Now() []LimitCount {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.tally)
}

func (l *Limits) count(r *result.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.count(r)
}
