package forecast

import (
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/demand"
)

// stated is growth at one rate, which is drawn from the range that was stated: the logarithm is normal on either side of the
// expected one, each with a standard deviation of its own, so that the range holds 80 %.
type stated struct {
	level float64 // logarithm, now
	demand.Growth
}

func (s stated) draw(rng *rand.Rand, weeks int) course {
	z := rng.NormFloat64()
	end := s.High
	if z < 0 {
		end = s.Low
	}
	middle := math.Log1p(s.Expected)
	slope := (middle + math.Abs(math.Log1p(end)-middle)*z/distuv.UnitNormal.Quantile(0.9)) / monthWeeks
	c := course{make([]float64, weeks), slope}
	for k := range c.levels {
		c.levels[k] = s.level + slope*float64(k)
	}
	return c
}

// FromStated forecasts demand that was stated. Nothing is tested, because there is nothing to test it on.
func FromStated(s *demand.Stated, o Options) (*Forecast, error) {
	if err := wrong(s.Check()); err != nil {
		return nil, err
	}
	zone, err := demand.LoadZone(s.Zone)
	if err != nil {
		return nil, err
	}
	now := s.Now.In(zone).Truncate(time.Hour)
	f, h, err := prepare(o, now, zone)
	if err != nil {
		return nil, err
	}
	h.supported = h.weeks() + 1 // what is stated is stated for all of it
	shape := s.Shape.Hours()
	var futures [seriesCount]*future
	for i, per := range [...]float64{1, s.InputTokens, s.OutputTokens} {
		if per > 0 {
			futures[i] = &future{stated{math.Log(s.Rate * per), s.Growth}, &shape, lognormal(s.Noise)}
		}
	}
	f.Source, f.Zone, f.Model, f.Why = "stated growth", s.Zone, "stated", "demand is stated, not measured: no error is known"
	f.conclude(h, h.draw(&futures, "stated", f.Draws, f.Seed))
	f.statedNotes(s)
	return f, nil
}
