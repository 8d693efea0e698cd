package task_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval/task"
)

const twoFiles = `// Package a is
// the first.
package a

func One() int {
	x := 1
	// nothing
	return x
}

func short() {}

type T struct {
	a int
}
//go:build linux

// Package b is the second.
package b

import "fmt"

func (t *T) Two() {
	for {
		fmt.Println("func")
	}
}
`

func TestSplitSources(t *testing.T) {
	got := task.SplitSources("x.txt", twoFiles)
	if len(got) != 2 || got[0].Line != 1 || got[1].Line != 16 || got[0].Text+got[1].Text != twoFiles {
		t.Errorf("split into %+v", got)
	}
	nul := task.SplitSources("x.txt", "package a\n\x00package b\n\x00")
	if len(nul) != 2 || nul[0].Text != "package a\n" || nul[1].Text != "package b\n" || nul[1].Line != 2 {
		t.Errorf("split at NUL bytes into %+v", nul)
	}
	if got := task.SplitSources("x.txt", "no Go\n"); len(got) != 0 {
		t.Errorf("prose was split into %+v", got)
	}
}

func TestCodes(t *testing.T) {
	sources := append(task.SplitSources("x.txt", twoFiles), task.Source{Name: "bad.go", Line: 1, Text: "package c\nfunc"})
	items, skipped, err := task.Codes(sources, 2, 1)
	if err != nil || len(skipped) != 1 || !strings.HasPrefix(skipped[0], "bad.go: the file at line 1: ") {
		t.Fatalf("error %v, skipped %q", err, skipped)
	}
	again, _, _ := task.Codes(sources, 2, 1)
	if !slices.Equal(items, again) {
		t.Error("one seed gave different places")
	}
	seen := map[string]string{}
	for seed := range uint64(40) {
		all, _, _ := task.Codes(sources, 2, seed)
		for _, c := range all {
			seen[c.ID] = c.Next
			if !strings.HasSuffix(c.Prefix, c.Func) || !strings.HasPrefix(c.Func, "func ") || !strings.HasPrefix(c.Blank, "\n") || !strings.Contains(twoFiles, c.Func+c.Blank+c.Next+"\n") {
				t.Errorf("%s: the prompt ends %q, the function %q, then %q, %q", c.ID, c.Prefix, c.Func, c.Blank, c.Next)
			}
		}
	}
	want := map[string]string{"x.txt:6": "x := 1", "x.txt:8": "return x", "x.txt:24": "for {", "x.txt:25": `fmt.Println("func")`}
	for id, next := range want {
		if seen[id] != next {
			t.Errorf("%s: next line %q, want %q", id, seen[id], next)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("places %v, want %v", seen, want)
	}
	if _, _, err := task.Codes(sources, 3, 1); err == nil || !strings.Contains(err.Error(), "found 2 functions") {
		t.Errorf("too many asked for: %v", err)
	}
}

func TestCodeJudges(t *testing.T) {
	c := task.Code{Func: "func One() int {\n\tx := 1", Next: "return x"}
	for _, k := range []struct {
		completion   string
		next, parses bool
	}{
		{"\n\treturn x\n}\n\nfunc broken(", true, true},
		{"\n\nreturn x  \n}", true, true},
		{" \n\treturn x", true, false}, // never ends
		{"\n\treturn y\n}", false, true},
		{" + 1\n\treturn x\n}", false, true}, // goes on with the line before
		{"\n\treturn x y\n}", false, false},
		{"\n}", false, true},
		{"}", false, false},
		{"\n\tif x {\n}", false, false},
		{"", false, false},
	} {
		if c.NextLine(k.completion) != k.next || c.Parses(k.completion) != k.parses {
			t.Errorf("%q: next line %v, parses %v", k.completion, c.NextLine(k.completion), c.Parses(k.completion))
		}
	}
}

func TestCodePromptFits(t *testing.T) {
	tok := letters{bos: true}
	c := task.Code{Prefix: strings.Repeat("0123456789\n", 49) + "0123456789", Blank: "\n\t", Next: "return"}
	p, line := c.Encode(tok, 100, 7)
	text := tok.Decode(p.Tokens)
	if p.Max != 7 || len(p.Tokens) > 100 || len(p.Tokens) < 80 || p.Tokens[0] != 0 || !strings.HasPrefix(text, "0123") || !strings.HasSuffix(c.Prefix, text) {
		t.Errorf("%d tokens: %q", len(p.Tokens), text)
	}
	if got := tok.Decode(line.Continuations[0]); !slices.Equal(line.Context, p.Tokens) || got != "\n\tretur" {
		t.Errorf("the line to score is %q after %d tokens", got, len(line.Context))
	}
	if whole, _ := c.Encode(tok, 1000, 7); len(whole.Tokens) != 550 {
		t.Errorf("%d tokens of a text that fits", len(whole.Tokens))
	}
	long := task.Code{Prefix: strings.Repeat("x", 500), Blank: "\n", Next: "y"}
	if p, line := long.Encode(tok, 100, 7); len(p.Tokens) != 100 || tok.Decode(line.Continuations[0]) != "\ny" {
		t.Errorf("%d tokens of one long line", len(p.Tokens))
	}
	if !p.Stop(tok.Encode("x\n}", false)) || p.Stop(tok.Encode("}\n\t}", false)) {
		t.Error("a function ends at a brace in the first column and nowhere else")
	}
}

func FuzzCodes(f *testing.F) {
	f.Add(twoFiles)
	f.Add("package a\nfunc f() {\n\tx := `\n}\n`\n\ty()\n}\x00package b")
	f.Fuzz(func(t *testing.T, text string) {
		items, _, err := task.Codes(task.SplitSources("f", text), 1, 3)
		for _, c := range items {
			if err == nil && !strings.HasSuffix(c.Prefix, c.Func) {
				t.Errorf("%+v", c)
			}
		}
	})
}
