package eval

import "fmt"

// Window is a stretch of text that is predicted token by token, each token given all
// before it in the window. The first Unscored positions give context and no value.
type Window struct {
	Tokens   []int32
	Unscored int
}

// Windows cuts n windows of length tokens out of a text, spread evenly over it, every
// position scored. Where the text is just long enough they touch; they never overlap.
func Windows(tokens []int32, n, length int) ([]Window, error) {
	if n < 1 || length < 2 {
		return nil, fmt.Errorf("eval: %d windows of %d tokens: want at least 1 window of at least 2", n, length)
	}
	if len(tokens) < n*length {
		return nil, fmt.Errorf("eval: the text has %d tokens; %d windows of %d need %d", len(tokens), n, length, n*length)
	}
	gap := (len(tokens) - n*length) / n
	windows := make([]Window, n)
	for i := range windows {
		at := i * (length + gap)
		windows[i].Tokens = tokens[at : at+length]
	}
	return windows, nil
}

// minChunk is the shortest chunk whose second half predicts a token.
const minChunk = 4

// Chunks cuts a text as llama.cpp's perplexity tool does: consecutive chunks of length
// tokens, what is left over dropped, the second half of each scored, so that every
// scored token has at least length/2 before it. At most the first n are taken, all
// where n is 0. Like that tool it wants a text of two chunks at least.
func Chunks(tokens []int32, n, length int) ([]Window, error) {
	if n < 0 || length < minChunk {
		return nil, fmt.Errorf("eval: %d chunks of %d tokens: want 0 (all) or more, of at least %d tokens", n, length, minChunk)
	}
	if len(tokens) < 2*length {
		return nil, fmt.Errorf("eval: the text has %d tokens; chunks of %d need at least %d", len(tokens), length, 2*length)
	}
	all := len(tokens) / length
	if n > all {
		return nil, fmt.Errorf("eval: the text has %d tokens, which are %d chunks of %d; found --chunks %d", len(tokens), all, length, n)
	}
	if n == 0 {
		n = all
	}
	windows := make([]Window, n)
	for i := range windows {
		windows[i] = Window{Tokens: tokens[i*length : (i+1)*length], Unscored: length / 2}
	}
	return windows, nil
}
