package checkpoint

import (
	"fmt"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
)

// KVAsk is what keys and values are to be planned for.
type KVAsk struct {
	Context     int             // positions that a sequence may have
	Length      int             // that it has; 0 is Context
	Answer      int             // of these, generated ones
	Batch       int             // sequences at once
	BlockSize   int             // positions
	Formats     []string        // as model.ParseCacheFormat reads them
	Bounds      []kvcache.Bound // that are planned for beside keeping all
	WeightBytes int64
	Budget      int   // rows of a step
	Memory      int64 // bytes for all; 0 is not known
}

// KVStrategy is one way to cache keys and values, and what it takes.
type KVStrategy struct {
	Format        string  `json:"kv_format"`
	Layout        string  `json:"kv_layout"` // contiguous or paged
	Policy        string  `json:"kv_policy"` // which positions are kept, one of kvcache.Policies
	BlockSize     int     `json:"block_size"`
	Bits          float64 `json:"bits_per_number"` // scales included
	TokenBytes    int64   `json:"bytes_per_token"`
	Positions     int     `json:"positions_per_sequence"`        // that it has blocks for, where not all are kept while it generates
	Most          int     `json:"most_positions_per_sequence"`   // at once: a prompt is computed with more than is kept of it
	Unused        int     `json:"unused_positions_per_sequence"` // of Positions
	SequenceBytes int64   `json:"bytes_per_sequence"`            // of Positions
	MostBytes     int64   `json:"most_bytes_per_sequence"`
	BatchBytes    int64   `json:"bytes_per_batch"`    // one of them with its most
	Fit           int64   `json:"sequences_that_fit"` // in Memory, beside weights and a step, one of them with its most; -1 where that is not known
}

// KVSkipped is a combination that no engine runs.
type KVSkipped struct {
	Format string `json:"kv_format"`
	Policy string `json:"kv_policy"`
	Reason string `json:"reason"`
}

// KVBlock is what a block size costs a sequence of a length that nobody knows before.
type KVBlock struct {
	Size   int     `json:"block_size"`
	Unused float64 `json:"unused_positions_per_sequence"` // on average
	Share  float64 `json:"unused_share"`                  // of what a sequence of Length positions holds
	Blocks int     `json:"blocks_per_sequence"`
}

// PlanKV lists what each format takes in each layout, and with each bound, and what of that
// cannot be had.
func PlanKV(c model.Config, ask KVAsk) (all []KVStrategy, skipped []KVSkipped, err error) {
	for _, format := range ask.Formats {
		f, err := model.ParseCacheFormat(format)
		if err != nil {
			return nil, nil, err
		}
		bytes, err := model.CacheBytesOf(c, format)
		if err != nil {
			return nil, nil, err
		}
		s := KVStrategy{Format: format, Layout: "contiguous", Policy: kvcache.PolicyFull, BlockSize: ask.BlockSize, TokenBytes: int64(bytes.PerToken())}
		if f.PerChannel {
			s.BlockSize = roundUp(s.BlockSize, model.SealedPositions)
		}
		s.Bits = float64(8*bytes.PerToken()) / float64(2*c.Layers*c.KVDim())
		s.reserve(ask)
		all = append(all, ask.sized(s, c, int64(bytes.Tail)))
		s.Layout = "paged"
		for _, bound := range append([]kvcache.Bound{{Policy: kvcache.PolicyFull}}, ask.Bounds...) {
			s.Policy = bound.Policy
			if why := impossible(c, f, bound); why != "" {
				skipped = append(skipped, KVSkipped{format, s.Policy, why})
				continue
			}
			s.hold(ask, bound)
			all = append(all, ask.sized(s, c, int64(bytes.Tail)))
		}
	}
	return all, skipped, nil
}

// impossible says why the engine refuses a bound, "" where it does not.
func impossible(c model.Config, f model.CacheFormat, b kvcache.Bound) string {
	switch {
	case b.Policy == kvcache.PolicyFull:
	case f.PerChannel:
		return "keys that share scales are given up together or not at all"
	case b.Chooses() && c.Window > 0:
		return fmt.Sprintf("layers of %s have windows, in which no block can be left out", c.Name)
	}
	return ""
}

// reserve sets the positions of a contiguous sequence.
func (s *KVStrategy) reserve(ask KVAsk) {
	s.Positions = roundUp(ask.Context, s.BlockSize)
	s.Most, s.Unused = s.Positions, s.Positions-ask.length()
}

// hold sets the positions that a sequence has blocks for.
func (s *KVStrategy) hold(ask KVAsk, b kvcache.Bound) {
	length, prompt := ask.length(), ask.length()-ask.Answer
	most, later := b.Holds(prompt, length, ask.Budget, s.BlockSize)
	used := length
	if b.Applies(prompt, length) {
		used = b.Budget
		if b.Policy == kvcache.PolicySnapKV {
			used += ask.Answer
		}
	}
	s.Positions, s.Most = later*s.BlockSize, most*s.BlockSize
	s.Unused = max(0, s.Positions-used)
}

// sized fills in the bytes of a strategy whose positions are known; tail is what a sequence
// has beside them.
func (ask KVAsk) sized(s KVStrategy, c model.Config, tail int64) KVStrategy {
	s.SequenceBytes, s.MostBytes = int64(s.Positions)*s.TokenBytes+tail, int64(s.Most)*s.TokenBytes+tail
	s.BatchBytes = s.SequenceBytes*int64(ask.Batch-1) + s.MostBytes
	s.Fit = ask.fit(c, s)
	return s
}

func (ask KVAsk) length() int {
	if ask.Length > 0 {
		return ask.Length
	}
	return ask.Context
}

// fit is how many sequences fit, one of them with its most.
func (ask KVAsk) fit(c model.Config, s KVStrategy) int64 {
	if ask.Memory == 0 {
		return -1
	}
	left := ask.Memory - ask.WeightBytes - activationBytes(c, ask.Budget, 0) - (s.MostBytes - s.SequenceBytes)
	return max(0, left/(s.SequenceBytes+4*int64(c.Vocab)))
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
	case ask.Answer < 0 || ask.Answer >= ask.length():
		return fmt.Errorf("answer is %d, want 0 to %d, less than the length", ask.Answer, ask.length()-1)
	case ask.Budget < 1:
		return fmt.Errorf("token budget is %d, want at least 1", ask.Budget)
	case ask.BlockSize < 1 || ask.BlockSize > 1<<16:
		return fmt.Errorf("block size is %d, want 1 to %d", ask.BlockSize, 1<<16)
	}
	for _, b := range ask.Bounds {
		if key, found, expected := b.Check(ask.BlockSize); key != "" {
			return fmt.Errorf("%s is %s, want %s", key, found, expected)
		}
	}
	return nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
