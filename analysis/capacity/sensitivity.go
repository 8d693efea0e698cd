package capacity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
)

// Input is something that a plan depends on and that may be otherwise.
type Input struct {
	Name      string
	Low, High float64 // factors of what is planned with, between which it is thought to be; 1 and 1 is not known
	// With is the problem with the input at a factor.
	With func(p *Problem, factor float64) *Problem
	// Value prints the input at a factor, with its unit.
	Value func(factor float64) string
}

// Outcome is the plan at one value of an input.
type Outcome struct {
	Factor     float64
	Value      string // of the input
	NPV        money.Amount
	Mix        Mix
	Infeasible string // why there is no plan; "" where there is
}

// Effect is what one input does to the total: a bar of a tornado.
type Effect struct {
	Input      string
	Low, High  Outcome
	Thresholds []Threshold // where another mix is chosen, the nearest on each side; none within the range that was searched
}

// Swing is by how much the total differs between the ends; it is +Inf where one has no plan.
func (e Effect) Swing() float64 {
	if e.Low.Infeasible != "" || e.High.Infeasible != "" {
		return math.Inf(1)
	}
	return math.Abs(e.High.NPV.Sub(e.Low.NPV).Float())
}

// Threshold is where the mix changes.
type Threshold struct {
	Factor float64 // of the input, known to 0.1 %
	Value  string
	From   Mix // towards factor 1
	To     Outcome
}

// Same says whether two decisions are the same in short.
func (m Mix) Same(n Mix) bool { return m.Main == n.Main && slices.Equal(m.Committed, n.Committed) }

// String is "mostly a; ordered: b and c".
func (m Mix) String() string {
	if len(m.Committed) == 0 {
		return "mostly " + m.Main + "; nothing ordered"
	}
	return fmt.Sprintf("mostly %s; ordered: %s", m.Main, words.List(m.Committed))
}

// Tornado changes one input at a time, and orders the effects by their swing, the largest first. Thresholds are searched
// for between 1/reach and reach times what is planned with; a reach of 1 searches for none.
func (p *Problem) Tornado(base *Plan, inputs []Input, reach float64) ([]Effect, error) {
	var all []Effect
	for _, in := range inputs {
		e, err := p.Effect(base, in, reach)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Effect) int { return cmp.Compare(b.Swing(), a.Swing()) })
	return all, nil
}

// Effect is that of one input.
func (p *Problem) Effect(base *Plan, in Input, reach float64) (Effect, error) {
	e := Effect{Input: in.Name}
	if !(0 < in.Low && in.Low <= 1 && 1 <= in.High && !math.IsInf(in.High, 1)) {
		return e, fmt.Errorf("input %s: factors %v to %v: expected above 0, with 1 between them", in.Name, in.Low, in.High)
	}
	if !(reach >= 1) || math.IsInf(reach, 1) {
		return e, fmt.Errorf("reach %v of thresholds: expected a factor of at least 1, such as 4", reach)
	}
	var err error
	if e.Low, err = p.outcome(in, in.Low); err != nil {
		return e, err
	}
	if e.High, err = p.outcome(in, in.High); err != nil {
		return e, err
	}
	for _, end := range []float64{1 / reach, reach} {
		t, found, err := p.threshold(base.Mix, in, end)
		if err != nil {
			return e, err
		}
		if found {
			e.Thresholds = append(e.Thresholds, t)
		}
	}
	return e, nil
}

func (p *Problem) outcome(in Input, factor float64) (Outcome, error) {
	o := Outcome{Factor: factor, Value: in.Value(factor)}
	plan, err := in.With(p, factor).Decide()
	if none := (*Infeasible)(nil); errors.As(err, &none) {
		o.Infeasible = none.Because
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("%s at %s: %w", in.Name, o.Value, err)
	}
	o.NPV, o.Mix = plan.NPV, plan.Mix
	return o, nil
}

// strides is in how many steps the way to the end of the search is gone: a mix that comes and goes
// between two of them is not seen.
const strides = 8

// near is how well a threshold is known, as a share.
const near = 1e-3

// threshold goes from 1 to an end until the mix is another one, and then halves the step.
func (p *Problem) threshold(base Mix, in Input, end float64) (Threshold, bool, error) {
	inside := 1.0
	for k := 1; k <= strides && end != 1; k++ {
		factor := math.Pow(end, float64(k)/strides)
		o, err := p.outcome(in, factor)
		if err != nil {
			return Threshold{}, false, err
		}
		if o.Infeasible == "" && o.Mix.Same(base) {
			inside = factor
			continue
		}
		t, err := p.bisect(base, in, inside, o)
		return t, true, err
	}
	return Threshold{}, false, nil
}

func (p *Problem) bisect(base Mix, in Input, inside float64, outside Outcome) (Threshold, error) {
	for math.Abs(outside.Factor/inside-1) > near {
		o, err := p.outcome(in, math.Sqrt(inside*outside.Factor))
		if err != nil {
			return Threshold{}, err
		}
		if o.Infeasible == "" && o.Mix.Same(base) {
			inside = o.Factor
		} else {
			outside = o
		}
	}
	return Threshold{Factor: outside.Factor, Value: outside.Value, From: base, To: outside}, nil
}

// Demand is the input of all request rates.
func (p *Problem) Demand(low, high float64) Input {
	peak := 0.0
	for _, m := range p.Months {
		peak = max(peak, m.Peak())
	}
	return Input{Name: "demand", Low: low, High: high, Value: func(f float64) string { return words.Number(f*peak) + " req/s at the highest peak" },
		With: func(p *Problem, f float64) *Problem {
			q := *p
			q.Months = nil
			for _, m := range p.Months {
				scaled := Month{First: m.First}
				for _, b := range m.Bins {
					scaled.Bins = append(scaled.Bins, Bin{Rate: b.Rate * f, Hours: b.Hours})
				}
				q.Months = append(q.Months, scaled)
			}
			return &q
		}}
}

// Throughput is the input of the rate of a replica, between the ends of its interval. Where that
// reaches 0, its low end is a factor of a thousandth, at which there is no plan.
func (p *Problem) Throughput() Input {
	r := p.PerReplica.Rate
	return Input{Name: "throughput of a replica", Low: max(r.Low/r.Value, near), High: r.High / r.Value,
		Value: func(f float64) string { return words.Number(f*r.Value) + " req/s" },
		With: func(p *Problem, f float64) *Problem {
			q := *p
			if f <= near {
				f = 0
			}
			q.PerReplica.Rate = cost.Estimate{Value: r.Value * f, Low: r.Low * f, High: r.High * f}
			q.PerReplica.Saturated *= f
			return &q
		}}
}

// Price is the input of an option's price, and of its upkeep with it, between the ends of its spread.
func (p *Problem) Price(name string) Input {
	o := p.option(name)
	s := o.Spread
	if s == (Spread{}) {
		s = Spread{1, 1}
	}
	return Input{Name: "price of " + name, Low: s.Low, High: s.High, Value: func(f float64) string { return unitPrice(o, f) },
		With: func(p *Problem, f float64) *Problem {
			return p.changed(name, func(o *Option) {
				o.Price, o.Upkeep, o.Minimum = o.Price.Times(f), o.Upkeep.Times(f), o.Minimum.Times(f)
			})
		}}
}

// unitPrice is an option's price at a factor, in its unit.
func unitPrice(o *Option, factor float64) string {
	unit := map[Kind]string{Own: "a unit", Hold: "a unit and month", Rent: "a unit and hour", Spot: "a unit and hour", API: "1,000 requests", Degrade: "1,000 degraded requests"}[o.Kind]
	price := o.Price.Times(factor)
	if o.Kind == API || o.Kind == Degrade {
		price = price.Mul(1000)
	}
	return price.String() + " for " + unit
}

// DiscountRate is the input of the discount rate.
func (p *Problem) DiscountRate(low, high float64) Input {
	d := p.Discount
	return Input{Name: "discount rate", Low: low, High: high, Value: func(f float64) string { return words.Percent(f*d) + " a year" },
		With: func(p *Problem, f float64) *Problem {
			q := *p
			q.Discount = min(d*f, maxDiscount)
			return &q
		}}
}

// maxDiscount is the highest rate that Check lets through.
const maxDiscount = 0.999

// Residual is the input of what an owned unit is worth in the end.
func (p *Problem) Residual(name string, low, high float64) Input {
	r := p.option(name).Residual
	return Input{Name: "residual value of " + name, Low: low, High: high, Value: func(f float64) string { return words.Percent(min(f*r, 1)) + " of the price" },
		With: func(p *Problem, f float64) *Problem {
			return p.changed(name, func(o *Option) { o.Residual = min(r*f, 1) })
		}}
}

// LeadTime is the input of the days from order to service.
func (p *Problem) LeadTime(name string, low, high float64) Input {
	days := p.option(name).LeadDays
	at := func(f float64) int { return int(math.Round(float64(days) * f)) }
	return Input{Name: "lead time of " + name, Low: low, High: high, Value: func(f float64) string { return words.Count(at(f), "day") },
		With: func(p *Problem, f float64) *Problem {
			return p.changed(name, func(o *Option) { o.LeadDays = at(f) })
		}}
}

// changed is the problem with one option otherwise.
func (p *Problem) changed(name string, change func(*Option)) *Problem {
	q := *p
	q.Options = slices.Clone(p.Options)
	change(q.option(name))
	return &q
}

// Extreme is the problem with the rate of a replica and all prices at one end of their intervals:
// the best for the total, or the worst. What is between is no interval of a stated
// probability: all ends are not met at once.
func (p *Problem) Extreme(best bool) *Problem {
	t := p.Throughput()
	factor := t.Low
	if best {
		factor = t.High
	}
	q := t.With(p, factor)
	for _, o := range p.Options {
		in := p.Price(o.Name)
		factor := in.High
		if best {
			factor = in.Low
		}
		q = in.With(q, factor)
	}
	return q
}
