package engine

import (
	"time"

	"github.com/assaylab/assay/engine/steptrace"
)

// TraceHeader is that of a trace of this engine's steps.
func (e *Engine) TraceHeader() steptrace.Header {
	return steptrace.Header{Began: e.born, MaxBatch: e.opts.MaxBatch, TokenBudget: e.opts.TokenBudget, Blocks: e.opts.KVTokens / e.opts.BlockSize}
}

// Trace has all steps from the next one on be written to w, until it is called again; nil is no trace.
// W may be closed once Close has returned.
func (e *Engine) Trace(w *steptrace.Writer) { e.tracer.Store(w) }

// traceStep begins the record of a step that was planned; nil where there is none.
func (l *loop) traceStep(start time.Time) *steptrace.Step {
	if l.tracer = l.e.tracer.Load(); l.tracer == nil {
		return nil
	}
	s := l.tracer.Next()
	if s == nil {
		return nil
	}
	s.Number, s.Start = l.stats.Steps+1, start.Sub(l.e.born).Nanoseconds()
	s.Waiting, s.QueuedTokens, s.Running = l.sched.Waiting(), l.sched.QueuedTokens(), l.sched.Running()
	_, s.Free, s.Cached, s.Held = l.pool.Counts()
	for _, q := range l.plan.Preempted {
		s.Preempted = append(s.Preempted, q.ID)
	}
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		kind := steptrace.Prefill
		if it.From >= it.Seq.Prompt && it.To-it.From == 1 {
			kind = steptrace.Decode
		}
		s.Items = append(s.Items, steptrace.Item{Seq: it.Seq.ID, Kind: kind, Rows: it.To - it.From})
	}
	return s
}

// traceItem adds what came of an item; s may be nil.
func traceItem(s *steptrace.Step, i, drafts, tokens int, done bool) {
	if s != nil {
		it := &s.Items[i]
		it.Drafts, it.Tokens, it.Done = drafts, tokens, done
	}
}

// tracePut hands a step over; s may be nil.
func (l *loop) tracePut(s *steptrace.Step, took time.Duration) {
	if s != nil {
		s.Duration = took.Nanoseconds()
		l.tracer.Put(s)
	}
}
