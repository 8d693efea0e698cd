package capacity

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/money"
)

// Check is an error for a problem that is not well stated. It names the option or month.
func (p *Problem) Check() error {
	if err := p.checkMonths(); err != nil {
		return err
	}
	if !(p.Discount >= 0 && p.Discount < 1) {
		return fmt.Errorf("discount rate %v a year: expected a share of at least 0 and less than 1, such as 0.08", p.Discount)
	}
	if !(p.Tail >= 0 && p.Tail <= 1) {
		return fmt.Errorf("share of payments after the last month %v: expected 0 to 1", p.Tail)
	}
	if err := p.Reserve.Check(); err != nil {
		return err
	}
	if !(p.PerReplica.Rate.Value > 0) {
		return &Infeasible{"one replica holds the limits at no rate"}
	}
	for _, m := range p.Months {
		if n, err := p.PerReplica.Replicas(m.Peak(), p.Reserve); err != nil || n.Total() > mostReplicas {
			return fmt.Errorf("%v requests per second in %s need %d replicas of %v each: expected at most %d", m.Peak(), monthName(m.First), n.Total(), p.PerReplica.Rate.Value, mostReplicas)
		}
	}
	return p.checkOptions()
}

// mostReplicas is how many a plan is made for.
const mostReplicas = 20_000

func (p *Problem) checkMonths() error {
	if len(p.Months) == 0 {
		return fmt.Errorf("no months to plan: expected at least one")
	}
	for i, m := range p.Months {
		if i > 0 && !m.First.Equal(p.Months[0].First.AddDate(0, i, 0)) {
			return fmt.Errorf("month %d begins on %s: expected %s, the month after the one before", i+1, day(m.First), day(p.Months[0].First.AddDate(0, i, 0)))
		}
		for _, b := range m.Bins {
			if !(b.Rate >= 0) || math.IsInf(b.Rate, 1) || !(b.Hours > 0) || b.Hours > 31*24 {
				return fmt.Errorf("month of %s: %v requests per second in %v hours: expected a rate of 0 or more in at most the hours of the month", day(m.First), b.Rate, b.Hours)
			}
		}
	}
	if d := p.Months[0].First.Day(); d != 1 {
		return fmt.Errorf("the first month begins on %s: expected the first day of a month", day(p.Months[0].First))
	}
	return nil
}

func (p *Problem) checkOptions() error {
	names, currencies := map[string]bool{}, []string{}
	for i := range p.Options {
		o := &p.Options[i]
		if names[o.Name] {
			return fmt.Errorf("option %q is there twice: expected each name once", o.Name)
		}
		names[o.Name] = true
		if err := o.Check(); err != nil {
			return err
		}
		currencies = append(currencies, o.Price.Currency())
		for _, a := range []money.Amount{o.Upkeep, o.Minimum} {
			if a.Currency() != "" {
				currencies = append(currencies, a.Currency())
			}
		}
	}
	if err := money.Same(currencies...); err != nil {
		return fmt.Errorf("prices of options: %w", err)
	}
	for _, h := range p.Holdings {
		o := p.option(h.Option)
		if o == nil || o.Kind != Own && o.Kind != Hold {
			return fmt.Errorf("holding of %q: expected the name of an option that is owned or reserved", h.Option)
		}
		if h.Units < 1 || h.From < 0 || h.Until <= h.From {
			return fmt.Errorf("holding of %q: %d units in months [%d, %d): expected at least one unit and one month", h.Option, h.Units, h.From, h.Until)
		}
	}
	return nil
}

// rule is something that has to be true of an option.
type rule struct {
	holds          bool
	what, expected string
}

// Check is an error for an option that lacks something its kind needs.
func (o *Option) Check() error {
	rules := append([]rule{
		{o.Name != "", "no name", "one"},
		{o.Price.Currency() != "" && o.Price.Sign() >= 0, fmt.Sprintf("price %s", o.Price.Decimal()), "0 or more, with a currency"},
		{o.Upkeep.Sign() >= 0, fmt.Sprintf("upkeep %s", o.Upkeep.Decimal()), "0 or more"},
		{o.Minimum.Sign() >= 0, fmt.Sprintf("minimum %s a month", o.Minimum.Decimal()), "0 or more"},
		{o.Minimum.Sign() == 0 || o.Kind == Rent || o.Kind == Spot || o.Kind == API, "a minimum a month", "none for this kind"},
		{o.LeadDays >= 0, fmt.Sprintf("lead time of %d days", o.LeadDays), "0 or more"},
		{o.Spread == Spread{} || 0 < o.Spread.Low && o.Spread.Low <= 1 && 1 <= o.Spread.High && !math.IsInf(o.Spread.High, 1), fmt.Sprintf("spread %v to %v", o.Spread.Low, o.Spread.High), "factors around 1"},
		{o.MinUnits >= 0 && o.MaxUnits >= 0 && (o.MaxUnits == 0 || o.MinUnits <= o.MaxUnits), fmt.Sprintf("%d to %d units", o.MinUnits, o.MaxUnits), "a least number of 0 or more and a most that is not below it"},
	}, o.rules()...)
	for _, r := range rules {
		if !r.holds {
			return fmt.Errorf("option %q (%s): %s: expected %s", o.Name, o.Kind, r.what, r.expected)
		}
	}
	return nil
}

// rules are those of the kind.
func (o *Option) rules() []rule {
	carries := rule{o.Replicas >= 1, fmt.Sprintf("%d replicas on a unit", o.Replicas), "at least 1"}
	months := rule{o.Months >= 1, fmt.Sprintf("%d months", o.Months), "at least 1"}
	switch o.Kind {
	case Own:
		return []rule{carries, months, {o.Residual >= 0 && o.Residual <= 1, fmt.Sprintf("residual value %v", o.Residual), "a share of 0 to 1"}}
	case Hold:
		return []rule{carries, months, {o.Upfront >= 0 && o.Upfront <= 1, fmt.Sprintf("%v paid upfront", o.Upfront), "a share of 0 to 1"}}
	case Rent:
		return []rule{carries}
	case Spot:
		return []rule{carries, {o.Availability > 0 && o.Availability <= 1, fmt.Sprintf("availability %v", o.Availability), "a share above 0 and at most 1"}}
	case API:
		return []rule{{o.MaxRate >= 0 && !math.IsInf(o.MaxRate, 1), fmt.Sprintf("rate limit %v", o.MaxRate), "0 or more requests per second"}}
	case Degrade:
		return []rule{{o.Gain > 0 && !math.IsInf(o.Gain, 1), fmt.Sprintf("gain %v", o.Gain), "more than 0: the lesser arm's rate by the full arm's, less 1"},
			{o.MaxShare > 0 && o.MaxShare <= 1, fmt.Sprintf("at most %v of requests", o.MaxShare), "a share above 0 and at most 1"}}
	}
	return []rule{{false, "its kind", fmt.Sprintf("%q, %q, %q, %q, %q or %q", Own, Hold, Rent, Spot, API, Degrade)}}
}

func (p *Problem) option(name string) *Option {
	for i := range p.Options {
		if p.Options[i].Name == name {
			return &p.Options[i]
		}
	}
	return nil
}

// currency is that of all prices.
func (p *Problem) currency() string {
	if len(p.Options) == 0 {
		return ""
	}
	return p.Options[0].Price.Currency()
}
