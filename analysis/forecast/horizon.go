package forecast

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

// horizon is the hours from the end of what is known to the end of the last month.
type horizon struct {
	end       time.Time // of what is known
	months    []span
	labels    []int     // hour of the week of each hour
	launch    []float64 // factor of each hour; nil: no launches
	supported int       // weeks that the history supports
}

// span is the hours of one month.
type span struct {
	month    time.Time
	from, to int
}

// monthHours is the mean length of a month, which growth is told by.
const (
	monthHours = 8766.0 / 12
	monthWeeks = monthHours / week
)

// newHorizon counts months of a zone from the one that start is in, by its own date: the first of a month is meant wherever it
// was written.
func newHorizon(end, start time.Time, months int, zone *time.Location) *horizon {
	h := &horizon{end: end}
	year, month, _ := start.Date()
	for m := range months {
		a := time.Date(year, month+time.Month(m), 1, 0, 0, 0, 0, zone)
		b := time.Date(year, month+time.Month(m+1), 1, 0, 0, 0, 0, zone)
		h.months = append(h.months, span{a, h.hoursTo(a), h.hoursTo(b)})
	}
	h.labels = labelsFrom(end.In(zone), h.hours())
	return h
}

// hoursTo counts the hours that begin before an instant.
func (h *horizon) hoursTo(t time.Time) int {
	return int(math.Ceil(t.Sub(h.end).Hours()))
}

func (h *horizon) hours() int { return h.months[len(h.months)-1].to }

func (h *horizon) weeks() int { return (h.hours() + week - 1) / week }

// labelsFrom are the hours of the week of hours that follow an instant.
func labelsFrom(t time.Time, hours int) []int {
	labels := make([]int, hours)
	for i := range labels {
		labels[i] = demand.HourOfWeek(t.Add(time.Duration(i) * time.Hour))
	}
	return labels
}

// launches fills in the factor of each hour.
func (h *horizon) launches(all []Launch) {
	if len(all) == 0 {
		return
	}
	h.launch = make([]float64, h.hours())
	for i := range h.launch {
		h.launch[i] = 1
		for _, l := range all {
			h.launch[i] *= l.Multiplier(h.end.Add(time.Duration(i) * time.Hour))
		}
	}
}

// monthOf is the beginning of the month that a date is in, in a zone.
func monthOf(t time.Time, zone *time.Location) time.Time {
	year, month, _ := t.Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, zone)
}

// firstMonth is the first whole month after an instant.
func firstMonth(t time.Time) time.Time {
	if first := monthOf(t, t.Location()); !first.Before(t) {
		return first
	}
	year, month, _ := t.Date()
	return time.Date(year, month+1, 1, 0, 0, 0, 0, t.Location())
}

// changeOfGrowth is the standard deviation, a month, by which growth may differ from what it was once the horizon is longer
// than the history. It is a judgement and no measurement: a history tells nothing about how its growth changes over spans
// that it does not have.
const changeOfGrowth = 0.02

// widen bends a course where it is further ahead than the history supports.
func (h *horizon) widen(c course, rng *rand.Rand) {
	change := changeOfGrowth * rng.NormFloat64()
	for k := max(h.supported, 0); k < len(c.levels); k++ {
		c.levels[k] += change * float64(k-h.supported) / monthWeeks
	}
}

// mostLevel keeps demand a finite number in draws that a short and noisy history sends to infinity.
const mostLevel = 100

// fill writes demand along one course, hour by hour.
func fill(out []float64, labels []int, f *future, c course, rng *rand.Rand) {
	grown := within(c.slope)
	var day [24]float64
	level, today := 0.0, -1
	for i, label := range labels {
		if i%week == 0 {
			level = math.Exp(min(c.levels[i/week], mostLevel))
		}
		if label/24 != today {
			today = label / 24
			f.noise.day(rng, today, &day)
		}
		out[i] = level * grown[i%week] * f.shape[label] * day[label%24]
	}
}
