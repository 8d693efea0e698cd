package checkpoint

import (
	"fmt"

	"github.com/assaylab/assay/engine/model"
)

// KVAsk is what keys and values are to be planned for.
type KVAsk struct {
	Context     int      // positions that a sequence may have
	Length      int      // that it has; 0 is Context
	Batch       int      // sequences at once
	Window      int      // last positions that are kept of each, also planned for; 0 is no such plan
	BlockSize   int      // positions
	Formats     []string // as model.ParseCacheFormat reads them
	WeightBytes int64
	Budget      int   // rows of a step
	Memory      int64 // bytes for all; 0 is not known
}

// KVStrategy is one way to cache keys and values, and what it takes.
type KVStrategy struct {
	Format        string  `json:"kv_format"`
	Layout        string  `json:"kv_layout"` // contiguous, paged or window: paged, of the last positions alone
	BlockSize     int     `json:"block_size"`
	Bits          float64 `json:"bits_per_number"` // scales included
	TokenBytes    int64   `json:"bytes_per_token"`
	Positions     int     `json:"positions_per_sequence"`        // reserved
	Unused        int     `json:"unused_positions_per_sequence"` // of these
	SequenceBytes int64   `json:"bytes_per_sequence"`
	BatchBytes    int64   `json:"bytes_per_batch"`
	Fit           int64   `json:"sequences_that_fit"` // in Memory, beside weights and a step; -1 where that is not known
}

// KVBlock is what a block size costs a sequence of a length that nobody knows before.
type KVBlock struct {
	Size   int     `json:"block_size"`
	Unused float64 `json:"unused_positions_per_sequence"` // on average
	Share  float64 `json:"unused_share"`                  // of what a sequence of Length positions holds
	Blocks int     `json:"blocks_per_sequence"`
}

// PlanKV lists what each format takes in each layout.
func PlanKV(c model.Config, ask KVAsk) ([]KVStrategy, error) {
	var all []KVStrategy
	for _, format := range ask.Formats {
		f, err := model.ParseCacheFormat(format)
		if err != nil {
			return nil, err
		}
		bytes, err := model.CacheBytesOf(c, format)
		if err != nil {
			return nil, err
		}
		size := ask.BlockSize
		if f.PerChannel {
			size = roundUp(size, model.SealedPositions)
		}
		for _, layout := range ask.layouts() {
			s := KVStrategy{Format: format, Layout: layout, BlockSize: size, TokenBytes: int64(bytes.PerToken())}
			s.Bits = float64(8*bytes.PerToken()) / float64(2*c.Layers*c.KVDim())
			s.hold(ask)
			s.SequenceBytes = int64(s.Positions)*s.TokenBytes + int64(bytes.Tail)
			s.BatchBytes = s.SequenceBytes * int64(ask.Batch)
			s.Fit = ask.fit(c, s.SequenceBytes)
			all = append(all, s)
		}
	}
	return all, nil
}

func (ask KVAsk) layouts() []string {
	all := []string{"contiguous", "paged"}
	if ask.Window > 0 {
		all = append(all, "window")
	}
	return all
}

func (ask KVAsk) length() int {
	if ask.Length > 0 {
		return ask.Length
	}
	return ask.Context
}

// hold sets the positions that a sequence has blocks for.
func (s *KVStrategy) hold(ask KVAsk) {
	used := ask.length()
	s.Positions = roundUp(used, s.BlockSize)
	switch s.Layout {
	case "contiguous":
		s.Positions = roundUp(ask.Context, s.BlockSize)
	case "window": // which begins within a block
		used = min(used, ask.Window)
		s.Positions = min(s.Positions, roundUp(used, s.BlockSize)+s.BlockSize)
	}
	s.Unused = s.Positions - used
}

// fit is how many sequences of so many bytes each fit.
func (ask KVAsk) fit(c model.Config, sequence int64) int64 {
	if ask.Memory == 0 {
		return -1
	}
	left := ask.Memory - ask.WeightBytes - activationBytes(c, ask.Budget, 0)
	return max(0, left/(sequence+4*int64(c.Vocab)))
}

// KVBlocks lists what block sizes cost: on average half a block, less half a position, is empty.
func KVBlocks(ask KVAsk, sizes ...int) (all []KVBlock) {
	for _, size := range sizes {
		unused := float64(size-1) / 2
		all = append(all, KVBlock{size, unused, unused / (float64(ask.length()) + unused), (ask.length() + size - 1) / size})
	}
	return all
}

// Check returns which number makes no sense.
func (ask KVAsk) Check(c model.Config) error {
	switch {
	case ask.Context < 1 || ask.Context > c.Context:
		return fmt.Errorf("context is %d, want 1 to %d, which %s was made for", ask.Context, c.Context, c.Name)
	case ask.Length < 0 || ask.Length > ask.Context:
		return fmt.Errorf("length is %d, want 0 (all of the context) to %d", ask.Length, ask.Context)
	case ask.Batch < 1 || ask.Batch > 1<<20:
		return fmt.Errorf("batch is %d, want 1 to %d", ask.Batch, 1<<20)
	case ask.Window < 0:
		return fmt.Errorf("window is %d, want 0 (none) or more", ask.Window)
	case ask.BlockSize < 1 || ask.BlockSize > 1<<16:
		return fmt.Errorf("block size is %d, want 1 to %d", ask.BlockSize, 1<<16)
	}
	return nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
