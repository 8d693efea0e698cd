package tokenizer

import "unicode/utf8"

// spans sets runs of certain characters apart: `X+`, or `X{1,limit}`, with one white space in front if lead says
// so. What lies between is a word too, for the next splitter to cut.
type spans struct {
	has   func(r rune, c class) bool
	ascii [utf8.RuneSelf]bool // what has says of those
	limit int                 // characters in one run at most; 0 for no limit
	lead  lead
}

func newSpans(has func(r rune, c class) bool, limit int, lead lead) *spans {
	p := &spans{has: has, limit: limit, lead: lead}
	for r := range rune(utf8.RuneSelf) {
		p.ascii[r] = has(r, classOf(r))
	}
	return p
}

// lead is what a run of spans can begin with.
type lead uint8

const (
	noLead    lead = iota
	blankLead      // ` ?`
	spaceLead      // `\s?`
)

func (p *spans) next(s string, i int) int {
	if end := p.match(s, i); end > i {
		return end
	}
	for i < len(s) {
		_, width := p.at(s, i)
		i += width
		if i < len(s) && p.match(s, i) > i {
			break
		}
	}
	return i
}

func (p *spans) match(s string, i int) int {
	if p.lead != noLead {
		if width := p.lead.width(s, i); width > 0 {
			if end := p.run(s, i+width); end > i+width {
				return end
			}
		}
	}
	return p.run(s, i)
}

func (p *spans) run(s string, i int) int {
	for n := 0; i < len(s) && (p.limit == 0 || n < p.limit); n++ {
		ok, width := p.at(s, i)
		if !ok {
			break
		}
		i += width
	}
	return i
}

// at says whether the character at s[i] is one of p's, and its width.
func (p *spans) at(s string, i int) (bool, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return p.ascii[c], 1
	}
	r, width := utf8.DecodeRuneInString(s[i:])
	return p.has(r, classOf(r)), width
}

// width is that of the white space at s[i] that a run can begin with, or 0.
func (l lead) width(s string, i int) int {
	if l == blankLead && s[i] != ' ' {
		return 0
	}
	c, width := classAt(s, i)
	if c != space {
		return 0
	}
	return width
}

func isNumber(_ rune, c class) bool  { return c == number }
func isLetter(_ rune, c class) bool  { return c&letter != 0 }
func isPunct(_ rune, c class) bool   { return c == punct }
func isNewline(r rune, _ class) bool { return r == '\r' || r == '\n' }

// isHanKana says whether DeepSeek-V3 takes r for a Chinese or Japanese character.
func isHanKana(r rune, _ class) bool {
	return r >= 0x4e00 && r <= 0x9fa5 || r >= 0x3040 && r <= 0x30ff
}

// isEastAsian is `[一-龥ࠀ-一가-퟿]` of the earlier DeepSeek models.
func isEastAsian(r rune, _ class) bool {
	return r >= 0x800 && r <= 0x9fa5 || r >= 0xac00 && r <= 0xd7ff
}

// isPunctOrASCII is Unicode's punctuation and all of ASCII's, symbols included.
func isPunctOrASCII(r rune, c class) bool {
	return c == punct || c == symbol && r < utf8.RuneSelf
}

// isDefaultPunct is isPunctOrASCII without the backtick.
func isDefaultPunct(r rune, c class) bool { return r != '`' && isPunctOrASCII(r, c) }

// isBloomWord is `[^(\s|.,!?…。，、।۔،)]`.
func isBloomWord(r rune, c class) bool {
	switch r {
	case '(', ')', '|', '.', ',', '!', '?', '…', '。', '，', '、', '।', '۔', '،':
		return false
	}
	return c != space
}

// trailingSpace is `\s+$`.
type trailingSpace struct{}

func (trailingSpace) next(s string, i int) int {
	from := len(s)
	for from > i {
		c, width := classBefore(s, from)
		if c != space {
			break
		}
		from -= width
	}
	if from > i {
		return from
	}
	return len(s)
}

// byteRuns sets runs of certain bytes apart, limit bytes at most; 0 for no limit.
type byteRuns struct {
	has   func(b byte) bool
	limit int
	whole bool // only runs of exactly limit bytes
}

func (p byteRuns) next(s string, i int) int {
	if end := p.run(s, i); end > i {
		return end
	}
	for i++; i < len(s) && p.run(s, i) == i; i++ {
	}
	return i
}

func (p byteRuns) run(s string, i int) int {
	end := i
	for end < len(s) && p.has(s[end]) && (p.limit == 0 || end-i < p.limit) {
		end++
	}
	if p.whole && end-i < p.limit {
		return i
	}
	return end
}

func isASCIIDigit(b byte) bool { return b >= '0' && b <= '9' }

// isAlphabetNumber says whether GPT-2's alphabet writes the byte as a digit: the superscripts and fractions of Latin-1
// stand for their bytes, and the reference looks for digits after it has changed to that alphabet.
func isAlphabetNumber(b byte) bool {
	switch b {
	case 0xb2, 0xb3, 0xb9, 0xbc, 0xbd, 0xbe:
		return true
	}
	return isASCIIDigit(b)
}
