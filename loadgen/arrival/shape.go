package arrival

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Shape says how the rate moves over a schedule, in proportions: the schedule's own rate is its mean. The zero value
// is a rate that does not move.
type Shape struct {
	parts []part // from 0 to 1, one behind the other; nil for none
	name  string
}

// part is a stretch over which the proportion goes from one value to another in a straight line.
type part struct {
	until      float64 // share of the schedule's expected time at its end
	from, to   float64 // proportions, of mean 1
	cumulative float64 // integral of the proportions up to the end
}

// Ramp goes from one proportion to another in a straight line.
func Ramp(from, to float64) (Shape, error) {
	return newShape(fmt.Sprintf("ramp %g to %g", from, to), []part{{until: 1, from: from, to: to}})
}

// Steps holds each proportion for an equal share of the time.
func Steps(proportions ...float64) (Shape, error) {
	parts, name := make([]part, len(proportions)), "steps"
	for i, p := range proportions {
		parts[i] = part{until: float64(i+1) / float64(len(proportions)), from: p, to: p}
		name += fmt.Sprintf(" %g", p)
	}
	return newShape(name, parts)
}

// Day is a sine that begins at its lowest: 1-amplitude, and as often as periods says, which need not be whole, 1+amplitude.
func Day(amplitude, periods float64) (Shape, error) {
	if !(periods > 0) || periods > MostPeriods {
		return Shape{}, fmt.Errorf("day has %g periods, expected more than 0 and at most %d", periods, MostPeriods)
	}
	n := int(math.Ceil(dayPoints * periods))
	at := func(i int) float64 { return 1 - amplitude*math.Cos(2*math.Pi*periods*float64(i)/float64(n)) }
	parts := make([]part, n)
	for i := range parts {
		parts[i] = part{until: float64(i+1) / float64(n), from: at(i), to: at(i + 1)}
	}
	name := fmt.Sprintf("a day of amplitude %g", amplitude)
	if periods != 1 {
		name = fmt.Sprintf("%g days of amplitude %g", periods, amplitude)
	}
	return newShape(name, parts)
}

// dayPoints is how many straight lines a period is made of: the rate is off by less than a thousandth of the amplitude.
const dayPoints = 96

// MostPeriods bounds Day.
const MostPeriods = 1000

// newShape checks proportions and makes their mean 1.
func newShape(name string, parts []part) (Shape, error) {
	total, begin := 0.0, 0.0
	for _, p := range parts {
		if !(p.from >= 0) || !(p.to >= 0) || math.IsInf(p.from+p.to, 1) {
			return Shape{}, fmt.Errorf("%s: expected proportions of 0 and more", name)
		}
		total += (p.from + p.to) / 2 * (p.until - begin)
		begin = p.until
	}
	if len(parts) == 0 || !(total > 0) || math.IsInf(total, 1) {
		return Shape{}, fmt.Errorf("%s: expected a proportion above 0", name)
	}
	begin, sum := 0.0, 0.0
	for i := range parts {
		p := &parts[i]
		p.from, p.to = p.from/total, p.to/total
		sum += (p.from + p.to) / 2 * (p.until - begin)
		begin, p.cumulative = p.until, sum
	}
	return Shape{parts: parts, name: name}, nil
}

// String is for example "ramp 1 to 3", "" for none.
func (s Shape) String() string { return s.name }

// at is the share of the time, which may be above 1, by which the given share of requests is expected. Behind the end
// the shape begins again.
func (s Shape) at(share float64) float64 {
	rounds, share := math.Modf(share)
	i := sort.Search(len(s.parts), func(i int) bool { return s.parts[i].cumulative >= share })
	if i == len(s.parts) {
		return rounds + 1 // rounding
	}
	p, begin, before := s.parts[i], 0.0, 0.0
	if i > 0 {
		begin, before = s.parts[i-1].until, s.parts[i-1].cumulative
	}
	return rounds + begin + p.reaches(share-before, p.until-begin)
}

// reaches solves from*x + (to-from)/(2*width)*x² = share for x, in the form that does not cancel.
func (p part) reaches(share, width float64) float64 {
	root := math.Sqrt(max(0, p.from*p.from+2*(p.to-p.from)/width*share))
	if p.from+root == 0 {
		return 0
	}
	return min(width, 2*share/(p.from+root))
}

// Shaped is the schedule with a rate that moves: every request is moved to where as much of the shape lies before it as
// of a constant rate did. What was a Poisson process becomes one whose rate moves (by time change: Çinlar 1975,
// "Introduction to Stochastic Processes", chapter 4).
func (s Schedule) Shaped(shape Shape) Schedule {
	if shape.parts == nil {
		return s
	}
	expected := float64(len(s.offsets)) / s.rate * 1e9
	moved := slices.Clone(s.offsets)
	for i, at := range moved {
		moved[i] = int64(shape.at(float64(at)/expected) * expected)
	}
	return Schedule{name: s.name + " with " + shape.name, rate: s.rate, offsets: moved}
}
