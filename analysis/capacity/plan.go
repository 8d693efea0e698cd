package capacity

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
)

// maxParts bounds the search for the cheapest plan. What it ends with then says how far from the
// cheapest it may be.
const maxParts = 4000

// maxMinimums is how many contracts with a monthly minimum are tried in all combinations.
const maxMinimums = 6

// Decide finds the cheapest plan. The error is an *Infeasible where no option covers a month.
func (p *Problem) Decide() (*Plan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	c := p.calendar()
	contracts, err := p.contracts()
	if err != nil {
		return nil, err
	}
	var best *decision
	for _, signed := range contracts {
		g, dispatches, there := p.program(c, signed)
		s, ok := g.solve(maxParts)
		if ok && (best == nil || s.value < best.value) {
			best = &decision{solution: s, program: g, dispatches: dispatches, there: there, signed: signed}
		}
	}
	if best == nil {
		return nil, p.infeasible(c)
	}
	return p.plan(c, best), nil
}

// contracts are all ways to sign contracts that cost a minimum each month, as sets of bits by option.
func (p *Problem) contracts() ([]uint, error) {
	sets, n := []uint{0}, 0
	for i := range p.Options {
		if p.Options[i].Minimum.Sign() == 0 {
			continue
		}
		if n++; n > maxMinimums || i >= 64 {
			return nil, fmt.Errorf("option %q: more than %d contracts with a monthly minimum: expected fewer", p.Options[i].Name, maxMinimums)
		}
		for _, s := range sets {
			sets = append(sets, s|1<<i)
		}
	}
	return sets, nil
}

// decision is a solved program.
type decision struct {
	solution
	program    *program
	dispatches []*dispatch
	there      []int
	signed     uint
}

// Keep is the plan that orders exactly what another plan orders, whatever comes: hours above it are rented, called or degraded. It
// tells what a decision costs if demand, prices or throughput turn out otherwise.
func (p *Problem) Keep(other *Plan) (*Plan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	c := p.calendar()
	signed := p.bits(other.Signed)
	g, dispatches, there := p.program(c, signed)
	d := &decision{program: g, dispatches: dispatches, there: there, signed: signed}
	d.units = make([]int, len(g.starts))
	for _, o := range other.Orders {
		i := slices.IndexFunc(g.starts, func(s start) bool { return p.Options[s.option].Name == o.Option && s.from == o.Month })
		if i < 0 {
			return nil, &Infeasible{fmt.Sprintf("%s cannot serve from %s on", o.Option, day(o.Service))}
		}
		d.units[i] += o.Units
	}
	d.value = g.value(d.units)
	d.bound = d.value
	if math.IsInf(d.value, 1) {
		return nil, p.short(g.held(d.units), d, c)
	}
	return p.plan(c, d), nil
}

func (p *Problem) bits(names []string) (signed uint) {
	for i := range p.Options {
		if slices.Contains(names, p.Options[i].Name) {
			signed |= 1 << i
		}
	}
	return signed
}

// plan writes a decision out, in exact money.
func (p *Problem) plan(c calendar, d *decision) *Plan {
	w := &writer{p: p, c: c, d: d, zero: money.Zero(p.currency())}
	w.plan = &Plan{Cash: w.noCash(), NPV: w.zero, Score: w.zero, Bound: money.New(1, 0, p.currency()).Times(d.bound + p.sunk()).Round(cents)}
	for t := range p.Months {
		w.month(t)
	}
	w.holdings()
	for i, n := range d.units {
		if n > 0 {
			w.order(&d.program.starts[i], n)
		}
	}
	for t := range p.Months {
		w.dispatch(t)
		w.sum(t)
	}
	for i := range p.Options {
		if d.signed&(1<<i) != 0 {
			w.plan.Signed = append(w.plan.Signed, p.Options[i].Name)
		}
	}
	slices.SortStableFunc(w.plan.Orders, func(a, b Order) int { return a.Month - b.Month })
	w.plan.Mix = w.plan.mix(p)
	w.notes()
	return w.plan
}

// notes say what weakens the plan, and what could not be had in time.
func (w *writer) notes() {
	say := func(format string, args ...any) { w.plan.Notes = append(w.plan.Notes, fmt.Sprintf(format, args...)) }
	if gap := w.d.value - w.d.bound; gap > exact*max(1, math.Abs(w.d.value)) {
		say("The search ended after %s plans: a cheaper one may exist, by at most %s.", words.Thousands(fmt.Sprint(w.d.parts)), money.New(1, 0, w.p.currency()).Times(gap))
	}
	for i := range w.p.Options {
		o := &w.p.Options[i]
		if o.Kind != Own && o.Kind != Hold {
			continue
		}
		switch m := w.c.earliest(o); {
		case m == len(w.c.firsts):
			say("%s cannot be had in any of the months: it comes %s after the order.", o.Name, words.Count(o.LeadDays, "day"))
		case m > 0:
			say("%s cannot be had before %s, %s after an order of %s: until then other options cover its part.", o.Name, monthName(w.c.firsts[m]), words.Count(o.LeadDays, "day"), day(w.p.Now))
		}
	}
	if !w.p.PerReplica.Broken {
		say("No limit breaks at the highest load that was put on a replica (%s requests per second): it may carry more than is planned with.", words.Number(w.p.PerReplica.Rate.Value))
	}
}

// infeasible says of which month no option covers the peak, and what there would be.
func (p *Problem) infeasible(c calendar) error {
	signed := uint(0)
	for i := range p.Options {
		if p.Options[i].Minimum.Sign() > 0 {
			signed |= 1 << i
		}
	}
	g, dispatches, there := p.program(c, signed)
	units := make([]int, len(g.starts))
	for i, s := range g.starts {
		units[i] = s.most
	}
	return p.short(g.held(units), &decision{program: g, dispatches: dispatches, there: there}, c)
}

// short names the first month that so many lots do not cover.
func (p *Problem) short(held []int, d *decision, c calendar) error {
	lot := p.lot()
	for t, m := range p.Months {
		have := d.there[t] + held[t]*lot
		for _, b := range m.Bins {
			if _, ok := d.dispatches[t].hour(b.Rate, have); ok {
				continue
			}
			need := d.dispatches[t].needed(b.Rate)
			return &Infeasible{fmt.Sprintf("%s requests per second in %s need %s with %s spare, and of those at most %d can be owned or reserved by then%s",
				words.Number(b.Rate), monthName(m.First), words.Count(need, "replica"), words.Count(p.Reserve.Spares, "replica"), min(have, need), p.lacking(c, t))}
		}
	}
	return &Infeasible{"no combination of orders covers all months"}
}

// lacking says what holds each option back in a month.
func (p *Problem) lacking(c calendar, month int) (s string) {
	for i := range p.Options {
		o := &p.Options[i]
		switch m := c.earliest(o); {
		case m == len(c.firsts):
			s += fmt.Sprintf("; %s comes %s after the order, later than all months", o.Name, words.Count(o.LeadDays, "day"))
		case m > month:
			s += fmt.Sprintf("; %s comes in %s at the earliest", o.Name, monthName(c.firsts[m]))
		case o.Kind == API && o.MaxRate > 0:
			s += fmt.Sprintf("; %s takes at most %s requests per second", o.Name, words.Number(o.MaxRate))
		case o.Kind == Degrade:
			s += fmt.Sprintf("; %s takes at most %s of an hour's requests", o.Name, words.Percent(o.MaxShare))
		case o.MaxUnits > 0:
			s += fmt.Sprintf("; of %s there are at most %s", o.Name, words.Count(o.MaxUnits, "unit"))
		}
	}
	return s
}

// lot is the replicas of a lot.
func (p *Problem) lot() (lot int) {
	c := p.calendar()
	for i := range p.Options {
		if o := &p.Options[i]; (o.Kind == Own || o.Kind == Hold) && c.earliest(o) < len(p.Months) {
			lot = gcd(lot, o.Replicas)
		}
	}
	return max(lot, 1)
}

func day(t time.Time) string       { return t.Format("2006-01-02") }
func monthName(t time.Time) string { return t.Format("January 2006") }
