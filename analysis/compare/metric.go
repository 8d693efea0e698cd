package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/loadgen/result"
)

// Metric is one number of a cell.
type Metric struct {
	Name         string  // "ttft", "tpot", "itl", "e2e", "throughput", "failures"
	Percentile   float64 // 0 for what has none
	Unit         string  // "ns", "tokens/s", "ratio"
	HigherBetter bool
}

// String is for example "p95 ttft".
func (m Metric) String() string {
	if m.Percentile == 0 {
		return m.Name
	}
	return "p" + strconv.FormatFloat(100*m.Percentile, 'g', 5, 64) + " " + m.Name
}

// Names of what has no percentile.
const (
	Throughput = "throughput" // output tokens in the window, per second
	Failures   = "failures"   // share of issued requests without a whole answer
)

// Latencies are the names of what has percentiles.
var Latencies = []string{"ttft", "tpot", "itl", "e2e"}

// Metrics are what is compared unless others are asked for: the few that users feel, so that correcting for their
// number costs little.
func Metrics() []Metric {
	var all []Metric
	for _, name := range Latencies {
		for _, p := range []float64{.5, .95} {
			all = append(all, Metric{Name: name, Percentile: p, Unit: "ns"})
		}
	}
	return append(all, Metric{Name: Throughput, Unit: "tokens/s", HigherBetter: true}, Metric{Name: Failures, Unit: "ratio"})
}

// ParseMetric reads "p99 ttft", "p99_ttft", "ttft.p99" or "throughput".
func ParseMetric(text string) (Metric, error) {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == '_' || r == '/' || r == ':' })
	for _, m := range Metrics() {
		if m.Percentile == 0 && len(fields) == 1 && fields[0] == m.Name {
			return m, nil
		}
	}
	if len(fields) == 2 && strings.HasPrefix(fields[0], "p") && slices.Contains(Latencies, fields[1]) {
		if p, err := strconv.ParseFloat(fields[0][1:], 64); err == nil && p > 0 && p < 100 {
			return Metric{Name: fields[1], Percentile: p / 100, Unit: "ns"}, nil
		}
	}
	return Metric{}, fmt.Errorf("metric is %q, expected a percentile and a name such as \"p95 ttft\" (of %s), %s or %s",
		text, strings.Join(Latencies, ", "), Throughput, Failures)
}

// Appender appends a request's values of one of Latencies.
func Appender(name string) func(dst []float64, r *result.Request) []float64 {
	for _, p := range metric.PooledGaps() {
		if p.Name == name {
			return p.Append
		}
	}
	for _, l := range metric.Latencies() {
		if l.Name == name {
			return func(dst []float64, r *result.Request) []float64 {
				if v, ok := l.Of(r); ok {
					return append(dst, v)
				}
				return dst
			}
		}
	}
	panic("compare: no latency " + name)
}
