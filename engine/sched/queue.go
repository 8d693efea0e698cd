package sched

import (
	"math"
	"time"
)

// pick returns the place in the queue of the sequence whose turn it is, of those that are
// members of a batch or those that are not; -1 for none.
func (s *Scheduler) pick(member bool) int {
	best := -1
	for i, q := range s.waiting {
		if q.member == member && (best < 0 || s.before(q, s.waiting[best])) {
			best = i
		}
	}
	return best
}

// before reports whether q's turn is before o's, who stands further in front.
func (s *Scheduler) before(q, o *Sequence) bool {
	if a, b := s.priority(q), s.priority(o); a != b {
		return a < b
	}
	if q.Preemptions > 0 || o.Preemptions > 0 { // who was preempted stands in front of all others
		return false
	}
	switch s.cfg.Queue {
	case Shortest:
		return s.turn(q) < s.turn(o)
	case Fair:
		return q.account.served < o.account.served
	}
	return false
}

// priority is q's own, and the best there is when it has waited for long enough.
func (s *Scheduler) priority(q *Sequence) int {
	if s.cfg.Patience > 0 && s.now-q.Arrived >= s.cfg.Patience {
		return math.MinInt
	}
	return q.Priority
}

// turn is until when others may overtake q with Shortest.
func (s *Scheduler) turn(q *Sequence) time.Duration {
	return q.Arrived + time.Duration(len(q.Tokens))*s.cfg.Ageing
}
