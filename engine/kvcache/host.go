package kvcache

// SwapOut asks for t's blocks of the first positions to be copied out of the pool, and reports
// whether there is room for them; if not, it does nothing. The blocks stay t's, to be released.
// Of units that are copied whole (Config.CopyUnit) the last is left, unless it is full.
func (p *Pool) SwapOut(t *Table, positions int) bool {
	positions -= positions % p.copyUnit
	n := (positions + p.blockSize - 1) / p.blockSize
	if n == 0 || n > len(p.host) {
		return false
	}
	p.DropSwapped(t)
	for _, id := range t.blocks[:n] {
		place := p.host[len(p.host)-1]
		p.host = p.host[:len(p.host)-1]
		t.host = append(t.host, place)
		p.moves = append(p.moves, Move{Kind: MoveOut, From: int32(id), To: place})
	}
	t.swapped = positions
	return true
}

// SwapIn asks for what t has outside of the pool beyond its first positions to be copied into
// its blocks, which must be there. It returns the positions that t has then, and gives up the
// room outside.
func (p *Pool) SwapIn(t *Table, positions int) int {
	for i := positions / p.blockSize; i < len(t.host); i++ {
		p.moves = append(p.moves, Move{Kind: MoveIn, From: t.host[i], To: int32(t.blocks[i])})
	}
	positions = max(positions, t.swapped)
	p.DropSwapped(t)
	return positions
}

// DropSwapped gives up what t has outside of the pool.
func (p *Pool) DropSwapped(t *Table) {
	p.host = append(p.host, t.host...)
	t.host, t.swapped = t.host[:0], 0
}

// Host returns how many blocks can be kept outside of the pool, and how many are.
func (p *Pool) Host() (total, used int) { return p.hostBlocks, p.hostBlocks - len(p.host) }
