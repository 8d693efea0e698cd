package stat

import (
	"iter"
	"math"
	"slices"
	"sort"
	"sync"
)

// Ordered are values in ascending order, from 0.
type Ordered interface {
	Len() int
	At(i int) float64
}

// Ascending is a sorted slice as Ordered.
type Ascending []float64

func (a Ascending) Len() int         { return len(a) }
func (a Ascending) At(i int) float64 { return a[i] }

// wishes is an Ordered that notes which values are asked for.
type wishes struct {
	n     int
	ranks []int
}

func (w *wishes) Len() int { return w.n }

func (w *wishes) At(i int) float64 {
	w.ranks = append(w.ranks, i)
	return 0
}

// Order finds order statistics of values that are too many to sort, or even to hold. It walks over them once to count
// them by their leading bits, once more to gather those that begin as the looked for ones do, and selects among
// these. Where they are too many still, it counts them by further bits first. Its answers are exact. It is not safe for
// concurrent use.
type Order struct {
	n        int
	room     int // values that may be gathered
	walk     iter.Seq[[]float64]
	known    map[int]float64
	sorted   []float64 // all values, where they are few
	bins     []bin     // how many values there are, by their first topBits
	gathered []span
}

// What an Order holds at most: values that it sorts rather than count them, and values gathered.
const (
	orderSorts   = 1 << 12
	orderGathers = 2 << 20
)

// topBits of a value are its sign, its exponent and eight bits of its fraction: values that begin alike differ by less
// than 0.4 %.
const (
	topBits   = 20
	topShift  = 64 - topBits
	lowerBits = 11
)

// NewOrder is the order of the n values of a walk, none of them NaN, in pieces of any length.
func NewOrder(n int, walk iter.Seq[[]float64]) *Order {
	o := &Order{n: n, room: orderGathers, walk: walk, known: map[int]float64{}}
	if n <= orderSorts {
		o.sorted = make([]float64, 0, n)
		for values := range walk {
			o.sorted = append(o.sorted, values...)
		}
		slices.Sort(o.sorted)
	}
	return o
}

// Len is the number of values.
func (o *Order) Len() int { return o.n }

// At is the i-th smallest value, from 0. Fetch before finds many at the price of one.
func (o *Order) At(i int) float64 {
	if o.n <= orderSorts {
		return o.sorted[i]
	}
	v, ok := o.known[i]
	if !ok {
		o.Fetch(i)
		v = o.known[i]
	}
	return v
}

// Fetch finds the values at several ranks.
func (o *Order) Fetch(ranks ...int) {
	ranks = slices.DeleteFunc(slices.Clone(ranks), func(i int) bool { _, ok := o.known[i]; return ok })
	if o.n <= orderSorts || len(ranks) == 0 {
		return
	}
	slices.Sort(ranks)
	var missing []span
	for _, p := range o.first(slices.Compact(ranks)) {
		if g := find(o.gathered, p.prefix); g != nil {
			o.settle(g.values, p.ranks, g.below)
		} else {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		s := &search{order: o, shift: topShift, spans: o.beside(missing)}
		s.run()
	}
}

// first counts all values by their first bits, once, and says where the ranks lie.
func (o *Order) first(ranks []int) []span {
	if o.bins == nil {
		o.countAll()
	}
	return split(nil, o.bins, 0, ranks)
}

// bin is how many values begin alike.
type bin struct {
	prefix uint64
	n      int
}

// counters has memory of counts by all first bits, cleared.
var counters = sync.Pool{New: func() any { return new([1 << topBits]int) }}

func (o *Order) countAll() {
	all := counters.Get().(*[1 << topBits]int)
	least, most := uint64(math.MaxUint64), uint64(0)
	for values := range o.walk {
		low, high := countTop(all, values)
		least, most = min(least, low), max(most, high)
	}
	o.bins = nonzero(all[least:most+1], least)
	clear(all[least : most+1])
	counters.Put(all)
}

// nonzero are the bins that have values; the first count is of the prefix base.
func nonzero(count []int, base uint64) (bins []bin) {
	for i, n := range count {
		if n > 0 {
			bins = append(bins, bin{base + uint64(i), n})
		}
	}
	return bins
}

// countTop counts values by their first bits, and says between which these are.
func countTop(count *[1 << topBits]int, values []float64) (least, most uint64) {
	least = math.MaxUint64
	for _, v := range values {
		k := key(v) >> topShift
		count[k]++
		least, most = min(least, k), max(most, k)
	}
	return least, most
}

// beside adds the spans before and behind each that are not gathered yet: the next Fetch is of ranks that are near, as the ends of an interval are.
func (o *Order) beside(spans []span) []span {
	var ranks []int
	all := slices.Clone(spans)
	for _, p := range spans {
		for _, r := range []int{p.below - 1, p.below + p.n} {
			if r >= 0 && r < o.n {
				ranks = append(ranks, r)
			}
		}
	}
	slices.Sort(ranks)
	for _, p := range o.first(slices.Compact(ranks)) {
		if p.ranks = nil; find(spans, p.prefix) == nil && find(o.gathered, p.prefix) == nil {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.below - b.below })
	return all
}

// key orders as the values do.
func key(v float64) uint64 {
	b := math.Float64bits(v + 0) // -0 is 0
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// value undoes key.
func value(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k ^ 1<<63)
	}
	return math.Float64frombits(^k)
}

// span is all values whose keys begin alike, and the ranks that are looked for among them.
type span struct {
	prefix uint64
	below  int // values that are smaller than all of them
	n      int
	ranks  []int
	count  []int     // by the next bits
	values []float64 // once gathered
}

// split appends the bins in which ranks lie as spans. below is how many values there are before the first bin.
func split(spans []span, bins []bin, below int, ranks []int) []span {
	for _, b := range bins {
		if k := sort.SearchInts(ranks, below+b.n); k > 0 {
			spans = append(spans, span{prefix: b.prefix, below: below, n: b.n, ranks: ranks[:k]})
			if ranks = ranks[k:]; len(ranks) == 0 {
				break
			}
		}
		below += b.n
	}
	return spans
}

// find is the span of a prefix, nil where there is none.
func find(spans []span, prefix uint64) *span {
	i, ok := slices.BinarySearchFunc(spans, prefix, func(s span, p uint64) int {
		switch {
		case s.prefix < p:
			return -1
		case s.prefix > p:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &spans[i]
}

// settle reads ranks off values, below which there are others.
func (o *Order) settle(values []float64, ranks []int, below int) {
	choose(values, ranks, below)
	for _, r := range ranks {
		o.known[r] = values[r-below]
	}
}

// search is the state of a Fetch: spans in ascending order, of keys without their last shift bits.
type search struct {
	order *Order
	shift int
	spans []span
}

func (s *search) run() {
	for s.held() > s.order.room && s.shift > 0 {
		s.narrow()
	}
	if s.shift == 0 { // no bits are left: all values of a span are equal
		for _, p := range s.spans {
			for _, r := range p.ranks {
				s.order.known[r] = value(p.prefix)
			}
		}
		return
	}
	s.gather()
}

func (s *search) held() (n int) {
	for i := range s.spans {
		n += s.spans[i].n
	}
	return n
}

// narrow replaces the spans by parts of them.
func (s *search) narrow() {
	next := s.shift - lowerBits
	for i := range s.spans {
		s.spans[i].count = make([]int, 1<<lowerBits)
	}
	s.visit(func(in *span, k uint64, _ float64) { in.count[k>>next&(1<<lowerBits-1)]++ })
	var parts []span
	for _, p := range s.spans {
		parts = split(parts, nonzero(p.count, p.prefix<<lowerBits), p.below, p.ranks)
	}
	s.spans, s.shift = parts, next
}

// gather reads the ranks off the values of the spans. Those of the first bits are kept for another Fetch while they are few.
func (s *search) gather() {
	for i := range s.spans {
		s.spans[i].values = make([]float64, 0, s.spans[i].n)
	}
	if s.shift == topShift {
		s.fill()
	} else {
		s.visit(func(in *span, _ uint64, v float64) { in.values = append(in.values, v) })
	}
	for _, p := range s.spans {
		s.order.settle(p.values, p.ranks, p.below)
	}
	if s.shift == topShift && s.held()*4 < s.order.n {
		s.order.gathered = append(s.order.gathered, s.spans...)
		slices.SortFunc(s.order.gathered, func(a, b span) int { return a.below - b.below })
	}
}

// fill gathers the values of spans of the first bits, each of which has a beginning of its own.
func (s *search) fill() {
	bins := s.order.bins
	base, least, most := bins[0].prefix, s.spans[0].prefix, s.spans[len(s.spans)-1].prefix
	keep := make([]uint8, bins[len(bins)-1].prefix-base+1) // 1 for the beginning of a span
	place := make([]int32, most-least+1)                   // of the span
	for i := range s.spans {
		keep[s.spans[i].prefix-base], place[s.spans[i].prefix-least] = 1, int32(i)
	}
	var kept [1024]float64
	for values := range s.order.walk {
		for part := range slices.Chunk(values, len(kept)) {
			for _, v := range kept[:sieve(part, keep, base, &kept)] {
				in := &s.spans[place[key(v)>>topShift-least]]
				in.values = append(in.values, v)
			}
		}
	}
}

// sieve copies the values that are to be kept, and says how many they are. Which they are is a coin toss to the processor,
// so each is copied, and only the place of the next one depends on it. keep has all beginnings that there are, from base on.
func sieve(values []float64, keep []uint8, base uint64, kept *[1024]float64) (n int) {
	for _, v := range values {
		kept[n&1023] = v
		n += int(keep[key(v)>>topShift-base])
	}
	return n
}

// visit calls f with every value that is in a span.
func (s *search) visit(f func(in *span, k uint64, v float64)) {
	d := s.directory()
	for values := range s.order.walk {
		d.scan(values, f)
	}
}

// directory finds the span of a value by its first bits, as far as there are spans.
type directory struct {
	*search
	least uint64  // first bits of the first span
	from  []int32 // where the spans of each following beginning start, and where the last end
}

func (s *search) directory() directory {
	down := topShift - s.shift
	d := directory{search: s, least: s.spans[0].prefix >> down}
	d.from = make([]int32, s.spans[len(s.spans)-1].prefix>>down-d.least+2)
	for i := range s.spans {
		d.from[s.spans[i].prefix>>down-d.least+1]++
	}
	for i := 1; i < len(d.from); i++ {
		d.from[i] += d.from[i-1]
	}
	return d
}

// scan calls f with those of the values that are in a span.
func (d directory) scan(values []float64, f func(in *span, k uint64, v float64)) {
	from, least, last := d.from, d.least, uint64(len(d.from)-1)
	for _, v := range values {
		k := key(v)
		at := k>>topShift - least
		if at >= last || from[at] == from[at+1] {
			continue
		}
		in := &d.spans[from[at]]
		if d.shift < topShift {
			if in = find(d.spans[from[at]:from[at+1]], k>>d.shift); in == nil {
				continue
			}
		}
		f(in, k, v)
	}
}

// Chosen are the values, of which none is NaN, in such an order that those of the ranks, from 0 and ascending, stand where they would
// if all were sorted. The argument is kept.
func Chosen(values []float64, ranks ...int) []float64 {
	s := slices.Clone(values)
	choose(s, slices.Compact(ranks), 0)
	return s
}

// choose moves values so that those of the ranks, ascending, stand where they would if all were sorted. below is what the
// ranks count before the first value (Hoare, Comm. ACM 4, 1961).
func choose(values []float64, ranks []int, below int) {
	for len(ranks) > 0 && len(values) > 32 {
		low, high := partition(values)
		left := sort.SearchInts(ranks, below+low)
		right := sort.SearchInts(ranks, below+high)
		choose(values[:low], ranks[:left], below)
		values, ranks, below = values[high:], ranks[right:], below+high
	}
	if len(ranks) > 0 {
		slices.Sort(values)
	}
}

// partition moves values so that those from low to high are equal, those before are smaller and those behind larger.
func partition(values []float64) (low, high int) {
	n := len(values)
	pivot := median(values[n/4], values[n/2], values[3*n/4])
	high = n
	for i := 0; i < high; {
		switch v := values[i]; {
		case v < pivot:
			values[i], values[low] = values[low], v
			low++
			i++
		case v > pivot:
			high--
			values[i], values[high] = values[high], v
		default:
			i++
		}
	}
	return low, high
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
