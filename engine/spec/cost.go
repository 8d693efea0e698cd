package spec

import "time"

// costRows bounds the batches whose cost is told apart: larger ones count as this one.
const costRows = 256

// Costs is what steps of generated rows alone were measured to take, by how many rows they had. The zero
// value has measured nothing. A measured step moves the estimate a part of the way, one that
// stood still for something else (another process, say) by no more than as if it took twice as long.
type Costs struct {
	took [costRows + 1]time.Duration // 0 is not measured
}

// costWeight is how much one step moves an estimate.
const costWeight = .2

// Observe notes that a step of so many rows took so long.
func (c *Costs) Observe(rows int, took time.Duration) {
	at := &c.took[min(rows, costRows)]
	if took = max(took, 1); *at == 0 {
		*at = took
		return
	}
	*at += time.Duration(costWeight * float64(min(took, 2**at)-*at))
}

// Of is what a step of so many rows is expected to take: on the line between the next ones that were
// measured. Beyond them it is the least that is likely, so that what was never tried looks worth a
// try: as much as the largest, or as much per row as the smallest. 0 is for nothing measured.
func (c *Costs) Of(rows int) time.Duration {
	rows = min(rows, costRows)
	below, above := rows, rows
	for below > 0 && c.took[below] == 0 {
		below--
	}
	for above <= costRows && c.took[above] == 0 {
		above++
	}
	switch {
	case below == 0 && above > costRows:
		return 0
	case below == 0:
		return c.took[above] * time.Duration(rows) / time.Duration(above)
	case above > costRows:
		return c.took[below]
	case above == below:
		return c.took[rows]
	}
	part := float64(rows-below) / float64(above-below)
	return c.took[below] + time.Duration(part*float64(c.took[above]-c.took[below]))
}
