package tokenizer

// cased is the expression of GPT-4o, which cuts before a capital that follows a small letter:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// and of Tekken, which knows no contractions and takes one digit at a time.
type cased struct {
	digits       int
	contractions bool
}

const (
	capitals = upper | uncased | mark // the first bracket of the two alternatives
	smalls   = lower | uncased | mark // the second
)

func (c cased) next(s string, i int) int {
	if end := casedWord(s, i); end > i {
		if c.contractions {
			end = apostrophe(s, end)
		}
		return end
	}
	if end := numberGroup(s, i, c.digits); end > i {
		return end
	}
	if end := symbols(s, i, other, "\r\n/"); end > i {
		return end
	}
	return lineSpace(s, i)
}

// casedWord is the end of the first two alternatives at i, or i. Each is tried with the character in
// front first, then without, which a mark can be too.
func casedWord(s string, i int) int {
	c, width := classAt(s, i)
	prefix := c&(letter|number) == 0 && s[i] != '\r' && s[i] != '\n'
	if prefix {
		if end := endsSmall(s, i+width); end > i+width {
			return end
		}
	}
	if end := endsSmall(s, i); end > i {
		return end
	}
	if prefix {
		if end := runEnd(s, i+width, capitals); end > i+width {
			return end
		}
	}
	return runEnd(s, i, capitals)
}

// endsSmall is the end of `[capitals]*[smalls]+` at i, or i. Where nothing small follows the capitals, they
// give back from their end until what they gave back starts small.
func endsSmall(s string, i int) int {
	end := runEnd(s, i, capitals)
	if more := runEnd(s, end, smalls); more > end {
		return more
	}
	for end > i {
		c, width := classBefore(s, end)
		if c&smalls != 0 {
			return end
		}
		end -= width
	}
	return i
}
