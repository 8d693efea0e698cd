package tokenizer

import "unicode/utf8"

// alphabet is GPT-2's reversible map between bytes and printable characters, in which
// vocabularies are written: printable Latin-1 stands for itself, and the 68 other
// bytes, in order, for U+0100 and up.
type alphabet struct {
	char [256]rune
	byte map[rune]byte
}

func newAlphabet() *alphabet {
	a := &alphabet{byte: make(map[rune]byte, 256)}
	shifted := rune(0x100)
	for b := range 256 {
		r := rune(b)
		if !selfPrinting(r) {
			r, shifted = shifted, shifted+1
		}
		a.char[b] = r
		a.byte[r] = byte(b)
	}
	return a
}

func selfPrinting(r rune) bool {
	return r >= '!' && r <= '~' || r >= '¡' && r <= '¬' || r >= '®' && r <= 'ÿ'
}

// decode gives the bytes that a token stands for. A token with a character outside the alphabet
// (some vocabularies hold added tokens as raw text) stands for its own UTF-8 bytes.
func (a *alphabet) decode(token string) string {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := a.byte[r]
		if !ok {
			return token
		}
		out = append(out, b)
	}
	return string(out)
}

// encode is the token text of the single byte b.
func (a *alphabet) encode(b byte) string {
	return string(utf8.AppendRune(nil, a.char[b]))
}
