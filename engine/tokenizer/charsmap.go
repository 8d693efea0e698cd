package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// charsmap is SentencePiece's compiled normalization: a double-array trie (Aoe, 1989; the layout is that of Darts-clone) from strings to
// the places of their replacements, which are ended by a zero byte each. As in SentencePiece the longest match at
// the leftmost position is replaced.
type charsmap struct {
	units        []uint32
	replacements []byte
}

// newCharsmap reads the size of the trie in bytes, the trie and the replacements. Without data there are no rules: nil.
func newCharsmap(data []byte) (*charsmap, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("tokenizer: the compiled normalization has %d bytes; expected 4 or more", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if size == 0 || size%4 != 0 || uint64(size) > uint64(len(data)-4) {
		return nil, fmt.Errorf("tokenizer: the compiled normalization says that its trie has %d bytes; expected a multiple of 4 up to %d", size, len(data)-4)
	}
	c := &charsmap{units: make([]uint32, size/4), replacements: bytes.Clone(data[4+size:])}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	return c, nil
}

// apply gives the normalized text.
func (c *charsmap) apply(text string) string {
	if c == nil {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); {
		if n, to := c.longest(text[i:]); n > 0 {
			out = append(out, to...)
			i += n
			continue
		}
		_, width := utf8.DecodeRuneInString(text[i:])
		out = append(out, text[i:i+width]...)
		i += width
	}
	return string(out)
}

// longest is the longest string of the trie that text starts with, as its length, and its replacement.
func (c *charsmap) longest(text string) (n int, to []byte) {
	at := unitOffset(c.units[0])
	for i := range len(text) {
		at ^= uint32(text[i])
		if uint64(at) >= uint64(len(c.units)) {
			break
		}
		unit := c.units[at]
		if unit&(1<<31|0xff) != uint32(text[i]) {
			break
		}
		at ^= unitOffset(unit)
		if hasLeaf := unit>>8&1 == 1; hasLeaf && uint64(at) < uint64(len(c.units)) {
			if r, ok := c.replacement(c.units[at] &^ (1 << 31)); ok {
				n, to = i+1, r
			}
		}
	}
	return n, to
}

func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

func (c *charsmap) replacement(at uint32) ([]byte, bool) {
	if uint64(at) >= uint64(len(c.replacements)) {
		return nil, false
	}
	r := c.replacements[at:]
	if end := bytes.IndexByte(r, 0); end >= 0 {
		return r[:end], true
	}
	return nil, false
}
