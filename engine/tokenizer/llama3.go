package tokenizer

import "strings"

// llama3 is the expression of Llama 3, where digits is 3:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// and of its relatives: Qwen 2 takes one digit at a time, Qwen 3.5 also marks for letters.
type llama3 struct {
	digits int  // in one word at most; 0 for no limit
	marks  bool // \p{M} goes with \p{L} everywhere
}

func (l llama3) next(s string, i int) int {
	if end := apostrophe(s, i); end > i {
		return end
	}
	letters, others := letter, other
	if l.marks {
		letters, others = letter|mark, other&^mark
	}
	c, width := classAt(s, i)
	switch {
	case c&letter != 0:
		return runEnd(s, i+width, letters)
	case c == number:
		return numberGroup(s, i, l.digits)
	case s[i] != '\r' && s[i] != '\n':
		if end := runEnd(s, i+width, letters); end > i+width || c&letters != 0 {
			return end
		}
	}
	if end := symbols(s, i, others, "\r\n"); end > i {
		return end
	}
	return lineSpace(s, i)
}

// numberGroup is the end of `\p{N}{1,limit}` at i; a limit of 0 is none.
func numberGroup(s string, i, limit int) int {
	for n := 0; i < len(s) && (n < limit || limit == 0); n++ {
		c, width := classAt(s, i)
		if c != number {
			break
		}
		i += width
	}
	return i
}

// symbols is the end of ` ?[set]+[after]*` at i, or i where it does not match.
func symbols(s string, i int, set class, after string) int {
	from := i
	if s[i] == ' ' {
		from++
	}
	end := runEnd(s, from, set)
	if end == from {
		return i
	}
	for end < len(s) && strings.IndexByte(after, s[end]) >= 0 {
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

// spaceWord is the end of the word at i under `\s+(?!\S)|\s+`: the whole run of white space, but
// for its last character when text follows and the run is longer than that.
func spaceWord(s string, i int) int {
	end := runEnd(s, i, space)
	if end == len(s) {
		return end
	}
	if _, width := classBefore(s, end); end-width > i {
		return end - width
	}
	return end
}
