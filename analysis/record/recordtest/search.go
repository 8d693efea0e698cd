package recordtest

import (
	"github.com/assaylab/assay/analysis/record"
)

// Search makes the plan's rates the levels of a search, two trials each.
func Search(s record.Search, rates []float64) Plan {
	p := Small()
	p.Rates, p.Repetitions = rates, 2
	p.EditRun = func(r *record.Run) {
		r.Searches = []record.Search{s}
		for i := range r.Loads {
			r.Loads[i].Search = s.Name
		}
	}
	return p
}
