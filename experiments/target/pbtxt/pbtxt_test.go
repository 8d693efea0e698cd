package pbtxt

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// scalars are what a message's fields say, without messages.
func scalars(m *Message, name string) (all []string) {
	for _, v := range m.All(name) {
		all = append(all, v.Scalar)
	}
	return all
}

// All forms that the language has for one thing are the same thing.
func TestForms(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", ""},
		{"# nothing\n", ""},
		{"max_batch_size: 8", "max_batch_size: 8\n"},
		{"max_batch_size:8;name:'a';", "max_batch_size: 8\nname: \"a\"\n"},
		{"dims: 1 dims: -1", "dims: [1, -1]\n"},
		{"dims: [ 1, -1 ]", "dims: [1, -1]\n"},
		{"dims: [1]", "dims: 1\n"},
		{"dims: []", ""},
		{"input [ { name: \"a\" }, { name: \"b\" } ]", "input {\n  name: \"a\"\n}\ninput {\n  name: \"b\"\n}\n"},
		{"input: [ < name: \"a\" > ]", "input {\n  name: \"a\"\n}\n"},
		{"dynamic_batching { }", "dynamic_batching {\n}\n"},
		{"dynamic_batching: { x: 1, y: 2 }", "dynamic_batching {\n  x: 1\n  y: 2\n}\n"},
		{"kind: KIND_CPU ok: true f: 1.5e3 g: .5f h: 0x1F o: 017", "kind: KIND_CPU\nok: true\nf: 1.5e3\ng: .5f\nh: 0x1F\no: 017\n"},
		{"f: -inf g: - 2 h: nan", "f: -inf\ng: -2\nh: nan\n"},
		{`s: "a" 'b' "c"`, "s: \"abc\"\n"},
		{`s: "\101\x42\u00e9\U0001f600\n\"\\"`, "s: \"AB\u00e9\U0001f600\\n\\\"\\\\\"\n"},
		{`s: "\0011\377"`, "s: \"\\0011\\377\"\n"},
		{"a: 1 # one\nb: 2", "a: 1\nb: 2\n"},
		{"a: 1 b: 2 a: 3", "a: 1\nb: 2\na: 3\n"},
	} {
		m, err := Parse([]byte(tc.text))
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if got := m.String(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// What is wrong is named with its place, and with what would be right.
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		text         string
		line, column int
		want         string
	}{
		{"max_batch_size 8", 1, 16, "found 8, expected : or {"},
		{"max_batch_size:", 1, 16, "found the end, expected a value"},
		{"a: 1\nb: }", 2, 4, "found }, expected a value"},
		{"a {\n  b: 1\n", 3, 1, "found the end, expected the name of a field or }"},
		{"a { b: 1 >", 1, 10, "expected the name of a field or }"},
		{"}", 1, 1, "expected the name of a field"},
		{"dims [1, 2]", 1, 7, "expected : or {"},
		{"dims: [1 2]", 1, 10, "expected , or ]"},
		{"dims: [1,]", 1, 10, "found ], expected a value"},
		{"[a.b]: 1", 1, 1, "extensions are not part of a model configuration"},
		{"a: 8x", 1, 5, "expected a space behind 8"},
		{"a: 1.2.3", 1, 7, "expected a space behind 1.2"},
		{"a: 08", 1, 4, "without a zero before it"},
		{"a: -x", 1, 5, "expected a number"},
		{"a: 'x", 1, 4, "found a text without an end"},
		{"a: \"x\ny\"", 1, 6, "found the end of the line"},
		{`a: "\q"`, 1, 5, "expected an escape"},
		{`a: "\ud800"`, 1, 5, "expected an escape"},
		{`a: "\777"`, 1, 5, "expected an escape"},
		{"a: 1\n\té: 2", 2, 2, "found 'é', expected a name"},
		{strings.Repeat("a{", deepest+2), 1, 2*deepest + 3, "expected at most 64 messages"},
	} {
		_, err := Parse([]byte(tc.text))
		var e *Error
		if !errors.As(err, &e) || e.Line != tc.line || e.Column != tc.column || !strings.Contains(e.Error(), tc.want) {
			t.Errorf("%.30q: %v, want line %d, column %d: %s", tc.text, err, tc.line, tc.column, tc.want)
		}
	}
}

// What is set is where the name was, what is not known stays, and removing leaves nothing.
func TestSet(t *testing.T) {
	m, err := Parse([]byte("a: 1\nsizes: [1, 2]\nmine { x: 1 }\nsizes: 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	m.Set("sizes", Value{Scalar: "4"}, Value{Scalar: "8"})
	m.Set("new", Text("t"))
	if got, want := m.String(), "a: 1\nsizes: [4, 8]\nmine {\n  x: 1\n}\nnew: \"t\"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	m.Remove("sizes")
	if got := scalars(m, "sizes"); got != nil {
		t.Errorf("%q is left", got)
	}
	if text, ok := m.All("new")[0].Text(); !ok || text != "t" {
		t.Errorf("%q, %v", text, ok)
	}
	if _, ok := m.All("a")[0].Text(); ok {
		t.Error("a number is taken for a text")
	}
	if got := m.Fields[0].Line; got != 1 {
		t.Errorf("line %d", got)
	}
}

// Any bytes survive being written as a text and read.
func TestTextOfAnyBytes(t *testing.T) {
	for a := 0; a < 256; a++ {
		for _, tail := range []string{"", "7", "\xff", "é"} {
			want := string([]byte{byte(a)}) + tail
			if got, ok := Text(want).Text(); !ok || got != want {
				t.Fatalf("%q came back as %q", want, got)
			}
		}
	}
}

// What was read and written is read as the same, without lines.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"name: 'm' max_batch_size: 8\ninput [ { name: \"t\" data_type: TYPE_STRING dims: [ -1 ] } ]",
		"parameters { key: \"k\" value: { string_value: \"a\\n\\001\" } }", "a:<b:-inf>;c:[1,2],d:.5f", "a: 0x1f # c", "x [ ]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := Parse(src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Expected == "" {
				t.Fatalf("%v is no error with a place", err)
			}
			return
		}
		text := m.String()
		again, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v in %q, which was written", err, text)
		}
		if unplaced(m); !reflect.DeepEqual(m, unplaced(again)) {
			t.Fatalf("%q is read as %q", text, again)
		}
	})
}

func unplaced(m *Message) *Message {
	for i := range m.Fields {
		m.Fields[i].Line = 0
		if n := m.Fields[i].Value.Message; n != nil {
			unplaced(n)
		}
	}
	return m
}
