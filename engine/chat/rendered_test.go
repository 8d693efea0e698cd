package chat

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var renderedFlag = flag.String("rendered", "", "also compare with this output of testdata/make_rendered.py DIR OUTPUT")

// conversation is a case of testdata/conversations.json.
type conversation struct {
	Name      string
	Messages  []json.RawMessage
	Tools     []json.RawMessage
	Add       bool `json:"add_generation_prompt"`
	Variables map[string]json.RawMessage
}

// reference is what transformers made of one template and conversation: exactly one is set.
type reference struct{ Want, Raises, Fails *string }

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func conversations(t testing.TB) []conversation {
	var c []conversation
	readJSON(t, "testdata/conversations.json", &c)
	return c
}

func (c conversation) input() Input {
	return Input{c.Messages, c.Tools, c.Add, c.Variables, time.Date(2026, 3, 9, 7, 5, 4, 0, time.UTC)}
}

// sources are the texts of the real templates, by name.
func sources(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/templates/*.jinja")
	if err != nil || len(paths) < 15 {
		t.Fatal(paths, err)
	}
	out := map[string]string{}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".jinja")] = string(source)
	}
	return out
}

func realTemplates(t testing.TB) map[string]*Template {
	out := map[string]*Template{}
	for name, source := range sources(t) {
		out[name] = mustNew(t, source)
	}
	return out
}

// Every real template gives for every conversation what transformers gives, byte for byte, raises what it raises,
// and fails where it fails.
func TestAgainstTransformers(t *testing.T) {
	for name, source := range sources(t) {
		var want map[string]reference
		readJSON(t, "testdata/rendered/"+name+".json", &want)
		t.Run(name, func(t *testing.T) { compare(t, source, want) })
	}
}

// TestOtherTemplates is for templates that are not kept here.
func TestOtherTemplates(t *testing.T) {
	if *renderedFlag == "" {
		t.Skip("no -rendered")
	}
	var rows []struct {
		Name, Template string
		Cases          map[string]reference
	}
	readJSON(t, *renderedFlag, &rows)
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) { compare(t, r.Template, r.Cases) })
	}
}

func compare(t *testing.T, source string, want map[string]reference) {
	tpl, err := New(source, "<s>", "</s>")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conversations(t) {
		t.Run(c.Name, func(t *testing.T) {
			ref, ok := want[c.Name]
			if !ok {
				t.Fatal("no reference: run make_rendered.py")
			}
			got, err := tpl.Render(c.input())
			ref.check(t, got, err)
		})
	}
}

func (r reference) check(t *testing.T, got string, err error) {
	t.Helper()
	var raised *RaisedError
	switch {
	case r.Want != nil:
		if err != nil || got != *r.Want {
			t.Errorf("got %s (%v)\nwant %s", excerpt(got, *r.Want), err, excerpt(*r.Want, got))
		}
	case r.Raises != nil:
		if !errors.As(err, &raised) || raised.Message != *r.Raises {
			t.Errorf("error is %v, want the template to raise %q", err, *r.Raises)
		}
	case err == nil || errors.As(err, &raised):
		t.Errorf("error is %v, want it to fail with %s", err, *r.Fails)
	}
}

// excerpt is s from shortly before where it differs from other.
func excerpt(s, other string) string {
	i := 0
	for i < len(s) && i < len(other) && s[i] == other[i] {
		i++
	}
	quoted, _ := json.Marshal(strings.ToValidUTF8(s[max(0, i-40):min(len(s), i+60)], ""))
	return string(quoted)
}
