package engine

import (
	"time"

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
	row := 0
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		rows := 0
		if it.Last() {
			rows = 1 + len(it.Draft)
		}
		l.finishItem(it, row, rows)
		row += rows
	}
	l.stats.Steps++
	l.stats.Busy += time.Since(start)
}

// begin notes what is new about an item's sequence: admission, or a second start
// after preemption.
func (l *loop) begin(it *sched.Item) {
	s := l.live[it.Seq.ID]
	if !s.admitted {
		s.admitted = true
		l.e.unreserve(len(s.req.Prompt))
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
		s.draft.Blocks, s.draft.Params = s.tableBlocks(), s.req.Sampling
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
		l.pass.Add(it.From, l.live[it.Seq.ID].tableBlocks(), it.Seq.Tokens[it.From:it.To]...)
		l.pass.Extend(it.Draft...)
		if it.Last() {
			for r := len(l.pass.Tokens) - 1 - len(it.Draft); r < len(l.pass.Tokens); r++ {
				l.pass.Logits = append(l.pass.Logits, int32(r))
			}
		}
		l.count(it)
	}
}

// count books an item's multiply-adds under prompt or generated positions.
func (l *loop) count(it *sched.Item) {
	for p := it.From; p < it.To+len(it.Draft); p++ {
		ops := l.e.model.Ops(p, it.Last() && p >= it.To-1)
		if p < it.Seq.Prompt {
			l.stats.PrefillOps += ops
		} else {
			l.stats.DecodeOps += ops
		}
	}
}

// finishItem turns an item's logits into tokens and tells scheduler and client.
func (l *loop) finishItem(it *sched.Item, row, rows int) {
	if rows == 0 {
		l.sched.Commit(it, nil, false)
		return
	}
	s := l.live[it.Seq.ID]
	l.choose(s, it, row)
	finish := l.cut(s)
	ev := Event{Tokens: append([]int32(nil), l.accepted...), Finish: finish, Cached: it.Seq.Cached, At: time.Now()}
	if s.req.Logprobs != 0 {
		for i, t := range l.accepted {
			l.logprob = l.logprob[:0]
			ev.Logprobs = append(ev.Logprobs, logprobs(l.logprob, l.pass.Row(row+i), t, s.req.Logprobs, &l.sampling))
		}
	}
	l.countDrafts(it)
	l.stats.GeneratedTokens += int64(len(l.accepted))
	l.sched.Commit(it, l.accepted, finish != "")
	if l.draft != nil {
		l.draft.Committed(&s.draft, len(it.Seq.Tokens))
	}
	l.send(s, ev)
}

// choose sets l.accepted: the drafts that stand and one token more.
func (l *loop) choose(s *Stream, it *sched.Item, row int) {
	l.logits = l.logits[:0]
	for i := range 1 + len(it.Draft) {
		l.logits = append(l.logits, l.pass.Row(row+i))
	}
	l.accepted = spec.Accept(l.accepted[:0], l.logits, it.Draft, s.draft.Probs, s.req.Sampling, it.To, &l.accept)
}

// cut ends l.accepted at the token that ends the answer, and says why it does.
func (l *loop) cut(s *Stream) FinishReason {
	if room := s.seq.Limit - len(s.seq.Tokens); len(l.accepted) > room {
		l.accepted = l.accepted[:room]
	}
	for i, t := range l.accepted {
		if t == l.e.eos && !s.req.IgnoreEOS {
			l.accepted = l.accepted[:i+1]
			return FinishStop
		}
	}
	if len(s.seq.Tokens)+len(l.accepted) == s.seq.Limit {
		return FinishLength
	}
	return ""
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
