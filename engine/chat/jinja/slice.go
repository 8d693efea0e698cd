package jinja

import "unicode/utf8"

// slice is object[start:stop:step].
func (r *run) slice(object Value, bounds [3]Value) (Value, error) {
	if u, ok := object.(*undefined); ok {
		return nil, u.fail()
	}
	if s, ok := text(object); ok {
		return r.sliceText(object, s, bounds)
	}
	s, ok := object.(*seq)
	if !ok || !s.indexable() {
		return nil, fail("'%s' object cannot be sliced", typeName(object))
	}
	c, err := cutOf(bounds, len(s.items))
	if err != nil {
		return nil, err
	}
	if err := r.build(elementBytes * c.count()); err != nil {
		return nil, err
	}
	out := &seq{kind: s.kind, items: make([]Value, c.count())}
	for i := range out.items {
		out.items[i] = s.items[c.start+i*c.step]
	}
	if s.kind == rangeKind {
		start, step := s.bounds[0], s.bounds[2]
		out.bounds = [3]int64{start + int64(c.start)*step, start + int64(c.stop)*step, step * int64(c.step)}
	}
	return out, nil
}

// sliceText is a slice by characters.
func (r *run) sliceText(original Value, s string, bounds [3]Value) (Value, error) {
	if err := r.build(len(s)); err != nil {
		return nil, err
	}
	c, err := cutOf(bounds, length(s))
	if err != nil {
		return nil, err
	}
	if c.step == 1 {
		from := offset(s, c.start)
		return like(original, s[from:from+offset(s[from:], c.count())]), nil
	}
	if err := r.build(4 * len(s)); err != nil {
		return nil, err
	}
	characters := []rune(s)
	out := make([]rune, c.count())
	for i := range out {
		out[i] = characters[c.start+i*c.step]
	}
	return like(original, string(out)), nil
}

// offset is where the n-th character of s begins.
func offset(s string, n int) int {
	at := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// cut is what of some items a slice takes: those from start to before stop, step apart.
type cut struct{ start, stop, step int }

func (c cut) count() int {
	if c.step > 0 {
		return max(0, (c.stop-c.start+c.step-1)/c.step)
	}
	return max(0, (c.start-c.stop-c.step-1)/-c.step)
}

// cutOf resolves bounds, each an integer or None, for n items.
func cutOf(bounds [3]Value, n int) (cut, error) {
	var given [3]int64
	for i, b := range bounds {
		var ok bool
		if given[i], ok = integer(b); !ok && b != nil {
			return cut{}, fail("slice indices must be integers or None, not %s", typeName(b))
		}
	}
	c := cut{0, n, 1}
	if bounds[2] != nil {
		if given[2] == 0 {
			return cut{}, fail("slice step cannot be zero")
		}
		c.step = int(min(max(given[2], -int64(n)-1), int64(n)+1))
	}
	low, high := 0, n // where start and stop may lie
	if c.step < 0 {
		low, high = -1, n-1
		c.start, c.stop = high, low
	}
	if bounds[0] != nil {
		c.start = clip(given[0], n, low, high)
	}
	if bounds[1] != nil {
		c.stop = clip(given[1], n, low, high)
	}
	return c, nil
}

func clip(i int64, n, low, high int) int {
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, int64(low)), int64(high)))
}
