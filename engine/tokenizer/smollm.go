package tokenizer

// smollm sets every digit apart and then applies gpt2 to each piece between digits, so that a digit
// is the end of the text for the look-ahead.
type smollm struct{}

func (smollm) String() string { return "smollm" }

func (smollm) next(s string, i int) int {
	c, width := classAt(s, i)
	if c == number {
		return i + width
	}
	if c == space {
		end := runEnd(s, i, space)
		if end < len(s) {
			if after, _ := classAt(s, end); after == number {
				return end
			}
		}
	}
	return gpt2{}.next(s, i)
}
