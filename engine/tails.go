package engine

// tails hands out model.Span's Tail: numbers below the most sequences that run at the same time.
type tails struct{ free []int32 }

func newTails(n int) (t tails) {
	for i := range n {
		t.free = append(t.free, int32(n-1-i))
	}
	return t
}

// take gives a running stream a tail, unless it has one.
func (t *tails) take(s *Stream) {
	if s.tail < 0 {
		last := len(t.free) - 1
		s.tail, t.free = t.free[last], t.free[:last]
	}
}

// giveBack takes back a stream's tail, if it has one, when it no longer runs.
func (t *tails) giveBack(s *Stream) {
	if s.tail >= 0 {
		t.free = append(t.free, s.tail)
		s.tail = -1
	}
}
