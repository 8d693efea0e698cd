package sched

// Repeats returns how many more times Next would plan what p has, if every item is committed with one token and nothing
// is added or aborted meanwhile; at most most. It is 0 unless p is generating sequences alone, all that run, none of them
// drafts, nobody could be admitted, and there are blocks for all of it.
func (s *Scheduler) Repeats(p *Plan, most int) int {
	if len(p.Items) == 0 || len(p.Items) != len(s.running) || len(p.Preempted) > 0 || s.admits() {
		return 0
	}
	for i := range p.Items {
		q := p.Items[i].Seq
		again := q.turn == s.stamp(i) // and not one who was admitted again with all but the last token found
		if q.bounded || !q.generates() || !q.planned || !again || q.wantedDrafts(&s.cfg) > 0 {
			return 0
		}
		most = min(most, q.Limit-1-len(q.Tokens))
		if s.pool.Reuses() { // in which order blocks are taken decides which of two that begin alike is found
			most = min(most, len(q.Table.Blocks())*s.pool.BlockSize()-len(q.Tokens))
		}
	}
	for most > 0 && !s.holds(p, most) {
		most /= 2
	}
	return max(0, most)
}

// admits reports whether somebody waits whose turn could come as long as nobody leaves.
func (s *Scheduler) admits() bool {
	return len(s.running) < s.cfg.MaxBatch && s.pick(s.cfg.Policy.batched()) >= 0
}

// holds reports whether there are blocks for n more tokens of every item's sequence.
func (s *Scheduler) holds(p *Plan, n int) bool {
	if s.pool.Contiguous() { // which have them from the beginning
		return true
	}
	_, free, cached, _ := s.pool.Counts()
	size, need := s.pool.BlockSize(), 0
	for i := range p.Items {
		q := p.Items[i].Seq
		need += (len(q.Tokens)+n+size-1)/size - len(q.Table.Blocks())
	}
	return need <= free+cached
}

// Repeat commits p n times, every item with its sequence's last token once more and none finished, and plans it again after
// each: n times Commit for each item and Next, for whoever knows what comes of the steps, such as a simulator. P is the plan of
// the last Next, not committed yet, and n at most what Repeats returned.
func (s *Scheduler) Repeat(p *Plan, n int) {
	if n <= 0 {
		return
	}
	s.steps += uint64(n)
	for i := range p.Items {
		it := &p.Items[i]
		q := it.Seq
		q.turn = s.stamp(i)
		q.stamp = q.turn - 1<<20
		if q.account != nil {
			for range n { // each is rounded
				q.account.serve(q, generatedCost)
			}
		}
		for range n {
			q.Tokens = append(q.Tokens, q.Tokens[len(q.Tokens)-1])
		}
		q.Computed += n
		it.From, it.To = it.From+n, it.To+n
		if !s.pool.Grow(&q.Table, len(q.Tokens)) {
			panic("sched: Repeat of more steps than Repeats found blocks for")
		}
		s.pool.Seal(&q.Table, q.known(&s.cfg, q.Computed))
	}
}
