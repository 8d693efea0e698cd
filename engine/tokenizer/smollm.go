package tokenizer

// smollm sets every digit apart and then applies gpt2 to each piece between digits, so that a digit
// is the end of the text for the look-ahead. The reference takes digits from a newer Unicode here than in
// its expressions, so it also splits at 13 code points of Unicode 17 (U+11DE0 to 9, U+16FF4 to 6) that are symbols here.
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
