package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A pretokenizer cuts text into the words that merges never cross. Each is the
// hand-written equivalent of a regular expression with look-ahead, which Go's regexp lacks.
type pretokenizer interface {
	// next is the end of the word that starts at s[i]; i < next <= len(s).
	// Time is proportional to the word, or to the run of white space it lies in.
	next(s string, i int) int
	String() string
}

// scheme is what one value of tokenizer.ggml.pre stands for.
type scheme struct {
	names        []string // the first is the canonical one
	pre          pretokenizer
	ignoreMerges bool // a word that is a token is that token, whether merges reach it or not
}

func schemes() []scheme {
	return []scheme{
		{names: []string{"gpt-2", "phi-2", "jina-es", "jina-de"}, pre: gpt2{}},
		{names: []string{"llama-bpe", "llama3", "llama-v3", "falcon3"}, pre: llama3{}, ignoreMerges: true},
		{names: []string{"smollm"}, pre: smollm{}},
	}
}

func findScheme(name string) (scheme, error) {
	var known []string
	for _, s := range schemes() {
		for _, n := range s.names {
			if n == name {
				return s, nil
			}
			known = append(known, n)
		}
	}
	return scheme{}, fmt.Errorf("tokenizer: unknown pre-tokenizer %q; known are %s", name, strings.Join(known, ", "))
}

// spaceWord is the end of the word at i under `\s+(?!\S)|\s+`: the whole run of white space, but
// for its last character when text follows and the run is longer than that.
func spaceWord(s string, i int) int {
	end := runEnd(s, i, space)
	if end == len(s) {
		return end
	}
	if _, width := utf8.DecodeLastRuneInString(s[i:end]); end-width > i {
		return end - width
	}
	return end
}
