package spec

import (
	"fmt"

	"github.com/assaylab/assay/engine/sample"
)

// Observer is a proposer that learns from what the target says.
type Observer interface {
	// Observe shows the logits that the target gives to what follows token, the last one of r's text or
	// one that was drafted. Stands says whether it is part of the text now. Logits are not to be
	// kept.
	Observe(r *Request, token int32, logits []float32, stands bool)
}

// Forecaster is a proposer of trees that knows how good they will be.
type Forecaster interface {
	// Forecast appends to dst how likely each of n nodes of the next tree for r is to stand, the likeliest
	// first; fewer where it does not know.
	Forecast(dst []float64, r *Request, n int) []float64
}

// Depth is how many positions behind the text draft i stands.
func (r *Request) Depth(i int) int {
	if len(r.Parents) == 0 {
		return i + 1
	}
	depth := 1
	for ; r.Parents[i] >= 0; i = int(r.Parents[i]) {
		depth++
	}
	return depth
}

// AcceptTree is Accept for drafts that are a tree: draft i hangs on parents[i], an earlier one, or on the text
// with -1. Target holds the logits behind the text and behind each draft. It also appends to way
// the drafts that stand, one for each token but the last.
//
// Greedy follows the argmaxes as far as there are drafts of them. A sampled tree is judged by multi-candidate
// rejection: the drafts that hang on one are tried in turn, each against what the rejected ones
// have left of the target (Miao et al. 2024, "SpecInfer", section 4.3). Drafts here were not drawn by chance,
// so that x is accepted with target(x) over 1 less what was rejected, which is how often a draw from
// the target is x given that it is none of those. One draw tells it for all of them: the token
// stands in any case, as a draft or in place of all. It is the draw that is made without drafts,
// from the same random number, so that the text is the same too, token by token.
//
// Lengths that contradict each other are a programming error and panic.
func AcceptTree(dst, way []int32, target [][]float32, draft, parents []int32, p sample.Params, h *sample.History, position int, s *Scratch) (tokens, stands []int32) {
	if len(target) != len(draft)+1 || len(parents) != len(draft) {
		panic(fmt.Sprintf("spec: a tree of %d drafts with %d parents and %d rows of logits", len(draft), len(parents), len(target)))
	}
	from := len(dst)
	for at := int32(-1); ; position++ {
		token := sample.Next(sample.Adjust(target[at+1], p, h, position, &s.sample), p, position, &s.sample)
		dst = append(dst, token)
		if at = childOf(draft, parents, at, token); at < 0 {
			h.Pop(dst[from : len(dst)-1]...)
			return dst, way
		}
		way = append(way, at)
		h.Push(token)
	}
}

// childOf is the draft that hangs on a parent and is a token, -1 for none.
func childOf(draft, parents []int32, parent, token int32) int32 {
	for i := int(parent) + 1; i < len(draft); i++ {
		if parents[i] == parent && draft[i] == token {
			return int32(i)
		}
	}
	return -1
}
