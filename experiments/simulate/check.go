package simulate

// Validation is measured cells beside what was predicted of them.
type Validation struct {
	Cells   []CheckedCell `json:"cells"`
	Skipped []SkippedCell `json:"skipped,omitempty"`
	Errors  []Error       `json:"errors"` // over the cells
}

// CheckedCell is one trial replayed: the same requests at the same times.
type CheckedCell struct {
	Trial   string `json:"trial"`
	Arm     string `json:"arm"`
	Load    string `json:"load"`
	HeldOut bool   `json:"held_out"` // the step model knows nothing of the trial's steps
	// Occupancy is the mean number of requests in the engine, waiting ones included, over the places in its batch, as measured.
	Occupancy float64       `json:"occupancy"`
	Metrics   []CheckedPair `json:"metrics"`
}

// CheckedPair is one metric of a cell.
type CheckedPair struct {
	Metric    string  `json:"metric"`
	Measured  float64 `json:"measured"`  // nanoseconds, tokens per second for throughput
	Predicted float64 `json:"predicted"` // likewise
}

// SkippedCell is a trial that could not be replayed.
type SkippedCell struct {
	Trial  string `json:"trial"`
	Reason string `json:"reason"`
}
