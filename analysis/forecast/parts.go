package forecast

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/assaylab/assay/analysis/demand"
)

// The series of a history, in this order everywhere.
const (
	requests = iota
	inputTokens
	outputTokens
	seriesCount
)

const week = demand.Week

// parts is a history taken apart. Weeks are 168 hours each, counted back from its end; a part of a week that is left over at
// its beginning is not used.
type parts struct {
	hours       []demand.Hour
	labels      []int // hour of the week of each hour, by its zone's clocks
	skip        int   // hours before the first week, -1 where that week lacks one
	weeks       int
	series      [seriesCount]part
	empty       int          // weeks without any request
	persistence *persistence // of lines through as many weeks; nil until it is needed
}

// part is one series: at each hour it is exp(level + slope·position) · shape · noise, the position being the part of its
// week that has passed.
type part struct {
	values []float64
	none   bool      // nothing was asked for at all
	level  []float64 // logarithm, at the beginning of each week
	slope  float64   // of the straight line through the levels, a week
	shape  [week]float64
	last   [week]float64 // newest value for each hour of the week
	noise  pool
}

// ErrEmptyWeeks is the error for a history with too many weeks without any demand.
var ErrEmptyWeeks = errors.New("weeks without demand")

// mostEmpty is the share of weeks that may have no demand.
const mostEmpty = 0.1

// takeApart is a history's parts.
func takeApart(hours []demand.Hour) (*parts, error) {
	p := &parts{hours: hours, weeks: (len(hours) + 1) / week}
	p.skip = len(hours) - p.weeks*week
	for _, h := range hours {
		p.labels = append(p.labels, demand.HourOfWeek(h.Start))
		for i, v := range [...]float64{h.Requests, h.InputTokens, h.OutputTokens} {
			p.series[i].values = append(p.series[i].values, v)
		}
	}
	for i := range p.series {
		empty := p.fit(&p.series[i])
		if p.series[i].none {
			continue
		}
		if w, why := p.tooEmpty(empty); why != "" {
			return nil, fmt.Errorf("%w: %s %s from %s on: cut the file after it, or state the growth instead",
				ErrEmptyWeeks, [...]string{"no request", "no input token", "no output token"}[i], why, p.start(w).Format(time.DateOnly))
		}
		p.empty = max(p.empty, len(empty))
	}
	return p, nil
}

// tooEmpty says why weeks without demand leave no level to go on from.
func (p *parts) tooEmpty(empty []int) (which int, why string) {
	if len(empty) == 0 {
		return 0, ""
	}
	if last := empty[len(empty)-1]; last == p.weeks-1 {
		return last, "in the last week,"
	}
	if float64(len(empty)) > mostEmpty*float64(p.weeks) {
		return empty[0], fmt.Sprintf("in %d of %d weeks, the first", len(empty), p.weeks)
	}
	return 0, ""
}

func (p *parts) start(w int) time.Time { return p.hours[max(p.skip+w*week, 0)].Start }

// place is the week and the position in it of an hour, false before the first week.
func (p *parts) place(i int) (w, pos int, ok bool) {
	i -= p.skip
	return i / week, i % week, i >= 0
}

// used are the hours that tell something: filled ones only repeat others.
func (p *parts) used(visit func(i, w, pos int)) {
	for i := range p.hours {
		if w, pos, ok := p.place(i); ok && !p.hours[i].Filled {
			visit(i, w, pos)
		}
	}
}

// rounds bounds the fit, whose changes shrink by two decimal places a round or more.
const rounds = 60

// fit finds levels and shape in turns, each given the other, so that the sums of every week and of every hour of the week are
// those of the history: the maximum-likelihood fit to a table of counts (Deming & Stephan, Ann. Math. Statist. 11, 1940),
// which hours without demand do not disturb. It returns the weeks that have none.
func (p *parts) fit(s *part) (empty []int) {
	s.level = make([]float64, p.weeks)
	for h := range s.shape {
		s.shape[h] = 1
	}
	for range rounds {
		empty = p.levels(s)
		if len(empty) == p.weeks {
			s.none = true
			return nil
		}
		if p.shapes(s) < 1e-14 {
			break
		}
	}
	p.newest(s)
	p.residuals(s)
	return empty
}

// within is how much the trend adds during a week, at each of its hours.
func within(slope float64) (all [week]float64) {
	for pos := range all {
		all[pos] = math.Exp(slope * float64(pos) / week)
	}
	return all
}

// levels fits the level of each week to the shape.
func (p *parts) levels(s *part) (empty []int) {
	sum, shape := make([]float64, p.weeks), make([]float64, p.weeks)
	grown := within(s.slope)
	p.used(func(i, w, pos int) {
		sum[w] += s.values[i]
		shape[w] += grown[pos] * s.shape[p.labels[i]]
	})
	for w := range sum {
		if sum[w] == 0 {
			empty = append(empty, w)
			continue
		}
		s.level[w] = math.Log(sum[w] / shape[w])
	}
	if len(empty) < p.weeks {
		bridge(s.level, empty)
		s.slope = slopeOf(s.level)
	}
	return empty
}

// slopeOf is that of the straight line through values one apart.
func slopeOf(values []float64) float64 {
	x := make([]float64, len(values))
	for i := range x {
		x[i] = float64(i)
	}
	_, slope := stat.LinearRegression(x, values, nil, false)
	return slope
}

// bridge gives weeks without a level that of a straight line between their neighbours.
func bridge(level []float64, empty []int) {
	missing := make([]bool, len(level))
	for _, w := range empty {
		missing[w] = true
	}
	for _, w := range empty {
		a, b := w, w
		for a >= 0 && missing[a] {
			a--
		}
		for b < len(level) && missing[b] {
			b++
		}
		switch {
		case a < 0:
			level[w] = level[b]
		case b == len(level):
			level[w] = level[a]
		default:
			level[w] = level[a] + (level[b]-level[a])*float64(w-a)/float64(b-a)
		}
	}
}

// shapes fits the shape to the levels, and returns the largest relative change.
func (p *parts) shapes(s *part) (change float64) {
	var sum, level [week]float64
	grown, at := within(s.slope), expAll(s.level)
	p.used(func(i, w, pos int) {
		sum[p.labels[i]] += s.values[i]
		level[p.labels[i]] += at[w] * grown[pos]
	})
	mean := 0.0
	for h := range sum {
		if level[h] > 0 {
			sum[h] /= level[h]
		}
		mean += sum[h] / week
	}
	for h, x := range sum {
		change = max(change, math.Abs(x/mean-s.shape[h]))
		s.shape[h] = x / mean
	}
	for w := range s.level {
		s.level[w] += math.Log(mean)
	}
	return change
}

// shapeError is the variance of the fitted shape over that of an hour's noise.
func (p *parts) shapeError() float64 { return 1 / float64(p.weeks) }

func expAll(logs []float64) []float64 {
	out := make([]float64, len(logs))
	for i, l := range logs {
		out[i] = math.Exp(l)
	}
	return out
}

// newest notes the last value of each hour of the week.
func (p *parts) newest(s *part) {
	p.used(func(i, _, _ int) { s.last[p.labels[i]] = s.values[i] })
}

// residuals gathers what levels and shape leave of each hour, as a ratio.
func (p *parts) residuals(s *part) {
	s.noise = newPool(p.weeks)
	grown, at := within(s.slope), expAll(s.level)
	p.used(func(i, w, pos int) {
		if fitted := at[w] * grown[pos] * s.shape[p.labels[i]]; fitted > 0 {
			s.noise[w][p.labels[i]] = s.values[i] / fitted
		}
	})
	s.noise.complete()
}
