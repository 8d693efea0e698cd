package model

// BlockBytes is what CopyOut takes of a block, over all layers.
func (x *Cache) BlockBytes() int {
	n := 0
	for _, kv := range x.layers {
		n += x.BlockSize * kv.SlotBytes()
	}
	return n
}

// CopyOut copies the keys and values of a block to buf, BlockBytes of it, in an order that does
// not depend on the block.
func (x *Cache) CopyOut(buf []byte, block int) { x.read(buf, block, x.BlockSize) }

// CopyIn puts what CopyOut of a cache of the same shape and format has copied into a block.
func (x *Cache) CopyIn(block int, buf []byte) { x.write(block, buf, x.BlockSize) }

// Copy copies the first positions of a block to another one.
func (x *Cache) Copy(to, from, positions int) {
	if x.scratch == nil {
		x.scratch = make([]byte, x.BlockBytes())
	}
	x.read(x.scratch, from, positions)
	x.write(to, x.scratch, positions)
}

// Move copies the keys and values of one position of a sequence to the place of another one, both
// counted as Span.Blocks has them. Keys have no scales per channel.
func (x *Cache) Move(blocks []int32, to, from int) {
	if x.scratch == nil {
		x.scratch = make([]byte, x.BlockBytes())
	}
	slot := func(at int) int { return int(blocks[at/x.BlockSize])*x.BlockSize + at%x.BlockSize }
	read, write := x.scratch, x.scratch
	for _, kv := range x.layers {
		read, write = kv.Read(read, slot(from), 1), kv.Write(write, slot(to), 1)
	}
}

func (x *Cache) read(buf []byte, block, positions int) {
	for _, kv := range x.layers {
		buf = kv.Read(buf, block*x.BlockSize, positions)
	}
}

func (x *Cache) write(block int, buf []byte, positions int) {
	for _, kv := range x.layers {
		buf = kv.Write(buf, block*x.BlockSize, positions)
	}
}
