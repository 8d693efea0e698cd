package spec

import (
	"math"
	"time"
)

// costRows bounds the batches whose cost is told apart: larger ones count as this one.
const costRows = 256

// Costs is what steps of generated rows alone were measured to take, by how many rows they had. The zero
// value has measured nothing.
type Costs struct {
	of    [costRows + 1]estimate
	table [costRows + 1]time.Duration // what Of says
	stale bool                        // the table is
}

// estimate is of how long something takes: the least of the first times, when code and memory are cold, then their geometric mean, from
// when on each one moves it by the same part. The noise of single ones is larger than what drafts gain, and is to cancel out; so
// is what a machine that grows slower adds, and takes away when it is fast again.
// What stood still for something else (another process, say) moves it by no more than if it took twice as long.
type estimate struct {
	took time.Duration // 0 is not measured
	seen int           // times, up to mostSeen
}

const (
	mostSeen = 48
	settled  = 12 // times after which an estimate is as good as any decision needs
	coldSeen = 3  // times of which the first ones are cold: a first draft may take three times as long as the next
)

func (e *estimate) observe(took time.Duration) {
	e.seen = min(e.seen+1, mostSeen)
	if took = max(took, 1); e.took == 0 || e.seen <= coldSeen && took < e.took {
		e.took = took
	}
	if e.seen <= coldSeen {
		return
	}
	far := math.Log(float64(took) / float64(e.took))
	e.took = time.Duration(math.Round(float64(e.took) * math.Exp(min(max(far, -math.Ln2), math.Ln2)/float64(e.seen))))
}

// Observe notes that a step of so many rows took so long.
func (c *Costs) Observe(rows int, took time.Duration) {
	c.of[min(rows, costRows)].observe(took)
	c.stale = true
}

// cold says whether steps of so many rows were measured too seldom to go by.
func (c *Costs) cold(rows int) bool { return c.of[min(rows, costRows)].seen < coldSeen }

// Settled says whether what steps of so many rows take is known well.
func (c *Costs) Settled(rows int) bool { return c.of[min(rows, costRows)].seen >= settled }

// Of is what a step of so many rows is expected to take: the mean of what about so many took, by how often,
// or where none did on the line between the next ones that were measured. Beyond them it is the least that
// is likely, so that what was never tried looks worth a try: as much as the largest, or as much per row as
// the smallest. 0 is for nothing measured.
func (c *Costs) Of(rows int) time.Duration {
	if c.stale {
		c.fill()
	}
	return c.table[min(rows, costRows)]
}

// fill makes the table, which a choice of lengths asks hundreds of times.
func (c *Costs) fill() {
	c.stale = false
	below := 0 // the last that was measured
	for rows := 1; rows <= costRows; rows++ {
		if c.of[rows].took == 0 {
			continue
		}
		for r := below + 1; r < rows; r++ {
			c.table[r] = c.between(below, r, rows)
		}
		c.table[rows], below = c.about(rows), rows
	}
	for r := below + 1; r <= costRows; r++ {
		c.table[r] = c.of[below].took
	}
}

// between is that of rows between the next ones that were measured, those below being 0 where there are none.
func (c *Costs) between(below, rows, above int) time.Duration {
	if below == 0 {
		return c.of[above].took * time.Duration(rows) / time.Duration(above)
	}
	part := float64(rows-below) / float64(above-below)
	return c.of[below].took + time.Duration(part*float64(c.of[above].took-c.of[below].took))
}

// about is the mean, per row, over rows that differ by a sixteenth at most. Of many estimates that are noise the least would be chosen.
func (c *Costs) about(rows int) time.Duration {
	sum, seen := 0.0, 0.0
	for r := rows - rows/16; r <= min(rows+rows/16, costRows); r++ {
		e := &c.of[r]
		sum += float64(e.took) * float64(rows) / float64(max(1, r)) * float64(e.seen)
		seen += float64(e.seen)
	}
	return time.Duration(sum/seen + .5)
}
