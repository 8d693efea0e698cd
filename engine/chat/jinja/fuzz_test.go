package jinja

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// FuzzRender: no template and no variable panics or writes without end, and the same template gives
// the same text again.
func FuzzRender(f *testing.F) {
	const variables = `{"messages": [{"role": "user", "content": "hi"}], "x": [1, "a", null, 1.5, {"k": [true]}], "s": "Abc"}`
	file, err := os.Open("testdata/cases.txt")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 0; lines.Scan(); n++ {
		if n%10 == 0 {
			f.Add(lines.Text(), variables)
		}
	}
	paths, _ := filepath.Glob("../testdata/templates/*.jinja")
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), variables)
	}
	f.Fuzz(func(t *testing.T, template, variables string) {
		v, err := FromJSON([]byte(variables))
		if err != nil {
			return
		}
		d, ok := v.(*Dict)
		if !ok {
			return
		}
		tpl, err := Parse(template)
		if err != nil {
			return
		}
		text, err := tpl.render(d, testNow)
		if len(text) > MaxOutput || utf8.ValidString(template) && !utf8.ValidString(text) {
			t.Errorf("%d bytes of text, valid %t", len(text), utf8.ValidString(text))
		}
		again, errAgain := tpl.render(d, testNow)
		if text != again || (err == nil) != (errAgain == nil) {
			t.Errorf("%q (%v), then %q (%v)", text, err, again, errAgain)
		}
	})
}
