package engine

import (
	"slices"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
)

// step runs one planned batch: drafts, one forward pass, tokens, events.
func (l *loop) step() {
	start := l.e.clock()
	l.stats.Preemptions += int64(len(l.plan.Preempted))
	for _, q := range l.plan.Preempted {
		l.live[q.ID].fresh = true
		l.tails.giveBack(l.live[q.ID])
	}
	l.stats.PeakRunning = max(l.stats.PeakRunning, l.sched.Running())
	trace := l.traceStep(start)
	l.beginItems(start)
	l.countKept()
	drafting := l.propose()
	verify := l.e.clock()
	l.fillPass()
	l.state.Forward(&l.pass)
	handicap(start, l.e.opts.Handicap)
	l.stats.PositionSteps.add(l.positions(), &l.plan)
	tokens, drawn := int64(0), l.stats.GeneratedTokens
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		if it.From < it.Seq.Prompt {
			tokens += int64(min(it.To, it.Seq.Prompt) - it.From)
		}
		before := l.stats.GeneratedTokens
		ended := l.finishItem(it, &l.places[i])
		generated := l.stats.GeneratedTokens - before
		tokens += generated
		traceItem(trace, i, len(it.Draft), int(generated), ended)
	}
	l.stats.Steps++
	l.stats.StepTokens.observe(tokens)
	end := l.e.clock()
	took := end.Sub(start)
	l.stats.Busy += took
	l.charge(end, took)
	l.countBatch(l.stats.GeneratedTokens-drawn, drafting, took)
	l.observe(end)
	l.adapt(drafting, end.Sub(verify), int(tokens))
	l.tracePut(trace, took)
}

// beginItems has the step's sequences leave the queue. Predictions know that they run before they
// no longer know that they wait.
func (l *loop) beginItems(now time.Time) {
	l.foresee()
	for i := range l.plan.Items {
		l.begin(&l.plan.Items[i], now)
	}
}

// begin notes what is new about an item's sequence: admission, or a second start
// after preemption.
func (l *loop) begin(it *sched.Item, now time.Time) {
	s := l.live[it.Seq.ID]
	l.tails.take(s)
	l.stepping = append(l.stepping, s)
	s.used.begin(now, len(it.Seq.Table.Blocks()), s.fresh)
	if s.started.IsZero() {
		s.started, s.first = time.Now(), l.stats.Steps
		l.e.unreserve(len(s.req.Prompt))
		if s.req.Sampling.Penalises() {
			s.said = sample.NewHistory(l.e.model.Vocab, s.req.Prompt, s.seq.Limit)
		}
		l.stats.SharedTokens += int64(it.Seq.Shared)
		l.stats.PrefixHits += int64(it.Seq.Cached)
		if l.e.opts.PrefixCache != kvcache.IndexNone {
			l.stats.PrefixQueries += int64(it.Seq.Prompt)
		}
	}
	if s.fresh && l.draft != nil {
		l.draft.Reset(&s.draft, it.From)
	}
	s.fresh = false
}

// propose fills the items' drafts, and shows the proposer prompt chunks so that it keeps step. It returns how
// long that took.
func (l *loop) propose() time.Duration {
	if l.draft == nil {
		return 0
	}
	start := l.e.clock()
	l.drafting = l.drafting[:0]
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		s := l.live[it.Seq.ID]
		s.draft.Tokens, s.draft.Prompt, s.draft.Want = it.Seq.Tokens[:it.To], it.Seq.Prompt, it.MaxDraft
		s.draft.Blocks, s.draft.Params, s.draft.Said, s.draft.Tail = s.tableBlocks(), s.req.Sampling, s.said, s.tail
		s.draft.Computed = it.From
		s.draft.Dropped, s.draft.Salt = l.pool.Dropped(&it.Seq.Table), it.Seq.Salt
		l.drafting = append(l.drafting, &s.draft)
	}
	l.draft.Propose(l.drafting)
	for i, d := range l.drafting {
		l.plan.Items[i].Draft = append(l.plan.Items[i].Draft[:0], d.Draft...)
	}
	l.stats.DecodeOps += l.draft.Ops()
	took := l.e.clock().Sub(start)
	l.stats.DraftTime += took
	return took
}

// fillPass lays the items' rows one after the other: first all positions of prompts, then the
// generated ones and drafts.
func (l *loop) fillPass() {
	l.pass.Reset()
	l.places = slices.Grow(l.places[:0], len(l.plan.Items))[:len(l.plan.Items)]
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		l.places[i].prompt.Lanes, l.places[i].generated.Lanes = 0, 0
		l.addPrompt(it, &l.places[i])
	}
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		l.addGenerated(it, &l.places[i])
	}
}

// place says which of a pass's logits are an item's.
type place struct {
	scored int // those of the first position that is scored
	last   int // those of the last computed position, if they are wanted
	drafts int // those of the first draft

	prompt, generated model.Observed // of the rows of either
}

// addPrompt adds an item's rows that are positions of its prompt.
func (l *loop) addPrompt(it *sched.Item, at *place) {
	to := min(it.To, it.Seq.Prompt)
	s, first := l.live[it.Seq.ID], len(l.pass.Tokens)
	scoredFrom, scoredTo := s.scored(it)
	l.count(it, scoredTo-scoredFrom)
	if it.From >= to {
		return
	}
	l.pass.AddPrompt(it.From, s.tableBlocks(), it.Seq.Tokens[it.From:to]...)
	l.pass.Keep(s.tail)
	l.watch(it, &at.prompt)
	at.scored = l.wantLogits(first+scoredFrom-it.From, first+scoredTo-it.From)
	if it.Last() && to == it.To {
		at.last = l.wantLogits(len(l.pass.Tokens)-1, len(l.pass.Tokens))
	}
}

// addGenerated adds an item's rows that are generated positions, and its drafts, which only
// they have.
func (l *loop) addGenerated(it *sched.Item, at *place) {
	from := max(it.From, it.Seq.Prompt)
	if from >= it.To {
		return
	}
	s := l.live[it.Seq.ID]
	l.pass.Add(from, s.tableBlocks(), it.Seq.Tokens[from:it.To]...)
	l.pass.Keep(s.tail)
	if it.Last() {
		at.last = l.wantLogits(len(l.pass.Tokens)-1, len(l.pass.Tokens))
	}
	first := len(l.pass.Tokens)
	l.addDrafts(s, it)
	l.watch(it, &at.generated)
	at.drafts = l.wantLogits(first, len(l.pass.Tokens))
}

// wantLogits asks for the logits of the rows [from, to), and says which they are of all.
func (l *loop) wantLogits(from, to int) (at int) {
	at = len(l.pass.Logits)
	for r := from; r < to; r++ {
		l.pass.Logits = append(l.pass.Logits, int32(r))
	}
	return at
}

// count books an item's multiply-adds under prompt or generated positions. Scored is how
// many of its prompt positions have logits.
func (l *loop) count(it *sched.Item, scored int) {
	s, prefill, decode := l.live[it.Seq.ID], int64(scored)*int64(l.e.model.Dim)*int64(l.e.model.Vocab), int64(0)
	for p := it.From; p < it.To+len(it.Draft); p++ {
		at := p
		if p >= it.To {
			at = it.To - 1 + s.draft.Depth(p-it.To)
		}
		ops := l.e.model.Ops(l.seen(it, at), it.Last() && p >= it.To-1)
		if p < it.Seq.Prompt {
			prefill += ops
		} else {
			decode += ops
		}
	}
	s.used.compute(prefill, decode)
	l.stats.PrefillOps += prefill
	l.stats.DecodeOps += decode
}

// finishItem turns an item's logits into tokens, tells scheduler and client, and reports whether
// the sequence ended.
func (l *loop) finishItem(it *sched.Item, at *place) (ended bool) {
	s := l.live[it.Seq.ID]
	from, to := s.scored(it)
	l.score(s, from, to, at.scored)
	addMass(it.Seq, &at.prompt, 1)
	if !it.Last() {
		addMass(it.Seq, &at.generated, it.To-it.From)
		l.sched.Commit(it, nil, false)
		return false
	}
	l.choose(s, it, at)
	finish := l.cut(s)
	l.settle(s, it, at)
	ev := Event{Tokens: slices.Clone(l.accepted), Finish: finish, Prompt: s.prompt, Cached: it.Seq.Cached, Started: s.started, At: time.Now()}
	l.answered(s, ev.At)
	s.prompt, s.req.PromptLogprobs = nil, 0 // once is enough
	if s.req.Logprobs != 0 {
		for i, t := range l.accepted {
			ev.Logprobs = append(ev.Logprobs, l.logprobs(l.pass.Row(at.row(i, l.way)), t, s.req.Logprobs))
		}
	}
	s.said.Push(l.accepted...)
	ev.Drafted, ev.Stood = len(it.Draft), l.countDrafts(s, it)
	l.stats.GeneratedTokens += int64(len(l.accepted))
	addMass(it.Seq, &at.generated, it.To-max(it.From, it.Seq.Prompt)+len(l.accepted)-1, l.way...)
	l.sched.Commit(it, l.accepted, finish != "")
	if finish != "" {
		ev.Pinned = l.pin(&s.req)
	}
	if l.draft != nil {
		l.draft.Committed(&s.draft, len(it.Seq.Tokens))
	}
	l.send(s, ev)
	if finish != "" {
		l.predictor.Finished(int(l.stats.Steps - s.first + 1))
	}
	return finish != ""
}

// row says which logits the i-th token after the last computed position is drawn from, where the
// drafts that stand are the first ones, or of a tree those on a way.
func (p *place) row(i int, way []int32) int {
	switch {
	case i == 0:
		return p.last
	case len(way) > 0:
		return p.drafts + int(way[i-1])
	}
	return p.drafts + i - 1
}

// choose sets l.accepted: the drafts that stand and one token more.
func (l *loop) choose(s *Stream, it *sched.Item, at *place) {
	l.logits = l.logits[:0]
	for i := range 1 + len(it.Draft) {
		l.logits = append(l.logits, l.pass.Row(at.row(i, nil)))
	}
	if l.way = l.way[:0]; len(s.draft.Parents) > 0 {
		l.chooseTree(s, it)
		return
	}
	l.accepted = l.verify(l.accepted[:0], l.logits, it.Draft, s.draft.Probs, s.req.Sampling, s.said, it.To)
}

// cut ends l.accepted at the token that ends the answer, and says why it does.
func (l *loop) cut(s *Stream) FinishReason {
	room := min(s.seq.Limit-len(s.seq.Tokens), len(s.req.Prompt)+s.req.MaxTokens-len(s.seq.Tokens))
	l.accepted = l.accepted[:min(len(l.accepted), room)]
	for i, t := range l.accepted {
		if l.ends(&s.req, t) {
			l.accepted = l.accepted[:i+1]
			return FinishStop
		}
	}
	if len(l.accepted) == room {
		return FinishLength
	}
	return ""
}

// ends reports whether a token ends the answer to r.
func (l *loop) ends(r *Request, token int32) bool {
	return !r.IgnoreEOS && slices.Contains(l.e.ends, token) || slices.Contains(r.StopTokens, token)
}

// countDrafts counts an item's drafts, and returns how many of them, the first ones, stood.
func (l *loop) countDrafts(s *Stream, it *sched.Item) (stood int) {
	if len(it.Draft) == 0 {
		return 0
	}
	for stood < min(len(l.accepted), len(it.Draft)) && l.stands(s, it, stood) {
		l.stats.AcceptedAt[stood]++
		stood++
	}
	l.stats.Drafts++
	l.stats.DraftTokens += int64(len(it.Draft))
	l.stats.AcceptedTokens += int64(stood)
	for at := range s.draft.Depth(len(it.Draft) - 1) {
		l.stats.DraftedAt[at]++
	}
	if stood < min(len(l.accepted), l.drafted(s, it, stood)) {
		l.stats.DraftsFallen++
	}
	if a := l.lengths.adaptive; a != nil {
		a.Judged(&s.acceptance, len(it.Draft), stood)
	}
	return stood
}

// send hands an event to the client, the last one when the step is over. A client that does not
// keep up is cut off: the loop never waits.
func (l *loop) send(s *Stream, ev Event) {
	switch {
	case len(s.events) == cap(s.events):
		l.sched.Abort(s.id)
		l.stats.Finished[FinishAbort]++
		l.end(s, ErrSlowConsumer)
	case ev.Finish != "":
		l.stats.Finished[ev.Finish]++
		s.last = ev
		l.end(s, nil)
	default:
		s.events <- ev
	}
}
