package spec

// mostSuccessors is how many tokens are remembered behind each one.
const mostSuccessors = 8

// successors are, of each token of the vocabulary, those that the target thought likeliest behind it
// the last time that it was asked, or that followed it in a prompt later: the adjacency matrix of
// Token Recycling.
type successors struct {
	salt  uint64
	users int    // requests that go on
	used  uint64 // when the last request came
	next  []int32
	ranks ranks
}

func newSuccessors(vocabulary int) *successors {
	return &successors{next: make([]int32, vocabulary*mostSuccessors)}
}

// reset forgets everything.
func (s *successors) reset() {
	clear(s.next)
	*s = successors{next: s.next}
}

// row is the successors of a token, the likeliest first: each is 1 more than its number, 0 is none.
func (s *successors) row(token int32) []int32 {
	return s.next[int(token)*mostSuccessors:][:mostSuccessors]
}

// follow notes that b followed a in a text.
func (s *successors) follow(a, b int32) {
	row, last := s.row(a), b+1
	for i, t := range row {
		row[i], last = last, t
		if t == b+1 {
			return
		}
	}
}

// learn notes what the target says of what follows a token. The first choices behind tokens that
// stand tell how good successors are; tokens that do not are heard where nothing better is known.
func (s *successors) learn(token int32, logits []float32, stands bool) {
	row := s.row(token)
	if !stands && row[0] != 0 {
		return
	}
	var top [mostSuccessors]int32
	likeliest(top[:], logits)
	if row[0] != 0 {
		s.ranks.observe(index(row, top[0]))
	}
	copy(row, top[:])
}

func index(row []int32, token int32) int {
	for i, t := range row {
		if t == token {
			return i
		}
	}
	return len(row)
}

// likeliest fills top with 1 more than the tokens of the largest logits, the largest first, of equal ones
// the first. Those that are no number are none.
func likeliest(top []int32, logits []float32) {
	var best [mostSuccessors]float32
	n := 0
	for token, l := range logits {
		if n == len(top) && !(l > best[n-1]) || l != l {
			continue
		}
		at := min(n, len(top)-1)
		n = at + 1
		for ; at > 0 && l > best[at-1]; at-- {
			best[at], top[at] = best[at-1], top[at-1]
		}
		best[at], top[at] = l, int32(token)+1
	}
}

// ranks is how often each successor, by its rank, was the target's first choice lately.
type ranks struct {
	hits [mostSuccessors]float64
	seen float64
}

const (
	rankDecay = .995 // what an observation leaves of those before it
	rankPrior = 16   // how many observations firstRanks count for
)

// firstRanks is taken before anything is known: about what was measured of the embedded models.
var firstRanks = [mostSuccessors]float64{.45, .12, .07, .04, .03, .02, .015, .01}

// observe notes the rank of the target's choice, mostSuccessors for one that was not there.
func (r *ranks) observe(rank int) {
	for i := range r.hits {
		r.hits[i] *= rankDecay
	}
	if r.seen = rankDecay*r.seen + 1; rank < len(r.hits) {
		r.hits[rank]++
	}
}

// rates are the probabilities that a successor is the one, by rank. They do not rise.
func (r *ranks) rates() (rates [mostSuccessors]float64) {
	least := 1.0
	for i, h := range r.hits {
		least = min(least, (h+rankPrior*firstRanks[i])/(r.seen+rankPrior))
		rates[i] = least
	}
	return rates
}
