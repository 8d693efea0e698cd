package capacity

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
)

// Scale is the curve of the same replica on another machine.
//
// If every step takes an s-th of the time, a replica that is asked s times as often goes through the same
// queues in an s-th of the time, exactly: rates are multiplied by s, latencies divided by it. What is not exact is s.
// At each rate the interval of a latency reaches from what the curve says for the highest s to what it says
// for the lowest, at which the same rate is nearer to what the replica can carry.
func (c Curve) Scale(s predict.Scaling) (Curve, error) {
	if err := c.Check(); err != nil {
		return Curve{}, err
	}
	if e := s.Speed; !(0 < e.Low && e.Low <= e.Value && e.Value <= e.High) || math.IsInf(e.High, 1) {
		return Curve{}, fmt.Errorf("scaling of %s from %s to %s: %v in [%v, %v]: expected a factor above 0 within its interval", c.Name, s.From, s.To, e.Value, e.Low, e.High)
	}
	scaled := c
	scaled.Origin, scaled.Source, scaled.Points = predict.Scaled, c.Source+"; "+s.Model, nil
	for _, p := range c.Points {
		q := p
		q.Rate, q.Latencies = p.Rate*s.Speed.Value, nil
		for _, l := range p.Latencies {
			q.Latencies = append(q.Latencies, Latency{l.Metric, l.Percentile, c.scaled(l, p.Rate, s.Speed)})
		}
		scaled.Points = append(scaled.Points, q)
	}
	return scaled, nil
}

// scaled is a latency at rate times the estimate of the factor.
func (c Curve) scaled(l Latency, rate float64, s cost.Estimate) cost.Estimate {
	v := cost.Estimate{Value: l.NS.Value / s.Value, Low: l.NS.Low / s.Value, High: math.Inf(1)}
	if slower, ok := c.At(l.Metric, l.Percentile, rate*s.Value/s.Low); ok {
		v.High = slower.High / s.Low
	}
	if faster, ok := c.At(l.Metric, l.Percentile, rate*s.Value/s.High); ok {
		v.Low = min(v.Low, faster.Low/s.High)
	}
	return cost.Estimate{Value: v.Value, Low: v.Low, High: max(v.High, v.Value)}
}
