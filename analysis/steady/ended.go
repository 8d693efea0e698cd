package steady

import "sort"

// Ended counts how many requests had ended at each of several moments, without sorting when they ended: a request ends soon
// after it began, so that the moment is found near that of the one before.
type Ended struct {
	at    []int64 // ascending
	first []int   // requests that had ended at each of these and at none before; one more for those that end behind all
	last  int     // where the request before was counted
}

// NewEnded counts at moments, which ascend.
func NewEnded(at []int64) *Ended { return &Ended{at: at, first: make([]int, len(at)+1)} }

// Add counts a request that ended at a moment.
func (e *Ended) Add(end int64) {
	e.last = e.seek(end)
	e.first[e.last]++
}

// seek is the first moment that is not before an end: by steps away from the last one that double, and then between them.
func (e *Ended) seek(end int64) int {
	low, high := e.last, e.last // all before low are before end, high and all behind are not
	for step := 1; high < len(e.at) && e.at[high] < end; step *= 2 {
		low, high = high+1, high+step
	}
	for step := 1; low > 0 && e.at[low-1] >= end; step *= 2 {
		low, high = low-step, low-1
	}
	low, high = max(low, 0), min(high, len(e.at))
	return low + sort.Search(high-low, func(i int) bool { return e.at[low+i] >= end })
}

// By is how many had ended by each moment.
func (e *Ended) By() []int {
	by, sum := make([]int, len(e.at)), 0
	for i := range by {
		sum += e.first[i]
		by[i] = sum
	}
	return by
}
