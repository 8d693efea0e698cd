package strict

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestScan(t *testing.T) {
	const text = `a = 1 # b = 2
b.c = "x # not a comment"
"quoted key".d = 'y'

[t]
m = """
e = 1
[u]
""" # closed
n = '''
\'''
o = "\"]"
list = [ # comment ]
  1, [2, 3],
  { p = 4, q.r = [5] },
]
[[array]]
k = 1
[array.sub]
k = 2
[[array]]
k = 3
inline = { x = 1,
  y = { z = 2 } }
[[array.inner]]
w = 1
date = 2020-01-01T00:00:00Z
`
	want := Positions{
		"a": {1, 0, 0, "1"}, "b": {2, 0, 0, ""}, "b.c": {2, 0, 0, `"x # not a comment"`},
		`"quoted key"`: {3, 0, 0, ""}, `"quoted key".d`: {3, 0, 0, "'y'"},
		"t": {5, 0, 0, ""}, "t.m": {6, 0, 0, "\"\"\"\ne = 1\n[u]\n\"\"\""}, "t.n": {10, 0, 0, "'''\n\\'''"}, "t.o": {12, 0, 0, `"\"]"`},
		"t.list[0]": {14, 0, 0, "1"}, "t.list[1]": {14, 0, 0, "[2, 3]"}, "t.list[1][0]": {14, 0, 0, "2"}, "t.list[1][1]": {14, 0, 0, "3"},
		"t.list[2]": {15, 0, 0, "{ p = 4, q.r = [5] }"}, "t.list[2].p": {15, 0, 0, "4"}, "t.list[2].q": {15, 0, 0, ""},
		"t.list[2].q.r": {15, 0, 0, "[5]"}, "t.list[2].q.r[0]": {15, 0, 0, "5"},
		"array": {17, 0, 0, ""}, "array[0]": {17, 0, 0, ""}, "array[0].k": {18, 0, 0, "1"}, "array[0].sub": {19, 0, 0, ""}, "array[0].sub.k": {20, 0, 0, "2"},
		"array[1]": {21, 0, 0, ""}, "array[1].k": {22, 0, 0, "3"},
		"array[1].inline": {23, 0, 0, "{ x = 1,\n  y = { z = 2 } }"}, "array[1].inline.x": {23, 0, 0, "1"},
		"array[1].inline.y": {24, 0, 0, "{ z = 2 }"}, "array[1].inline.y.z": {24, 0, 0, "2"},
		"array[1].inner": {25, 0, 0, ""}, "array[1].inner[0]": {25, 0, 0, ""}, "array[1].inner[0].w": {26, 0, 0, "1"},
		"array[1].inner[0].date": {27, 0, 0, "2020-01-01T00:00:00Z"},
	}
	got := Scan(text)
	delete(got, "t.list") // its text is the whole array
	for path, s := range got {
		s.At, s.From = 0, 0
		got[path] = s
	}
	if !maps.Equal(got, want) {
		for _, k := range slices.Sorted(maps.Keys(got)) {
			if got[k] != want[k] {
				t.Errorf("%s: got %v, want %v", k, got[k], want[k])
			}
		}
		for k := range want {
			if _, ok := got[k]; !ok {
				t.Errorf("%s: not found", k)
			}
		}
	}
}

// paths lists every key and element of a decoded document the way scan names them.
func paths(prefix string, v any, visit func(string)) {
	switch x := v.(type) {
	case map[string]any:
		for k, v := range x {
			p := Key(prefix, k)
			visit(p)
			paths(p, v, visit)
		}
	case []any:
		for i, v := range x {
			p := Element(prefix, i)
			visit(p)
			paths(p, v, visit)
		}
	case []map[string]any:
		for i, v := range x {
			p := Element(prefix, i)
			visit(p)
			paths(p, v, visit)
		}
	}
}

func TestScanFindsWhatTheParserFinds(t *testing.T) {
	files, err := filepath.Glob("../../experiments/scenario/testdata/*/*.toml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkScan(t, file, string(text))
	}
}

// checkScan compares the scanner with the real parser: the same keys and elements.
func checkScan(t *testing.T, name, text string) {
	t.Helper()
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		return
	}
	found := Scan(text)
	paths("", doc, func(p string) {
		if _, ok := found[p]; !ok {
			t.Errorf("%s: the parser has %s, the scanner has not: %v", name, p, found)
		}
	})
}

// FuzzScan compares the scanner with the parser on any text that the parser accepts.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"a=1", "[a.b]\nc='x'", "[[a]]\nb=[1,{c=2}]\n[[a.d]]", "a=\"\"\"\nb=1\\\"\"\"\"", "'a.b'.c={d=''}",
		"a=[\n#x\n1,\n]", "\"\\u0041\"=1", "a='''x'''''", "a = {b = 1,\n c = [2]}", "x=1\r\ny=2", `"\e\x41"=1`, fmt.Sprintf("%q=1", "a b")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { checkScan(t, "input", text) })
}
