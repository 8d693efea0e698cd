package meter

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func numbered(n int) Record {
	return Record{ID: fmt.Sprintf("r-%d", n), Time: time.Unix(1_780_000_000, int64(n)).UTC(), Model: "m", Team: "t", Outcome: OK, Prompt: int64(n), Output: 2}
}

// read parses a file's lines, and adds up what they say is missing.
func read(t *testing.T, path string) (all []Record, lost int64) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		r, err := Parse(bytes.TrimSuffix(line, []byte{'\n'}))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all, lost = append(all, r), lost+r.Lost
	}
	return all, lost
}

func open(t *testing.T, path string, o Options) *Log {
	t.Helper()
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closed(t *testing.T, l *Log) int64 {
	t.Helper()
	lost, err := l.Close()
	if err != nil {
		t.Fatal(err)
	}
	return lost
}

// TestEveryRecordIsOneLine from many goroutines, in a file that goes on after it was closed.
func TestEveryRecordIsOneLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.jsonl")
	const each, writers = 500, 8
	for range 2 {
		l := open(t, path, Options{Room: each * writers})
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for n := range each {
					l.Put(numbered(w*each + n))
				}
			})
		}
		all.Wait()
		if lost := closed(t, l); lost != 0 {
			t.Fatalf("%d lost with room for all", lost)
		}
	}
	got, _ := read(t, path)
	seen := map[string]int{}
	for _, r := range got {
		seen[r.ID]++
	}
	if len(got) != 2*each*writers || len(seen) != each*writers {
		t.Fatalf("%d lines of %d requests, want %d of %d", len(got), len(seen), 2*each*writers, each*writers)
	}
}

// TestALineThatWasCutSpoilsNoOther after a crash.
func TestALineThatWasCutSpoilsNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.jsonl")
	if err := os.WriteFile(path, []byte(`{"assay_usage":1,"id":"cut`), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, path, Options{})
	l.Put(numbered(1))
	closed(t, l)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("lines %q", lines)
	}
	if r, err := Parse([]byte(lines[1])); err != nil || r.ID != "r-1" {
		t.Errorf("%v, %v", r, err)
	}
}

// TestReopen follows the name after others have renamed the file.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	path, old := filepath.Join(dir, "usage.jsonl"), filepath.Join(dir, "usage.jsonl.1")
	l := open(t, path, Options{})
	l.Put(numbered(1))
	for size := int64(0); size == 0; {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size = info.Size()
	}
	if err := os.Rename(path, old); err != nil {
		t.Fatal(err)
	}
	l.Reopen()
	for _, err := os.Stat(path); err != nil; _, err = os.Stat(path) {
		time.Sleep(time.Millisecond)
	}
	l.Put(numbered(2))
	closed(t, l)
	before, _ := read(t, old)
	after, _ := read(t, path)
	if len(before) != 1 || len(after) != 1 || after[0].ID != "r-2" {
		t.Errorf("%v before, %v after", before, after)
	}
}

// TestFilesStayBelowTheirBound and together have every record once.
func TestFilesStayBelowTheirBound(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "usage.jsonl")
	var ticks atomic.Int64
	l := open(t, path, Options{MaxBytes: 1000, Now: func() time.Time { return time.Unix(1_780_000_000, ticks.Add(1)) }})
	const n = 40
	for i := range n {
		l.Put(numbered(i))
		for len(l.records) > 0 { // batches of about one
			time.Sleep(100 * time.Microsecond)
		}
	}
	closed(t, l)
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 4 {
		t.Fatalf("files %v: %v", files, err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		all, _ := read(t, f)
		for _, r := range all {
			seen[r.ID] = true
		}
		if info, err := os.Stat(f); err != nil || info.Size() > 1000 {
			t.Errorf("%s has %d bytes: %v", f, info.Size(), err)
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d records", len(seen), n)
	}
}

// TestWhatCannotBeWrittenIsCounted, and told once.
func TestWhatCannotBeWrittenIsCounted(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no device that is full")
	}
	var told atomic.Int64
	l := open(t, "/dev/full", Options{Room: 100, Failed: func(error) { told.Add(1) }})
	for i := range 10 {
		l.Put(numbered(i))
	}
	lost, err := l.Close()
	if lost != 10 || told.Load() > 1 {
		t.Errorf("%d lost, told %d times, %v", lost, told.Load(), err)
	}
	l.Put(numbered(11)) // comes too late, and is no crash
	if _, err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefusedLines(t *testing.T) {
	good := `{"assay_usage":1,"id":"a","time":"2026-11-01T00:00:00Z","model":"m","outcome":"ok","prompt_tokens":3,"completion_tokens":2}`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for old, bad := range map[string]string{
		`"assay_usage":1`:               `"assay_usage":2`,
		`"id":"a"`:                      `"id":""`,
		`"model":"m"`:                   `"model":""`,
		`"outcome":"ok"`:                `"outcome":"fine"`,
		`"prompt_tokens":3`:             `"prompt_tokens":-3`,
		`"completion_tokens":2`:         `"completion_tokens":2,"cached_tokens":4`,
		`"time":"2026-11-01T00:00:00Z"`: `"time":"yesterday"`,
		`,"model"`:                      `,"surprise":1,"model"`,
		`:2}`:                           `:2} {}`,
		`:2`:                            `:2.5`,
	} {
		line := strings.Replace(good, old, bad, 1)
		if line == good {
			t.Fatalf("%s is not in the line", old)
		}
		if r, err := Parse([]byte(line)); err == nil {
			t.Errorf("%s was read as %+v", line, r)
		}
	}
}
