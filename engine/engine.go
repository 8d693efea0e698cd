package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaylab/assay/engine/admit"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/machine"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/steptrace"
)

// Engine serves requests with one model. Its methods are safe for concurrent use.
type Engine struct {
	opts  Options
	model *model.Model
	ends  []int32 // end-of-text tokens

	inbox  chan *Stream
	wake   chan struct{} // a stream was closed, or the engine is
	quit   chan struct{}
	done   chan struct{}
	closed atomic.Bool
	nextID atomic.Uint64

	queued       atomic.Int64 // submitted and not yet running
	queuedTokens atomic.Int64
	admitted     atomic.Int64
	refusedQueue atomic.Int64
	refusedTTFT  atomic.Int64

	born   time.Time        // what the scheduler's clock counts from
	clock  func() time.Time // what steps are timed by
	tracer atomic.Pointer[steptrace.Writer]

	gate     sync.Mutex // one is admitted at a time: the next one's prediction counts it
	mu       sync.Mutex
	stats    Stats
	forecast forecast
	margin   admit.Margin
}

// New starts an engine. Draft is nil, or a smaller model of the same vocabulary. Ends
// are the tokens that end a text; ids below 0 are none. onStart, which may be nil, runs first on
// the loop's own locked thread, to pin it. Errors name the option.
func New(m, draft *model.Model, ends []int32, o Options, onStart func()) (*Engine, error) {
	return NewOffloading(m, draft, ends, o, nil, onStart)
}

// NewOffloading is New for an engine that keeps evicted blocks in files; nil keeps none.
func NewOffloading(m, draft *model.Model, ends []int32, o Options, files *Offload, onStart func()) (*Engine, error) {
	o, err := o.resolve(m, draft)
	if err == nil {
		err = o.checkMemory(m, draft, machine.Available(os.DirFS("/")))
	}
	if err != nil {
		return nil, err
	}
	ends = slices.DeleteFunc(slices.Clone(ends), func(t int32) bool { return t < 0 })
	e := &Engine{opts: o, model: m, ends: ends, born: time.Now(), clock: time.Now,
		inbox: make(chan *Stream, o.MaxQueue+o.MaxBatch), wake: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{})}
	l, err := newLoop(e, draft, files)
	if err != nil {
		return nil, err
	}
	e.stats = l.snapshot()
	go l.run(onStart)
	return e, nil
}

// Options are the settings in force, with every 0 that means a default filled in.
func (e *Engine) Options() Options { return e.opts }

// Submit queues a request. The stream ends when ctx does. It returns ErrOverloaded,
// ErrTooLong, ErrClosed, or an error that names a bad field of r.
func (e *Engine) Submit(ctx context.Context, r Request) (*Stream, error) {
	if err := e.check(&r); err != nil {
		return nil, err
	}
	if e.closed.Load() {
		return nil, ErrClosed
	}
	r.Sampling = e.ending(&r)
	bound, err := e.admission(&r)
	if err != nil {
		return nil, err
	}
	s := newStream(e, e.nextID.Add(1), r)
	s.bound, s.class = bound, r.class()
	s.stopWatch = context.AfterFunc(ctx, s.Close)
	select {
	case e.inbox <- s:
		return s, nil
	case <-e.quit:
		s.stopWatch()
		return nil, ErrClosed
	}
}

func (e *Engine) check(r *Request) error {
	room := e.opts.Context - min(1, r.MaxTokens)
	switch {
	case len(r.Prompt) == 0:
		return errors.New("engine: the prompt is empty")
	case r.MaxTokens < 0 || r.MaxTokens == 0 && r.PromptLogprobs == 0:
		return fmt.Errorf("engine: max tokens is %d, want at least 1", r.MaxTokens)
	case len(r.Prompt) > room:
		return fmt.Errorf("%w: %d tokens, and at most %d leave room for an answer", ErrTooLong, len(r.Prompt), room)
	case r.MinTokens < 0 || r.MinTokens > r.MaxTokens:
		return fmt.Errorf("engine: min tokens is %d, want 0 to max tokens, %d", r.MinTokens, r.MaxTokens)
	case r.Drafts < NoDrafts || r.Drafts > e.opts.DraftLength:
		return fmt.Errorf("engine: drafts is %d, want %d for none, or 0 to draft_length, %d", r.Drafts, NoDrafts, e.opts.DraftLength)
	case r.Weight < 0 || r.Weight > MaxWeight:
		return fmt.Errorf("engine: weight is %d, want 0 to %d", r.Weight, MaxWeight)
	}
	if err := e.checkTokens("prompt token", r.Prompt); err != nil {
		return err
	}
	if err := e.checkTokens("stop token", r.StopTokens); err != nil {
		return err
	}
	if err := e.checkPin(r); err != nil {
		return err
	}
	return errors.Join(r.Sampling.Validate(), r.Sampling.ValidateTokens(e.model.Vocab))
}

func (e *Engine) checkTokens(what string, tokens []int32) error {
	for i, t := range tokens {
		if t < 0 || int(t) >= e.model.Vocab {
			return fmt.Errorf("engine: %s %d is %d, want 0 to %d", what, i, t, e.model.Vocab-1)
		}
	}
	return nil
}

// ending returns r's sampling with the tokens that may not come yet, see MinTokens.
func (e *Engine) ending(r *Request) sample.Params {
	p := r.Sampling
	if r.MinTokens > 0 {
		p.Suppress = slices.Concat(p.Suppress, r.StopTokens)
		if !r.IgnoreEOS {
			p.Suppress = append(p.Suppress, e.ends...)
		}
		p.SuppressUntil = len(r.Prompt) + r.MinTokens
	}
	return p
}

// reserve counts a request into the queue, unless the queue is full.
func (e *Engine) reserve(tokens int) bool {
	if e.queued.Add(1) > int64(e.opts.MaxQueue+e.opts.MaxBatch) {
		e.queued.Add(-1)
		return false
	}
	n := e.queuedTokens.Add(int64(tokens))
	if limit := int64(e.opts.MaxQueuedTokens); limit > 0 && n > limit && n > int64(tokens) {
		e.unreserve(tokens)
		return false
	}
	return true
}

func (e *Engine) unreserve(tokens int) {
	e.queued.Add(-1)
	e.queuedTokens.Add(-int64(tokens))
}

// RetryAfter estimates when an overloaded engine takes requests again: the time it
// needs for what is queued, from its mean busy time per token so far, and what a prompt of one
// token is expected to wait beyond max_ttft.
func (e *Engine) RetryAfter() time.Duration {
	late := time.Duration(0)
	if e.opts.MaxTTFT > 0 {
		late = e.bound((&Request{}).class(), e.predict(1)) - e.opts.MaxTTFT
	}
	return max(late, e.queueTime())
}

// queueTime is how long the queue takes at the speed so far; at least a second.
func (e *Engine) queueTime() time.Duration {
	s := e.Stats()
	tokens := s.PromptTokens - s.PrefixHits - s.SharedTokens + s.GeneratedTokens
	if tokens <= 0 {
		return time.Second
	}
	return max(time.Second, s.Busy/time.Duration(tokens)*time.Duration(e.queuedTokens.Load()))
}

// Stats is a snapshot taken after the last step.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Waiting = max(s.Waiting, int(e.queued.Load())) // the loop may not have heard of the last ones yet
	s.Admitted, s.RefusedQueue, s.RefusedTTFT = e.admitted.Load(), e.refusedQueue.Load(), e.refusedTTFT.Load()
	return s
}

// Close ends all streams with ErrClosed and stops the loop. Where blocks are kept in files, it
// waits until those that are cached are written.
func (e *Engine) Close() {
	if e.closed.CompareAndSwap(false, true) {
		close(e.quit)
	}
	<-e.done
}

func (e *Engine) nudge() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// resolve fills in defaults and checks every option against the models.
func (o Options) resolve(m, draft *model.Model) (Options, error) {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Context == 0 {
		o.Context = m.Context
	}
	drafter, wrong := o.DrafterWith(draft != nil)
	if o.Drafter = drafter; drafter == DrafterNone {
		o.DraftLength = 0
	}
	errs := append([]error{wrong}, o.check(m.Context)...)
	errs = append(errs, o.checkHandicap(), o.checkBound(m, draft))
	if wrong == nil {
		errs = append(errs, o.checkDrafts(drafter, m.Layers))
	}
	if draft != nil {
		errs = append(errs, compatible(m, draft, o.Context))
	}
	if err := errors.Join(errs...); err != nil {
		return o, err
	}
	return o, o.sizeCache(m)
}

// check holds what of the options can be wrong whatever the models, but for the longest sequence.
func (o Options) check(longest int) []error {
	errs := []error{
		between("threads", o.Threads, 1, 1024),
		between("max_batch", o.MaxBatch, 1, 1<<16),
		between("token_budget", o.TokenBudget, 1, 1<<20),
		between("block_size", o.BlockSize, 1, 1<<16),
		between("context", o.Context, 2, longest),
		between("max_queue", o.MaxQueue, 1, 1<<20),
		between("max_queued_tokens", o.MaxQueuedTokens, 0, 1<<40),
		between("kv_tokens", o.KVTokens, 0, 1<<31),
		o.checkCache(),
		o.checkTrees(),
		between("swap_tokens", o.SwapTokens, 0, 1<<31),
		oneOf("prefix_cache", o.PrefixCache, kvcache.Indexes...),
		oneOf("eviction", o.Eviction, kvcache.Evictions...),
		oneOf("preemption", o.Preemption, PreemptRecompute, PreemptSwap),
	}
	if o.MaxTTFT < 0 {
		errs = append(errs, fmt.Errorf("engine: max_ttft is %v, want 0 or more", o.MaxTTFT))
	}
	if _, err := o.scheduling(false); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// maxCacheBytes bounds the KV cache that is made when kv_tokens does not say how
// large it shall be.
const maxCacheBytes = 1 << 30

func between(name string, found, low, high int) error {
	if found >= low && found <= high {
		return nil
	}
	return fmt.Errorf("engine: %s is %d, want %d to %d", name, found, low, high)
}

func oneOf(name, found string, all ...string) error {
	if slices.Contains(all, found) {
		return nil
	}
	return fmt.Errorf("engine: %s is %q, want one of %s", name, found, strings.Join(all, ", "))
}

func compatible(m, draft *model.Model, context int) error {
	switch {
	case draft.Vocab != m.Vocab:
		return fmt.Errorf("engine: draft model %s has a vocabulary of %d, the model's is %d", draft.Name, draft.Vocab, m.Vocab)
	case draft.Context < context:
		return fmt.Errorf("engine: draft model %s has a context of %d, below the engine's %d", draft.Name, draft.Context, context)
	}
	return nil
}
