package workload

// Ledger remembers where in a corpus the spans of a run's cells begin, or which rows of a file they are made of, so
// that no two cells have one in common until the corpus is used up. Cells are numbered by whoever draws them: a cell
// avoids what those with lower numbers have, as far as they have been drawn. Drawn again after the same cells, it gets
// the same prompts.
type Ledger struct{ cells map[int]int } // by place: the lowest cell that has it

// NewLedger is one in which nothing is taken.
func NewLedger() *Ledger { return &Ledger{cells: map[int]int{}} }

// Seat is a cell's access to a ledger. The zero value avoids nothing and leaves no trace.
type Seat struct {
	Ledger *Ledger
	Cell   int
}

// taken says whether an earlier cell has the place.
func (s Seat) taken(place int) bool {
	if s.Ledger == nil {
		return false
	}
	cell, ok := s.Ledger.cells[place]
	return ok && cell < s.Cell
}

func (s Seat) take(place int) {
	if s.Ledger == nil {
		return
	}
	if cell, ok := s.Ledger.cells[place]; !ok || s.Cell < cell {
		s.Ledger.cells[place] = s.Cell
	}
}
