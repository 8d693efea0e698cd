package task

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/assaylab/assay/engine/eval"
)

// Code is a place at the end of a line inside a function of a Go file: what comes
// before it is the prompt, and the completion is judged by the line that follows and
// by whether the function still parses.
//
// The prompt ends before the line's end, not after it: vocabularies have tokens for
// the end of a line and the indentation of the next together, and a prompt that
// takes half of one away asks for what a model has never seen.
type Code struct {
	ID     string // file:line, of the line that follows
	Prefix string // the file up to the last character before the line that is not blank
	Func   string // the end of Prefix that begins with the function
	Blank  string // between Prefix and Next
	Next   string // the line that follows in the file, without the blanks around it
}

// Codes picks n places, at most one in a function, each function as likely as any
// other: the same sources, n and seed give the same places. Functions of one line are
// left out, and so are comments and lines without a letter: nobody knows the one, and
// any model guesses the other. Files that do not parse are named in skipped.
func Codes(sources []Source, n int, seed uint64) (items []Code, skipped []string, err error) {
	var all []function
	for _, s := range sources {
		found, err := functions(s)
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("%s: the file at line %d: %v", s.Name, s.Line, err))
			continue
		}
		all = append(all, found...)
	}
	if len(all) < n {
		return nil, skipped, fmt.Errorf("found %d functions of several lines in %d Go files, expected at least the %d asked for", len(all), len(sources)-len(skipped), n)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	for _, f := range all[:n] {
		items = append(items, f.at(f.lines[rng.IntN(len(f.lines))]))
	}
	return items, skipped, nil
}

// function is a function declaration with the lines of its body that may be asked for.
type function struct {
	source Source
	start  int   // offset of "func"
	lines  []int // offsets of lines
}

func functions(s Source) ([]function, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "", s.Text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	file := files.File(parsed.Pos())
	var all []function
	for _, d := range parsed.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Body == nil {
			continue
		}
		f := function{source: s, start: file.Offset(decl.Pos())}
		for line := file.Line(decl.Body.Lbrace) + 1; line < file.Line(decl.Body.Rbrace); line++ {
			at := file.Offset(file.LineStart(line))
			if text := strings.TrimSpace(lineAt(s.Text, at)); !strings.HasPrefix(text, "//") && strings.ContainsFunc(text, unicode.IsLetter) {
				f.lines = append(f.lines, at)
			}
		}
		if len(f.lines) > 0 {
			all = append(all, f)
		}
	}
	return all, nil
}

// lineAt is the line of text that begins at an offset, without its end.
func lineAt(text string, at int) string {
	line, _, _ := strings.Cut(text[at:], "\n")
	return line
}

func (f function) at(offset int) Code {
	text := f.source.Text
	next := strings.TrimSpace(lineAt(text, offset))
	prefix := strings.TrimRightFunc(text[:offset], unicode.IsSpace)
	return Code{
		ID:     fmt.Sprintf("%s:%d", f.source.Name, f.source.Line+strings.Count(text[:offset], "\n")),
		Prefix: prefix,
		Func:   prefix[f.start:],
		Blank:  text[len(prefix) : offset+strings.Index(text[offset:], next)],
		Next:   next,
	}
}

// Encode gives the prompt, as many whole lines before the place as fit into most
// tokens; the completion ends where the function does. The choice is the line that
// follows, the first maxTokens tokens of it, to be scored after the same prompt.
func (c Code) Encode(t Tokenizer, most, maxTokens int) (eval.Prompt, eval.Choice) {
	text, tokens := c.prompt(t, most)
	whole := t.Encode(text+c.Blank+c.Next, true)
	line := whole[min(len(t.Encode(text, true)), len(whole)):]
	return eval.Prompt{Tokens: tokens, Max: maxTokens, Stop: func(generated []int32) bool {
		return funcEnd(t.Decode(generated)) >= 0
	}}, eval.Choice{Context: tokens, Continuations: [][]int32{line[:min(len(line), maxTokens)]}}
}

// prompt is as many whole lines before the place as fit into most tokens; where not even one
// does, the tokens are the end of its, and the text is the line.
func (c Code) prompt(t Tokenizer, most int) (text string, tokens []int32) {
	text = c.Prefix
	tokens = t.Encode(text, true)
	for len(tokens) > most {
		cut := len(text) * (len(tokens) - most) / len(tokens)
		_, rest, more := strings.Cut(text[cut:], "\n")
		if !more {
			return text, tokens[len(tokens)-most:]
		}
		text = rest
		tokens = t.Encode(text, true)
	}
	return text, tokens
}

// Prompt is the text to continue, for who is not asked in tokens.
func (c Code) Prompt(t Tokenizer, most int) string {
	text, _ := c.prompt(t, most)
	return text
}

// funcEnd is the offset behind a brace in the first column, which ends the function
// in formatted source; -1 where there is none.
func funcEnd(completion string) int {
	if at := strings.Index(completion, "\n}"); at >= 0 {
		return at + len("\n}")
	}
	return -1
}

// NextLine says whether the completion ends the prompt's line and goes on with the
// line that follows in the file, blank lines and blanks around it aside.
func (c Code) NextLine(completion string) bool {
	line, rest, _ := strings.Cut(completion, "\n")
	return strings.TrimSpace(line) == "" && strings.TrimSpace(lineAt(strings.TrimLeftFunc(rest, unicode.IsSpace), 0)) == c.Next
}

// Parses says whether the function with the completion, up to where it ends, is one
// that go/parser accepts. A completion that does not end the function does not parse.
func (c Code) Parses(completion string) bool {
	end := funcEnd(completion)
	if end < 0 {
		return false
	}
	text := "package p\n\n" + c.Func + completion[:end] + "\n"
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return err == nil
}
