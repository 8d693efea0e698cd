package group

import (
	"errors"
	"iter"

	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// A cell may have millions of requests, so nothing holds them: they are walked over. What needs a number of every
// request asks Columns for it, or PerSecond for a series; what only counts uses Walk or All. Each call reads
// all requests once, so numbers that are wanted together are best asked for together.

// All iterates over the requests of all repetitions. A request is good until the next one; Err says whether all came.
func (c *Cell) All() iter.Seq[*result.Request] {
	return func(yield func(*result.Request) bool) {
		for _, t := range c.Trials {
			for r := range t.Requests.All() {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Walk shows every request of all repetitions, with the number of its trial in the cell, to each of several functions, in
// issue order. A request is good until the function returns.
func (c *Cell) Walk(see ...func(trial int, r *result.Request)) {
	for i := range c.Trials {
		for r := range c.Trials[i].Requests.All() {
			for _, f := range see {
				f(i, r)
			}
		}
	}
}

// Columns are n numbers of every request, which fill sets: columns[k][trial][request], requests in issue order. They take
// eight bytes for each number.
func (c *Cell) Columns(n int, fill func(t *Trial, r *result.Request, row []float64)) [][][]float64 {
	columns := make([][][]float64, n)
	for k := range columns {
		for i := range c.Trials {
			columns[k] = append(columns[k], make([]float64, 0, c.Trials[i].Requests.Len()))
		}
	}
	row := make([]float64, n)
	for i := range c.Trials {
		t := &c.Trials[i]
		for r := range t.Requests.All() {
			fill(t, r, row)
			for k, v := range row {
				columns[k][i] = append(columns[k][i], v)
			}
		}
	}
	return columns
}

// PerSecond is a series for each repetition of something per second of its window.
func (c *Cell) PerSecond(of func(*Trial, *result.Request) float64) []stat.Series {
	s := c.NewSeries()
	c.Walk(func(i int, r *result.Request) { s.PerSecond(i, of(&c.Trials[i], r)) })
	return s.All()
}

// Series collects a series for each repetition of a cell, in the course of a walk.
type Series []collector

type collector struct {
	*stat.Collector
	seconds float64 // of the window for each request
}

// NewSeries has nothing in it yet.
func (c *Cell) NewSeries() Series {
	s := make(Series, len(c.Trials))
	for i, t := range c.Trials {
		n := t.Requests.Len()
		s[i] = collector{stat.NewCollector(n, len(c.Trials)), float64(t.Measured()) / 1e9 / float64(n)}
	}
	return s
}

// Add adds the terms of the next request of a trial.
func (s Series) Add(trial int, num, den float64) { s[trial].Add(num, den) }

// PerSecond adds what a request contributes to something per second of the window. The window is spread evenly over the
// requests, so that a resample of as many requests has the same window.
func (s Series) PerSecond(trial int, num float64) { s[trial].Add(num, s[trial].seconds) }

// All is what was collected, by repetition.
func (s Series) All() []stat.Series {
	var all []stat.Series
	for _, c := range s {
		all = append(all, c.Series())
	}
	return all
}

// Err says why a walk over the requests did not come to their end, nil where all did.
func (c *Cell) Err() error {
	var errs []error
	for _, t := range c.Trials {
		errs = append(errs, t.Requests.Err())
	}
	return errors.Join(errs...)
}
