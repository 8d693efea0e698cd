package forecast

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/stat"
)

// How a history is tested: from at most six origins that lie in its later part, each with six weeks or a third of it before, a
// quarter of it ahead, at most half a year.
const (
	mostOrigins = 6
	leastFitted = 6
	mostTested  = 26
	testDraws   = 200
)

// tested is how many weeks are forecast in the test of a history.
func tested(weeks int) int { return min(max(weeks/4, 1), mostTested) }

// origins are the numbers of weeks that models are fitted to, the oldest first.
func origins(weeks int) []int {
	newest := weeks - tested(weeks)
	oldest := min(max(leastFitted, weeks/3), newest)
	every := max((newest-oldest+mostOrigins-2)/(mostOrigins-1), 1)
	var all []int
	for o := newest; o >= oldest; o -= every {
		all = append(all, o)
	}
	slices.Reverse(all)
	return all
}

// test fits every model to beginnings of a history and holds it to what followed (rolling origins: Tashman, Int. J. Forecasting
// 16, 2000).
func test(p *parts, seed uint64) ([]Backtest, error) {
	models := Models()
	scores := make([]score, len(models))
	var at []time.Time
	for _, o := range origins(p.weeks) {
		trial, err := p.trial(o)
		if errors.Is(err, ErrEmptyWeeks) { // this beginning ends with weeks without demand; others may not
			continue
		}
		if err != nil {
			return nil, err
		}
		at = append(at, trial.fitted.hours[len(trial.fitted.hours)-1].Start.Add(time.Hour))
		for i, m := range models {
			trial.score(&scores[i], m, seed)
		}
	}
	if len(at) == 0 {
		return nil, fmt.Errorf("%w: no beginning of the history can be fitted, so no model can be tested", ErrEmptyWeeks)
	}
	var all []Backtest
	for i, m := range models {
		b := scores[i].backtest()
		b.Model, b.Origins, b.Weeks = m.Name(), at, tested(p.weeks)
		all = append(all, b)
	}
	return all, nil
}

// trial is one origin: what was fitted, and what came after.
type trial struct {
	fitted *parts
	after  []demand.Hour
	labels []int
	weeks  int
	scales scales
}

// trial cuts the history after some weeks.
func (p *parts) trial(weeks int) (*trial, error) {
	cut := p.skip + weeks*week
	fitted, err := takeApart(p.hours[:cut])
	if err != nil {
		return nil, err
	}
	t := &trial{fitted: fitted, weeks: tested(p.weeks)}
	to := cut + t.weeks*week
	t.after, t.labels = p.hours[cut:to], p.labels[cut:to]
	t.scales = fitted.scales()
	return t, nil
}

// score holds one model to what came after the origin.
func (t *trial) score(s *score, m Model, seed uint64) {
	futures := t.fitted.futures(m)
	for i, f := range futures {
		if f == nil {
			continue
		}
		draws := t.draw(f, m.Name(), seed)
		switch i {
		case requests:
			t.requests(s, draws)
		case inputTokens:
			t.tokens(&s.input, draws, func(h demand.Hour) float64 { return h.InputTokens })
		case outputTokens:
			t.tokens(&s.output, draws, func(h demand.Hour) float64 { return h.OutputTokens })
		}
	}
}

// draw is demand after the origin, of each draw.
func (t *trial) draw(f *future, name string, seed uint64) [][]float64 {
	draws := make([][]float64, testDraws)
	for d := range draws {
		rng := stat.Source(seed, "backtest", name, strconv.Itoa(t.fitted.weeks), strconv.Itoa(d))
		draws[d] = make([]float64, len(t.labels))
		fill(draws[d], t.labels, f, f.draw(rng, t.weeks), rng)
	}
	return draws
}

// requests scores hours, and totals and busiest hours of weeks that are known whole.
func (t *trial) requests(s *score, draws [][]float64) {
	for i, h := range t.after {
		if !h.Filled {
			s.hourly.add(h.Requests, across(draws, func(d []float64) float64 { return d[i] }), t.scales.hour)
		}
	}
	t.eachWeek(func(from, to int) {
		values := requestsOf(t.after[from:to])
		s.weekly.add(sum(values), across(draws, func(d []float64) float64 { return sum(d[from:to]) }), t.scales.week)
		s.peaks.add(slices.Max(values), across(draws, func(d []float64) float64 { return slices.Max(d[from:to]) }), t.scales.peak)
	})
}

// tokens scores the totals of weeks, by medians alone.
func (t *trial) tokens(s *shares, draws [][]float64, of func(demand.Hour) float64) {
	t.eachWeek(func(from, to int) {
		total := 0.0
		for _, h := range t.after[from:to] {
			total += of(h)
		}
		s.add(total, quantile(across(draws, func(d []float64) float64 { return sum(d[from:to]) }), 0.5))
	})
}

func (t *trial) eachWeek(visit func(from, to int)) {
	for from := 0; from < len(t.after); from += week {
		if to := from + week; !slices.ContainsFunc(t.after[from:to], func(h demand.Hour) bool { return h.Filled }) {
			visit(from, to)
		}
	}
}

// across is one figure of every draw.
func across(draws [][]float64, of func([]float64) float64) []float64 {
	out := make([]float64, len(draws))
	for d := range draws {
		out[d] = of(draws[d])
	}
	return out
}

func requestsOf(hours []demand.Hour) []float64 {
	out := make([]float64, len(hours))
	for i, h := range hours {
		out[i] = h.Requests
	}
	return out
}

// near is by how much the loss of a simpler model may be above the lowest: so little is chance.
const near = 1.01

// choose names the model that scenarios are drawn from: the simplest of those whose loss is about the lowest, unless one was
// asked for.
func (f *Forecast) choose(asked string) Model {
	models := Models()
	lowest := slices.MinFunc(f.Backtests, func(a, b Backtest) int { return compare(a.Loss, b.Loss) }).Loss
	i := slices.IndexFunc(f.Backtests, func(b Backtest) bool {
		if asked != "" {
			return b.Model == asked
		}
		return b.Loss <= near*lowest+perfect
	})
	b := f.Backtests[i]
	f.Model = b.Model
	f.Why = fmt.Sprintf("of %d models the simplest within 1 %% of the lowest pinball loss over %d weeks from %d origins: %.3g of the mean error of repeating the week before",
		len(models), b.Weeks, len(b.Origins), b.Loss)
	if asked != "" {
		f.Why = fmt.Sprintf("it was asked for; its pinball loss is %.3g, the lowest of all models is %.3g", b.Loss, lowest)
	}
	return models[i]
}
