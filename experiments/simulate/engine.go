package simulate

import (
	"errors"
	"fmt"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sched"
)

// Engine is what one replica is made of.
type Engine struct {
	Name  string         // of the arm
	Sched sched.Config   // as the engine has it
	Cache kvcache.Config // likewise, without a store
	// Context is the longest sequence; 0 is no bound.
	Context int
	// MaxQueue and MaxQueuedTokens bound what waits, as of engine.Options; a request beyond is refused. 0 is no limit.
	MaxQueue, MaxQueuedTokens int
	Step                      StepTime
	Overhead                  Overhead
	// Noise has steps and overheads vary as the measured ones did, by residuals drawn from the seed. Otherwise
	// all take their mean.
	Noise bool
}

// Validate returns what cannot be simulated.
func (e *Engine) Validate() error {
	errs := []error{e.Sched.Validate(), e.Cache.Validate()}
	if e.Step == nil {
		errs = append(errs, errors.New("simulate: no step model"))
	}
	if e.Sched.DraftLength > 0 {
		errs = append(errs, fmt.Errorf("simulate: draft_length is %d, expected 0: how many drafts stand depends on the text", e.Sched.DraftLength))
	}
	if b := e.Sched.Bound.Policy; b != "" && b != kvcache.PolicyFull {
		errs = append(errs, fmt.Errorf("simulate: kv_policy is %q, expected %q: the step model has no positions that were given up", b, kvcache.PolicyFull))
	}
	if e.Sched.Swap || e.Cache.Store != nil {
		errs = append(errs, errors.New(`simulate: preemption is "swap", expected "recompute": the step model has no copies`))
	}
	return errors.Join(errs...)
}

// StepTime says what a step takes, in nanoseconds. It is a function of its argument alone.
type StepTime interface {
	// Step is from the start of the step to when its tokens are on their way.
	Step(Shape) float64
	// Between is from then to the start of the next step, where there is one.
	Between(Shape) float64
}

// Noisy is a StepTime with a record of how far measured steps were off, by classes of steps that take about as long: what
// holds up a machine adds much to a short step and little to a long one.
type Noisy interface {
	StepTime
	Classes() int
	Class(ns float64) int           // of a step that is predicted to take so long
	Residuals(class int) []Residual // measured over predicted times, by At; at least one
}

// Residual is of one measured step.
type Residual struct {
	Step    float32 // time over predicted time
	Between float32 // likewise, of the time until the next step
	At      int     // which of the measured steps, of all classes, in the order of measurement
}

// Shape is what a step computes, as far as its time depends on it.
type Shape struct {
	Prompts      int   // sequences with rows of prompts, or of what is computed again after preemption
	PromptRows   int   // of these
	PromptPairs  int64 // positions that these rows attend to, added up
	Decodes      int   // sequences that generate
	DecodeLength int64 // positions that these attend to, added up
	Draws        int   // tokens that come of it
	Ended        int   // sequences that end with it
	// Rested is how long the engine had nothing to do just before it, as the logarithm of that over 0.2 ms and one; 0 where it
	// had something to do.
	Rested float64
	Cold   float64 // likewise of a rest some steps before, less by every step since
}
