package arrival

import (
	"fmt"
	"slices"
	"time"
)

// Recorded is requests at the times of a record, which never decrease and do not all come at once, with time stretched or compressed
// for their mean rate to be rate per second. The first is due 1/rate after zero, so that the window of n requests is n/rate long.
func Recorded(at []time.Duration, rate float64) (Schedule, error) {
	if err := checkOpen(rate, len(at)); err != nil {
		return Schedule{}, fmt.Errorf("recorded arrivals: %w", err)
	}
	span := at[len(at)-1] - at[0]
	if !slices.IsSorted(at) || span <= 0 {
		return Schedule{}, fmt.Errorf("recorded arrivals: %d requests in %v, expected times that grow", len(at), span)
	}
	offsets, gap := make([]int64, len(at)), 1e9/rate
	scale := gap * float64(len(at)-1) / float64(span)
	for i, t := range at {
		offsets[i] = int64(gap + float64(t-at[0])*scale)
	}
	return Schedule{name: "recorded", rate: rate, offsets: offsets}, nil
}
