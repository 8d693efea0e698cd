package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/strict"
)

// Search looks for the highest rate at which an arm holds every limit, in place of rates.
type Search struct {
	MinRate, MaxRate float64       // requests per second
	Precision        float64       // half width of the interval that ends it, as a share of the rate
	MaxProbes        int           // trials of an arm
	MaxTime          time.Duration // of an arm's trials together; 0 for no limit
}

const (
	defaultPrecision = 0.05
	defaultProbes    = 40
)

// search reads [load.search], nil where there is none.
func (t *table) search() *Search {
	c, ok := t.child("search")
	if !ok {
		return nil
	}
	rates := interval{lo: 0, hi: highestRate, open: true}
	for _, name := range []string{"min_rate", "max_rate"} {
		if !c.has(name) {
			c.missing(name, rates.String()+", requests per second", "10")
		}
	}
	s := &Search{
		MinRate: c.number("min_rate", 1, rates), MaxRate: c.number("max_rate", highestRate, rates),
		Precision: c.number("precision", defaultPrecision, interval{lo: 0.005, hi: 0.5}),
		MaxProbes: c.integer("max_probes", defaultProbes, 6, maxRepetitions),
		MaxTime:   c.duration("max_time", 0, "10m"),
	}
	if s.MaxRate <= s.MinRate {
		c.bad("max_rate", s.MaxRate, fmt.Sprintf("more than min_rate (%s)", strict.Decimal(s.MinRate)), "")
	}
	c.finish()
	return s
}

// searchFits refuses what has no rate to be searched.
func (t *table) searchFits(l *Workload) {
	if l.Search == nil {
		return
	}
	if l.Arrival == Closed || l.Arrival == Recorded {
		t.report(t.key("search"), fmt.Sprintf("a search with arrival %q", l.Arrival), "arrival \"poisson\", \"gamma\" or \"constant\", whose rate is free", "")
	}
	if l.Requests == 0 && l.Duration > 0 && l.Search.MaxRate*l.Duration.Seconds() > mostRequests {
		t.report(strict.Key(t.key("search"), "max_rate"), fmt.Sprintf("%s requests (max_rate x duration)", strict.Decimal(math.Ceil(l.Search.MaxRate*l.Duration.Seconds()))),
			fmt.Sprintf("at most %d in a trial", mostRequests), "shorten duration or give requests")
	}
}

// searchesHaveLimits requires something to be searched for, and trials whose requests are enough to tell the percentile.
func (r *reader) searchesHaveLimits(s *Scenario) {
	for i, l := range s.Loads {
		if l.Search == nil {
			continue
		}
		key := strict.Key(strict.Element("load", i), "search")
		if len(s.SLO.Limits) == 0 {
			r.report(key, "a search without limits", "an [slo] table, whose limits are to be held", `add [slo] with preset = "conversational"`)
		}
		for _, limit := range s.SLO.Limits {
			need := int(math.Ceil(1/(1-limit.Percentile) - 1e-9))
			if n := l.Count(l.Search.MinRate); n > 0 && n < need {
				r.report(key, fmt.Sprintf("%d requests in a trial at min_rate", n), fmt.Sprintf("at least %d, to see beyond the p%s of %s", need, strict.Decimal(100*limit.Percentile), limit.Metric), "")
				break
			}
		}
	}
}
