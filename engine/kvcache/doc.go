// Package kvcache hands out the blocks of a paged KV cache and finds again the
// blocks that hold a known prefix. It deals in block ids and lengths only: the keys
// and values themselves live with the model, indexed by BlockID.
//
// A block is in exactly one of three states, and their counts always add up to the total:
//
//	free     nobody holds it and its content means nothing
//	cached   nobody holds it, but its content is indexed and may be matched
//	held     at least one Table holds it
//
// # Who may write a block
//
// A Table owns the blocks of positions [0, len(Blocks)*BlockSize). Of these,
//
//	[0, sealed)      are full and sealed: read-only, and with reuse shared by any number of tables
//	[sealed, end)    are the writable tail: held by this table alone
//
// Seal moves the boundary up, Match starts a table with sealed blocks only, and Trim
// never crosses it. So a shared block is never written.
//
// # What a sequence keeps
//
// A Bound says which positions of a sequence are kept while it runs. Forget leaves holes
// in a table where no row looks any more, so that places stay those of positions; Compact
// takes blocks out, and those behind them move up. Neither touches sealed blocks: a sequence
// that gives something up seals, and takes from the index, only first blocks that it
// keeps (Bound.Reusable). Otherwise an indexed block could outlive its predecessor.
//
// # The prefix index
//
// A sealed block is known by its chain: the salt, the block before it, and its own
// tokens. Either of two indexes finds it, and both find the same whole blocks. The hash index
// hashes chains into buckets and verifies a hit against the stored
// predecessor, salt and tokens, so a hash collision costs time and never gives a
// false match. The radix tree also finds the block that begins with most of what is wanted,
// whose common positions are then copied (CopyPartial). When two tables seal the same content,
// the second adopts the
// first's block and gives its own back: both hold the same keys and values, the
// index stays a tree in which whoever holds a block holds all blocks before it, and
// memory is saved. A caller must therefore read Blocks anew after Seal.
//
// Content is assumed to be a function of the chain. Where the arithmetic that
// computed it matters too, the tokens or the salt must carry it.
//
// # Slots
//
// A pool with Config.SlotBlocks gives each table all blocks that it will ever have at once, in
// consecutive places, and shares none: a cache as it is without paging, for comparison.
//
// # Eviction
//
// Only a cached block that no indexed one follows can be evicted, so no indexed block outlives
// its predecessor. There is such a block whenever there is a cached one: whoever holds a block
// holds all before it, so what follows a cached block is cached, too. Hence every cached block
// can be evicted when needed. Among the candidates a policy chooses, by a weight that is set
// when a block is released: least recently used, least frequently used, or GreedyDual-Size-
// Frequency. Pinned blocks count as held.
//
// # Moves
//
// The pool copies nothing itself. What is to be copied, between blocks, to places outside of
// the pool and back (SwapOut, SwapIn), to a store of evicted blocks and back (Restore), it
// writes down as moves, in order. TakeMoves hands them to whoever has the memory.
package kvcache
