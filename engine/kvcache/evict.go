package kvcache

import "cmp"

// absent is the place of a block that is no victim.
const absent = -1

// policy gives cached blocks their weight; the lightest is evicted first, and of equal ones
// that which was released first. There is no clock in it but the count of releases.
type policy interface {
	// weigh is asked when a block is released.
	weigh(b *block) uint64
	// evicted is told the weight of every victim.
	evicted(weight uint64)
}

func newPolicy(c *Config) policy {
	switch c.Eviction {
	case EvictLFU:
		return lfu{}
	case EvictCost:
		return newCosts(c)
	}
	return lru{}
}

// lru weighs all the same, and leaves it to the time of release.
type lru struct{}

func (lru) weigh(*block) uint64 { return 0 }
func (lru) evicted(uint64)      {}

// lfu weighs by use.
type lfu struct{}

func (lfu) weigh(b *block) uint64 { return uint64(b.uses) }
func (lfu) evicted(uint64)        {}

// costs is GreedyDual-Size-Frequency (Cherkasova 1998), for blocks of one size: a block weighs
// what it costs to compute, times its uses, on top of what the last victim weighed. So what was
// dear and popular once does not stay for ever.
type costs struct {
	floor uint64
	of    []uint64 // by depth, in 1/256 of a first block's
}

func newCosts(c *Config) *costs {
	x := &costs{of: make([]uint64, c.Blocks)}
	cost := c.Cost
	if cost == nil {
		cost = func(int) int64 { return 1 }
	}
	first := float64(max(1, cost(c.BlockSize/2)))
	for i := range x.of {
		x.of[i] = max(1, uint64(256*float64(cost(i*c.BlockSize+c.BlockSize/2))/first))
	}
	return x
}

func (x *costs) weigh(b *block) uint64 { return x.floor + uint64(b.uses)*x.of[b.depth] }
func (x *costs) evicted(weight uint64) { x.floor = max(x.floor, weight) }

// victims are the cached blocks that no other indexed block follows, as a heap with the
// lightest on top. A block's place is in the block, so that any can be taken out, and the
// memory is made once.
type victims struct {
	*contents
	heap []BlockID
}

func newVictims(c *contents) victims {
	return victims{contents: c, heap: make([]BlockID, 0, len(c.blocks))}
}

func (v *victims) push(id BlockID) {
	v.heap = append(v.heap, id)
	v.put(len(v.heap)-1, id)
	v.up(len(v.heap) - 1)
}

// remove takes a block out from wherever it stands.
func (v *victims) remove(id BlockID) {
	at, last := int(v.blocks[id].place), len(v.heap)-1
	v.blocks[id].place = absent
	moved := v.heap[last]
	v.heap = v.heap[:last]
	if at == last {
		return
	}
	v.put(at, moved)
	v.up(at)
	v.down(int(v.blocks[moved].place))
}

func (v *victims) put(at int, id BlockID) {
	v.heap[at] = id
	v.blocks[id].place = int32(at)
}

func (v *victims) up(at int) {
	for at > 0 && v.before(at, (at-1)/2) {
		v.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
}

func (v *victims) down(at int) {
	for {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(v.heap); child++ {
			if v.before(child, least) {
				least = child
			}
		}
		if least == at {
			return
		}
		v.swap(at, least)
		at = least
	}
}

func (v *victims) swap(i, j int) {
	a, b := v.heap[i], v.heap[j]
	v.put(i, b)
	v.put(j, a)
}

func (v *victims) before(i, j int) bool {
	a, b := &v.blocks[v.heap[i]], &v.blocks[v.heap[j]]
	return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.stamp, b.stamp)) < 0
}
