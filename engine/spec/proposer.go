package spec

import "github.com/assaylab/assay/engine/sample"

// Request is a sequence as a proposer sees it. The engine keeps one per running
// request and sets the upper fields before each Propose.
type Request struct {
	Tokens  []int32 // known tokens, at the positions [0, len)
	Prompt  int     // how many of them, the first ones, are the prompt
	Blocks  []int32 // the sequence's KV blocks: room for Tokens and Want drafts
	Dropped int     // earlier positions that Blocks lacks, see model.Span
	Tail    int32   // as model.Span has it
	Params  sample.Params
	Said    *sample.History // of Tokens, for penalties; nil where there are none. Propose leaves it as it was
	Want    int             // drafts wanted; 0 only brings the proposer's own state up to Tokens
	Salt    uint64          // only requests of equal salt may learn from each other's text

	Draft []int32 // filled by Propose: at most Want tokens, storage reused
	// Parents, of a tree, are what the drafts hang on: an earlier one, or the text with -1. They come
	// in the order of depth, and have no distributions. None are a line, each behind the one before.
	Parents []int32
	Probs   [][]float32 // (len(Draft)) distributions they were drawn from, nil entries where greedy; nil where none has one

	computed int // positions [0, computed) have keys and values in the draft model's cache
	ngrams   *ngramIndex
	suffixes *suffixes

	successors *successors
	learned    int // tokens of the prompt that successors have
}

// Proposer guesses the tokens that follow. A sequence's Tokens only grow, except that after Reset
// their beginning may come again with nothing wanted. Its guesses never change what is
// generated, only how fast.
type Proposer interface {
	// Propose fills Draft and Probs of every request, all of them in one batch.
	Propose(batch []*Request)
	// Committed says that known tokens and drafts up to n in all now stand.
	Committed(r *Request, n int)
	// Reset says that the sequence starts over with n positions found in the cache.
	Reset(r *Request, n int)
	// Ended says that the sequence is over, with all that was said in Tokens. It may never have been
	// proposed for.
	Ended(r *Request)
	// Ops returns the multiply-adds spent since the last call.
	Ops() int64
}
