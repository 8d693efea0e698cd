package task

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assaylab/assay/engine/eval"
)

// Needle is a definition far above and its use below, in Go code: a constant among other
// code, and at the end, after code that has nothing to do with it, the beginning of the
// same line in a test, whose value only the definition says.
type Needle struct {
	ID     string
	Length int     // tokens of the whole context, about
	Depth  float64 // where the definition stands: 0 at the context's beginning, 1 right above the use
	Choice Choice
}

// NeedleChoices is how many values an item lets choose from.
const NeedleChoices = 4

// words make the names of constants; no two are in one item.
var needleWords = [2][]string{
	{"retry", "flush", "probe", "lease", "batch", "shard", "quota", "frame"},
	{"Limit", "Delay", "Count", "Bytes", "Depth", "Width", "Ratio", "Epoch"},
}

// Needles makes n items for every length, in tokens of t, and depth. The same sources,
// tokenizer, n and seed give the same items; those of one length and number have the same code,
// name and values at every depth.
func Needles(sources []Source, t Tokenizer, lengths []int, depths []float64, n int, seed uint64) ([]Needle, error) {
	var lines []string
	for _, s := range sources {
		lines = append(lines, strings.SplitAfter(s.Text, "\n")...)
	}
	var all []Needle
	for _, length := range lengths {
		for i := range n {
			m := newHaystack(lines, t, length, rand.New(rand.NewPCG(seed, uint64(length)<<32|uint64(i))))
			if m.blocks == nil {
				return nil, fmt.Errorf("the text has %d lines, too few for a context of %d tokens", len(lines), length)
			}
			for _, depth := range depths {
				all = append(all, Needle{ID: fmt.Sprintf("%d tokens, %g %%, %d", length, 100*depth, i+1), Length: length, Depth: depth,
					Choice: m.hide(depth)})
			}
		}
	}
	return all, nil
}

// haystack is the code of an item, and what is to be hidden in it.
type haystack struct {
	blocks []string // declarations, with the blank line after each
	name   string
	values []string // the first is right
	answer int      // where it stands among the choices
}

// newHaystack takes code that begins at a random declaration, as much as leaves room for
// definition and use. No blocks are too little code.
func newHaystack(lines []string, t Tokenizer, length int, r *rand.Rand) haystack {
	h := haystack{name: needleWords[0][r.IntN(8)] + needleWords[1][r.IntN(8)], answer: r.IntN(NeedleChoices)}
	for len(h.values) < NeedleChoices {
		if v := fmt.Sprint(1000 + r.IntN(9000)); !strings.Contains(strings.Join(h.values, " "), v) {
			h.values = append(h.values, v)
		}
	}
	room := length - len(t.Encode(h.definition()+h.use(), true))
	for range 100 {
		text := code(lines, t, room, r.IntN(len(lines)))
		if text != "" && !strings.Contains(text, h.name) {
			h.blocks = strings.SplitAfter(text, "\n\n")
			return h
		}
	}
	return h
}

// code is about so many tokens of whole lines from the first line after the given one that
// begins a declaration; "" where there are too few.
func code(lines []string, t Tokenizer, tokens, from int) string {
	for from > 0 && from < len(lines) && (lines[from-1] != "\n" || strings.TrimSpace(lines[from]) == "" || strings.ContainsAny(lines[from][:1], "\t )}")) {
		from++
	}
	var b strings.Builder
	for have := 0; from < len(lines); from++ {
		have += len(t.Encode(lines[from], false))
		if have > tokens {
			return strings.TrimRight(b.String(), "\n") + "\n\n"
		}
		b.WriteString(lines[from])
	}
	return ""
}

func (h *haystack) definition() string { return fmt.Sprintf("const %s = %s\n\n", h.name, h.values[0]) }

func (h *haystack) use() string { return fmt.Sprintf("const %s =", h.name) }

// hide puts the definition before the declaration that is nearest to depth.
func (h *haystack) hide(depth float64) Choice {
	total := 0
	for _, b := range h.blocks {
		total += len(b)
	}
	at, before := 0, 0
	for at < len(h.blocks) && 2*before+len(h.blocks[at]) < int(2*depth*float64(total)) {
		before += len(h.blocks[at])
		at++
	}
	c := Choice{Context: strings.Join(h.blocks[:at], "") + h.definition() + strings.Join(h.blocks[at:], "") + h.use(), Delimiter: " ", Answer: h.answer}
	c.Choices = append(c.Choices, h.values[1:]...)
	c.Choices = append(c.Choices[:h.answer:h.answer], append([]string{h.values[0]}, c.Choices[h.answer:]...)...)
	return c
}

// Encode gives the item's tokens.
func (n Needle) Encode(t Tokenizer) eval.Choice { return n.Choice.Encode(t) }
