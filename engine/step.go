package engine

import (
	"slices"
	"time"

	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/engine/spec"
)

// step runs one planned batch: drafts, one forward pass, tokens, events.
func (l *loop) step() {
	start := time.Now()
	l.stats.Preemptions += int64(len(l.plan.Preempted))
	for _, q := range l.plan.Preempted {
		l.live[q.ID].fresh = true
	}
	l.stats.PeakRunning = max(l.stats.PeakRunning, l.sched.Running())
	for i := range l.plan.Items {
		l.begin(&l.plan.Items[i])
	}
	l.propose()
	l.fillPass()
	l.state.Forward(&l.pass)
	row, tokens := 0, int64(0)
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		if it.From < it.Seq.Prompt {
			tokens += int64(min(it.To, it.Seq.Prompt) - it.From)
		}
		before := l.stats.GeneratedTokens
		row = l.finishItem(it, row)
		tokens += l.stats.GeneratedTokens - before
	}
	l.stats.Steps++
	l.stats.StepTokens.observe(tokens)
	l.stats.Busy += time.Since(start)
}

// begin notes what is new about an item's sequence: admission, or a second start
// after preemption.
func (l *loop) begin(it *sched.Item) {
	s := l.live[it.Seq.ID]
	if s.started.IsZero() {
		s.started = time.Now()
		l.e.unreserve(len(s.req.Prompt))
		if s.req.Sampling.Penalises() {
			s.said = sample.NewHistory(l.e.model.Vocab, s.req.Prompt, s.seq.Limit)
		}
		l.stats.SharedTokens += int64(it.Seq.Shared)
		l.stats.PrefixHits += int64(it.Seq.Cached)
		if l.e.opts.PrefixReuse {
			l.stats.PrefixQueries += int64(it.Seq.Prompt)
		}
	}
	if s.fresh && l.draft != nil {
		l.draft.Reset(&s.draft, it.From)
	}
	s.fresh = false
}

// propose fills the items' drafts, and runs the draft model over prompt chunks so
// that it keeps step.
func (l *loop) propose() {
	if l.draft == nil {
		return
	}
	l.drafting = l.drafting[:0]
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		s := l.live[it.Seq.ID]
		s.draft.Tokens, s.draft.Want = it.Seq.Tokens[:it.To], it.MaxDraft
		s.draft.Blocks, s.draft.Params, s.draft.Said = s.tableBlocks(), s.req.Sampling, s.said
		l.drafting = append(l.drafting, &s.draft)
	}
	l.draft.Propose(l.drafting)
	for i, d := range l.drafting {
		l.plan.Items[i].Draft = append(l.plan.Items[i].Draft[:0], d.Draft...)
	}
	l.stats.DecodeOps += l.draft.Ops()
}

// fillPass lays the items' rows one after the other.
func (l *loop) fillPass() {
	l.pass.Reset()
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		s, first := l.live[it.Seq.ID], len(l.pass.Tokens)
		l.pass.Add(it.From, s.tableBlocks(), it.Seq.Tokens[it.From:it.To]...)
		l.pass.Extend(it.Draft...)
		from, to := s.scored(it)
		l.wantLogits(first+from-it.From, first+to-it.From)
		if it.Last() {
			l.wantLogits(len(l.pass.Tokens)-1-len(it.Draft), len(l.pass.Tokens))
		}
		l.count(it, to-from)
	}
}

// wantLogits asks for the logits of the rows [from, to).
func (l *loop) wantLogits(from, to int) {
	for r := from; r < to; r++ {
		l.pass.Logits = append(l.pass.Logits, int32(r))
	}
}

// count books an item's multiply-adds under prompt or generated positions. Scored is how
// many of its prompt positions have logits.
func (l *loop) count(it *sched.Item, scored int) {
	for p := it.From; p < it.To+len(it.Draft); p++ {
		ops := l.e.model.Ops(p, it.Last() && p >= it.To-1)
		if p < it.Seq.Prompt {
			l.stats.PrefillOps += ops
		} else {
			l.stats.DecodeOps += ops
		}
	}
	l.stats.PrefillOps += int64(scored) * int64(l.e.model.Dim) * int64(l.e.model.Vocab)
}

// finishItem turns an item's logits, which begin at row, into tokens, tells scheduler and
// client, and returns the row after them.
func (l *loop) finishItem(it *sched.Item, row int) (next int) {
	s := l.live[it.Seq.ID]
	from, to := s.scored(it)
	l.score(s, from, to, row)
	row += to - from
	if !it.Last() {
		l.sched.Commit(it, nil, false)
		return row
	}
	next = row + 1 + len(it.Draft)
	l.choose(s, it, row)
	finish := l.cut(s)
	ev := Event{Tokens: slices.Clone(l.accepted), Finish: finish, Prompt: s.prompt, Cached: it.Seq.Cached, Started: s.started, At: time.Now()}
	s.prompt, s.req.PromptLogprobs = nil, 0 // once is enough
	if s.req.Logprobs != 0 {
		for i, t := range l.accepted {
			ev.Logprobs = append(ev.Logprobs, l.logprobs(l.pass.Row(row+i), t, s.req.Logprobs))
		}
	}
	s.said.Push(l.accepted...)
	l.countDrafts(it)
	l.stats.GeneratedTokens += int64(len(l.accepted))
	l.sched.Commit(it, l.accepted, finish != "")
	if l.draft != nil {
		l.draft.Committed(&s.draft, len(it.Seq.Tokens))
	}
	l.send(s, ev)
	return next
}

// choose sets l.accepted: the drafts that stand and one token more.
func (l *loop) choose(s *Stream, it *sched.Item, row int) {
	l.logits = l.logits[:0]
	for i := range 1 + len(it.Draft) {
		l.logits = append(l.logits, l.pass.Row(row+i))
	}
	l.accepted = spec.Accept(l.accepted[:0], l.logits, it.Draft, s.draft.Probs, s.req.Sampling, s.said, it.To, &l.accept)
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

func (l *loop) countDrafts(it *sched.Item) {
	if len(it.Draft) == 0 {
		return
	}
	l.stats.Drafts++
	l.stats.DraftTokens += int64(len(it.Draft))
	for i := range min(len(l.accepted), len(it.Draft)) {
		if l.accepted[i] != it.Draft[i] {
			break
		}
		l.stats.AcceptedTokens++
		l.stats.AcceptedAt[i]++
	}
}

// send hands an event to the client. One that does not keep up is cut off: the loop
// never waits.
func (l *loop) send(s *Stream, ev Event) {
	select {
	case s.events <- ev:
	default:
		l.sched.Abort(s.id)
		l.stats.Finished[FinishAbort]++
		l.end(s, ErrSlowConsumer)
		return
	}
	if ev.Finish != "" {
		l.stats.Finished[ev.Finish]++
		l.end(s, nil)
	}
}
