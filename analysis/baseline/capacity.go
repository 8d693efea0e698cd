package baseline

import (
	"math"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
)

// Capacity is what a run's searches found of an arm: the highest rate at which it holds all limits.
type Capacity struct {
	Rate   float64      `json:"rate"`           // requests per second; 0 where the lowest that was tried breaks a limit
	Low    float64      `json:"low"`            // 95 % interval
	High   float64      `json:"high,omitempty"` // 0 where none was too high
	Limits []record.SLO `json:"limits"`
}

// CapacityOf reads it from a run, nil where nothing was found.
func CapacityOf(set *record.Set, arm string) (*Capacity, error) {
	e, err := boundary.Capacity(set, arm)
	if err != nil || e == nil {
		return nil, err
	}
	c := &Capacity{Rate: e.Rate, Low: e.Low, High: e.High, Limits: set.Run.SLOs}
	if math.IsInf(c.High, 1) {
		c.High = 0
	}
	if math.IsInf(c.Rate, 1) { // as far as it was looked for
		c.Rate = c.Low
	}
	return c, nil
}

// Interval of the rate, whose upper end may be infinite.
func (c *Capacity) Interval() (low, high float64) {
	if c.High == 0 && c.Rate > 0 {
		return c.Low, math.Inf(1)
	}
	return c.Low, c.High
}

// Capacity of an arm, nil where the run searched for none.
func (s *Summary) Capacity(a record.Arm) *Capacity {
	o, _ := s.arm(a)
	return o.Capacity
}
