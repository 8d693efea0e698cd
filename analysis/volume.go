package analysis

import "math"

// VolumePoint is what a month of so many requests costs.
type VolumePoint struct{ Requests, Cost float64 }

// most machines that a figure shows steps of.
const mostMachines = 200

// Range is from which volume to which one a comparison is of interest: around what a machine carries and where lines meet.
func (v *Volume) Range() (low, high float64) {
	low, high = v.Capacity.Value/20, v.Capacity.Value*4
	for _, c := range v.Calls {
		for _, x := range []float64{c.Break.First.Value, c.Break.Always.Value} {
			if !math.IsInf(x, 1) && x > 0 {
				low, high = min(low, x/10), max(high, 2*x)
			}
		}
	}
	return low, min(high, mostMachines*v.Capacity.Value)
}

// Machines is the staircase of whole machines between two volumes, its corners and its ends.
func (v *Volume) Machines(low, high float64) []VolumePoint {
	month := v.PerMonth.Float()
	cost := func(n float64) float64 { return (n + float64(v.Spares)) * month }
	n := max(1, math.Ceil(low/v.Capacity.Value))
	points := []VolumePoint{{low, cost(n)}}
	for ; n*v.Capacity.Value < high; n++ {
		points = append(points, VolumePoint{n * v.Capacity.Value, cost(n)}, VolumePoint{n * v.Capacity.Value, cost(n + 1)})
	}
	return append(points, VolumePoint{high, cost(n)})
}

// Line is what an API takes.
func (c *Call) Line(low, high float64) []VolumePoint {
	return []VolumePoint{{low, low * c.PerRequest.Estimate}, {high, high * c.PerRequest.Estimate}}
}
