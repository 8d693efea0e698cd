package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/assaylab/assay/engine/admit"
	"github.com/assaylab/assay/engine/sched"
)

// scheduling is what the scheduler is told by the options. It was checked by resolve.
func (o *Options) scheduling(classes bool) (sched.Config, error) {
	sizes, err := sched.ParseSizes(o.PreferredBatch)
	if err != nil {
		return sched.Config{}, err
	}
	c := sched.Config{MaxBatch: o.MaxBatch, TokenBudget: o.TokenBudget, Chunked: o.ChunkedPrefill, DraftLength: o.DraftLength, Classes: classes, Swap: o.Preemption == PreemptSwap, Bound: o.Bound(),
		Policy: sched.Policy(o.Batching), BatchWait: o.BatchWait, Preferred: sizes, Chunk: o.PrefillChunk,
		Order: sched.PrefillOrder(o.PrefillOrder), Queue: sched.QueueOrder(o.QueueOrder), Ageing: o.QueueAgeing}
	return c, c.Validate()
}

// limits are what a prediction depends on.
func (o *Options) limits() admit.Limits {
	l := admit.Limits{MaxBatch: o.MaxBatch, TokenBudget: o.TokenBudget, Chunk: o.PrefillChunk, BatchWait: o.BatchWait,
		PromptsHalf: o.PrefillOrder == string(sched.Mixed), PromptsOnly: o.PrefillOrder == string(sched.PrefillFirst)}
	switch sched.Policy(o.Batching) {
	case sched.None:
		l.MaxBatch = 1
	case sched.Static, sched.Dynamic:
		l.Batched = true
	}
	return l
}

// forecast is what the loop last knew that predictions need.
type forecast struct {
	rates   admit.Rates
	running int
	rest    int // prompt tokens to be computed of running sequences
}

// predict is the expected time to the first token of a prompt that is submitted now.
func (e *Engine) predict(prompt int) time.Duration {
	e.mu.Lock()
	f := e.forecast
	e.mu.Unlock()
	return f.rates.TTFT(e.opts.limits(), admit.Load{Running: f.running, Waiting: int(e.queued.Load()),
		PromptTokens: f.rest + int(e.queuedTokens.Load())}, prompt)
}

// promised returns an OverloadError where a prompt's first token would come later than
// max_ttft allows.
func (e *Engine) promised(prompt int) error {
	if e.opts.MaxTTFT == 0 {
		return nil
	}
	if d := e.predict(prompt); d > e.opts.MaxTTFT {
		return &OverloadError{Predicted: d, Limit: e.opts.MaxTTFT}
	}
	return nil
}

// admission counts a request into the queue, or says why it is refused.
func (e *Engine) admission(prompt int) error {
	err := e.promised(prompt)
	if err == nil && !e.reserve(prompt) {
		err = ErrOverloaded
	}
	var late *OverloadError
	switch {
	case errors.As(err, &late):
		e.refusedTTFT.Add(1)
	case err != nil:
		e.refusedQueue.Add(1)
	}
	return err
}

// OverloadError is an ErrOverloaded of a request that could be queued, and would wait too long.
type OverloadError struct {
	Predicted time.Duration // to the first token
	Limit     time.Duration // max_ttft
}

// Error says both times.
func (e *OverloadError) Error() string {
	return fmt.Sprintf("engine: the first token is expected after %v, and max_ttft is %v", e.Predicted.Round(time.Millisecond), e.Limit)
}

// Unwrap is ErrOverloaded.
func (e *OverloadError) Unwrap() error { return ErrOverloaded }

// observe has the predictor learn from a step.
func (l *loop) observe(took time.Duration) {
	prompt, generated := 0, 0
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		rows := it.To - it.From + len(it.Draft)
		ofPrompt := min(max(0, it.Seq.Prompt-it.From), it.To-it.From)
		prompt += ofPrompt
		generated += rows - ofPrompt
	}
	l.predictor.Observe(prompt, generated, took)
}

// forecast is for predictions until after the next step.
func (l *loop) forecast() forecast {
	return forecast{rates: l.predictor.Rates(), running: l.sched.Running(), rest: l.sched.PromptRest()}
}
