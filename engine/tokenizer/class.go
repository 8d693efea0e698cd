package tokenizer

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// class is what the pre-tokenizers' expressions distinguish of a character: its general category, in groups.
// Each is a bit, so that a set of classes is a class too.
type class uint16

const (
	upper   class = 1 << iota // \p{Lu} and \p{Lt}
	lower                     // \p{Ll}
	uncased                   // \p{Lm} and \p{Lo}
	mark                      // \p{M}
	number                    // \p{N}
	punct                     // \p{P}
	symbol                    // \p{S}
	space                     // \s
	rest                      // control characters, unassigned code points

	letter = upper | lower | uncased      // \p{L}
	other  = mark | punct | symbol | rest // [^\s\p{L}\p{N}]
)

// classText has the classes of Unicode 16, the version of the reference implementation's regular expressions, so that
// words do not depend on the version of Go's own tables. testdata/make_classes.py writes it.
//
//go:embed classes.txt
var classText string

// classTable leads from the upper bits of a code point to a page with the classes of its lower eight.
type classTable struct {
	index [(utf8.MaxRune + 1) / 256]uint16
	pages [][256]class
}

// classes is made on the first use: texts that are ASCII never need it.
var classes = sync.OnceValue(func() *classTable {
	flat := make([]class, utf8.MaxRune+1)
	for i := range flat {
		flat[i] = rest
	}
	names := map[string]class{"u": upper, "l": lower, "o": uncased, "m": mark, "n": number, "p": punct, "s": symbol, "w": space}
	for line := range strings.Lines(classText) {
		f := strings.Fields(line)
		first, _ := strconv.ParseUint(f[0], 16, 32)
		last, _ := strconv.ParseUint(f[1], 16, 32)
		for r := first; r <= last; r++ {
			flat[r] = names[f[2]]
		}
	}
	return paged(flat)
})

func paged(flat []class) *classTable {
	t, known := new(classTable), map[[256]class]uint16{}
	for i := range t.index {
		page := [256]class(flat[i*256:])
		n, ok := known[page]
		if !ok {
			n = uint16(len(t.pages))
			known[page] = n
			t.pages = append(t.pages, page)
		}
		t.index[i] = n
	}
	return t
}

func classOf(r rune) class {
	if uint32(r) < utf8.RuneSelf {
		return asciiClass[r]
	}
	t := classes()
	return t.pages[t.index[r>>8]][r&0xff]
}

var asciiClass = func() (t [utf8.RuneSelf]class) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = upper
		case c >= 'a' && c <= 'z':
			t[c] = lower
		case c >= '0' && c <= '9':
			t[c] = number
		case c == ' ' || c >= '\t' && c <= '\r':
			t[c] = space
		case strings.IndexByte("$+<=>^`|~", c) >= 0:
			t[c] = symbol
		case c > ' ' && c < 0x7f:
			t[c] = punct
		default:
			t[c] = rest
		}
	}
	return t
}()

// classAt is the class and the width in bytes of the character at s[i]; i < len(s).
// An invalid byte is a character of width 1 and class symbol (U+FFFD's own class).
func classAt(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, width := utf8.DecodeRuneInString(s[i:])
	return classOf(r), width
}

// runEnd is the end of the run of characters of the classes in set that starts at i.
func runEnd(s string, i int, set class) int {
	for i < len(s) {
		k, width := classAt(s, i)
		if k&set == 0 {
			break
		}
		i += width
	}
	return i
}

// classBefore is the class and the width of the character that ends at s[i]; 0 < i.
func classBefore(s string, i int) (class, int) {
	if c := s[i-1]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, width := utf8.DecodeLastRuneInString(s[:i])
	return classOf(r), width
}
