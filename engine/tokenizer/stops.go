package tokenizer

import "strings"

// Stops looks for stop strings in streamed text. The stream stops at the first position where some stop string
// is complete, and its text ends where that string starts; of several complete at the same position
// the longest counts. The answer does not depend on how the text is split. Not for concurrent use.
type Stops struct {
	patterns []pattern
	held     string // the longest end of the text so far that could grow into a stop string
	stopped  bool
}

// pattern is one stop string in a Knuth-Morris-Pratt matcher (Knuth, Morris and Pratt, 1977).
type pattern struct {
	text    string
	border  []int // border[k]: longest proper prefix of text[:k] that is also its end
	matched int   // bytes of text that the stream now ends with
}

// NewStops takes the stop strings. Empty ones cannot match and are left out; with none, Push passes everything on.
func NewStops(stops []string) *Stops {
	s := &Stops{}
	for _, text := range stops {
		if text != "" {
			s.patterns = append(s.patterns, pattern{text: text, border: borders(text)})
		}
	}
	return s
}

func borders(text string) []int {
	border := make([]int, len(text)+1)
	for k, b := 1, 0; k < len(text); k++ {
		for b > 0 && text[k] != text[b] {
			b = border[b]
		}
		if text[k] == text[b] {
			b++
		}
		border[k+1] = b
	}
	return border
}

// feed advances by one byte and says how much of the pattern the stream now ends with. A
// complete match ends the stream, so there is no state after it.
func (p *pattern) feed(c byte) int {
	for p.matched > 0 && p.text[p.matched] != c {
		p.matched = p.border[p.matched]
	}
	if p.text[p.matched] == c {
		p.matched++
	}
	return p.matched
}

// Push returns the text that can be shown, and whether a stop string was met. Only an end that
// is the beginning of a stop string is held back. After a stop, all further text is dropped.
// Whole characters in give whole characters out.
func (s *Stops) Push(text string) (emit string, stopped bool) {
	if s.stopped {
		return "", true
	}
	all := s.held + text
	hold := len(s.held)
	for i := range len(text) {
		match := 0
		hold = 0
		for k := range s.patterns {
			p := &s.patterns[k]
			n := p.feed(text[i])
			hold = max(hold, n)
			if n == len(p.text) {
				match = max(match, n)
			}
		}
		if match > 0 {
			s.stopped, s.held = true, ""
			return all[:len(all)-len(text)+i+1-match], true
		}
	}
	s.held = strings.Clone(all[len(all)-hold:])
	return all[:len(all)-hold], false
}

// Flush ends the stream and returns what was held back; nothing after a stop.
func (s *Stops) Flush() string {
	held := s.held
	s.held = ""
	for k := range s.patterns {
		s.patterns[k].matched = 0
	}
	return held
}
