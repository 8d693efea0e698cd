package record

import "fmt"

// Search is a search for the highest rate that holds every limit: each arm has one of its own. Its loads, which name it, are
// added to the run as they are probed.
type Search struct {
	Name      string  `json:"name"`      // of the scenario's load, which Load.Search refers to
	MinRate   float64 `json:"min_rate"`  // requests per second, the lowest that may be probed
	MaxRate   float64 `json:"max_rate"`  // requests per second, the highest
	Precision float64 `json:"precision"` // half width of the interval that ends it, as a share of the rate
	MaxProbes int     `json:"max_probes"`
	MaxTimeNS int64   `json:"max_time_ns,omitempty"` // of an arm's trials together, 0 for no limit
}

func (s Search) validate() error {
	switch {
	case !(s.MinRate > 0 && s.MaxRate > s.MinRate):
		return fmt.Errorf("%q is from %v to %v requests/s: expected a range above 0", s.Name, s.MinRate, s.MaxRate)
	case !(s.Precision >= 0.001 && s.Precision <= 1):
		return fmt.Errorf("precision %v of %q: expected a share from 0.001 to 1", s.Precision, s.Name)
	case s.MaxProbes < 1 || s.MaxTimeNS < 0:
		return fmt.Errorf("%q has %d probes and %d ns: expected 1 or more, and 0 or more", s.Name, s.MaxProbes, s.MaxTimeNS)
	}
	return nil
}
