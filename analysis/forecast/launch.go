package forecast

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

// Multiplier is the factor of demand at an instant.
func (l Launch) Multiplier(t time.Time) float64 {
	since := t.Sub(l.At)
	switch {
	case since < 0:
		return 1
	case since < l.Ramp:
		return 1 + (l.Factor-1)*float64(since)/float64(l.Ramp)
	case since < l.Ramp+l.Hold:
		return l.Factor
	case l.Half <= 0:
		return l.Lasting
	}
	past := float64(since-l.Ramp-l.Hold) / float64(l.Half)
	return l.Lasting + (l.Factor-l.Lasting)*math.Exp2(-past)
}

// bounds of launches.
const (
	mostFactor = 1000
	longest    = 10 * 366 * 24 * time.Hour
)

func (l Launch) check(key string, end time.Time) (all []demand.Wrong) {
	is := func(ok bool, name string, found any, wanted string) {
		if !ok {
			all = append(all, demand.Wrong{Key: key + "." + name, Found: fmt.Sprint(found), Wanted: wanted})
		}
	}
	is(!l.At.IsZero() && l.At.Before(end), "at", l.At.Format(time.DateOnly), "a date before the end of the last month, "+end.Format(time.DateOnly))
	is(l.Factor >= 0 && l.Factor <= mostFactor, "factor", l.Factor, fmt.Sprintf("what demand is multiplied by, from 0 to %d: 3 is three times", mostFactor))
	is(l.Lasting >= 0 && l.Lasting <= mostFactor, "lasting", l.Lasting, "the factor that stays: 1 where nothing does")
	const wanted = "a time that is not negative, at most ten years"
	is(l.Ramp >= 0 && l.Ramp <= longest, "ramp", l.Ramp, wanted)
	is(l.Hold >= 0 && l.Hold <= longest, "hold", l.Hold, wanted)
	is(l.Half >= 0 && l.Half <= longest, "half", l.Half, wanted)
	return all
}
