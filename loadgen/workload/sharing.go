package workload

import (
	"cmp"
	"slices"
)

// Shareable is how many prompt tokens of the measured requests a server with an empty cache can at most have computed
// before, on account of the requests themselves: what the beginning of each has in common with another's, be it
// declared, in the rows of a file, or by chance, and all of a later turn of a conversation. Others, such as those of a
// warm-up, are sent before and not counted. A prompt that repeats an earlier one because the corpus is used up has
// but its group's prefix: nobody declared the rest.
func Shareable(measured, others []Prompt) int {
	type entry struct {
		tokens []int32
		own    bool
	}
	var all []entry
	total := 0
	for i, p := range slices.Concat(measured, others) {
		own := i < len(measured)
		switch {
		case p.Turn > 1:
			if own {
				total += len(p.Tokens)
			}
		case p.Repeat:
			if own {
				total += p.Shared
			}
		default:
			all = append(all, entry{p.Tokens, own})
		}
	}
	// Sorted, no prompt begins more like a prompt than like one of its neighbours.
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(slices.Compare(a.tokens, b.tokens), btoi(a.own)-btoi(b.own)) })
	before := 0
	for i, e := range all {
		after := 0
		if i+1 < len(all) {
			after = alike(e.tokens, all[i+1].tokens)
		}
		if e.own {
			total += max(before, after)
		}
		before = after
	}
	return total
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// alike is the length of the common beginning.
func alike(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
