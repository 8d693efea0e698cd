package stat

// Interval is a confidence interval at Level. A bound that the samples cannot give
// is infinite.
type Interval struct {
	Low, High float64
	Level     float64 // 0.95; lower where a method had to fall back, as Quantile does
}

// Overlaps says whether two intervals share a point.
func (i Interval) Overlaps(j Interval) bool { return i.Low <= j.High && j.Low <= i.High }

// Confidence is the level of every interval unless its method says otherwise.
const Confidence = 0.95
