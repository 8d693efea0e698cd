package kvcache

// Holds is how many blocks a sequence has whose prompt is followed by more up to length
// computed positions: the most at once, in steps of up to rows, and the most from its first
// generated position on, in steps of one.
func (b Bound) Holds(prompt, length, rows, blockSize int) (most, later int) {
	blocks := func(n int) int { return (n + blockSize - 1) / blockSize }
	all := blocks(length)
	switch kept := b.Budget / blockSize; {
	case !b.Applies(prompt, length):
		return all, all
	case b.Masks():
		return b.Need(length, max(rows, 1), blockSize), b.Need(length, 1, blockSize)
	case b.Policy == PolicySnapKV:
		later = kept + all - blocks(prompt)
	case prompt > b.Budget: // h2o has one block more while that is being filled
		later = min(kept+1, kept+all-blocks(prompt))
	default:
		later = min(kept+1, all)
	}
	return max(blocks(prompt), later), later
}
