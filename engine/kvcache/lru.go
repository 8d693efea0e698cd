package kvcache

// list orders the cached blocks by the time they were released. The links live in
// the blocks, so moving one allocates nothing.
type list struct {
	oldest, newest BlockID
	length         int
}

// push adds a block as the newest.
func (l *list) push(blocks []block, id BlockID) {
	blocks[id].older, blocks[id].newer = l.newest, none
	if l.newest == none {
		l.oldest = id
	} else {
		blocks[l.newest].newer = id
	}
	l.newest = id
	l.length++
}

// remove takes a block out from wherever it stands.
func (l *list) remove(blocks []block, id BlockID) {
	older, newer := blocks[id].older, blocks[id].newer
	if older == none {
		l.oldest = newer
	} else {
		blocks[older].newer = newer
	}
	if newer == none {
		l.newest = older
	} else {
		blocks[newer].older = older
	}
	l.length--
}
