package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func read(t testing.TB, text string) (*File, error) {
	t.Helper()
	return Read("f", strings.NewReader(text), int64(len(text)))
}

const chat = `{"id": "a", "conversations": [{"from": "system", "value": "Be."}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}, {"from": "human", "value": "so"}]}`

// The same rows come of JSON lines and of an array, however it is laid out.
func TestShareGPT(t *testing.T) {
	silent := `{"id": "b", "conversations": []}`
	headless := `{"id": "c", "conversations": [{"from": "gpt", "value": "x"}, {"from": "human", "value": "y"}]}`
	wide := `{"conversations": [{"from": "user", "value": "one"}, {"from": "user", "value": "two\nlines"}, {"from": "bard", "value": "r"}]}`
	want := []Row{
		{ID: "a", Turns: []Turn{{Ask: []Message{{System, "Be."}, {User, "hi"}}, Reply: "ho"}, {Ask: []Message{{User, "so"}}}}},
		{Turns: []Turn{{Ask: []Message{{User, "one\n\ntwo\nlines"}}, Reply: "r"}}},
	}
	for name, text := range map[string]string{
		"lines":       chat + "\n" + silent + "\r\n\n" + headless + "\n" + wide,
		"array":       "[" + chat + "," + silent + "," + headless + "," + wide + "]",
		"wide array":  " \n[\n  " + chat + ",\n" + silent + "\n,\n" + headless + " ,\n\n" + strings.ReplaceAll(wide, ", ", ",\n  ") + "\n]\n",
		"long blanks": "[" + strings.Repeat(" ", 1<<12) + chat + strings.Repeat("\n", 1<<12) + "," + silent + "," + headless + "," + wide + "]",
	} {
		f, err := read(t, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Format != ShareGPT || f.Rows() != 2 || f.Skipped != 2 {
			t.Fatalf("%s: %+v", name, f)
		}
		lines := strings.Split(text, "\n")
		for i := range f.Rows() {
			row, err := f.Row(i)
			if err != nil {
				t.Fatal(err)
			}
			if at := lines[row.Line-1]; i == 0 && !strings.Contains(at, `{"id": "a"`) || i == 1 && !strings.Contains(at, `{"conversations": [{"from": "user"`) {
				t.Errorf("%s: row %d is not on line %d: %q", name, i, row.Line, at)
			}
			row.Line = 0
			if !reflect.DeepEqual(row, want[i]) {
				t.Errorf("%s: %+v, want %+v", name, row, want[i])
			}
		}
	}
}

func TestBatch(t *testing.T) {
	f, err := read(t, `{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "temperature": 1, "messages": [{"role": "developer", "content": "Be."}, {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], "max_tokens": 7}}
{"custom_id": "2", "body": {"prompt": "once", "max_tokens": 9, "max_completion_tokens": 5}}
{"custom_id": "3", "body": {"prompt": "once more"}}
{"custom_id": "4", "body": {"messages": [], "max_tokens": 5}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{ID: "1", Line: 1, MaxTokens: 7, Turns: []Turn{{Ask: []Message{{System, "Be."}, {User, "ab"}}}}},
		{ID: "2", Line: 2, MaxTokens: 5, Turns: []Turn{{Plain: true, Ask: []Message{{User, "once"}}}}},
		{ID: "3", Line: 3, Turns: []Turn{{Plain: true, Ask: []Message{{User, "once more"}}}}},
	}
	if f.Format != Batch || f.Rows() != len(want) || f.Skipped != 1 {
		t.Fatalf("%+v", f)
	}
	for i := range want {
		if row, err := f.Row(i); err != nil || !reflect.DeepEqual(row, want[i]) {
			t.Errorf("%+v, want %+v, %v", row, want[i], err)
		}
	}
}

// Every error names the file, the line and the key, and what was expected there.
func TestBadRows(t *testing.T) {
	good := `{"custom_id": "1", "body": {"prompt": "a"}}`
	for _, row := range []struct{ text, says string }{
		{"", "f: line 1: found an empty file"},
		{"\n\n  \n", "line 4: found an empty file"},
		{"{}", `line 1: found a row with no keys, expected "conversations"`},
		{`{"text": "x"}`, `found a row with the keys "text"`},
		{good + "\n\n" + chat, "line 3: found a row of ShareGPT, expected OpenAI batch"},
		{good + "\nnot JSON", "line 2: found not JSON"},
		{good + "\n" + good + " " + good, "line 2: found "},
		{`{"conversations": "x"}`, "key conversations: found a JSON string, expected an array"},
		{`{"conversations": [{"from": "human", "value": 3}]}`, "value: found a JSON number, expected a string"},
		{`{"conversations": [{"from": "human"}]}`, "key conversations[0]: found no value"},
		{`{"conversations": [{"from": "human", "value": "a"}, {"from": "cat", "value": "b"}]}`, `key conversations[1].from: found "cat"`},
		{`{"conversations": []}`, "no row that a request can be made of (1 left out)"},
		{`{"body": {"prompt": "a"}}`, "key custom_id: found none"},
		{`{"custom_id": "1", "url": "/v1/embeddings", "body": {"prompt": "a"}}`, `key url: found "/v1/embeddings"`},
		{`{"custom_id": "1", "method": "GET", "body": {"prompt": "a"}}`, "key method"},
		{`{"custom_id": "1", "body": {}}`, "key body: found both of messages and prompt, or neither"},
		{`{"custom_id": "1", "body": {"prompt": ["a", "b"]}}`, "key body.prompt"},
		{`{"custom_id": "1", "body": {"prompt": "a", "max_tokens": 0}}`, "key body.max_tokens: found 0, expected 1 to"},
		{`{"custom_id": "1", "body": {"prompt": "a", "max_tokens": "7"}}`, "key body.max_tokens: found a JSON string, expected a whole number"},
		{`{"custom_id": "1", "body": {"prompt": "a", "n": 2}}`, "key body.n: found 2"},
		{`{"custom_id": "1", "body": {"prompt": "a", "tools": []}}`, "key body.tools: found a member that the load generator does not send"},
		{`{"custom_id": "1", "body": {"messages": [{"role": "cat", "content": "a"}]}}`, `key body.messages[0].role: found "cat"`},
		{`{"custom_id": "1", "body": {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}}`, `key body.messages[0].content[0]: found a part of type "image_url"`},
		{`{"custom_id": "1", "body": {"messages": [{"role": "user"}]}}`, "key body.messages[0].content"},
		{"[" + good + ",\n" + good, "line 2: found no further row of an array"},
		{"[" + good + "\n" + good + "]", "found no further row"},
		{"[" + good + "] x", "more behind the array"},
		{"[\n" + good + ",\n\n 3]", "line 4: found a JSON number, expected an object"},
		{good + "\n" + `{"custom_id": "` + strings.Repeat("x", MaxRow) + `"}`, "line 2: found a longer line"},
		{"[" + good + ",\n" + `{"custom_id": "` + strings.Repeat("x", 3*MaxRow) + `"}]`, "line 1: found a longer row"},
	} {
		_, err := read(t, row.text)
		if err == nil || !strings.Contains(err.Error(), row.says) || !strings.HasPrefix(err.Error(), "f: line ") {
			t.Errorf("%.80q: error %v, want %q", row.text, err, row.says)
		}
	}
}

// The text of rows is not kept: of a large file only places are.
func TestMemory(t *testing.T) {
	var b bytes.Buffer
	const rows = 2000
	for i := range rows {
		fmt.Fprintf(&b, `{"custom_id": "%d", "body": {"prompt": "%s"}}`+"\n", i, strings.Repeat("x", 1000))
	}
	name := filepath.Join(t.TempDir(), "f.jsonl")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Rows() != rows || cap(f.places) > 2*rows {
		t.Fatalf("%d rows, room for %d places", f.Rows(), cap(f.places))
	}
	if row, err := f.Row(1234); err != nil || row.ID != "1234" || row.Line != 1235 || len(row.Turns[0].Text()) != 1000 {
		t.Errorf("%+v, %v", row, err)
	}
	// A file that is written over is noticed.
	if err := os.WriteFile(name, bytes.ReplaceAll(b.Bytes(), []byte("prompt"), []byte("pramqt")), 0o600); err != nil {
		t.Fatal(err)
	}
	var bad *Error
	if _, err := f.Row(7); !errors.As(err, &bad) || bad.Line != 8 {
		t.Errorf("a changed file: %v", err)
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
}

// Whatever the bytes: no panic, errors name a line of the file, and what is accepted can be read again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{chat, "[" + chat + "," + chat + "]", `{"custom_id":"1","body":{"messages":[{"role":"user","content":"a"}],"max_tokens":3}}`,
		"[", "[]", "{", "[{}]", "[\n\n" + chat + "\n", `{"custom_id":"1","body":{"prompt":"a"}}` + "\n{"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read("f", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			var bad *Error
			if errors.As(err, &bad) && (bad.Line < 1 || bad.Line > 1+bytes.Count(data, []byte{'\n'})) {
				t.Fatalf("line %d of %d: %v", bad.Line, 1+bytes.Count(data, []byte{'\n'}), err)
			}
			return
		}
		for i := range c.Rows() {
			row, err := c.Row(i)
			if err != nil || len(row.Turns) == 0 || row.MaxTokens < 0 {
				t.Fatalf("row %d: %+v, %v", i, row, err)
			}
		}
	})
}
