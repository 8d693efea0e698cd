package tokenizer

import "strings"

// llama3 is the expression of Llama 3:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
type llama3 struct{}

func (llama3) String() string { return "llama-bpe" }

func (llama3) next(s string, i int) int {
	if s[i] == '\'' {
		if n := contractionFold(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	c, width := classAt(s, i)
	switch {
	case c == letter:
		return runEnd(s, i+width, letter)
	case c == number:
		return numberGroup(s, i)
	case s[i] != '\r' && s[i] != '\n':
		if end := runEnd(s, i+width, letter); end > i+width {
			return end
		}
	}
	if end := symbols(s, i); end > i {
		return end
	}
	return lineSpace(s, i)
}

// numberGroup is the end of `\p{N}{1,3}` at i.
func numberGroup(s string, i int) int {
	for range 3 {
		if i == len(s) {
			break
		}
		c, width := classAt(s, i)
		if c != number {
			break
		}
		i += width
	}
	return i
}

// symbols is the end of ` ?[^\s\p{L}\p{N}]+[\r\n]*` at i, or i where it does not match.
func symbols(s string, i int) int {
	from := i
	if s[i] == ' ' {
		from++
	}
	end := runEnd(s, from, other)
	if end == from {
		return i
	}
	for end < len(s) && (s[end] == '\r' || s[end] == '\n') {
		end++
	}
	return end
}

// lineSpace is the end of `\s*[\r\n]+|\s+(?!\S)|\s+` at i, where white space starts: the run up
// to its last line break, if it has one.
func lineSpace(s string, i int) int {
	end := runEnd(s, i, space)
	if k := strings.LastIndexAny(s[i:end], "\r\n"); k >= 0 {
		return i + k + 1
	}
	return spaceWord(s, i)
}

// contractionFold is contraction in any case. Case folding also takes U+017F, the
// long s, for an s.
func contractionFold(s string) int {
	if strings.HasPrefix(s, "\u017f") {
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
