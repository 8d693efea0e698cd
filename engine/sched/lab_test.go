package sched

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// lab is a pretended engine around a scheduler. The keys and values at a position are a
// digest of everything before it, so a row computed twice, out of order, or
// read from a block that somebody overwrote shows at once. With classes, so does one that
// was generated where a prompt's is wanted, or the other way around. The next token is a
// function of that digest, so what a sequence must become is known beforehand.
type lab struct {
	t    *testing.T
	r    *rand.Rand
	cfg  Config
	pool *kvcache.Pool
	s    *Scheduler
	plan Plan

	kv []uint64 // (blocks * block size)
	outside
	order    []uint64 // ids waiting and running, in the order of Add
	finished map[uint64]bool
	aborted  map[uint64]bool
	nextID   uint64
	latest   *Sequence      // the one added last, for siblings of it
	admitted map[uint64]int // preemptions of a sequence when it was computed last
	now      time.Duration
	before   []*Sequence // running when the step was planned
	rule     *referee
	idle     map[*Sequence]int // steps since a running sequence had an item
	ranks    bool              // sequences have priorities

	waits, evictions                                                 int // times that a batch was waited for, and that the index was emptied
	steps, preemptions, cached, shared, regained, accepted, rejected int
}

func newLab(t *testing.T, cfg Config, blocks, blockSize int, reuse bool, seed uint64) *lab {
	index := kvcache.IndexNone
	if reuse {
		index = kvcache.IndexHash
	}
	return newLabOver(t, cfg, kvcache.Config{Blocks: blocks, BlockSize: blockSize, Index: index}, seed)
}

func newLabOver(t *testing.T, cfg Config, cache kvcache.Config, seed uint64) *lab {
	cfg = cfg.withDefaults()
	l := &lab{rule: newReferee(t, cfg), idle: map[*Sequence]int{}, t: t, r: rand.New(rand.NewPCG(seed, 2)), cfg: cfg,
		kv: make([]uint64, cache.Blocks*cache.BlockSize), finished: map[uint64]bool{}, aborted: map[uint64]bool{}, admitted: map[uint64]int{}}
	l.outside = outside{host: make([]uint64, cache.HostBlocks*cache.BlockSize)}
	if cache.Store != nil {
		l.disk = map[kvcache.Key][]uint64{}
		cache.Store = l
	}
	l.pool = kvcache.New(cache)
	l.s = New(cfg, l.pool)
	return l
}

func extend(digest uint64, token int32, class uint64) uint64 {
	digest = (digest ^ uint64(uint32(token)) ^ class<<32) * 0x9e3779b97f4a7c15
	return digest ^ digest>>29
}

// class is that of a position: 1 where it is computed otherwise than a prompt's.
func (c Config) class(position, prompt int) uint64 {
	if c.Classes && position >= prompt {
		return 1
	}
	return 0
}

// draw is the token after a digest; the alphabet is small so that prefixes repeat.
func draw(digest uint64) int32 { return int32(digest >> 40 % 3) }

// expected continues a prompt to limit without any scheduler.
func expected(c Config, prompt []int32, limit int, salt uint64) []int32 {
	tokens := slices.Clone(prompt)
	digest := salt
	for i := 0; len(tokens) < limit; i++ {
		if digest = extend(digest, tokens[i], c.class(i, len(prompt))); i == len(tokens)-1 {
			tokens = append(tokens, draw(digest))
		}
	}
	return tokens
}

// add submits a random sequence, now and then one that is refused.
func (l *lab) add() {
	l.t.Helper()
	l.nextID++
	prompt := make([]int32, 1+l.r.IntN(20))
	for i := range prompt {
		prompt[i] = int32(l.r.IntN(2))
	}
	q := &Sequence{ID: l.nextID, Tokens: prompt, Prompt: len(prompt), Limit: len(prompt) + 1 + l.r.IntN(16),
		Salt: uint64(l.r.IntN(2)), Drafts: l.r.IntN(6), Arrived: l.now}
	l.vary(q)
	l.own(q)
	fits := l.s.need(q)*l.pool.BlockSize() <= l.pool.Room()
	full := l.cfg.MaxQueue > 0 && l.s.Waiting() >= l.cfg.MaxQueue
	if err := l.s.Add(q); (err == nil) != (fits && !full) {
		l.t.Fatalf("Add of limit %d with %d waiting gave %v", q.Limit, l.s.Waiting(), err)
	} else if err == nil {
		l.order = append(l.order, q.ID)
		l.rule.add(q)
	}
}

// own gives a sequence to a tenant, and with ranks a priority.
func (l *lab) own(q *Sequence) {
	tenant := l.r.IntN(3)
	q.Tenant, q.Weight = string(rune('a'+tenant)), 1<<tenant
	if l.ranks {
		q.Priority = l.r.IntN(3) - 1
	}
}

// vary makes some sequences siblings of the one before, some the next turn after it, some
// uncached, and bounds some chunks. Now and then a group is claimed wrongly, for another prompt.
func (l *lab) vary(q *Sequence) {
	q.Uncached = l.r.IntN(8) == 0
	if l.r.IntN(6) == 0 {
		q.ChunkRows = 1 + l.r.IntN(6)
	}
	q.Group = q.ID
	if l.latest != nil && l.r.IntN(2) == 0 {
		q.Group = l.latest.Group
		if l.r.IntN(8) > 0 {
			q.Tokens, q.Prompt, q.Salt = slices.Clone(l.latest.Tokens[:l.latest.Prompt]), l.latest.Prompt, l.latest.Salt
			q.Limit = q.Prompt + 1 + l.r.IntN(16)
		}
	} else if l.latest != nil && l.r.IntN(3) == 0 {
		q.Tokens, q.Salt = append(slices.Clone(l.latest.Tokens[:min(len(l.latest.Tokens), 30)]), q.Tokens[0]), l.latest.Salt
		q.Prompt = len(q.Tokens)
		q.Limit = q.Prompt + 1 + l.r.IntN(16)
	}
	l.latest = q
}

// abort removes a random sequence, which now and then is gone already.
func (l *lab) abort() {
	l.t.Helper()
	id := 1 + l.r.Uint64N(l.nextID+1)
	if n := len(l.order); n > 0 && l.r.IntN(4) > 0 {
		id = l.order[l.r.IntN(n)]
	}
	_, _, _, held := l.pool.Counts()
	there := slices.Contains(l.order, id)
	if l.s.Abort(id) != there {
		l.t.Fatalf("Abort(%d) returned %v", id, !there)
	}
	if _, _, _, now := l.pool.Counts(); now > held || !there && now != held {
		l.t.Fatalf("Abort(%d) changed held blocks from %d to %d", id, held, now)
	}
	if there {
		l.aborted[id] = true
		l.forget(id)
		l.rule.gone(id)
	}
}

func (l *lab) forget(id uint64) {
	l.order = slices.DeleteFunc(l.order, func(o uint64) bool { return o == id })
}

// step runs one step, with an abort between plan and commit now and then.
func (l *lab) step(mayAbort bool) bool {
	l.t.Helper()
	l.now += time.Duration(l.r.IntN(3))
	l.before = slices.Clone(l.s.running)
	more := l.s.Next(&l.plan, l.now)
	l.move()
	if !more {
		return l.wait()
	}
	l.steps++
	l.preemptions += len(l.plan.Preempted)
	l.rule.planned(&l.plan, l.joined(), l.now)
	l.checkPlan(firstOf(l.before))
	if mayAbort && l.r.IntN(20) == 0 {
		l.abort()
	}
	for i := range l.plan.Items {
		l.compute(&l.plan.Items[i])
	}
	l.checkState()
	return true
}

// wait goes on to when the scheduler wants to be asked again, and reports whether there is
// such a time. It may wait for a batch alone, and not beyond what the first one allows.
func (l *lab) wait() bool {
	l.t.Helper()
	if len(l.order) == 0 {
		return false
	}
	l.rule.form(l.now)
	if !l.cfg.Policy.batched() || len(l.s.running) > 0 || len(l.rule.members) > 0 || l.plan.Wake <= l.now ||
		l.plan.Wake != l.rule.waiting[0].Arrived+l.cfg.BatchWait {
		l.t.Fatalf("nothing to do before %v with %v unfinished, %d of them running, at %v, preempted %d, in %+v", l.plan.Wake, l.order, l.s.Running(), l.now, len(l.plan.Preempted), l.cfg)
	}
	l.waits++
	l.now = l.plan.Wake
	return true
}

// joined are the running sequences that were not running before.
func (l *lab) joined() (joined []*Sequence) {
	for _, q := range l.s.running {
		if !slices.Contains(l.before, q) {
			joined = append(joined, q)
		}
	}
	return joined
}

// evict empties the prefix index, as somebody would who wants all blocks for a moment.
func (l *lab) evict() {
	_, free, cached, held := l.pool.Counts()
	var all kvcache.Table
	if !l.pool.Grow(&all, (free+cached)*l.pool.BlockSize()) {
		l.t.Fatal("free and cached blocks are not to be had")
	}
	l.pool.Release(&all)
	if _, now, none, same := l.pool.Counts(); now != free+cached || none != 0 || same != held {
		l.t.Fatalf("%d free, %d cached, %d held after all %d were evicted", now, none, same, cached)
	}
	l.evictions++
}

func firstOf(q []*Sequence) *Sequence {
	if len(q) == 0 {
		return nil
	}
	return q[0]
}

// compute does an item's rows and commits it.
func (l *lab) compute(it *Item) {
	l.t.Helper()
	if !it.Live() {
		l.s.Commit(it, []int32{9, 9, 9}, false) // must not be looked at
		return
	}
	q := it.Seq
	if it.From != q.Computed || it.To <= it.From || it.To > len(q.Tokens) {
		l.t.Fatalf("item [%d,%d) of sequence %d with %d of %d computed", it.From, it.To, q.ID, q.Computed, len(q.Tokens))
	}
	if l.admitted[q.ID] != q.Preemptions {
		l.admitted[q.ID] = q.Preemptions
		l.regained += max(0, it.From-q.Prompt)
	}
	l.checkOwned(it)
	if l.cfg.Bound.Policy != "" {
		l.computeBounded(it)
		return
	}
	digest := l.readPrefix(q, it.From)
	for i := it.From; i < it.To; i++ {
		digest = extend(digest, q.Tokens[i], l.cfg.class(i, q.Prompt))
		*l.cell(q, i) = digest
	}
	if !it.Last() {
		l.s.Commit(it, nil, false)
		return
	}
	if it.To == q.Prompt {
		l.cached += q.Cached
		l.shared += q.Shared
		if q.Uncached && q.Cached+q.Shared > 0 {
			l.t.Fatalf("uncached sequence %d has %d positions cached, %d shared", q.ID, q.Cached, q.Shared)
		}
	}
	accepted := l.verify(it, digest)
	finished := len(q.Tokens)+len(accepted) == q.Limit
	l.s.Commit(it, accepted, finished)
	l.rule.serve(q, 2*len(accepted))
	if finished {
		l.finish(q)
	} else if q.Computed != len(q.Tokens)-1 {
		l.t.Fatalf("sequence %d: %d of %d computed after its last item", q.ID, q.Computed, len(q.Tokens))
	}
}

// readPrefix verifies what the cache holds for [0, positions) and returns the digest
// at their end.
func (l *lab) readPrefix(q *Sequence, positions int) uint64 {
	l.t.Helper()
	digest := q.Salt
	for i := range positions {
		digest = extend(digest, q.Tokens[i], l.cfg.class(i, q.Prompt))
		if *l.cell(q, i) != digest {
			l.t.Fatalf("sequence %d: position %d of %d in block %d holds something else", q.ID, i, positions, q.Table.Blocks()[i/l.pool.BlockSize()])
		}
	}
	return digest
}

func (l *lab) cell(q *Sequence, position int) *uint64 {
	n := l.pool.BlockSize()
	return &l.kv[int(q.Table.Blocks()[position/n])*n+position%n]
}

// verify drafts some tokens, some of them wrong, writes their rows as an engine would,
// and returns those that stand and one more.
func (l *lab) verify(it *Item, digest uint64) []int32 {
	var accepted []int32
	right := true
	for i := range l.r.IntN(it.MaxDraft + 1) {
		draft := draw(digest)
		if right {
			accepted = append(accepted, draft)
		}
		if l.r.IntN(3) == 0 {
			draft += 1
			right = false
			l.rejected++
		} else if right {
			l.accepted++
		}
		it.Draft = append(it.Draft, draft)
		digest = extend(digest, draft, l.cfg.class(it.To+i, it.Seq.Prompt))
		*l.cell(it.Seq, it.To+i) = digest
	}
	if right {
		accepted = append(accepted, draw(digest))
	}
	return accepted
}

func (l *lab) finish(q *Sequence) {
	l.t.Helper()
	if l.finished[q.ID] || l.aborted[q.ID] {
		l.t.Fatalf("sequence %d finished twice, or after it was aborted", q.ID)
	}
	l.finished[q.ID] = true
	l.forget(q.ID)
	l.rule.gone(q.ID)
	want := expected
	if l.cfg.Bound.Policy != "" {
		want = l.expectedBounded
	}
	if want := want(l.cfg, q.Tokens[:q.Prompt], q.Limit, q.Salt); !slices.Equal(q.Tokens, want) {
		l.t.Fatalf("sequence %d became\n%v, want\n%v", q.ID, q.Tokens, want)
	}
}

// checkPlan verifies the policy on a plan, given the oldest running sequence before it.
func (l *lab) checkPlan(oldest *Sequence) {
	l.t.Helper()
	seen := map[*Sequence]bool{}
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		if rows := it.To - it.From; it.Seq.ChunkRows > 0 && rows > it.Seq.ChunkRows {
			l.t.Fatalf("a chunk of %d rows where %d are allowed in\n%v", rows, it.Seq.ChunkRows, &l.plan)
		}
		if seen[it.Seq] || !it.Live() || len(it.Draft) != 0 || it.MaxDraft > 0 && !it.Last() ||
			it.MaxDraft > min(l.cfg.DraftLength, it.Seq.Drafts) || len(it.Seq.Tokens)+it.MaxDraft+1 > it.Seq.Limit {
			l.t.Fatalf("item %d is wrong in\n%v", i, &l.plan)
		}
		seen[it.Seq] = true
	}
	for i, q := range l.plan.Preempted {
		if seen[q] || q == oldest || len(q.Table.Blocks()) != 0 || q.Computed != 0 {
			l.t.Fatalf("preempted %d is wrong in\n%v", i, &l.plan)
		}
	}
	l.checkTurns(seen)
	l.checkOrder()
	l.checkBudget()
	l.checkUsed()
}

// checkBudget allows more rows than the budget only to one whole prompt beside
// generating sequences without drafts.
func (l *lab) checkBudget() {
	l.t.Helper()
	if len(l.plan.Items) > l.cfg.MaxBatch || l.s.Running() > l.cfg.MaxBatch {
		l.t.Fatalf("%d items and %d running in a batch of %d", len(l.plan.Items), l.s.Running(), l.cfg.MaxBatch)
	}
	if l.plan.Rows() <= l.cfg.TokenBudget {
		return
	}
	prompts := 0
	for _, it := range l.plan.Items {
		if it.To-it.From > 1 {
			prompts++
		}
	}
	if l.cfg.Chunked || prompts != 1 || l.plan.Rows() != len(l.plan.Items)-1+rowsOf(l.plan.Items[len(l.plan.Items)-1]) {
		l.t.Fatalf("%d rows exceed the budget of %d in\n%v", l.plan.Rows(), l.cfg.TokenBudget, &l.plan)
	}
}

func rowsOf(it Item) int { return it.To - it.From + it.MaxDraft }

// checkUsed verifies that the front of the queue waits only for a reason.
func (l *lab) checkUsed() {
	l.t.Helper()
	if !l.cfg.Chunked || len(l.plan.Preempted) > 0 || l.plan.Rows() >= l.cfg.TokenBudget || l.s.Running() >= l.cfg.MaxBatch {
		return
	}
	if l.cfg.Chunk > 0 && l.promptRows() >= l.cfg.Chunk {
		return
	}
	if q := l.rule.first(l.rule.mayJoin); q != nil && !l.held(q) && l.pool.CanGrow(new(kvcache.Table), len(q.Tokens)) {
		l.t.Fatalf("sequence %d waits, though there is room, after\n%v", q.ID, &l.plan)
	}
}

// held reports whether q waits for a prompt: one that its bound cut short, or that of its
// group, of which it was not computed when this step was planned.
func (l *lab) held(q *Sequence) bool {
	if n := len(l.plan.Items); n > 0 && (l.plan.Items[n-1].Seq.ChunkRows > 0 || l.plan.Items[n-1].Seq.bounded) && !l.plan.Items[n-1].Last() {
		return true
	}
	return slices.ContainsFunc(l.s.running, func(o *Sequence) bool {
		return o.bounded && o.Computed < len(o.Tokens)-1 || o.Group == q.Group && o.Computed < o.Prompt && slices.Equal(o.Tokens[:o.Prompt], q.Tokens[:q.Prompt])
	})
}

// checkState verifies the order of sequences and the counts.
func (l *lab) checkState() {
	l.t.Helper()
	var ids []uint64
	held, tokens := map[kvcache.BlockID]bool{}, 0
	for _, q := range l.s.running {
		ids = append(ids, q.ID)
		for _, b := range q.Table.Blocks() {
			if b >= 0 {
				held[b] = true
			}
		}
	}
	for _, q := range l.s.waiting {
		ids = append(ids, q.ID)
		tokens += len(q.Tokens)
		if len(q.Table.Blocks()) != 0 {
			l.t.Fatalf("sequence %d holds blocks while it waits", q.ID)
		}
	}
	if l.ranks || l.cfg.Queue != FCFS {
		slices.Sort(ids)
	}
	if !slices.Equal(ids, l.order) {
		l.t.Fatalf("order %v, want %v", ids, l.order)
	}
	if tokens != l.s.QueuedTokens() {
		l.t.Fatalf("%d queued tokens counted, %d said", tokens, l.s.QueuedTokens())
	}
	total, free, cached, n := l.pool.Counts()
	if n != len(held) || free+cached+n != total {
		l.t.Fatalf("%d blocks are held: total %d, free %d, cached %d, held %d", len(held), total, free, cached, n)
	}
}

func (l *lab) String() string {
	return fmt.Sprintf("%d steps, %d finished, %d aborted, %d preemptions, %d positions cached, %d shared, %d regained, drafts %d accepted %d rejected",
		l.steps, len(l.finished), len(l.aborted), l.preemptions, l.cached, l.shared, l.regained, l.accepted, l.rejected)
}
