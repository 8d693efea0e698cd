package sched

import (
	"cmp"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
)

// With a bound, what the lab keeps at a position is a digest of what all positions that its
// row sees hold, in order: one that is missing, one too many, or a block that was given to
// somebody else shows at once.

// value is what the row of a token holds that sees these.
func (c Config) value(salt uint64, seen []uint64, token int32, class uint64) uint64 {
	digest := salt
	for _, v := range seen {
		digest = extend(digest, int32(v), v>>40)
	}
	return extend(digest, token, class)
}

// attention is what a row gives to a block, by what its first position holds.
func attention(row, block uint64) uint64 { return (row ^ block*31) >> 7 % 5 }

// seen is what the row at position i may read, through the block table.
func (l *lab) seen(q *Sequence, i int) (values []uint64) {
	for slot := range i - l.pool.Dropped(&q.Table) {
		if !l.cfg.Bound.Masks() || sees(l.cfg.Bound, i, slot) {
			values = append(values, *l.cell(q, slot))
		}
	}
	return values
}

// place is the cell of a position, or of one that took its place.
func (l *lab) place(q *Sequence, position int) *uint64 {
	return l.cell(q, position-l.pool.Dropped(&q.Table))
}

// computeBounded does an item's rows, observes them, and commits it.
func (l *lab) computeBounded(it *Item) {
	l.t.Helper()
	q := it.Seq
	tokens := slices.Clone(q.Tokens[:it.To])
	value := uint64(0)
	row := func(i int) {
		value = l.cfg.value(q.Salt, l.seen(q, i), tokens[i], l.cfg.class(i, q.Prompt))
		*l.place(q, i) = value
	}
	for i := it.From; i < it.To; i++ {
		row(i)
		l.observe(q, i, value)
	}
	if !it.Last() {
		l.s.Commit(it, nil, false)
		return
	}
	l.cached += q.Cached
	var accepted []int32
	for range l.r.IntN(it.MaxDraft + 1) {
		draft := draw(value)
		accepted = append(accepted, draft)
		if l.r.IntN(3) == 0 { // a wrong one, whose row and those behind it do not count
			l.rejected++
			tokens = append(tokens, draft+1)
			row(len(tokens) - 1)
			accepted = append(accepted[:len(accepted)-1], draft)
			l.s.Commit(it, accepted, l.ends(q, accepted))
			return
		}
		l.accepted++
		tokens = append(tokens, draft)
		row(len(tokens) - 1)
		l.observe(q, len(tokens)-1, value)
	}
	accepted = append(accepted, draw(value))
	l.s.Commit(it, accepted, l.ends(q, accepted))
}

func (l *lab) ends(q *Sequence, accepted []int32) bool {
	if len(q.Tokens)+len(accepted) < q.Limit {
		return false
	}
	q.Tokens = append(q.Tokens, accepted...)
	l.finish(q)
	q.Tokens = q.Tokens[:len(q.Tokens)-len(accepted)]
	return true
}

// observe adds what row i, which holds value, gives to the blocks of its table.
func (l *lab) observe(q *Sequence, i int, value uint64) {
	if from, to := l.cfg.Bound.Observed(i, i+1, q.Prompt); from == to || !q.bounded {
		return
	}
	size := l.pool.BlockSize()
	for b := range (i - l.pool.Dropped(&q.Table)) / size {
		for len(q.Mass) <= b {
			q.Mass = append(q.Mass, 0)
		}
		q.Mass[b] += attention(value, *l.cell(q, b*size))
	}
}

// naiveBlock is a block of a sequence that has no table.
type naiveBlock struct {
	values []uint64
	mass   uint64
	number int
}

// expectedBounded continues a prompt to limit without scheduler, pool, or tables.
func (l *lab) expectedBounded(c Config, prompt []int32, limit int, salt uint64) []int32 {
	tokens, size, bound := slices.Clone(prompt), l.pool.BlockSize(), c.Bound
	bounded := limit-1 > bound.Budget
	if bound.Policy == kvcache.PolicySnapKV {
		bounded = len(prompt) > bound.Budget
	}
	var blocks []*naiveBlock
	for i := 0; len(tokens) < limit; i++ {
		var seen []uint64
		for _, b := range blocks {
			for k, v := range b.values {
				if j := b.number*size + k; !bound.Masks() || sees(bound, i, j) {
					seen = append(seen, v)
				}
			}
		}
		value := c.value(salt, seen, tokens[i], c.class(i, len(prompt)))
		if bounded && bound.Chooses() && i >= len(prompt)-cmp.Or(bound.Observe, len(prompt)) &&
			(i < len(prompt) || bound.Policy == kvcache.PolicyH2O) {
			for _, b := range blocks {
				if len(b.values) == size {
					b.mass += attention(value, b.values[0])
				}
			}
		}
		if i%size == 0 {
			blocks = append(blocks, &naiveBlock{number: i / size})
		}
		last := blocks[len(blocks)-1]
		last.values = append(last.values, value)
		if done := i + 1; bounded && (bound.Policy == kvcache.PolicySnapKV && done == len(prompt) ||
			bound.Policy == kvcache.PolicyH2O && (done == len(prompt) || done > len(prompt) && done%size == 0)) {
			blocks = naiveKept(bound, blocks, done, size)
		}
		if i == len(tokens)-1 {
			tokens = append(tokens, draw(value))
		}
	}
	return tokens
}

func sees(b kvcache.Bound, i, j int) bool {
	if b.Policy == kvcache.PolicyWindow {
		return j > i-b.Budget
	}
	return i < b.Budget || j < b.Sinks || j > i-(b.Budget-b.Sinks)
}

// naiveKept leaves out the blocks of the least mass.
func naiveKept(b kvcache.Bound, blocks []*naiveBlock, done, size int) []*naiveBlock {
	total := 0
	for _, block := range blocks {
		total += len(block.values)
	}
	at, may := 0, []*naiveBlock{}
	for _, block := range blocks {
		if at >= b.Sinks && at+size <= total-b.Recent {
			may = append(may, block)
		}
		at += size
	}
	slices.SortStableFunc(may, func(x, y *naiveBlock) int { return cmp.Compare(x.mass, y.mass) })
	gone := may[:min(len(may), max(0, len(blocks)-b.Budget/size))]
	return slices.DeleteFunc(blocks, func(x *naiveBlock) bool { return slices.Contains(gone, x) })
}

// TestRandomBoundedLoad is TestRandomLoad with sequences that give up positions.
func TestRandomBoundedLoad(t *testing.T) {
	for _, row := range []struct {
		name              string
		bound             kvcache.Bound
		blocks, blockSize int
		reuse             bool
		cfg               Config
	}{
		{"window", kvcache.Bound{Policy: "window", Budget: 6}, 64, 4, false, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 4}},
		{"window, blocks short", kvcache.Bound{Policy: "window", Budget: 3}, 34, 2, true, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 3}},
		{"sinks", kvcache.Bound{Policy: "sinks", Budget: 12, Sinks: 5}, 30, 4, true, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 4}},
		{"sinks, whole prompts", kvcache.Bound{Policy: "sinks", Budget: 5, Sinks: 2}, 30, 2, true, Config{MaxBatch: 6, TokenBudget: 10, DraftLength: 2}},
		{"h2o", kvcache.Bound{Policy: "h2o", Budget: 16, Sinks: 3, Recent: 3}, 64, 4, true, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 4}},
		{"h2o, blocks short", kvcache.Bound{Policy: "h2o", Budget: 10, Sinks: 3, Recent: 2, Observe: 4}, 20, 2, true, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 3}},
		{"h2o, whole prompts, classes", kvcache.Bound{Policy: "h2o", Budget: 12, Recent: 4}, 20, 2, true, Config{MaxBatch: 4, TokenBudget: 8, DraftLength: 2, Classes: true}},
		{"snapkv", kvcache.Bound{Policy: "snapkv", Budget: 10, Sinks: 2, Recent: 3, Observe: 3}, 20, 2, true, Config{MaxBatch: 8, TokenBudget: 16, Chunked: true, DraftLength: 4}},
		{"snapkv, no drafts", kvcache.Bound{Policy: "snapkv", Budget: 8, Recent: 1, Observe: 6}, 24, 2, false, Config{MaxBatch: 4, TokenBudget: 5, Chunked: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.cfg.Bound = row.bound
			if key, found, expected := row.bound.Check(row.blockSize); key != "" {
				t.Fatal(key, found, expected)
			}
			l := newLab(t, row.cfg, row.blocks, row.blockSize, row.reuse, 1)
			l.load(8000)
			l.drain()
			t.Log(l, l.pool.Forgotten(), "given up")
			if l.pool.Forgotten() == 0 || row.blocks*row.blockSize < 64 && l.preemptions == 0 {
				t.Error("nothing was given up, or nothing preempted: the test tests nothing")
			}
		})
	}
}
