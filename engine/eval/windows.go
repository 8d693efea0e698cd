package eval

import "fmt"

// Windows cuts n windows of length tokens out of a text, spread evenly over it. Where
// the text is just long enough they touch; they never overlap.
func Windows(tokens []int32, n, length int) ([][]int32, error) {
	if n < 1 || length < 2 {
		return nil, fmt.Errorf("eval: %d windows of %d tokens: want at least 1 window of at least 2", n, length)
	}
	if len(tokens) < n*length {
		return nil, fmt.Errorf("eval: the text has %d tokens; %d windows of %d need %d", len(tokens), n, length, n*length)
	}
	gap := (len(tokens) - n*length) / n
	windows := make([][]int32, n)
	for i := range windows {
		at := i * (length + gap)
		windows[i] = tokens[at : at+length]
	}
	return windows, nil
}
