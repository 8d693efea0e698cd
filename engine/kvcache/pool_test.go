package kvcache

import "testing"

func TestMatchNeverCoversAllTokens(t *testing.T) {
	for _, row := range []struct {
		name         string
		tokens, want int
	}{{"none", 0, 0}, {"one short of a block", 3, 0}, {"a block", 4, 0}, {"a block and one", 5, 4}, {"two blocks", 8, 4}, {"all and more", 12, 8}} {
		t.Run(row.name, func(t *testing.T) {
			p := NewPool(8, 4, true)
			tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
			var first, second Table
			p.Match(&first, tokens[:8], 0)
			p.Grow(&first, 8)
			p.Seal(&first, tokens[:8])
			if got := p.Match(&second, tokens[:row.tokens], 0); got != row.want {
				t.Errorf("matched %d positions, want %d", got, row.want)
			}
		})
	}
}
