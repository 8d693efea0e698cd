package engine

import (
	"encoding/binary"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/offload"
)

// cacheConfig is the pool that the options ask for. What a block costs to compute again is
// counted in m's multiply-adds.
func (l *loop) cacheConfig() kvcache.Config {
	o, m := &l.e.opts, l.e.model
	c := kvcache.Config{Blocks: o.KVTokens / o.BlockSize, BlockSize: o.BlockSize, Index: o.PrefixCache, Eviction: o.Eviction,
		Cost: func(position int) int64 { return m.Ops(position, false) }}
	if o.KPerChannel {
		c.CopyUnit = model.SealedPositions
	}
	if o.contiguous() {
		c.SlotBlocks = o.slot() / o.BlockSize
	}
	if o.Preemption == PreemptSwap {
		c.HostBlocks = o.SwapTokens / o.BlockSize
	}
	if l.files != nil {
		c.Store = filesStore{l.files}
	}
	return c
}

// newCache makes the memory of the pool's blocks for m.
func (l *loop) newCache(m *model.Model) (*model.Cache, error) {
	o := &l.e.opts
	cache, err := model.NewCache(m, o.CacheFormat(), o.KVTokens/o.BlockSize, o.BlockSize)
	if err != nil {
		return nil, err
	}
	cache.Longest, cache.Tails, cache.Rollback = o.Context, o.MaxBatch, o.DraftLength
	cache.Sinks, cache.Window = o.Bound().Mask()
	l.caches = append(l.caches, cache)
	return cache, nil
}

// outside is the memory for blocks of preempted sequences. The system gives it no pages before
// it is used.
type outside struct {
	bytes      []byte
	blockBytes int // of all caches together, and the draft model's mark
}

func (x *outside) reserve(o Options, caches []*model.Cache, marked bool) {
	if marked {
		x.blockBytes = markBytes
	}
	for _, c := range caches {
		x.blockBytes += c.BlockBytes()
	}
	if o.Preemption == PreemptSwap {
		x.bytes = make([]byte, o.SwapTokens/o.BlockSize*x.blockBytes)
	}
}

// at is the memory of a place.
func (x *outside) at(place int32) []byte {
	return x.bytes[int(place)*x.blockBytes : (int(place)+1)*x.blockBytes]
}

// move does what the scheduler has written down, in order.
func (l *loop) move(moves []kvcache.Move) {
	for _, m := range moves {
		switch m.Kind {
		case kvcache.MoveCopy:
			for _, c := range l.caches {
				c.Copy(int(m.To), int(m.From), m.Positions)
			}
			if l.drafts != nil {
				l.drafts.SetMark(m.To, min(l.drafts.Mark(m.From), m.Positions))
			}
			l.stats.PrefixCopies++
			l.stats.PrefixCopied += int64(m.Positions)
		case kvcache.MoveOut:
			l.copyOut(l.outside.at(m.To), m.From)
			l.stats.SwapOutBytes += int64(l.outside.blockBytes)
		case kvcache.MoveIn:
			l.copyIn(m.To, l.outside.at(m.From))
			l.stats.SwapInBytes += int64(l.outside.blockBytes)
		case kvcache.MoveSpill:
			l.files.Put(offload.Key(m.Key), l.closing, func(buf []byte) { l.copyOut(buf, m.From) })
		case kvcache.MoveLoad:
			l.copyIn(m.To, l.files.Staged(m.From))
		}
	}
	if l.files != nil {
		l.files.Unstage()
	}
}

// markBytes has copies of blocks say how many positions the draft model has computed.
const markBytes = 4

// copyOut copies a block of all caches, one after the other, behind the draft model's mark.
func (l *loop) copyOut(buf []byte, block int32) {
	if l.drafts != nil {
		binary.LittleEndian.PutUint32(buf, uint32(l.drafts.Mark(block)))
		buf = buf[markBytes:]
	}
	for _, c := range l.caches {
		n := c.BlockBytes()
		c.CopyOut(buf[:n], int(block))
		buf = buf[n:]
	}
}

func (l *loop) copyIn(block int32, buf []byte) {
	if l.drafts != nil {
		l.drafts.SetMark(block, int(binary.LittleEndian.Uint32(buf)))
		buf = buf[markBytes:]
	}
	for _, c := range l.caches {
		n := c.BlockBytes()
		c.CopyIn(int(block), buf[:n])
		buf = buf[n:]
	}
}
