package capacity

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/analysis/money"
)

// writer fills in a plan. Money is exact: every amount is in whole cents, and sums are sums.
type writer struct {
	p    *Problem
	c    calendar
	d    *decision
	plan *Plan
	zero money.Amount
}

func (w *writer) noCash() Cash { return Cash{w.zero, w.zero, w.zero, w.zero, w.zero, w.zero} }

// month begins a month.
func (w *writer) month(t int) {
	m := w.p.Months[t]
	n, _ := w.p.PerReplica.Replicas(m.Peak(), w.p.Reserve)
	w.plan.Months = append(w.plan.Months, MonthPlan{First: m.First, Peak: m.Peak(), Requests: m.Requests(), Replicas: n,
		Held: w.d.there[t], Cash: w.noCash(), NPV: w.zero, Book: w.zero})
}

// use finds or begins what a month takes of an option.
func (w *writer) use(t int, o *Option) *Use {
	m := &w.plan.Months[t]
	for i := range m.Uses {
		if m.Uses[i].Option == o.Name {
			return &m.Uses[i]
		}
	}
	m.Uses = append(m.Uses, Use{Option: o.Name, Kind: o.Kind, Capex: w.zero, Opex: w.zero, Penalty: w.zero})
	return &m.Uses[len(m.Uses)-1]
}

// holdings are paid for as long as they are there.
func (w *writer) holdings() {
	for _, h := range w.p.Holdings {
		o := w.p.option(h.Option)
		for t := h.From; t < min(h.Until, len(w.p.Months)); t++ {
			u := w.use(t, o)
			u.Units += h.Units
			u.Opex = u.Opex.Add(o.monthly().Mul(int64(h.Units)))
		}
	}
}

// order has units in service from a month on.
func (w *writer) order(s *start, units int) {
	o := &w.p.Options[s.option]
	b, n := w.p.billOf(w.c, o, s.from), int64(units)
	total := b.due.Mul(n)
	for _, x := range b.payments {
		amount := x.amount.Mul(n)
		total = total.Add(amount)
		u := w.use(x.month, o)
		if x.capital {
			u.Capex = u.Capex.Add(amount)
		} else {
			u.Opex = u.Opex.Add(amount)
		}
	}
	for t := s.from; t < b.end; t++ {
		w.use(t, o).Units += units
		m := &w.plan.Months[t]
		m.Held += units * o.Replicas
		if o.Kind == Own {
			m.Book = m.Book.Add(o.worth(t + 1 - s.from).Mul(n))
		}
	}
	w.left(b, n)
	w.plan.Orders = append(w.plan.Orders, Order{Option: o.Name, Kind: o.Kind, Units: units, By: w.c.by(o, s.from), Service: w.c.firsts[s.from], Month: s.from, Cost: total})
}

// left is what a bill leaves behind: in the month that begins when its units are retired, or in the last one.
func (w *writer) left(b bill, n int64) {
	last := len(w.plan.Months) - 1
	m, end := &w.plan.Months[min(b.end, last)], &w.plan.Months[last]
	worth := b.worth.Mul(n)
	m.Cash.Worth = m.Cash.Worth.Add(worth)
	m.NPV = m.NPV.Sub(worth.Times(w.p.factor(b.end)).Round(cents))
	due := b.due.Mul(n)
	end.Cash.Due = end.Cash.Due.Add(due)
	end.NPV = end.NPV.Add(due.Times(w.p.Tail * w.p.factor(last+1)).Round(cents))
}

// dispatch adds what a month rents, calls and degrades.
func (w *writer) dispatch(t int) {
	d, m := w.d.dispatches[t], &w.plan.Months[t]
	held := 0.0
	for _, b := range w.p.Months[t].Bins {
		h, _ := d.hour(b.Rate, m.Held)
		held += w.hour(t, d, h, b)
	}
	w.split(t, held)
	w.minimums(t)
	w.price(t)
}

// minimums begin the use of contracts that are paid for whether they are used or not.
func (w *writer) minimums(t int) {
	for i := range w.p.Options {
		if o := &w.p.Options[i]; w.d.signed&(1<<i) != 0 && w.c.earliest(o) <= t {
			w.use(t, o)
		}
	}
}

// hour adds the hours of one bin, and returns the requests that what is held answers in them.
func (w *writer) hour(t int, d *dispatch, h hour, b Bin) (held float64) {
	left := b.Rate
	for i, rate := range h.over {
		if rate == 0 {
			continue
		}
		o := &d.over[i]
		u := w.use(t, &w.p.Options[o.option])
		u.Billed += rate * o.billed * b.Hours * 3600
		if left -= rate; o.gain == 0 {
			u.Requests += rate * b.Hours * 3600
			continue
		}
		// Degraded requests above the capacity are not all that are degraded; the rest would have been answered by the full arm.
		more := min(rate*(o.billed-1), left)
		u.Requests += (rate + more) * b.Hours * 3600
		left -= more
	}
	there := min(left, d.each*float64(max(0, w.plan.Months[t].Held-d.reserve.Spares)))
	if h.hired == 0 {
		return left * b.Hours * 3600
	}
	w.hired(t, d, h.hired, b.Hours, (left-there)*b.Hours*3600)
	return there * b.Hours * 3600
}

// hired adds rented units, which answer so many requests together.
func (w *writer) hired(t int, d *dispatch, replicas int, hours, requests float64) {
	units := d.hire.units(replicas)
	total := 0
	for _, u := range units {
		total += u.replicas
	}
	for _, i := range d.hire.rented {
		if n, ok := units[i]; ok {
			u := w.use(t, &w.p.Options[i])
			u.Units = max(u.Units, n.paid)
			u.Hours += float64(n.paid) * hours
			u.Requests += requests * float64(n.replicas) / float64(total)
		}
	}
}

// split shares the requests that owned and reserved units answer by their replicas.
func (w *writer) split(t int, requests float64) {
	m := &w.plan.Months[t]
	for i := range m.Uses {
		if u := &m.Uses[i]; u.Kind == Own || u.Kind == Hold {
			u.Requests = requests * float64(u.Units*w.p.option(u.Option).Replicas) / float64(max(1, m.Held))
		}
	}
}

// price prices what is paid for as it is used.
func (w *writer) price(t int) {
	m := &w.plan.Months[t]
	for i := range m.Uses {
		u := &m.Uses[i]
		switch o := w.p.option(u.Option); u.Kind {
		case Rent, Spot:
			u.Opex = o.atLeast(o.Price.Times(u.Hours))
		case API:
			u.Opex = o.atLeast(o.Price.Times(u.Billed))
		case Degrade:
			u.Penalty = o.Price.Times(u.Billed).Round(cents)
		}
	}
}

// atLeast is a bill of a month, which has a minimum.
func (o *Option) atLeast(bill money.Amount) money.Amount {
	if bill = bill.Round(cents); bill.Cmp(o.Minimum) < 0 {
		return o.Minimum.Round(cents)
	}
	return bill
}

// sum ends a month.
func (w *writer) sum(t int) {
	m := &w.plan.Months[t]
	order := func(u Use) int {
		return slices.IndexFunc(w.p.Options, func(o Option) bool { return o.Name == u.Option })
	}
	slices.SortFunc(m.Uses, func(a, b Use) int { return cmp.Compare(order(a), order(b)) })
	for _, u := range m.Uses {
		m.Cash.Capex = m.Cash.Capex.Add(u.Capex)
		m.Cash.Opex = m.Cash.Opex.Add(u.Opex)
		m.Cash.Penalty = m.Cash.Penalty.Add(u.Penalty)
	}
	m.Cash.Paid = m.Cash.Capex.Add(m.Cash.Opex)
	m.NPV = m.NPV.Add(m.Cash.Paid.Times(w.p.factor(t)).Round(cents))
	w.plan.Cash.add(m.Cash)
	w.plan.NPV = w.plan.NPV.Add(m.NPV)
	w.plan.Score = w.plan.Score.Add(m.NPV).Add(m.Cash.Penalty.Times(w.p.factor(t)).Round(cents))
}

func (c *Cash) add(o Cash) {
	c.Capex, c.Opex, c.Paid = c.Capex.Add(o.Capex), c.Opex.Add(o.Opex), c.Paid.Add(o.Paid)
	c.Worth, c.Due, c.Penalty = c.Worth.Add(o.Worth), c.Due.Add(o.Due), c.Penalty.Add(o.Penalty)
}

// mix is the decision in short.
func (pl *Plan) mix(p *Problem) Mix {
	answered, m := map[string]float64{}, Mix{}
	for _, month := range pl.Months {
		for _, u := range month.Uses {
			answered[u.Option] += u.Requests
		}
	}
	for i := range p.Options {
		name := p.Options[i].Name
		if answered[name] > answered[m.Main] {
			m.Main = name
		}
		if slices.ContainsFunc(pl.Orders, func(o Order) bool { return o.Option == name }) {
			m.Committed = append(m.Committed, name)
		}
	}
	return m
}
