package kernel

import "unsafe"

// storeArgs is the one argument of a kernel that rounds all heads' keys and values of a slot to
// bfloat16 and stores them in pairs. It writes nothing else, not even what it has read: the
// other slot of a pair may be stored at the same time. Assembly reads it by offset; keep the
// order.
type storeArgs struct {
	k, v   *float32 // 0, 8: (heads, dim)
	heads  int      // 16: at least 1
	dim    int      // 24: a multiple of 32
	toK    *uint16  // 32: the slot's first pair; the next is 64 bytes on
	toV    *uint16  // 40: of the first 16 columns, the pairs that the slot shares
	kStep  uintptr  // 48: bytes between heads of toK
	vStep  uintptr  // 56: bytes between each 16 columns of toV
	second int      // 64: 1 for the second slot of a pair, otherwise 0
}

// pairedKeyAt is the index of a slot's first pair of columns of a head; the next is 32
// elements on.
func (x *KV) pairedKeyAt(head, slot int) int {
	return (head*x.slots+slot/Group*Group)*x.dim + slot%Group*2
}

// pairedValueAt is the index of 16 columns, from column c of a head on, of the pair of slots
// that slot belongs to.
func (x *KV) pairedValueAt(head, c, slot int) int {
	return ((head*x.dim+c)/Group*x.slots + slot/2*2) * Group
}

// storePairs is Store for pairs.
func (s *Set) storePairs(w *Worker, x *KV, slot int, k, v []float32) {
	n := x.heads * x.dim
	a := &w.tiles.store
	a.k, a.v, a.heads, a.dim = &k[:n][0], &v[:n][0], x.heads, x.dim
	a.toK = &view[uint16](x.k)[x.pairedKeyAt(0, slot)]
	a.toV = &view[uint16](x.v)[x.pairedValueAt(0, 0, slot)]
	a.kStep, a.vStep, a.second = uintptr(2*x.slots*x.dim), uintptr(2*x.slots*Group), slot%2
	s.tiles.store(a)
}

// aimKeys says where the pairs of the part's keys lie: in the cache, where 16 positions are 16
// slots that lie together.
func (p *part) aimKeys(t *tileScratch) {
	x := p.KV
	all, steps := view[uint16](x.k), x.dim/tileStep
	t.keys = grow(t.keys, steps*partGroups)
	for at := p.low; at < p.end; at += Group {
		n := min(Group, p.end-at)
		slot, together := p.together(at, n)
		var b []uint16
		if together && slot%Group == 0 {
			b = all[x.pairedKeyAt(p.Head, slot):]
		} else {
			t.k = growAligned(t.k, Part*x.dim)
			b = t.k[at*x.dim:]
			p.copyKeys(b, at, n)
		}
		for i := range steps {
			t.keys[i*partGroups+at/Group] = &b[i*tilePairs]
		}
	}
}

// copyKeys gathers the pairs of n positions. What is behind them stays: their scores are not
// looked at.
func (p *part) copyKeys(b []uint16, at, n int) {
	x := p.KV
	all, to := view[uint32](x.k), unsafe.Slice((*uint32)(unsafe.Pointer(&b[0])), Group*x.dim/2)
	for i := range n {
		from := all[x.pairedKeyAt(p.Head, p.slot(at+i))/2:]
		for c := 0; c < Group*x.dim/2; c += Group {
			to[c+i] = from[c]
		}
	}
}

// aimValues says where the pairs of the part's values lie: in the cache, where 32 positions
// are all there and their slots lie together.
func (p *part) aimValues(t *tileScratch) {
	x := p.KV
	all, groups := view[uint16](x.v), x.dim/Group
	t.values = grow(t.values, Part/tileStep*groups)
	for at := p.low; at < p.end; at += tileStep {
		n := min(tileStep, p.end-at)
		slot, together := p.together(at, n)
		b, step := []uint16(nil), tilePairs
		if together && n == tileStep && slot%2 == 0 {
			b, step = all[x.pairedValueAt(p.Head, 0, slot):], x.slots*Group
		} else {
			t.v = growAligned(t.v, Part*x.dim)
			b = t.v[at*x.dim:]
			p.copyValues(b, at, n)
		}
		for i := range groups {
			t.values[at/tileStep*groups+i] = &b[i*step]
		}
	}
}

// copyValues gathers the pairs of n positions, and has those behind them be 0: their weights
// are, but the memory of other sequences could hold what is no number.
func (p *part) copyValues(b []uint16, at, n int) {
	x := p.KV
	all := view[uint16](x.v)
	for g := range x.dim / Group {
		clear(b[g*tilePairs+n/2*2*Group:][:(tileStep-n/2*2)*Group])
	}
	for i := 0; i < n; {
		slot := p.slot(at + i)
		pairs := min(n-i, p.BlockSize-(p.base+at+i)%p.BlockSize) / 2
		whole := i%2 == 0 && slot%2 == 0 && pairs > 0
		for g := range x.dim / Group {
			from, to := all[x.pairedValueAt(p.Head, g*Group, slot):], b[g*tilePairs+i/2*2*Group:]
			if whole {
				copy(to[:pairs*2*Group], from)
				continue
			}
			for c := 0; c < 2*Group; c += 2 {
				to[c+i%2] = from[c+slot%2]
			}
		}
		if whole {
			i += 2 * pairs
		} else {
			i++
		}
	}
}

// slot is where the part's position at lies.
func (p *part) slot(at int) int {
	at += p.base
	return int(p.Blocks[at/p.BlockSize])*p.BlockSize + at%p.BlockSize
}

// together is the slot of the part's position at, and whether the next ones' slots, n in all,
// follow it.
func (p *part) together(at, n int) (slot int, ok bool) {
	at += p.base
	block, past := at/p.BlockSize, at%p.BlockSize
	slot = int(p.Blocks[block])*p.BlockSize + past
	for have := p.BlockSize - past; have < n; have += p.BlockSize {
		block++
		if p.Blocks[block] != p.Blocks[block-1]+1 {
			return slot, false
		}
	}
	return slot, true
}
