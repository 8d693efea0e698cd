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
	c, width := classAt(s, from)
	for _, set := range [...]class{letter, number, other} {
		if c&set != 0 {
			return runEnd(s, from+width, set)
		}
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

// contractionFold is contraction in any case. Case folding also takes U+017F, the
// long s, for an s.
func contractionFold(s string) int {
	if len(s) >= 2 && s[:2] == "\u017f" {
		return len("\u017f")
	}
	var lower [2]byte
	n := copy(lower[:], s)
	for k := range n {
		if c := lower[k]; c >= 'A' && c <= 'Z' {
			lower[k] = c + 'a' - 'A'
		}
	}
	return contraction(string(lower[:n]))
}

// apostrophe is the end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at i, or i where it does not match.
func apostrophe(s string, i int) int {
	if i < len(s) && s[i] == '\'' {
		if n := contractionFold(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	return i
}
