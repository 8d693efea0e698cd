package sched

// What a token costs a tenant with Fair: one that is generated takes a row of a step alone,
// one of a prompt shares it. The ratio is that of Sheng et al. 2024.
const (
	promptCost    = 1
	generatedCost = 2
)

// costUnit is the cost of one prompt token at weight 1, large enough for division by weights.
const costUnit = 1 << 16

// account is one tenant's virtual token counter.
type account struct {
	served int64 // cost of its tokens over its weight, in costUnit
	queued int   // its sequences in the queue
	live   int   // its sequences in the queue and running
}

// open finds or makes the account of a new sequence's tenant. A tenant of which none
// waited is lifted to the least counter of those that wait, so that it cannot save up
// turns while it asks for nothing; where nobody waits, to the counter of whoever left the
// queue last.
func (s *Scheduler) open(q *Sequence) {
	if s.cfg.Queue != Fair {
		return
	}
	least := s.leastServed()
	a := s.accounts[q.Tenant]
	if a == nil {
		s.dropIdle(least)
		a = new(account)
		s.accounts[q.Tenant] = a
	}
	if a.queued == 0 {
		a.served = max(a.served, least)
	}
	a.live++
	q.account = a
}

// leastServed is what a tenant that comes back starts from.
func (s *Scheduler) leastServed() int64 {
	if len(s.waiting) == 0 {
		return s.last.served
	}
	least := s.waiting[0].account.served
	for _, q := range s.waiting {
		least = min(least, q.account.served)
	}
	return least
}

// dropIdle forgets accounts that would be lifted to least anyway, so that tenants who never come
// back take no memory for ever.
func (s *Scheduler) dropIdle(least int64) {
	for tenant, a := range s.accounts {
		if a.live == 0 && a.served <= least {
			delete(s.accounts, tenant)
		}
	}
}

// charge books a sequence's prompt when it gets its turn for the first time. A prompt costs
// its length, whether computed or cached: what a tenant asked does not depend on others.
func (s *Scheduler) charge(q *Sequence) {
	if q.account != nil && !q.charged {
		q.charged = true
		q.account.serve(q, promptCost*q.Prompt)
	}
}

// serve books tokens of q.
func (a *account) serve(q *Sequence, cost int) {
	a.served += int64(cost) * costUnit / int64(max(1, q.Weight))
}
