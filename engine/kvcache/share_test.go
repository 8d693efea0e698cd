package kvcache

import (
	"slices"
	"testing"
)

func TestShare(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		p := newPool(12, 4, reuse)
		tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
		first, second, third := &Table{}, &Table{}, &Table{}
		all := []*Table{first, second, third}
		p.Match(first, tokens, 7)
		p.Grow(first, len(tokens))
		p.Seal(first, tokens[:6]) // one whole block of four
		for i, row := range []struct {
			name      string
			to        *Table
			positions int
			want      int
		}{
			{"only what is sealed", second, 9, 4},
			{"what it has already", second, 9, 4},
			{"within the positions", third, 3, 0},
		} {
			if i == 0 {
				p.Match(second, tokens[:1], 7)
				p.Match(third, tokens[:1], 7)
			}
			if got := p.Share(row.to, first, row.positions); got != row.want || len(row.to.blocks)*4 != row.want {
				t.Errorf("reuse %v, %s: %d positions in %d blocks, want %d", reuse, row.name, got, len(row.to.blocks), row.want)
			}
			checkPool(t, p, all)
		}
		p.Seal(first, tokens)
		if got := p.Share(second, first, 9); got != 8 || !slices.Equal(second.blocks, first.blocks[:2]) {
			t.Errorf("reuse %v: extended to %d positions, blocks %v of %v", reuse, got, second.blocks, first.blocks)
		}
		p.Grow(second, 12)
		checkPool(t, p, all)
		p.Trim(second, 1) // shared blocks are sealed and stay
		p.Release(first)
		checkPool(t, p, all)
		if total, free, cached, held := p.Counts(); held != 2 || free+cached+held != total || len(second.blocks) != 2 {
			t.Errorf("reuse %v: %d free, %d cached, %d held, second has %v", reuse, free, cached, held, second.blocks)
		}
		p.Release(second)
		p.Release(third)
		checkPool(t, p, all)
		if _, _, _, held := p.Counts(); held != 0 {
			t.Errorf("reuse %v: %d blocks held by nobody", reuse, held)
		}
	}
}

func TestShareRefusesOtherSalts(t *testing.T) {
	p := newPool(4, 2, false)
	first, second := &Table{}, &Table{}
	p.Match(first, []int32{1, 2, 3}, 1)
	p.Grow(first, 3)
	p.Seal(first, []int32{1, 2})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	p.Share(second, first, 2)
}
