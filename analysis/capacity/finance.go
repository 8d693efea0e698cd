package capacity

import (
	"math"

	"github.com/assaylab/assay/analysis/money"
)

// Overtaking is when one plan becomes cheaper than another: the first month from whose end on it has cost less, or no
// more after it had cost more, in present value, and stays so to the last month. Indexes are -1 where there is none.
type Overtaking struct {
	Paid  int // by what was paid so far
	Worth int // by what was paid less what is owned by then: what it comes to if all was sold at its book value
}

// Overtakes compares the payments of two plans for the same months, at a discount rate per year.
func (pl *Plan) Overtakes(other *Plan, rate float64) Overtaking {
	byPaid, byWorth := race{since: -1}, race{since: -1}
	paid := money.Amount{} // more than the other
	for m := range pl.Months {
		a, b := &pl.Months[m], &other.Months[m]
		paid = paid.Add(a.Cash.Paid.Sub(b.Cash.Paid).Times(math.Pow(1+rate, -float64(m)/12)))
		worth := a.Book.Sub(b.Book).Times(math.Pow(1+rate, -float64(m+1)/12))
		byPaid.see(m, paid.Sign())
		byWorth.see(m, paid.Sub(worth).Sign())
	}
	return Overtaking{byPaid.since, byWorth.since}
}

// race is since when the first of two costs no more than the second.
type race struct {
	since  int
	behind bool // it was before
}

func (r *race) see(month, sign int) {
	switch {
	case sign > 0:
		r.since, r.behind = -1, true
	case r.since < 0 && (sign < 0 || r.behind):
		r.since = month
	}
}

// Only is the problem with the options of some kinds alone, and what is held of them: how much a way of
// doing without the others costs.
func (p *Problem) Only(kinds ...Kind) *Problem {
	q := *p
	q.Options, q.Holdings = nil, nil
	for _, o := range p.Options {
		for _, k := range kinds {
			if o.Kind == k {
				q.Options = append(q.Options, o)
			}
		}
	}
	for _, h := range p.Holdings {
		if q.option(h.Option) != nil {
			q.Holdings = append(q.Holdings, h)
		}
	}
	return &q
}
