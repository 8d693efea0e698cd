package sched

import (
	"slices"
	"testing"
	"time"
)

// referee says who has to run when, by the words of the documentation and without any
// cleverness: it looks at everybody who waits, every time. It shares no code with the scheduler.
type referee struct {
	t       *testing.T
	cfg     Config
	now     time.Duration
	waiting []*Sequence // preempted ones first, then by arrival
	again   map[uint64]bool
	members map[uint64]bool // of the batch under way, until they end
	charged map[uint64]bool
	served  map[string]float64
	left    string
	since   map[string]map[string]float64 // of a tenant that waits: what all were served when that began
	gap     float64                       // the most that a tenant got ahead of one that waited
	batches map[int]int                   // by size
	early   int                           // batches that began before they were due
}

func newReferee(t *testing.T, cfg Config) *referee {
	return &referee{t: t, cfg: cfg, again: map[uint64]bool{}, members: map[uint64]bool{}, charged: map[uint64]bool{},
		served: map[string]float64{}, since: map[string]map[string]float64{}, batches: map[int]int{}}
}

func (r *referee) waits(tenant string) bool {
	return slices.ContainsFunc(r.waiting, func(q *Sequence) bool { return q.Tenant == tenant })
}

// least is the least that a tenant of which somebody waits was served.
func (r *referee) least() float64 {
	if len(r.waiting) == 0 {
		return r.served[r.left]
	}
	least := r.served[r.waiting[0].Tenant]
	for _, q := range r.waiting {
		least = min(least, r.served[q.Tenant])
	}
	return least
}

func (r *referee) add(q *Sequence) {
	if !r.waits(q.Tenant) {
		r.served[q.Tenant] = max(r.served[q.Tenant], r.least())
		r.begin(q.Tenant)
	}
	r.waiting = append(r.waiting, q)
	delete(r.again, q.ID)
	delete(r.charged, q.ID)
}

// begin notes what everybody was served when tenant began to wait.
func (r *referee) begin(tenant string) {
	r.since[tenant] = map[string]float64{}
	for other, served := range r.served {
		r.since[tenant][other] = served
	}
}

func (r *referee) remove(q *Sequence) {
	r.waiting = slices.DeleteFunc(r.waiting, func(o *Sequence) bool { return o == q })
	r.left = q.Tenant
	if !r.waits(q.Tenant) {
		delete(r.since, q.Tenant)
	}
}

// gone is a sequence that ended or was aborted.
func (r *referee) gone(id uint64) {
	delete(r.members, id)
	for _, q := range r.waiting {
		if q.ID == id {
			r.remove(q)
			return
		}
	}
}

// first is whose turn it is of those that allowed lets through.
func (r *referee) first(allowed func(*Sequence) bool) *Sequence {
	var best *Sequence
	for _, q := range r.waiting {
		if allowed(q) && (best == nil || r.precedes(q, best)) {
			best = q
		}
	}
	return best
}

// precedes compares q with one that stands before it.
func (r *referee) precedes(q, o *Sequence) bool {
	if impatient := r.impatient(q); impatient != r.impatient(o) {
		return impatient
	} else if !impatient && q.Priority != o.Priority {
		return q.Priority < o.Priority
	}
	if r.again[o.ID] || r.cfg.Queue == FCFS {
		return false
	}
	if r.cfg.Queue == Fair {
		return r.served[q.Tenant] < r.served[o.Tenant]-1e-6
	}
	return q.Arrived+r.cfg.Ageing*time.Duration(len(q.Tokens)) < o.Arrived+r.cfg.Ageing*time.Duration(len(o.Tokens))
}

func (r *referee) impatient(q *Sequence) bool {
	return r.cfg.Patience > 0 && r.now >= q.Arrived+r.cfg.Patience
}

func (r *referee) charge(q *Sequence) {
	if !r.charged[q.ID] {
		r.charged[q.ID] = true
		r.serve(q, q.Prompt)
	}
}

// serve books tokens, and holds the bound of Sheng et al.: no tenant gets further
// ahead of one that waits than twice the most that one choice can cost.
func (r *referee) serve(q *Sequence, cost int) {
	r.served[q.Tenant] += float64(cost) / float64(max(1, q.Weight))
	if r.cfg.Queue != Fair {
		return
	}
	for tenant, before := range r.since {
		own := r.served[tenant] - before[tenant]
		for other, served := range r.served {
			r.gap = max(r.gap, served-before[other]-own)
		}
	}
}

// planned looks at a plan: who was preempted, which batch began, who was admitted.
func (r *referee) planned(p *Plan, admitted []*Sequence, now time.Duration) {
	r.t.Helper()
	r.now = now
	r.form(now)
	for _, q := range p.Preempted {
		if !r.waits(q.Tenant) {
			r.begin(q.Tenant)
		}
		r.waiting = slices.Insert(r.waiting, 0, q)
		r.again[q.ID] = true
	}
	for _, q := range admitted {
		want := r.first(r.mayJoin)
		if q != want {
			r.t.Fatalf("%s, %s: sequence %d was admitted, and it is the turn of %+v", r.cfg.Policy, r.cfg.Queue, q.ID, want)
		}
		r.overtaken(q)
		r.remove(q)
		r.charge(q)
	}
}

// mayJoin reports whether q may run now, if there is room.
func (r *referee) mayJoin(q *Sequence) bool {
	return r.cfg.Policy == Continuous || r.cfg.Policy == None || r.members[q.ID]
}

// form begins the batch that has to begin.
func (r *referee) form(now time.Duration) {
	batched := r.cfg.Policy == Static || r.cfg.Policy == Dynamic
	if !batched || len(r.members) > 0 || len(r.waiting) == 0 {
		return
	}
	n, late := len(r.waiting), now-r.waiting[0].Arrived >= r.cfg.BatchWait
	size := min(n, r.cfg.MaxBatch)
	if !late && n < r.cfg.MaxBatch {
		size = 0
		for _, p := range r.cfg.Preferred {
			if r.cfg.Policy == Dynamic && p <= n {
				size = p
			}
		}
	}
	if size == 0 {
		return
	}
	if r.batches[size]++; !late {
		r.early++
	}
	for range size {
		q := r.first(func(q *Sequence) bool { return !r.members[q.ID] })
		r.members[q.ID] = true
		r.charge(q)
	}
}

// overtaken holds that with ageing nobody is overtaken by who came after its turn.
func (r *referee) overtaken(q *Sequence) {
	r.t.Helper()
	if r.cfg.Queue != Shortest || r.cfg.Policy.batched() {
		return
	}
	for _, o := range r.waiting {
		if o != q && o.Priority <= q.Priority && !r.impatient(q) && !r.again[q.ID] && q.Arrived > o.Arrived+r.cfg.Ageing*time.Duration(len(o.Tokens)) {
			r.t.Fatalf("sequence %d, which came at %v, overtakes %d, which came at %v with %d tokens", q.ID, q.Arrived, o.ID, o.Arrived, len(o.Tokens))
		}
	}
}
