package simulate

// Validation is measured cells beside what was predicted of them.
type Validation struct {
	Cells   []CheckedCell `json:"cells"`
	Skipped []SkippedCell `json:"skipped,omitempty"`
	Errors  []Error       `json:"errors"` // over the cells
	// Pooled are the cells of which several trials were replayed, each as one: held out are all of its trials.
	Pooled       []CheckedCell `json:"pooled,omitempty"`
	PooledErrors []Error       `json:"pooled_errors,omitempty"`
}

// CheckedCell is one trial replayed, or several of one cell together: the same requests at the same times.
type CheckedCell struct {
	Trials  []string `json:"trials"`
	Arm     string   `json:"arm"`
	Load    string   `json:"load"`
	HeldOut bool     `json:"held_out"` // the step model knows nothing of the trials' steps; else the others have none of sequences as long
	// Occupancy is the mean number of requests in the engine, waiting ones included, over the places in its batch, as measured.
	Occupancy float64       `json:"occupancy"`
	Metrics   []CheckedPair `json:"metrics"`
}

// CheckedPair is one metric of a cell.
type CheckedPair struct {
	Metric    string  `json:"metric"`
	Measured  float64 `json:"measured"` // nanoseconds, tokens per second for throughput
	Low       float64 `json:"low"`      // 95 % interval of what was measured; of percentiles only
	High      float64 `json:"high"`
	Predicted float64 `json:"predicted"` // likewise, the median over replays
	// Least and Most are of all replays, which are so many that a measurement like them is between with a probability of 95 %.
	Least float64 `json:"predicted_low"`
	Most  float64 `json:"predicted_high"`
	// Own is what is predicted with the trial's own steps: what of the error is then left is the simulation's, and
	// the other part is that steps took longer or shorter in this trial than in others.
	Own float64 `json:"predicted_with_own_steps"`
}

// SkippedCell is a trial that could not be replayed.
type SkippedCell struct {
	Trial  string `json:"trial"`
	Reason string `json:"reason"`
}
