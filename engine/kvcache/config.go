package kvcache

import "fmt"

// Names of prefix indexes.
const (
	IndexNone  = "none"  // nothing is found again
	IndexHash  = "hash"  // whole blocks, by the hash of their chain
	IndexRadix = "radix" // whole blocks and parts of one, by a tree of tokens
)

// Names of eviction policies.
const (
	EvictLRU  = "lru"  // what was used longest ago
	EvictLFU  = "lfu"  // what was used least often, of these what was used longest ago
	EvictCost = "cost" // what is cheapest to compute again for how often it is used
)

// Indexes and Evictions are the names that a Config takes.
var (
	Indexes   = []string{IndexNone, IndexHash, IndexRadix}
	Evictions = []string{EvictLRU, EvictLFU, EvictCost}
)

// Config is what a pool is made of.
type Config struct {
	Blocks    int    // at least 1
	BlockSize int    // positions in a block, at least 1
	Index     string // one of Indexes; empty is none
	Eviction  string // one of Evictions; empty is lru
	// Cost is what computing a position anew takes, in any unit; it is above 0 and asked
	// when the pool is made. Nil is the same for all. Only EvictCost looks at it.
	Cost func(position int) int64
	// CopyUnit is how many positions, from a multiple of it on, hold what only all of them
	// together decide, such as a common scale: parts of blocks are copied up to a multiple of
	// it. 0 is 1.
	CopyUnit int
	// SlotBlocks is how many consecutive blocks every table takes when it first grows, all that it
	// will ever have, shared with nobody. Blocks is a multiple of it, and there is no Index. 0 is as many
	// as it needs at a time.
	SlotBlocks int
	// HostBlocks is how many blocks of preempted sequences can be kept outside of the pool.
	HostBlocks int
	// Store keeps evicted blocks; nil keeps none.
	Store Store
}

// Validate returns an error that names the first field out of range.
func (c Config) Validate() error {
	switch {
	case c.Blocks < 1 || c.BlockSize < 1:
		return fmt.Errorf("kvcache: a pool of %d blocks of %d positions; both must be at least 1", c.Blocks, c.BlockSize)
	case c.CopyUnit < 0:
		return fmt.Errorf("kvcache: parts of blocks in units of %d; must be at least 0", c.CopyUnit)
	case c.SlotBlocks < 0 || c.SlotBlocks > 0 && c.Blocks%c.SlotBlocks != 0:
		return fmt.Errorf("kvcache: slots of %d blocks in a pool of %d; must divide them", c.SlotBlocks, c.Blocks)
	case c.SlotBlocks > 0 && c.reuses():
		return fmt.Errorf("kvcache: prefix index is %q, and slots share no blocks", c.Index)
	case c.HostBlocks < 0:
		return fmt.Errorf("kvcache: %d blocks outside of the pool; must be at least 0", c.HostBlocks)
	}
	switch c.Index {
	case "", IndexNone, IndexHash, IndexRadix:
	default:
		return fmt.Errorf("kvcache: prefix index is %q, want one of %v", c.Index, Indexes)
	}
	switch c.Eviction {
	case "", EvictLRU, EvictLFU, EvictCost:
	default:
		return fmt.Errorf("kvcache: eviction is %q, want one of %v", c.Eviction, Evictions)
	}
	if c.Store != nil && !c.reuses() {
		return fmt.Errorf("kvcache: a store of evicted blocks needs a prefix index")
	}
	return nil
}

// reuses reports whether blocks are found again.
func (c *Config) reuses() bool { return c.Index != "" && c.Index != IndexNone }
