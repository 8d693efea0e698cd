package kernel

import "unsafe"

// fetchArgs is the one argument of a kernel that has lines of memory be read to the second
// cache, and does not wait for them. Assembly reads it by offset; keep the order.
type fetchArgs struct {
	p     unsafe.Pointer // 0
	lines int            // 8: of 64 bytes, at least 1
}

// fetchNumbers fetches those of groups [lo, hi), which lie apart, so that nothing else does.
func (p *product) fetchNumbers(lo, hi int) {
	l := &layouts[p.m.Kind]
	lines := (p.m.Cols/l.elems*l.numbers + lineBytes - 1) / lineBytes
	for g := lo; g < hi && p.s.fetch != nil; g++ {
		p.w.fetch = fetchArgs{p.m.numbersOf(g, 0), lines}
		p.s.fetch(&p.w.fetch)
	}
}

// fetch fetches the keys and values of a part that few rows see: there is little to do while
// they come.
func (p *part) fetch(s *Set, w *Worker, t *tileScratch) {
	steps, groups := p.KV.dim/tileStep, p.KV.dim/Group
	from, to := p.low/Group, (p.end+Group-1)/Group
	for i := range steps {
		fetchTiles(s, w, t.keys[i*partGroups+from:i*partGroups+to])
	}
	fetchTiles(s, w, t.values[p.low/tileStep*groups:(p.end+tileStep-1)/tileStep*groups])
}

func fetchTiles(s *Set, w *Worker, tiles []*uint16) {
	for _, p := range tiles {
		w.fetch = fetchArgs{unsafe.Pointer(p), 2 * tilePairs / lineBytes}
		s.fetch(&w.fetch)
	}
}
