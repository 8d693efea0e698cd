package forecast

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

// FromHistory forecasts the demand that a history goes on with.
func FromHistory(history *demand.History, o Options) (*Forecast, error) {
	if len(history.Hours)+1 < demand.NeededWeeks*week {
		return nil, &demand.Error{Kind: demand.ErrShort, File: history.File, Found: fmt.Sprintf("%.1f weeks of history", history.Weeks()),
			Do: fmt.Sprintf("a forecast needs %d; state the growth instead, or wait", demand.NeededWeeks)}
	}
	f, h, err := prepare(o, history.End(), history.Location)
	if err != nil {
		return nil, err
	}
	p, err := takeApart(history.Hours)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", history.File, err)
	}
	f.Source, f.Zone = history.File, history.Zone
	if f.Backtests, err = test(p, f.Seed); err != nil {
		return nil, fmt.Errorf("%s: %w", history.File, err)
	}
	model := f.choose(o.Model)
	h.supported = p.weeks
	f.conclude(h, h.draw(p.futures(model), model.Name(), f.Draws, f.Seed))
	f.historyNotes(history, p, h)
	return f, nil
}

// futures fits a model to each series that has demand.
func (p *parts) futures(m Model) *[seriesCount]*future {
	var all [seriesCount]*future
	for i := range p.series {
		if s := &p.series[i]; !s.none {
			f := m.fit(p, s)
			all[i] = &f
		}
	}
	return &all
}

// mostAhead is how far after the end of what is known a forecast may begin.
const mostAhead = 5 * 366 * 24 * time.Hour

// prepare checks options and lays out the months.
func prepare(o Options, end time.Time, zone *time.Location) (*Forecast, *horizon, error) {
	end = end.In(zone)
	o = o.completed(end)
	all := o.check(end)
	if len(all) > 0 {
		return nil, nil, wrong(all)
	}
	h := newHorizon(end, o.Start, o.Months, zone)
	last := h.months[len(h.months)-1].month.AddDate(0, 1, 0)
	for i, l := range o.Launches {
		all = append(all, l.check(fmt.Sprintf("launch[%d]", i), last)...)
	}
	h.launches(o.Launches)
	f := &Forecast{Seed: o.Seed, Draws: o.Draws, Low: o.Low, High: o.High, Launches: o.Launches}
	return f, h, wrong(all)
}

func (o Options) completed(end time.Time) Options {
	if o.Draws == 0 {
		o.Draws = DefaultDraws
	}
	if o.Low == 0 && o.High == 0 {
		o.Low, o.High = 0.1, 0.9
	}
	if o.Start.IsZero() {
		o.Start = firstMonth(end)
	}
	return o
}

// leastDraws and mostDraws bound what is drawn: of a hundred, the ends of a 95 % interval are the third from either side.
const (
	leastDraws = 100
	mostDraws  = 20_000
)

func (o Options) check(end time.Time) (all []demand.Wrong) {
	is := func(ok bool, key string, found any, wanted string) {
		if !ok {
			all = append(all, demand.Wrong{Key: key, Found: fmt.Sprint(found), Wanted: wanted})
		}
	}
	is(o.Months >= 1 && o.Months <= MostMonths, "months", o.Months, fmt.Sprintf("1 to %d", MostMonths))
	is(o.Draws >= leastDraws && o.Draws <= mostDraws, "draws", o.Draws, fmt.Sprintf("%d to %d", leastDraws, mostDraws))
	is(o.Low >= 0.01 && o.Low < 0.5, "low", o.Low, "a quantile from 0.01 to below 0.5")
	is(o.High > 0.5 && o.High <= 0.99, "high", o.High, "a quantile above 0.5, to 0.99")
	first := monthOf(o.Start, end.Location())
	is(!first.Before(firstMonth(end)), "start", first.Format("2006-01"), "a month that begins when the history has ended, from "+firstMonth(end).Format("2006-01")+" on")
	is(first.Sub(end) < mostAhead, "start", first.Format("2006-01"), "a month within five years")
	is(o.Model == "" || slices.Contains(modelNames(), o.Model), "model", fmt.Sprintf("%q", o.Model), fmt.Sprintf("one of %q, or none for the one that does best on the history", modelNames()))
	return all
}

// wrong joins what is wrong; nil where nothing is.
func wrong(all []demand.Wrong) error {
	var errs []error
	for _, w := range all {
		errs = append(errs, w)
	}
	return errors.Join(errs...)
}

// conclude reads scenarios from draws.
func (f *Forecast) conclude(h *horizon, d *drawn) {
	f.Scenarios = []Scenario{
		d.plain.scenario(h, Low, f.Low, f.Low, f.High),
		d.plain.scenario(h, Expected, 0.5, f.Low, f.High),
		d.plain.scenario(h, High, f.High, f.Low, f.High),
	}
	if d.launched != nil {
		f.Scenarios = append(f.Scenarios, d.launched.scenario(h, Launched, 0.5, f.Low, f.High))
	}
	f.Fan = d.plain.fan(h)
	f.Total = rangeOf(d.plain.whole, f.Low, f.High)
	g := rangeOf(d.slopes, f.Low, f.High)
	f.Growth = Range{monthly(g.Low), monthly(g.Expected), monthly(g.High)}
	for _, m := range f.Scenarios[0].Months {
		if !m.Widened {
			f.Supported++
		}
	}
}

// Scenario is the one of a name, nil where there is none.
func (f *Forecast) Scenario(name string) *Scenario {
	for i := range f.Scenarios {
		if f.Scenarios[i].Name == name {
			return &f.Scenarios[i]
		}
	}
	return nil
}
