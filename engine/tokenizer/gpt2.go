package tokenizer

// gpt2 is the expression of GPT-2:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
type gpt2 struct{}

func (gpt2) String() string { return "gpt-2" }

func (gpt2) next(s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	from := i
	if s[i] == ' ' && i+1 < len(s) {
		from++
	}
	if c, width := classAt(s, from); c != space {
		return runEnd(s, from+width, c)
	}
	return spaceWord(s, i)
}

// contraction is the length of the English contraction that s starts with, the
// apostrophe already read, or 0.
func contraction(s string) int {
	if len(s) >= 2 {
		switch s[:2] {
		case "re", "ve", "ll":
			return 2
		}
	}
	if len(s) >= 1 {
		switch s[0] {
		case 's', 't', 'm', 'd':
			return 1
		}
	}
	return 0
}
