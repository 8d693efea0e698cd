package predict

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/internal/words"
)

// Error is how wrong predictions of one phase were, where the truth is known.
type Error struct {
	Phase       Phase
	Predictions int // each of a trial from another one
	Sources     int // different machines, or works
	// Within is the factor within which Level of the predictions were, to either side.
	Within float64
	Level  float64
	// Up is the median of predicted by true among predictions to a higher roof: above 1, faster machines reach less of
	// what they are declared to do. 0 where there are none.
	Up    float64
	Worst float64 // the largest factor, to either side
	From  Trial   // of the worst
	To    Trial
}

// Carrying is what a prediction is carried across.
type Carrying string

// What can differ between two trials.
const (
	ToMachine Carrying = "machine" // another machine of the same kind, the same work and engine
	ToWork    Carrying = "work"    // the same machine, another model or format
	ToEngine  Carrying = "engine"  // another engine on another kind of machine, whatever the work: from processors to accelerators
)

// Level is the share of predictions that an error covers.
const Level = 0.95

// fewest is how many predictions an error is found from at least.
const fewest = 6

// Assess predicts each trial of a phase from each other one that differs from it as asked, by the share of the roof, and
// compares. With fewer than 39 predictions the largest error stands for the level.
func Assess(trials []Trial, phase Phase, across Carrying) (Error, error) {
	e := Error{Phase: phase, Level: Level, Worst: 1}
	var sizes, up []float64
	sources := map[string]bool{}
	for _, from := range trials {
		for _, to := range trials {
			if from.Phase != phase || to.Phase != phase || !across.between(from, to) {
				continue
			}
			l := math.Log(from.Share() / to.Share())
			sizes = append(sizes, math.Abs(l))
			sources[across.source(from)] = true
			if to.Roof > from.Roof {
				up = append(up, l)
			}
			if f := math.Exp(math.Abs(l)); f > e.Worst {
				e.Worst, e.From, e.To = f, from, to
			}
		}
	}
	if len(sizes) < fewest {
		return e, fmt.Errorf("error of predicting %s for another %s: %s: expected at least %d", phase, across, words.Count(len(sizes), "prediction"), fewest)
	}
	slices.Sort(sizes)
	slices.Sort(up)
	e.Predictions, e.Sources = len(sizes), len(sources)
	e.Within = math.Exp(sizes[min(len(sizes)-1, int(math.Ceil(Level*float64(len(sizes)+1)))-1)])
	if len(up) > 0 {
		e.Up = math.Exp(up[len(up)/2])
	}
	return e, nil
}

func (c Carrying) between(a, b Trial) bool {
	switch c {
	case ToMachine:
		return a.Machine != b.Machine && a.Work == b.Work
	case ToWork:
		return a.Machine == b.Machine && a.Work != b.Work
	}
	return a.Source != b.Source
}

func (c Carrying) source(t Trial) string {
	if c == ToWork {
		return t.Work
	}
	return t.Machine
}

// String says it in words.
func (e Error) String() string {
	return fmt.Sprintf("of %s of %s, %s were within a factor of %s, the worst off by %s (%s on %s from %s on %s)",
		words.Count(e.Predictions, "prediction"), e.Phase, words.Percent(e.Level), words.Number(e.Within), words.Number(e.Worst), e.To.Work, e.To.Machine, e.From.Work, e.From.Machine)
}
