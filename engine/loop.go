package engine

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/engine/spec"
)

// loop is the one goroutine that owns scheduler, cache and models.
type loop struct {
	e       *Engine
	pool    *kvcache.Pool
	bound   kvcache.Bound
	sched   *sched.Scheduler
	workers *par.Pool
	state   *model.State
	draft   *spec.DraftModel // nil without speculation
	live    map[uint64]*Stream

	plan     sched.Plan
	pass     model.Pass
	places   []place // by item of the plan
	drafting []*spec.Request
	accepted []int32
	logits   [][]float32
	sampling sample.Scratch
	accept   spec.Scratch
	logprob  []sample.Logprob
	stats    Stats
	since    time.Time // when Occupancy was last brought up to date
}

func newLoop(e *Engine, draft *model.Model) (*loop, error) {
	o := e.opts
	blocks := o.KVTokens / o.BlockSize
	cfg := sched.Config{MaxBatch: o.MaxBatch, TokenBudget: o.TokenBudget, Chunked: o.ChunkedPrefill, DraftLength: o.DraftLength,
		Classes: e.model.Prompts(), Bound: o.Bound()}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cache, err := model.NewCache(e.model, o.KVFormat, blocks, o.BlockSize)
	if err != nil {
		return nil, err
	}
	cache.Longest = o.Context
	cache.Sinks, cache.Window = cfg.Bound.Mask()
	l := &loop{e: e, pool: kvcache.NewPool(blocks, o.BlockSize, o.PrefixReuse), workers: par.New(o.Threads),
		live: make(map[uint64]*Stream), since: time.Now(), bound: cfg.Bound}
	l.sched = sched.New(cfg, l.pool)
	l.state = model.NewState(e.model, cache, l.workers)
	if draft != nil {
		if cache, err = model.NewCache(draft, o.KVFormat, blocks, o.BlockSize); err != nil {
			return nil, err
		}
		cache.Longest = o.Context
		cache.Sinks, cache.Window = cfg.Bound.Mask()
		l.draft = spec.NewDraftModel(model.NewState(draft, cache, l.workers))
		l.stats.WeightBytes = draft.WeightBytes()
	}
	l.describe(draft)
	return l, nil
}

// describe sets the statistics that do not change.
func (l *loop) describe(draft *model.Model) {
	l.stats.AcceptedAt = make([]int64, l.e.opts.DraftLength)
	l.stats.Finished = map[FinishReason]int64{}
	l.stats.StepTokens.Buckets = make([]int64, len(StepTokenBounds)+1)
	l.stats.WeightBytes += l.e.model.WeightBytes()
	for _, m := range []*model.Model{l.e.model, draft} {
		if m != nil {
			n, _ := model.CacheBytesPerToken(m.Config, l.e.opts.KVFormat) // was checked by NewCache
			l.stats.KVBytesPerToken += int64(n)
		}
	}
}

func (l *loop) run(onStart func()) {
	if onStart != nil { // which is about the thread
		runtime.LockOSThread()
		onStart()
	}
	defer close(l.e.done)
	defer l.workers.Close()
	for l.receive() {
		l.sweep()
		if l.sched.Next(&l.plan) {
			l.step()
		}
		l.publish()
		runtime.Gosched() // the handlers of this step's events may share our processor
	}
	l.closeAll()
}

// receive takes what is in the inbox, and waits when there is nothing else to do. It
// returns false when the engine closes.
func (l *loop) receive() bool {
	for {
		if len(l.live) == 0 {
			select {
			case s := <-l.e.inbox:
				l.add(s)
			case <-l.e.quit:
				return false
			}
		}
		select {
		case s := <-l.e.inbox:
			l.add(s)
		case <-l.e.wake:
		case <-l.e.quit:
			return false
		default:
			return true
		}
	}
}

func (l *loop) add(s *Stream) {
	l.occupy()
	s.seq = l.sequence(&s.req)
	s.seq.ID = s.id
	s.fresh = true
	l.live[s.id] = s
	if err := l.sched.Add(&s.seq); err != nil {
		l.end(s, err)
		return
	}
	l.stats.PromptTokens += int64(len(s.req.Prompt))
}

// sequence is what the scheduler knows of a request. One that asks for no token finishes
// with the last of its prompt, and still needs a limit above it.
func (l *loop) sequence(r *Request) sched.Sequence {
	o, n := &l.e.opts, len(r.Prompt)
	q := sched.Sequence{Tokens: r.Prompt, Prompt: n, Limit: max(n+1, min(o.Context, n+r.MaxTokens)),
		Drafts: o.DraftLength, Group: r.Group}
	if r.PromptLogprobs != 0 && n > 1 {
		q.Uncached, q.ChunkRows = true, scoredRows(l.e.model.Vocab)
	}
	return q
}

// sweep ends the requests whose clients are gone, or have what they wanted.
func (l *loop) sweep() {
	for _, s := range l.live {
		reason, _ := s.cut.Load().(FinishReason)
		if reason == "" {
			continue
		}
		l.sched.Abort(s.id)
		l.stats.Finished[reason]++
		l.end(s, cutError(reason))
	}
}

var (
	errAborted = errors.New("engine: aborted")
	errStopped = errors.New("engine: stopped")
)

func cutError(reason FinishReason) error {
	if reason == FinishStop {
		return errStopped
	}
	return errAborted
}

// end closes a stream that is no longer the scheduler's.
func (l *loop) end(s *Stream, err error) {
	l.occupy()
	delete(l.live, s.id)
	if s.started.IsZero() {
		l.e.unreserve(len(s.req.Prompt))
	}
	if s.stopWatch != nil {
		s.stopWatch()
	}
	s.err = err
	close(s.events)
}

func (l *loop) closeAll() {
	for _, s := range l.live {
		l.sched.Abort(s.id)
		l.end(s, ErrClosed)
	}
	for {
		select {
		case s := <-l.e.inbox:
			l.end(s, ErrClosed)
		default:
			l.publish()
			return
		}
	}
}

// occupy brings the integral of requests over time up to now.
func (l *loop) occupy() {
	now := time.Now()
	l.stats.Occupancy += now.Sub(l.since) * time.Duration(len(l.live))
	l.since = now
}

func (l *loop) publish() {
	l.occupy()
	s := l.snapshot()
	l.e.mu.Lock()
	l.e.stats = s
	l.e.mu.Unlock()
}

func (l *loop) snapshot() Stats {
	s := l.stats
	s.Running, s.Waiting = l.sched.Running(), l.sched.Waiting()
	s.DroppedPositions = l.pool.Forgotten()
	total, free, cached, held := l.pool.Counts()
	s.Blocks = Blocks{Total: total, Free: free, Cached: cached, Held: held}
	s.AcceptedAt = slices.Clone(s.AcceptedAt)
	s.StepTokens.Buckets = slices.Clone(s.StepTokens.Buckets)
	s.Finished = maps.Clone(s.Finished)
	return s
}
