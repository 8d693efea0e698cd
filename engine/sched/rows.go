package sched

import (
	"math"
	"slices"
)

// promptRoom is how many of these rows prompts may have.
func (s *Scheduler) promptRoom(rows int) int {
	if s.cfg.Chunk > 0 {
		return min(rows, s.cfg.Chunk)
	}
	return rows
}

// share returns the latest stamp with which a generating sequence has a row in this
// step. Stamps order sequences by when they had their last row, so that all have their
// turn: of n sequences and k rows, every one in each n/k steps, rounded up.
func (s *Scheduler) share() uint64 {
	rows := s.cfg.TokenBudget
	if s.cfg.Order == Mixed {
		rows = max(1, rows-s.promptDemand(rows/2))
	}
	s.stamps = s.stamps[:0]
	if len(s.running) <= rows {
		return math.MaxUint64
	}
	for _, q := range s.running {
		if q.generates() {
			s.stamps = append(s.stamps, q.stamp)
		}
	}
	if len(s.stamps) <= rows {
		s.stamps = s.stamps[:0]
		return math.MaxUint64
	}
	slices.Sort(s.stamps)
	return s.stamps[rows-1]
}

// rank orders the sequences that have a row in one step: where not all have one, as they
// were ordered before, so that turns go round.
func (s *Scheduler) rank(q *Sequence, place int) int {
	if at, ok := slices.BinarySearch(s.stamps, q.stamp); ok {
		return at
	}
	return place
}

// stamp is that of this step and rank; both together are unique.
func (s *Scheduler) stamp(rank int) uint64 { return s.steps<<20 | uint64(rank) }

// promptDemand is how many rows prompts want, up to most.
func (s *Scheduler) promptDemand(most int) (rows int) {
	most = s.promptRoom(most)
	rows = s.PromptRest()
	if len(s.running) < s.cfg.MaxBatch {
		for i := 0; i < len(s.waiting) && rows < most; i++ {
			if q := s.waiting[i]; q.member == s.cfg.Policy.batched() {
				rows += len(q.Tokens)
			}
		}
	}
	return min(rows, most)
}

// draftRoom is how many of the rows that generating sequences left are kept from prompts for
// drafts: up to half of them, and with Mixed none of the prompts' share.
func (s *Scheduler) draftRoom(generating []Item, left int) int {
	rows := min(s.wantedDrafts(generating), left/2)
	if s.cfg.Order == Mixed {
		rows = min(rows, max(0, left-s.promptDemand(s.cfg.TokenBudget/2)))
	}
	return rows
}
