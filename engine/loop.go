package engine

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/admit"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/offload"
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/engine/spec"
	"github.com/assaylab/assay/engine/steptrace"
)

// loop is the one goroutine that owns scheduler, cache and models.
type loop struct {
	e       *Engine
	pool    *kvcache.Pool
	bound   kvcache.Bound
	sched   *sched.Scheduler
	workers *par.Pool
	state   *model.State
	draft   spec.Proposer    // nil without speculation
	drafts  *spec.DraftModel // the same, if it has a cache of its own; otherwise nil
	live    map[uint64]*Stream
	ended   []*Stream // since the last publish
	tails   tails
	caches  []*model.Cache // of the model, and of the draft model
	outside outside
	files   *offload.Store // nil for none
	closing bool           // blocks may be waited for
	log     func(message string, err error)

	plan     sched.Plan
	pass     model.Pass
	places   []place   // by item of the plan
	stepping []*Stream // those of the plan's items
	drafting []*spec.Request
	accepted []int32
	way      []int32 // of a tree, the drafts that stand
	logits   [][]float32
	sampling sample.Scratch
	accept   spec.Scratch
	logprob  []sample.Logprob
	lengths  lengths
	stats    Stats
	since    time.Time // when Occupancy was last brought up to date

	tracer    *steptrace.Writer // of this step; nil for none
	predictor admit.Predictor
	ready     time.Time     // the end of the last step, or when there was something to do again
	awake     int           // steps since it slept
	pause     time.Duration // until when there is nothing to do, unless something arrives; 0 is for ever
	timer     *time.Timer
}

func newLoop(e *Engine, draft *model.Model, files *Offload) (*loop, error) {
	o := e.opts
	cfg, err := o.scheduling(e.model.Prompts())
	if err != nil {
		return nil, err
	}
	l := &loop{e: e, workers: par.New(o.Threads), live: make(map[uint64]*Stream), tails: newTails(o.MaxBatch), since: time.Now(),
		timer: time.NewTimer(time.Hour), bound: cfg.Bound, lengths: newLengths(&e.opts)}
	if err := l.allot(draft, files); err != nil {
		l.workers.Close()
		return nil, err
	}
	l.sched = sched.New(cfg, l.pool)
	l.describe(draft)
	return l, nil
}

// allot makes the caches, what is beside them, and the pool of their blocks.
func (l *loop) allot(draft *model.Model, files *Offload) error {
	cache, err := l.newCache(l.e.model)
	if err != nil {
		return err
	}
	l.state = model.NewState(l.e.model, cache, l.workers)
	if l.draft, err = l.proposer(draft); err != nil {
		return err
	}
	l.outside.reserve(l.e.opts, l.caches, l.drafts != nil)
	if err := l.openFiles(files); err != nil {
		return err
	}
	l.pool = kvcache.New(l.cacheConfig())
	return nil
}

// describe sets the statistics that do not change.
func (l *loop) describe(draft *model.Model) {
	l.stats.AcceptedAt = make([]int64, l.e.opts.DraftLength)
	l.stats.DraftedAt = make([]int64, l.e.opts.DraftLength)
	l.stats.Batches = make([]BatchSteps, min(l.e.opts.MaxBatch, batchSizes))
	l.stats.Finished = map[FinishReason]int64{}
	l.stats.StepTokens.Buckets = make([]int64, len(StepTokenBounds)+1)
	l.stats.WeightBytes += l.e.model.WeightBytes()
	for _, m := range []*model.Model{l.e.model, draft} {
		if m != nil {
			n, _ := model.CacheBytesPerToken(m.Config, l.e.opts.CacheFormat()) // was checked by NewCache
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
		now := time.Since(l.e.born)
		more := l.sched.Next(&l.plan, now)
		l.move(l.plan.Moves)
		if more {
			l.step()
		}
		l.pause = max(0, l.plan.Wake-now)
		l.publish()
		runtime.Gosched() // the handlers of this step's events may share our processor
	}
	l.closeAll()
	l.closeFiles()
}

// receive takes what is in the inbox, and waits when there is nothing else to do. It
// returns false when the engine closes.
func (l *loop) receive() bool {
	for {
		if len(l.live) == 0 || l.pause > 0 {
			if !l.sleep() {
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

// sleep waits for something to arrive, and where a batch is waited for until that is due. It
// returns false when the engine closes.
func (l *loop) sleep() bool {
	var due <-chan time.Time
	if l.pause > 0 {
		l.timer.Reset(l.pause)
		due, l.pause = l.timer.C, 0
	}
	select {
	case s := <-l.e.inbox:
		l.add(s)
	case <-l.e.wake:
	case <-due:
	case <-l.e.quit:
		return false
	}
	l.ready, l.awake = time.Now(), 0
	return true
}

func (l *loop) add(s *Stream) {
	l.occupy()
	s.seq = l.sequence(&s.req)
	s.seq.Arrived = s.arrived
	s.seq.ID = s.id
	s.fresh = true
	l.live[s.id] = s
	if err := l.sched.Add(&s.seq); err != nil {
		l.stats.Finished[FinishAbort]++
		l.end(s, err)
		l.publish()
		return
	}
	l.stats.PromptTokens += int64(len(s.req.Prompt))
}

// sequence is what the scheduler knows of a request. One that asks for no token finishes
// with the last of its prompt, and still needs a limit above it.
func (l *loop) sequence(r *Request) sched.Sequence {
	o, n := &l.e.opts, len(r.Prompt)
	q := sched.Sequence{Tokens: r.Prompt, Prompt: n, Limit: max(n+1, min(o.Context, n+r.MaxTokens)),
		Drafts: o.drafts(r), Salt: r.Salt, Group: r.Group, Priority: r.Priority, Tenant: r.Tenant, Weight: r.Weight}
	if r.PromptLogprobs != 0 && n > 1 {
		q.Uncached, q.ChunkRows = true, scoredRows(l.e.model.Vocab)
	}
	return q
}

// sweep ends the requests whose clients are gone, or have what they wanted.
func (l *loop) sweep() {
	now := time.Since(l.e.born)
	for _, s := range l.live {
		l.overdue(s, now)
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

// end retires a stream that is no longer the scheduler's. Its client is told when the statistics
// have it, by the next publish: whoever has seen the end of an answer finds it counted.
func (l *loop) end(s *Stream, err error) {
	l.occupy()
	delete(l.live, s.id)
	l.tails.giveBack(s)
	l.forgetDraft(s)
	if s.started.IsZero() {
		l.e.unreserve(len(s.req.Prompt))
	}
	if s.stopWatch != nil {
		s.stopWatch()
	}
	s.err = err
	l.ended = append(l.ended, s)
}

// release sends the last events of the streams that ended, and closes them.
func (l *loop) release() {
	for _, s := range l.ended {
		if s.last.Finish != "" {
			s.events <- s.last
		}
		close(s.events)
	}
	clear(l.ended)
	l.ended = l.ended[:0]
}

func (l *loop) closeAll() {
	for _, s := range l.live {
		l.sched.Abort(s.id)
		l.stats.Finished[FinishAbort]++
		l.end(s, ErrClosed)
	}
	for {
		select {
		case s := <-l.e.inbox:
			l.stats.Finished[FinishAbort]++
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
	l.foresee()
	l.release()
}

func (l *loop) snapshot() Stats {
	s := l.stats
	s.Running, s.Waiting = l.sched.Running(), l.sched.Waiting()
	s.DroppedPositions = l.pool.Forgotten()
	total, free, cached, held := l.pool.Counts()
	s.Blocks = Blocks{Total: total, Free: free, Cached: cached, Held: held, Pinned: l.pool.Pinned()}
	s.Evictions = l.pool.Evicted()
	l.countFiles(&s)
	s.Positions = l.positions()
	s.AcceptedAt, s.DraftedAt, s.Batches = slices.Clone(s.AcceptedAt), slices.Clone(s.DraftedAt), slices.Clone(s.Batches)
	s.StepTokens.Buckets = slices.Clone(s.StepTokens.Buckets)
	s.Finished = maps.Clone(s.Finished)
	return s
}
