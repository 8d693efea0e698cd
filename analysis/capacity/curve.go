package capacity

import (
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/record"
)

// Curve is what one replica of an arm does under load.
type Curve struct {
	Name     string         // of the arm
	Origin   predict.Origin // measured, published or scaled
	Source   string         // the run, or the publication with its date; of what is scaled: also the model and its error
	Arrivals string         // "poisson", as in record.Load
	// Tokens of a request, mean. 0 is not known.
	InputTokens, OutputTokens float64
	Points                    []Point // ascending by Rate
	Notes                     []string
}

// Point is one load that the replica was under.
type Point struct {
	Rate      float64 // requests per second
	Latencies []Latency
	Trials    []string // ids, of a measured point
	Invalid   string   // why it says nothing about the system; "" where it does
	Collapsed string   // why no limit holds here: the queue only grew. "" where it did not
}

// Latency is a percentile of a metric at a point, in nanoseconds. It is +Inf where
// failures reach the percentile.
type Latency struct {
	Metric     string // "ttft", "tpot", "e2e", "itl"
	Percentile float64
	NS         cost.Estimate
}

// SLO is a limit on a percentile of a metric.
type SLO = record.SLO
