package plan

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// binsOfMonth is into how many levels the hours of a month are put. What is rented by the hour is paid for as if all hours
// of a level were alike; the busiest hour has a level of its own.
const binsOfMonth = 24

// monthsOf is a scenario's demand as the planner takes it: levels of hours, the busiest first. No request is lost on the way.
func monthsOf(s *forecast.Scenario) []capacity.Month {
	var all []capacity.Month
	for _, m := range s.Months {
		y, month, _ := m.Month.Date()
		c := capacity.Month{First: time.Date(y, month, 1, 0, 0, 0, 0, time.UTC)}
		n := len(m.Hours)
		if n > 0 {
			c.Bins = append(c.Bins, capacity.Bin{Rate: m.Hours[n-1], Hours: 1})
		}
		for rest, left := n-1, binsOfMonth-1; rest > 0; left-- {
			size := max(1, rest/max(1, left))
			c.Bins = append(c.Bins, binOf(m.Hours[rest-size:rest]))
			rest -= size
		}
		all = append(all, c)
	}
	return all
}

// binOf is hours at their mean.
func binOf(hours []float64) capacity.Bin {
	sum := 0.0
	for _, x := range hours {
		sum += x
	}
	return capacity.Bin{Rate: sum / float64(len(hours)), Hours: float64(len(hours))}
}

// options are the offers for one arm, priced.
func (in *Inputs) options(arm string, per capacity.PerReplica) (all []capacity.Option, notes []string, err error) {
	for _, o := range in.Options {
		c := o.Offer
		c.Replicas = o.Replicas[arm]
		if err := o.price(&c, in.Demand); err != nil {
			return nil, nil, fmt.Errorf("option %q: %w", c.Name, err)
		}
		row := o.Row.About()
		c.Source = row.Source + ", " + row.Date.String()
		c.Stale = row.Stale(in.Today)
		all = append(all, c)
	}
	if in.Degrade == nil {
		return all, nil, nil
	}
	lesser, err := in.Degrade.Arm.Curve.Hold(in.Limits)
	if reason, ok := infeasible(err); ok {
		return all, []string{fmt.Sprintf("Degrading to %s is not planned with: %s.", in.Degrade.Arm.Name, reason)}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	gain := lesser.Rate.Value/per.Rate.Value - 1
	if gain <= 0 {
		return all, []string{fmt.Sprintf("Degrading to %s is not planned with: a replica holds no more requests with it (%s) than with %s (%s).",
			in.Degrade.Arm.Name, rate(lesser.Rate.Value), arm, rate(per.Rate.Value))}, nil
	}
	return append(all, capacity.Option{Name: "degrade to " + in.Degrade.Arm.Name, Kind: capacity.Degrade, Price: in.Degrade.Cost, Spread: capacity.Spread{Low: 1, High: 1},
		Gain: gain, MaxShare: in.Degrade.MaxShare, Source: "stated in the plan"}), nil, nil
}

// price fills in what the row of the catalogue says.
func (o Option) price(c *capacity.Option, d Demand) error {
	switch row := o.Row.(type) {
	case price.Purchase:
		own := row.Monthly()
		c.Price, c.Months, c.Residual = row.Price, row.Months, row.Residual
		c.Upkeep = own.Energy.Add(own.Colocation).Add(own.Maintenance).Add(own.Staff)
	case price.Rental:
		hourly, ok := row.PerMachineHour(o.Term)
		return o.hourly(c, hourly, ok)
	case price.Machine:
		hourly, ok := row.Terms.At(o.Term)
		return o.hourly(c, hourly, ok)
	case price.API:
		c.Price = PerRequest(row, d.Input, d.Output, o.CachedShare)
	}
	return nil
}

// termMonths is how long a reservation binds.
var termMonths = map[price.Term]int{price.Reserved1: 12, price.Reserved3: 36}

// hourly prices a machine of which hours are sold; a reserved one is paid for all hours of a month.
func (o Option) hourly(c *capacity.Option, hourly money.Amount, offered bool) error {
	if !offered {
		return fmt.Errorf("the row %q has no price for the term %q", o.Row.About().Name, o.Term)
	}
	c.Price = hourly
	if c.Kind == capacity.Hold {
		c.Price, c.Months = hourly.Mul(price.HoursPerMonth), termMonths[o.Term]
	}
	return nil
}

// PerRequest is what an API takes for a request of so many tokens, of whose input a share is read from its cache.
func PerRequest(row price.API, input, output, cached float64) money.Amount {
	r := row.At(int64(input))
	return r.Input.Times(input * (1 - cached)).Add(r.Cached().Times(input * cached)).Add(r.Output.Times(output)).Per(1_000_000)
}
