package sched

import "time"

// form begins a batch where sequences run in batches, none is under way, and one is due.
func (s *Scheduler) form(now time.Duration) {
	if !s.cfg.Policy.batched() || s.members > 0 || len(s.waiting) == 0 {
		return
	}
	for range s.cfg.batchSize(len(s.waiting), now >= s.due()) {
		q := s.waiting[s.pick(false)]
		q.member = true
		s.members++
		s.charge(q)
	}
}

// due is when the next batch begins, whatever its size: nobody waits longer than BatchWait for
// others. While no batch runs nobody is preempted, so the front of the queue came first.
func (s *Scheduler) due() time.Duration { return s.waiting[0].Arrived + s.cfg.BatchWait }

// wake is when a plan without items is worth another try: when the batch is due that is
// waited for. Zero is never, before something is added.
func (s *Scheduler) wake() time.Duration {
	if len(s.waiting) == 0 || s.members > 0 || !s.cfg.Policy.batched() {
		return 0
	}
	return s.due()
}

// batchSize is how many of the waiting sequences begin a batch, 0 for none yet: as many as
// there may be; else the largest preferred size that there are enough for; and when it is
// due, all.
func (c *Config) batchSize(waiting int, due bool) int {
	if due || waiting >= c.MaxBatch {
		return min(waiting, c.MaxBatch)
	}
	size := 0
	if c.Policy == Dynamic {
		for _, n := range c.Preferred {
			if n <= waiting {
				size = n
			}
		}
	}
	return size
}

// leave forgets that q was here: it ended, or was aborted.
func (s *Scheduler) leave(q *Sequence) {
	if q.member {
		q.member = false
		s.members--
	}
	if q.account != nil {
		q.account.live--
		q.account = nil
	}
}
