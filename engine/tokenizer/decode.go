package tokenizer

import (
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// Decode gives the text of ids, always valid UTF-8: each maximal ill-formed subsequence becomes
// one U+FFFD, and so does each id outside the vocabulary. Control tokens have no text.
// The ids are a whole text: the space that encoding put in front of it is taken away.
func (t *Tokenizer) Decode(ids []int32) string {
	d := t.NewDecoder()
	text := d.Push(ids...) + d.Flush()
	if t.prefixed {
		text = strings.TrimPrefix(text, " ")
	}
	return text
}

// Decoder decodes a stream of ids that go on from other ids. The concatenation of what Push returned and of Flush at the
// end is what Decode gives for all the ids, however they were split, but that a space in front stays. Not for concurrent use.
type Decoder struct {
	t    *Tokenizer
	held []byte // the start of a character whose rest has not come; at most 3 bytes
}

// NewDecoder starts a stream.
func (t *Tokenizer) NewDecoder() *Decoder { return &Decoder{t: t} }

// Push returns the text that ids complete. It ends at a character boundary; the start of an
// unfinished character is held back.
func (d *Decoder) Push(ids ...int32) string {
	raw := d.held
	for _, id := range ids {
		switch {
		case !d.t.valid(id):
			raw = append(raw, replacement...)
		case !d.t.control[id]:
			raw = append(raw, d.t.text[id]...)
		}
	}
	whole := wholePrefix(raw)
	text := validText(raw[:whole])
	d.held = append(d.held[:0], raw[whole:]...)
	return text
}

// Flush ends the stream: an unfinished character becomes U+FFFD. The Decoder can then be used afresh.
func (d *Decoder) Flush() string {
	text := validText(d.held)
	d.held = d.held[:0]
	return text
}

// wholePrefix is the length of raw without a character at its end that more bytes could complete.
func wholePrefix(raw []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(raw); n++ {
		i := len(raw) - n
		if utf8.RuneStart(raw[i]) {
			if !utf8.FullRune(raw[i:]) {
				return i
			}
			break
		}
	}
	return len(raw)
}

// validText is raw with each maximal ill-formed subsequence replaced by one U+FFFD.
func validText(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	var b strings.Builder
	for len(raw) > 0 {
		r, width := utf8.DecodeRune(raw)
		if r == utf8.RuneError && width == 1 {
			b.WriteString(replacement)
			raw = raw[illFormed(raw):]
			continue
		}
		b.Write(raw[:width])
		raw = raw[width:]
	}
	return b.String()
}

// illFormed is the length of the maximal subsequence at the start of raw that could have begun a
// character but does not complete one; 1 if none could.
func illFormed(raw []byte) int {
	n := 1
	for n < utf8.UTFMax-1 && n < len(raw) && !utf8.FullRune(raw[:n]) && !utf8.FullRune(raw[:n+1]) {
		n++
	}
	return n
}
