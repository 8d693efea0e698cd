package tokenizer

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nfc is text in Unicode's Normalization Form C (UAX #15), with invalid bytes left as they are. The data is x/text's,
// but not its algorithm, which puts U+034F between more than 30 marks in a row.
//
// The reference implementation has the data of Unicode 9: marks that came later stay where they are (see laterMarks).
func nfc(text string) string {
	i := norm.NFC.QuickSpanString(text)
	if i == len(text) {
		return text
	}
	var n normalizer
	n.out = append(make([]byte, 0, len(text)+len(text)/8), text[:i]...)
	for i < len(text) {
		r, width := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && width == 1 {
			n.flush()
			n.out = append(n.out, text[i])
		} else {
			n.add(r)
		}
		i += width
	}
	n.flush()
	return string(n.out)
}

// normalizer holds the characters since the last place where the forms of the texts on both sides are independent.
type normalizer struct {
	held []char
	out  []byte
}

type char struct {
	r     rune
	class uint8 // canonical combining class
}

func (n *normalizer) add(r rune) {
	if r >= hangulBase && r < hangulBase+hangulCount {
		n.addHangul(r)
		return
	}
	p := norm.NFD.PropertiesString(string(r))
	if unicode.Is(laterMarks, r) {
		n.addPart(char{r, 0})
		return
	}
	d := p.Decomposition()
	if d == nil {
		n.addPart(char{r, p.CCC()})
		return
	}
	for len(d) > 0 {
		q, width := utf8.DecodeRune(d)
		n.addPart(char{q, norm.NFD.Properties(d).CCC()})
		d = d[width:]
	}
}

// addPart takes a character that decomposes no further. A starter that composes with nothing before it ends what is held.
func (n *normalizer) addPart(c char) {
	if c.class == 0 && !composesBackward(c.r) {
		n.flush()
	}
	n.held = append(n.held, c)
}

// flush writes what is held: marks ordered by class, then composed.
func (n *normalizer) flush() {
	order(n.held)
	for _, c := range compose(n.held) {
		n.out = utf8.AppendRune(n.out, c.r)
	}
	n.held = n.held[:0]
}

// order sorts each run of marks by class, keeping equal ones in order.
func order(chars []char) {
	for i := 0; i < len(chars); i++ {
		from := i
		for i < len(chars) && chars[i].class != 0 {
			i++
		}
		if run := chars[from:i]; len(run) > 1 {
			sortByClass(run)
		}
	}
}

// sortByClass counts, so that a megabyte of marks is no worse than a few.
func sortByClass(run []char) {
	if len(run) <= 16 {
		slices.SortStableFunc(run, func(a, b char) int { return int(a.class) - int(b.class) })
		return
	}
	var start [257]int
	for _, c := range run {
		start[int(c.class)+1]++
	}
	for k := range 256 {
		start[k+1] += start[k]
	}
	for _, c := range slices.Clone(run) {
		run[start[c.class]] = c
		start[c.class]++
	}
}

// compose joins each character with the last starter where the pair has a composition and nothing of its
// class or a higher one is between them. In place.
func compose(chars []char) []char {
	n, starter, last := 0, -1, 0
	for _, c := range chars {
		adjacent := n > 0 && starter == n-1
		if starter >= 0 && (adjacent || last < int(c.class)) {
			if r, ok := composition(chars[starter].r, c.r); ok {
				chars[starter].r = r
				continue
			}
		}
		if c.class == 0 {
			starter, last = n, 0
		} else {
			last = int(c.class)
		}
		chars[n] = c
		n++
	}
	return chars[:n]
}

// The syllables of Hangul are composed by arithmetic (The Unicode Standard, 3.12).
const (
	hangulBase  = 0xac00
	hangulCount = 19 * 21 * 28
	leadBase    = 0x1100
	vowelBase   = 0x1161
	tailBase    = 0x11a7 // the first tail is one above
)

func (n *normalizer) addHangul(r rune) {
	s := r - hangulBase
	n.addPart(char{leadBase + s/(21*28), 0})
	n.addPart(char{vowelBase + s/28%21, 0})
	if t := s % 28; t > 0 {
		n.addPart(char{tailBase + t, 0})
	}
}

func composesBackward(r rune) bool {
	return r >= vowelBase && r < vowelBase+21 || r > tailBase && r < tailBase+28 || compositions().second[r]
}

func composition(a, b rune) (rune, bool) {
	if l, v := a-leadBase, b-vowelBase; l >= 0 && l < 19 && v >= 0 && v < 21 {
		return hangulBase + (l*21+v)*28, true
	}
	if s, t := a-hangulBase, b-tailBase; s >= 0 && s < hangulCount && s%28 == 0 && t > 0 && t < 28 {
		return a + t, true
	}
	r, ok := compositions().pair[[2]rune{a, b}]
	return r, ok
}

type compositionTable struct {
	pair   map[[2]rune]rune
	second map[rune]bool // what can be joined to something before it
}

// compositions finds the pairs by taking the characters apart: one that is its own form C is the composition of
// its last part and of all before, composed.
var compositions = sync.OnceValue(func() compositionTable {
	t := compositionTable{map[[2]rune]rune{}, map[rune]bool{}}
	for _, block := range [][2]rune{{0xc0, 0x3100}, {0x11000, 0x12000}, {0x16d00, 0x16e00}} {
		for r := block[0]; r < block[1]; r++ {
			d := norm.NFC.PropertiesString(string(r)).Decomposition()
			if d == nil || norm.NFC.String(string(r)) != string(r) || unicode.Is(laterMarks, r) {
				continue
			}
			last, width := utf8.DecodeLastRune(d)
			first := []rune(norm.NFC.String(string(d[:len(d)-width])))
			if len(first) == 1 {
				t.pair[[2]rune{first[0], last}] = r
				t.second[last] = true
			}
		}
	}
	return t
})

// laterMarks are the characters that normalization moves or joins but that the reference's data (Unicode 9) does not have: to it
// they are starters without compositions.
var laterMarks = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x07fd, 0x07fd, 1}, {0x0898, 0x089f, 1}, {0x08ca, 0x08d3, 1}, {0x09fe, 0x09fe, 1}, {0x0c3c, 0x0c3c, 1}, {0x0d3b, 0x0d3c, 1},
		{0x0eba, 0x0eba, 1}, {0x1715, 0x1715, 1}, {0x1abf, 0x1ace, 1}, {0x1df6, 0x1dfa, 1}, {0xa82c, 0xa82c, 1},
	},
	R32: []unicode.Range32{
		{0x10d24, 0x10d27, 1}, {0x10eab, 0x10eac, 1}, {0x10efd, 0x10eff, 1}, {0x10f46, 0x10f50, 1}, {0x10f82, 0x10f85, 1},
		{0x11070, 0x11070, 1}, {0x1133b, 0x1133b, 1}, {0x1145e, 0x1145e, 1}, {0x11839, 0x1183a, 1}, {0x11938, 0x11938, 1},
		{0x1193d, 0x1193e, 1}, {0x11943, 0x11943, 1}, {0x119e0, 0x119e0, 1}, {0x11a34, 0x11a34, 1}, {0x11a47, 0x11a47, 1},
		{0x11a99, 0x11a99, 1}, {0x11d42, 0x11d42, 1}, {0x11d44, 0x11d45, 1}, {0x11d97, 0x11d97, 1}, {0x11f41, 0x11f42, 1},
		{0x16ff0, 0x16ff1, 1}, {0x1e08f, 0x1e08f, 1}, {0x1e130, 0x1e136, 1}, {0x1e2ae, 0x1e2ae, 1}, {0x1e2ec, 0x1e2ef, 1},
		{0x1e4ec, 0x1e4ef, 1},
	},
}
