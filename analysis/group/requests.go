package group

import (
	"iter"

	"github.com/assaylab/assay/loadgen/result"
)

// Requests are requests of a trial in issue order, all of its columns or some of them. They are read anew for each walk. The zero
// value has none.
type Requests struct {
	columns *result.Columns
	keep    func(i int, r *result.Request) bool // of the i-th of the columns; nil keeps all
	n       int
}

// AllOf are all requests of columns.
func AllOf(c *result.Columns) Requests { return Requests{columns: c, n: c.Len()} }

// only are n of the requests, those that pass as well.
func (q Requests) only(n int, pass func(i int, r *result.Request) bool) Requests {
	before := q.keep
	return Requests{columns: q.columns, n: n, keep: func(i int, r *result.Request) bool {
		return (before == nil || before(i, r)) && pass(i, r)
	}}
}

// Len is the number of requests.
func (q Requests) Len() int { return q.n }

// Events is about how many events they have, exactly where they are all requests of a trial.
func (q Requests) Events() int {
	if q.n == 0 {
		return 0
	}
	return int(float64(q.columns.Events()) * float64(q.n) / float64(q.columns.Len()))
}

// All iterates over the requests, as result.Columns does.
func (q Requests) All() iter.Seq[*result.Request] { return q.walk((*result.Columns).All) }

// Summaries is All without events.
func (q Requests) Summaries() iter.Seq[*result.Request] { return q.walk((*result.Columns).Summaries) }

func (q Requests) walk(of func(*result.Columns) iter.Seq[*result.Request]) iter.Seq[*result.Request] {
	if q.columns == nil {
		return func(func(*result.Request) bool) {}
	}
	if q.keep == nil {
		return of(q.columns)
	}
	return func(yield func(*result.Request) bool) {
		i := 0
		for r := range of(q.columns) {
			if q.keep(i, r) && !yield(r) {
				return
			}
			i++
		}
	}
}

// Err is the first error that cut a walk short, nil where there was none.
func (q Requests) Err() error {
	if q.columns == nil {
		return nil
	}
	return q.columns.Err()
}
