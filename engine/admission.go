package engine

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/assaylab/assay/engine/admit"
)

// forecast is what the loop last knew that predictions need. Preempted sequences count as waiting.
type forecast struct {
	rates              admit.Rates
	running, preempted int
	rest               int // prompt tokens to be computed of both
}

// predict is the expected time to the first token of a prompt that is submitted now.
func (e *Engine) predict(prompt int) time.Duration {
	e.mu.Lock()
	f := e.forecast
	e.mu.Unlock()
	return f.rates.TTFT(e.opts.limits(), admit.Load{Running: f.running, Waiting: f.preempted + int(e.queued.Load()),
		PromptTokens: f.rest + int(e.queuedTokens.Load())}, prompt)
}

// class is of the requests that a margin is learned with: of one tenant and priority, which decide who
// overtakes whom. Some share a class by chance.
func (r *Request) class() int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strconv.Itoa(r.Priority) + " " + r.Tenant)) // never fails
	return int(h.Sum32() % admit.Classes)
}

// bound is when the first token of a class is there most of the time, where it is predicted for then.
func (e *Engine) bound(class int, predicted time.Duration) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.margin.Bound(class, predicted)
}

// promised returns the time within which the first token of so long a prompt comes, most of the time, and an
// OverloadError where that is more than max_ttft allows. An engine with nothing to do takes what it
// predicts to be in time: what was learned under load would else never be unlearned.
func (e *Engine) promised(r *Request, prompt int) (bound time.Duration, err error) {
	if e.opts.MaxTTFT == 0 {
		return 0, nil
	}
	predicted := e.predict(prompt)
	bound = e.bound(r.class(), predicted)
	d := bound
	if e.idle() {
		d = predicted
	}
	if d += r.Waited; d > e.opts.MaxTTFT {
		return 0, &OverloadError{Predicted: d, Limit: e.opts.MaxTTFT}
	}
	return bound, nil
}

func (e *Engine) idle() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.forecast.running+e.forecast.preempted == 0 && e.queued.Load() == 0
}

// Refuses returns the error with which Submit would refuse even a prompt of one token, of a tenant
// and priority that r says, and counts r as refused; nil where it would not. It costs next to
// nothing: whoever has to prepare a prompt asks before, since an overload is
// more requests than can be prepared.
func (e *Engine) Refuses(r Request) error {
	_, err := e.promised(&r, 1)
	if err == nil && e.queued.Load() >= int64(e.opts.MaxQueue+e.opts.MaxBatch) {
		err = ErrOverloaded
	}
	return e.refused(err)
}

// refused counts a refusal, and returns it.
func (e *Engine) refused(err error) error {
	var late *OverloadError
	switch {
	case errors.As(err, &late):
		e.refusedTTFT.Add(1)
	case err != nil:
		e.refusedQueue.Add(1)
	}
	return err
}

// admission counts a request into the queue, or says why it is refused.
func (e *Engine) admission(r *Request) (bound time.Duration, err error) {
	e.gate.Lock()
	defer e.gate.Unlock()
	bound, err = e.promised(r, len(r.Prompt))
	if err == nil && !e.reserve(len(r.Prompt)) {
		err = ErrOverloaded
	}
	if err == nil {
		e.admitted.Add(1)
	}
	return bound, e.refused(err)
}

// OverloadError is an ErrOverloaded of a request that could be queued, and would wait too long.
type OverloadError struct {
	Predicted time.Duration // within which the first token would come, most of the time
	Limit     time.Duration // max_ttft
}

// Error says both times.
func (e *OverloadError) Error() string {
	return fmt.Sprintf("engine: the first token is expected after %v, and max_ttft is %v", e.Predicted.Round(time.Millisecond), e.Limit)
}

// Unwrap is ErrOverloaded.
func (e *OverloadError) Unwrap() error { return ErrOverloaded }

// observe has the predictor learn from a step, and from what went on between it and the one before:
// who waits for a token waits for both.
func (l *loop) observe(end time.Time) {
	prompt, generated := 0, 0
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		rows := it.To - it.From + len(it.Draft)
		ofPrompt := min(max(0, it.Seq.Prompt-it.From), it.To-it.From)
		prompt += ofPrompt
		generated += rows - ofPrompt
	}
	l.predictor.Observe(prompt, generated, end.Sub(l.ready))
	l.ready = end
}

// answered has the margin learn from a stream's first token.
func (l *loop) answered(s *Stream, at time.Time) {
	if l.e.opts.MaxTTFT == 0 || s.answered {
		return
	}
	s.answered = true
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	l.e.margin.Learn(s.class, s.bound, at.Sub(l.e.born)-s.arrived, l.e.opts.MaxTTFT, l.sched.Waiting()+int(l.e.queued.Load()))
}

// overdue has it learn at once from a stream that still waits when it should have its first
// token: who is overtaken without end would teach it nothing before the end.
func (l *loop) overdue(s *Stream, now time.Duration) {
	if !s.answered && now-s.arrived > s.bound {
		l.answered(s, l.e.born.Add(now))
	}
}

// foresee is for predictions from now on.
func (l *loop) foresee() {
	f := forecast{rates: l.predictor.Rates(), running: l.sched.Running(), rest: l.sched.PromptRest()}
	n, rows := l.sched.Preempted()
	f.preempted, f.rest = n, f.rest+rows
	l.e.mu.Lock()
	l.e.forecast = f
	l.e.mu.Unlock()
}
