package quant

import "math"

// largest is the largest magnitude and the first value that has it.
func largest(src []float32) (magnitude, value float32) {
	for _, v := range src {
		if a := abs(v); magnitude < a {
			magnitude, value = a, v
		}
	}
	return magnitude, value
}

// span is the lowest and the highest value.
func span(src *[32]float32) (lowest, highest float32) {
	lowest, highest = math.MaxFloat32, -math.MaxFloat32
	for _, v := range src {
		if v < lowest {
			lowest = v
		}
		if v > highest {
			highest = v
		}
	}
	return lowest, highest
}

// highest is the highest of values, at least 0.
func highest(values []float32) float32 {
	top := float32(0)
	for _, v := range values {
		if v > top {
			top = v
		}
	}
	return top
}
