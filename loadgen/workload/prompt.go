package workload

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/loadgen/corpus"
)

// Prompt is one request's content.
type Prompt struct {
	Text      string
	Tokens    []int32 // of Text as the tokenizer encodes it; with special tokens where Spec.Special
	MaxTokens int     // output tokens to ask for
	Group     int     // shared group it begins with, -1 for none
	Shared    int     // tokens of that group's prefix, a special token before them not counted
	Repeat    bool    // the corpus was used up and its span, or its row, has been used before

	Messages []corpus.Message // the same as a chat, where it was recorded as one; endpoints for plain prompts get Text

	// Of a load of several classes. What is sent is Priority, and Team as the request's user.
	Class    string // "" where there are none
	Team     string // whose request it is, "" for nobody's
	Priority int    // 0 is not sent

	// Of a turn of a conversation. Text is then all that was said, with scripted replies.
	Turn  int    // its number, from 1; 0 where there is no conversation
	After int    // number of the request that is the turn before, where Turn is above 1
	New   string // the end of Text that the user adds, where Turn is above 1
}

// Tokenizer turns text into tokens and back. Decode may render what is not valid
// UTF-8 as it is or as U+FFFD.
type Tokenizer interface {
	Encode(text string, addSpecial bool) []int32
	Decode(ids []int32) string
}

// Spec is what prompts should be like.
type Spec struct {
	Prompt Length // tokens of a prompt, without the shared prefix before it
	Output Length // MaxTokens

	// Sizes are those of each prompt in turn, in place of what Prompt and Output would draw; nil draws.
	Sizes []Size

	// Groups of requests share a prefix of GroupTokens tokens; every request gets
	// one of them at random. Both zero: nothing is shared.
	Groups, GroupTokens int

	// GroupSkew makes some groups more popular than others: the k-th is drawn in
	// proportion to 1/k^GroupSkew (Zipf's law). 0: all alike.
	GroupSkew float64

	// WarmupShared lets warm-up prompts begin with the shared prefixes, each in turn, as
	// when a system prompt is known to be cached before traffic comes. Off, warm-up
	// prompts share nothing with measured ones.
	WarmupShared bool

	// Special counts the special tokens (begin-of-text) that the server adds to a
	// plain prompt as part of its length.
	Special bool

	// Seat has the spans that cells of the run have in common: none, until the corpus is used up.
	Seat Seat
}

// Size is a prompt's and its answer's length in tokens.
type Size struct{ Prompt, Output int }

// MaxGroupSkew is the largest GroupSkew: with it the second group comes once for 1024 times of the first.
const MaxGroupSkew = 10

// Validate says what is wrong with s.
func (s Spec) Validate() error {
	if s.Sizes != nil {
		return s.checkSizes()
	}
	if err := s.Prompt.Validate(); err != nil {
		return fmt.Errorf("prompt tokens: %w", err)
	}
	if err := s.Output.Validate(); err != nil {
		return fmt.Errorf("output tokens: %w", err)
	}
	switch {
	case s.Groups < 0 || s.GroupTokens < 0:
		return fmt.Errorf("shared prefix: %d groups of %d tokens, expected neither below 0", s.Groups, s.GroupTokens)
	case (s.Groups == 0) != (s.GroupTokens == 0):
		return fmt.Errorf("shared prefix: %d groups of %d tokens, expected both or neither to be 0", s.Groups, s.GroupTokens)
	case s.GroupSkew < 0 || s.GroupSkew > MaxGroupSkew || math.IsNaN(s.GroupSkew):
		return fmt.Errorf("shared prefix: skew is %v, expected 0 to %d", s.GroupSkew, MaxGroupSkew)
	case s.WarmupShared && s.Groups == 0:
		return fmt.Errorf("shared prefix: warm-up is to share it, but there are no groups")
	}
	return nil
}

// SharedPrefix is for example "4 groups of 64 tokens", or "" where nothing is shared.
func (s Spec) SharedPrefix() string {
	if s.Groups == 0 {
		return ""
	}
	return fmt.Sprintf("%d groups of %d tokens%s", s.Groups, s.GroupTokens, skewed(s.GroupSkew))
}

func (s Spec) checkSizes() error {
	if s.Groups != 0 || s.GroupTokens != 0 || s.WarmupShared {
		return fmt.Errorf("shared prefix: prompts of given sizes have none")
	}
	for i, z := range s.Sizes {
		if z.Prompt < 1 || z.Output < 1 || z.Prompt > MaxLength || z.Output > MaxLength {
			return fmt.Errorf("size %d is %d and %d tokens, expected 1 to %d", i, z.Prompt, z.Output, MaxLength)
		}
	}
	return nil
}
