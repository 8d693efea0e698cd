package task

import (
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/assaylab/assay/engine/eval"
)

// Generate is a prompt whose completion is judged: by equality, by a command, or both.
type Generate struct {
	ID        string
	Prompt    string
	Expected  *string // nil where only a command or a pattern judges
	Pattern   *regexp.Regexp
	MaxTokens int // 0 where the file says nothing
	Stop      []string
	Check     Check
}

var generateKeys = []string{"id", "prompt", "expected", "pattern", "max_tokens", "stop", "check", "before", "after", "file"}

// maxTokensLimit bounds what an item may ask for.
const maxTokensLimit = 1 << 20

// ReadGenerates reads a JSONL file of prompts:
//
//	{"prompt": "1 + 1 =", "expected": "2", "max_tokens": 4, "stop": ["\n"]}
//	{"prompt": "What is 6 * 7?", "pattern": "answer is (\\d+)", "expected": "42"}
//	{"prompt": "def f():", "check": ["python3", "{file}"], "before": "def f():", "after": "\nassert f() == 1", "file": "f.py"}
func ReadGenerates(name string, r io.Reader) ([]Generate, error) {
	var all []Generate
	err := readLines(name, r, generateKeys, func(id string, o *object) {
		g := Generate{ID: id, Prompt: o.text("prompt"), Stop: o.texts("stop")}
		if o.has("expected") {
			expected := o.text("expected")
			g.Expected = &expected
		}
		if o.has("pattern") {
			g.Pattern = o.pattern("pattern")
		}
		if o.has("max_tokens") {
			g.MaxTokens = o.integer("max_tokens", 1, maxTokensLimit)
		}
		for _, s := range g.Stop {
			if s == "" {
				o.fail("stop", "an empty text", "text")
			}
		}
		g.Check = readCheck(o)
		all = append(all, g)
	})
	return all, err
}

func readCheck(o *object) Check {
	c := Check{Command: o.texts("check"), Before: o.optional("before", ""), After: o.optional("after", ""), File: o.optional("file", DefaultFile)}
	if o.has("check") && (len(c.Command) == 0 || c.Command[0] == "") {
		o.fail("check", excerpt(o.fields["check"]), "a command and its arguments")
	}
	if c.File != filepath.Base(c.File) || strings.ContainsAny(c.File, `/\`) || c.File == "." || c.File == ".." {
		o.fail("file", excerpt(o.fields["file"]), "the name of a file without a directory")
	}
	return c
}

// Encode gives the tokens to continue, up to the given number of tokens where the
// item says nothing.
func (g Generate) Encode(t Tokenizer, maxTokens int) eval.Prompt {
	p := eval.Prompt{Tokens: t.Encode(g.Prompt, true), Max: maxTokens}
	if len(p.Tokens) == 0 {
		p.Tokens = Start(t)
	}
	if g.MaxTokens > 0 {
		p.Max = g.MaxTokens
	}
	if len(g.Stop) > 0 {
		p.Stop = func(generated []int32) bool { return stopAt(t.Decode(generated), g.Stop) >= 0 }
	}
	return p
}

// Text is the completion up to the first stop text.
func (g Generate) Text(t Tokenizer, c eval.Completion) string { return g.Cut(t.Decode(c.Tokens)) }

// Cut is a text up to the first stop text.
func (g Generate) Cut(text string) string {
	if at := stopAt(text, g.Stop); at >= 0 {
		text = text[:at]
	}
	return text
}

// Matches says whether the completion is the expected text, blanks around either aside. With a
// pattern, what counts of the completion is the pattern's first match, or the first group of it;
// where nothing is expected, that there is one.
func (g Generate) Matches(completion string) bool {
	if g.Pattern != nil {
		m := g.Pattern.FindStringSubmatch(completion)
		if m == nil || g.Expected == nil {
			return m != nil
		}
		completion = m[min(1, len(m)-1)]
	}
	return g.Expected != nil && strings.TrimSpace(completion) == strings.TrimSpace(*g.Expected)
}

// stopAt is where the first of the stop texts begins, -1 for nowhere.
func stopAt(text string, stops []string) int {
	first := -1
	for _, s := range stops {
		if at := strings.Index(text, s); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}
