package target

import (
	"context"
	"errors"
	"io"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
)

// ErrDied is returned when the system under test ended by itself.
var ErrDied = errors.New("the system under test ended")

// Target is a system under test. Its methods are called in order: Check, Start,
// Ready, any number of Stats, Stop; Stop also after a failed Start or Ready.
type Target interface {
	// Check says whether Start could work, without starting anything.
	Check(ctx context.Context) error
	// Start starts the system; its output goes to log, whose errors do not matter to it.
	Start(ctx context.Context, log io.Writer) error
	// Ready waits until the system answers, or ctx ends, or it dies.
	Ready(ctx context.Context) error
	// URL is the base of its API, without a final slash.
	URL() string
	// Stats are its counters.
	Stats(ctx context.Context) (Stats, error)
	// Died is closed when the system has ended; Death then says why.
	Died() <-chan struct{}
	Death() error
	// Stop ends the system and waits until nothing of it is left.
	Stop() error
}

// Stats are the counters of the system under test.
type Stats struct {
	engine.Stats
	PeakRSSBytes int64
	CPUNS        int64 // processor time of the process so far; 0 where it is not known

	// Timed is how many requests Occupancy is the time of, of a system that adds it up as each of them ends; 0 for one that
	// counts who is there, as the engine does.
	Timed int64 `json:"-"`

	// Known are the counters that the system really gives, by their JSON names in record.Counters; nil for the engine: all.
	// The others are unknown, not 0.
	Known []string `json:"-"`
	// Samples are what the system exports besides, by the names it has for them. Reporter words what came of them.
	Samples map[string]float64 `json:"-"`
}

// Prober is a target that can say which version runs. It is asked once it is ready.
type Prober interface {
	Version(ctx context.Context) (string, error)
}

// Seen is what the client saw of the requests between two readings.
type Seen struct {
	Requests, Answered int64 // sent, and of these answered whole
	Messages           int64 // with text, of the answered ones
}

// Accountant is a target that counts requests, which is held against what the client saw.
type Accountant interface {
	// Differs says what it counted otherwise between two readings, one sentence each.
	Differs(before, after Stats, seen Seen) []string
}

// Reporter is a target with further figures of its own.
type Reporter interface {
	// Report words them for what lies between two readings: name, value with unit.
	Report(before, after Stats) []record.Setting
}
