package boundary

import (
	"math"
	"time"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
)

// Trials are an arm's finished trials of a search, in the order in which they were run.
func Trials(set *record.Set, search record.Search, arm string) []record.Trial {
	levels := map[string]bool{}
	for _, l := range set.Run.Loads {
		levels[l.ID] = l.Search == search.Name
	}
	var all []record.Trial
	for _, t := range set.Trials {
		if t.Key.Arm == arm && levels[t.Key.Load] && t.Key.Repetition < record.Confirmation {
			all = append(all, t)
		}
	}
	return all
}

// clearly is the margin below which a trial that is not valid still says that its rate is too high: a percentile of twice the limit.
var clearly = -math.Log(2)

// ProbeOf makes a probe of a finished trial. A trial that failed, or that is not valid, cannot show that a rate is held; one that is
// far beyond a limit, as a server that never gets into a steady state is, can show that it is not.
func ProbeOf(set *record.Set, p Plan, t record.Trial) (Probe, error) {
	var load record.Load
	for _, l := range set.Run.Loads {
		if l.ID == t.Key.Load {
			load = l
		}
	}
	q := Probe{Level: p.Level(load.Rate), Time: time.Duration(t.ReadyNS + t.Lab.WallNS)}
	if t.Status != record.StatusOK {
		q.Unusable = "the trial failed: " + t.Reason
		return q, nil
	}
	c, err := group.One(set, record.Arm{ID: t.Key.Arm}, load, t)
	if err != nil {
		return q, err
	}
	least, any := Most, false
	for _, s := range set.Run.SLOs {
		m, ok := MarginOf(s, c.All())
		q.Margins = append(q.Margins, m)
		least, any = min(least, m.Value), any || ok
	}
	if err := c.Err(); err != nil {
		return q, err
	}
	switch {
	case !any:
		q.Unusable = "no request has what the limits are on"
	case len(c.Invalid) > 0 && least > clearly:
		q.Unusable = c.Invalid[0]
	}
	return q, nil
}
