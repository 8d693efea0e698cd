package planning

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// reader collects the problems of what a plan names.
type reader struct {
	file  *scenario.CapacityPlan
	today time.Time
	errs  []error
}

// report notes a problem at a key of the plan.
func (r *reader) report(key, found, expected, suggestion string) {
	r.errs = append(r.errs, r.file.Problem(key, found, expected, suggestion))
}

// Read reads everything that a plan names. The day is that of the decision. The error holds every problem that was found.
func Read(file *scenario.CapacityPlan, today time.Time) (*plan.Inputs, error) {
	r := &reader{file: file, today: today}
	in := &plan.Inputs{Name: file.Name, Description: file.Description, File: filepath.Base(file.File), Currency: file.Currency, Today: today,
		Discount: file.Discount, Tail: file.Tail, Limits: limits(file.SLO), Reserve: file.Reserve, Budget: plan.Budget(file.Budget)}
	r.start()
	in.Options = r.options()
	for _, h := range file.Holdings {
		in.Holdings = append(in.Holdings, capacity.Holding(h))
	}
	in.Demand = r.demand()
	r.arms(in)
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return in, nil
}

// start refuses months that are over: a plan for them would order in the past.
func (r *reader) start() {
	this := time.Date(r.today.Year(), r.today.Month(), 1, 0, 0, 0, 0, time.UTC)
	if r.file.Start.Before(this) {
		r.report("horizon.start", r.file.Start.Format("2006-01"), "a month from "+this.Format("2006-01")+" on", `write start = "`+this.Format("2006-01")+`", or plan for an earlier day with --day`)
	}
}

func limits(s scenario.SLO) (all []record.SLO) {
	for _, l := range s.Limits {
		all = append(all, record.SLO{Metric: l.Metric, Percentile: l.Percentile, LimitNS: int64(l.Limit), Origin: l.Origin})
	}
	return all
}

// tables are the kinds of rows that an option can be priced by.
var tables = map[capacity.Kind][]price.Kind{
	capacity.Own: {price.KindPurchase}, capacity.Hold: {price.KindRental, price.KindMachine}, capacity.Rent: {price.KindRental, price.KindMachine},
	capacity.Spot: {price.KindRental, price.KindMachine}, capacity.API: {price.KindAPI},
}

func (r *reader) options() (all []plan.Option) {
	var files []string
	for _, f := range r.file.Prices {
		files = append(files, r.file.Resolve(f))
	}
	catalogue, err := price.Load(files...)
	if err != nil {
		r.errs = append(r.errs, err)
		return nil
	}
	for i, o := range r.file.Options {
		row, err := catalogue.Find(o.Price, tables[o.Kind]...)
		if err != nil {
			r.report(r.file.OptionKey(i, "price"), fmt.Sprintf("%q", o.Price), "a row of the price catalogue that can be had by kind "+string(o.Kind), err.Error())
			continue
		}
		all = append(all, r.option(i, o, row))
	}
	return all
}

func (r *reader) option(i int, o scenario.PlanOption, row price.Priced) plan.Option {
	about := row.About()
	if err := money.Same(r.file.Currency, about.Currency); err != nil {
		r.report(r.file.OptionKey(i, "price"), fmt.Sprintf("a price in %s (%s:%d)", about.Currency, about.File, about.Line), "one in "+r.file.Currency+", the plan's currency",
			"amounts are never converted: put a row in "+r.file.Currency+" into a file of prices")
	}
	p := plan.Option{Row: row, Replicas: o.Replicas, CachedShare: o.CachedShare, Offer: capacity.Option{Name: o.Name, Kind: o.Kind, Spread: o.Spread, Upfront: o.Upfront,
		PaidAtOrder: o.PaidAtOrder, LeadDays: o.LeadDays, MinUnits: o.MinUnits, MaxUnits: o.MaxUnits, Minimum: o.Minimum, MaxRate: o.MaxRate, Availability: o.Availability}}
	p.Term = map[capacity.Kind]price.Term{capacity.Hold: price.Term(o.Term), capacity.Rent: price.OnDemand, capacity.Spot: price.Spot}[o.Kind]
	r.offered(i, row, p.Term)
	return p
}

// offered refuses a term that the row has no price for.
func (r *reader) offered(i int, row price.Priced, term price.Term) {
	var ok = true
	switch row := row.(type) {
	case price.Rental:
		_, ok = row.Terms.At(term)
	case price.Machine:
		_, ok = row.Terms.At(term)
	}
	if !ok {
		about := row.About()
		r.report(r.file.OptionKey(i, "price"), fmt.Sprintf("%q, which has no price for %s (%s:%d)", about.Name, term, about.File, about.Line), "a row that has one",
			fmt.Sprintf("put %s into a row of your own, or take another kind or term", term))
	}
}

func (r *reader) demand() plan.Demand {
	d := plan.Demand{PlanFor: r.file.Demand.PlanFor, Input: r.file.Demand.Input, Output: r.file.Demand.Output}
	o := forecast.Options{Months: r.file.Months, Start: r.file.Start, Seed: r.file.Demand.Seed, Draws: r.file.Demand.Draws, Model: r.file.Demand.Model, Launches: r.file.Demand.Launches}
	var err error
	if s := r.file.Demand.Stated; s != nil {
		d.Stated = s
		o.Start = zoned(o.Start, s.Zone)
		d.Forecast, err = forecast.FromStated(s, o)
		r.wrong(err, true)
		return d
	}
	d.History, err = demand.ReadFile(r.file.Resolve(r.file.Demand.History), r.file.Demand.Read)
	if err != nil {
		r.history(err)
		return d
	}
	o.Start = zoned(o.Start, d.History.Zone)
	d.Input, d.Output = tokens(d.History)
	d.Forecast, err = forecast.FromHistory(d.History, o)
	r.wrong(err, false)
	return d
}

// zoned is the same day in a time zone, UTC where the zone is an offset that has no name.
func zoned(day time.Time, zone string) time.Time {
	at, err := demand.LoadZone(zone)
	if err != nil {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, at)
}

// tokens are the means of a request over the last eight weeks.
func tokens(h *demand.History) (input, output float64) {
	requests := 0.0
	for _, x := range h.Hours[max(0, len(h.Hours)-demand.NeededWeeks*demand.Week):] {
		requests, input, output = requests+x.Requests, input+x.InputTokens, output+x.OutputTokens
	}
	if requests == 0 {
		return 0, 0
	}
	return input / requests, output / requests
}

func (r *reader) history(err error) {
	if errors.Is(err, fs.ErrNotExist) {
		r.report("demand.history", fmt.Sprintf("no file %q", r.file.Resolve(r.file.Demand.History)), "a CSV file, relative to the plan's directory", "")
		return
	}
	r.errs = append(r.errs, err)
}

// planKeys are where the forecast's keys stand in a plan.
var planKeys = map[string]string{"months": "horizon.months", "start": "horizon.start", "rate": "demand.stated.requests_per_hour", "input_tokens": "demand.stated.prompt_tokens"}

// wrong puts what a forecast refuses at the keys of the plan.
func (r *reader) wrong(err error, stated bool) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			r.wrong(e, stated)
		}
		return
	}
	var w demand.Wrong
	if !errors.As(err, &w) {
		if err != nil {
			r.errs = append(r.errs, err)
		}
		return
	}
	key, known := planKeys[w.Key]
	if !known {
		key = "demand." + w.Key
		if stated && !strings.HasPrefix(w.Key, "launch") {
			key = "demand.stated." + strings.TrimPrefix(w.Key, "shape.")
		}
	}
	r.report(key, w.Found, w.Wanted, "")
}
