package simulate

import (
	"github.com/assaylab/assay/analysis/record"
)

// Planner answers what replicas of one engine can do with one kind of traffic. It does not change:
// its methods may be called concurrently.
type Planner struct {
	Engine  Engine
	Router  Routing // empty is RoundRobin
	Traffic Traffic
	Limits  []record.SLO // what requests are to meet; none is no limit
	Effort  Effort
	Seed    uint64
	Stop    func() error // as of Deployment; may be nil
	Longest int          // sequence that the step model was fitted to; errors of longer ones are marked. 0 is not known
	// Moods are the engine as it was during one and another trial, for Ranged: of each the steps and overheads count. Fewer than two tell nothing.
	Moods []Engine
	// Checked is how far predictions were off where they could be checked; nil where none was.
	Checked *Validation
}

// Effort says how much is simulated for one figure. Zero values are defaults.
type Effort struct {
	Requests int // measured, over all simulated replicas; 0 is 4000
	// Replicas bounds how many are simulated; 0 is 16. Of more, so many are simulated with their share of the
	// traffic: exact with Random, since replicas then do not depend on each other, and else near what many replicas do.
	Replicas int
	Steps    int // of the bisection, each of which halves the interval from twice the rate on; 0 is 7, to 0.5 %
}

// Prediction is what a rate is expected to bring.
type Prediction struct {
	Rate      float64 `json:"rate"`     // requests per second, over all replicas
	Replicas  int     `json:"replicas"` // deployed
	Simulated int     `json:"simulated_replicas"`
	Requests  int     `json:"simulated_requests"`
	Refused   int     `json:"refused"`
	Seconds   float64 `json:"simulated_seconds"`

	TokensPerSecond float64 `json:"tokens_per_second"` // generated, over all replicas
	Busy            float64 `json:"busy"`              // share of time that a replica computes
	// Occupancy is the mean number of requests in a replica, waiting ones included, over the places in its batch.
	Occupancy float64 `json:"occupancy"`
	TTFT      Spread  `json:"ttft_ns"`
	TPOT      Spread  `json:"tpot_ns"`
	ITL       Spread  `json:"itl_ns"`
	E2E       Spread  `json:"e2e_ns"`
	Wait      Spread  `json:"wait_ns"` // from the arrival at the engine to the first step

	Attained float64 `json:"attained"` // share of requests that meet all limits, refused ones missing them
	Met      bool    `json:"met"`      // every limit holds at its percentile
	Missed   string  `json:"missed,omitempty"`
	Growing  bool    `json:"growing,omitempty"` // the queue grows: latencies are those of as many requests as were simulated, and nothing else

	Ranges []Range `json:"ranges,omitempty"` // of the figures, as of Ranged
	Errors []Error `json:"errors,omitempty"` // how far off the figures may be, by metric; none where nothing was checked
}

// Spread is a distribution by its percentiles, in nanoseconds. Refused requests are infinitely late, which JSON has as -1.
type Spread struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
}

// Range is where a figure lies with 95 %, as far as that hangs on what the machine was like during one and another trial.
type Range struct {
	Metric string  `json:"metric"` // as of Error
	Low    float64 `json:"low"`    // in the unit of the figure
	High   float64 `json:"high"`
}

// Error is how far predictions of a metric were off over cells that were measured.
type Error struct {
	Metric    string  `json:"metric"` // "throughput", "ttft_p50", "ttft_p95", "ttft_p99", "itl_p50", ...
	Cells     int     `json:"cells"`
	Median    float64 `json:"median"`                // of the sizes of the relative errors
	Worst     float64 `json:"worst"`                 // the largest: what stands beside a figure as ±
	Close     int     `json:"within_15_percent"`     // cells with an error of at most Close
	Inside    int     `json:"inside"`                // cells of which the prediction lies in the 95 % interval of what was measured
	Covered   int     `json:"covered"`               // cells of which what was measured lies in the 95 % interval of the prediction
	OwnMedian float64 `json:"median_with_own_steps"` // likewise, with the step model of the cell itself
	OwnWorst  float64 `json:"worst_with_own_steps"`
	OwnClose  int     `json:"within_15_percent_with_own_steps"`
	// Beyond is whether the prediction is of a fuller replica than any of the cells, or of longer sequences than any step
	// that was measured.
	Beyond bool `json:"beyond,omitempty"`
}

// Ceiling is the highest rate at which the limits hold.
type Ceiling struct {
	Rate     float64    `json:"rate"`      // requests per second over all replicas; 0 where not even the lowest holds
	Next     float64    `json:"next_rate"` // the lowest one at which they were found not to hold
	Binding  string     `json:"binding"`   // the limit that does not, such as "p95 ttft <= 100ms"
	At       Prediction `json:"at"`        // of Rate
	Why      string     `json:"why,omitempty"`
	Replicas int        `json:"replicas"`
	// Low and High are the rates that hold where every latency is off by the worst of its errors, to the one side and to
	// the other; 0 where an error is not known.
	Low  float64 `json:"rate_low"`
	High float64 `json:"rate_high"`
}
