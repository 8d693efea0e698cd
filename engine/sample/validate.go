package sample

import (
	"errors"
	"fmt"
	"math"
)

// Validate returns an error that names every setting out of range, what it is and
// what is allowed.
func (p Params) Validate() error {
	var errs []error
	if t := float64(p.Temperature); !(t >= 0) || math.IsInf(t, 0) {
		errs = append(errs, fmt.Errorf("temperature is %v; allowed: 0 (greedy) or any finite number above", p.Temperature))
	}
	if p.TopK < 0 {
		errs = append(errs, fmt.Errorf("top_k is %d; allowed: 0 (keeps all) or more", p.TopK))
	}
	if !(p.TopP >= 0 && p.TopP <= 1) {
		errs = append(errs, fmt.Errorf("top_p is %v; allowed: 0 to 1 (both keep all)", p.TopP))
	}
	if !(p.MinP >= 0 && p.MinP <= 1) {
		errs = append(errs, fmt.Errorf("min_p is %v; allowed: 0 (drops none) to 1", p.MinP))
	}
	return errors.Join(errs...)
}
