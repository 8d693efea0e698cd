package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// large is a run of one trial with just enough requests for columns, and where they and the JSONL files are.
func large(t *testing.T) (set *record.Set, id, columns, requests string) {
	t.Helper()
	p := recordtest.Small()
	p.Arms, p.Rates, p.Requests = p.Arms[1:], []float64{20}, record.ColumnsFrom
	set = recordtest.Make(t, p)
	id = set.Trials[0].Key.ID
	dir := filepath.Join(set.Dir, record.TrialsDir, id)
	return set, id, filepath.Join(dir, record.ColumnsFile), filepath.Join(dir, record.RequestsFile)
}

// all reads a trial's requests through columns.
func all(t *testing.T, set *record.Set, id string) (rs []result.Request) {
	t.Helper()
	c, err := set.Columns(id)
	if err != nil {
		t.Fatal(err)
	}
	for r := range c.All() {
		kept := *r
		kept.Events = slices.Clone(r.Events)
		rs = append(rs, kept)
	}
	if err := c.Err(); err != nil {
		t.Fatal(err)
	}
	return rs
}

func modified(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// Columns are made from the JSONL files, give the same requests, and are made again when they are missing, torn or of other
// files; when they are whole and fresh they are left alone.
func TestColumnsFollowTheFiles(t *testing.T) {
	set, id, columns, requests := large(t)
	want, err := set.Requests(id)
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string) {
		t.Helper()
		if got := all(t, set, id); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the requests are not those of the JSONL files", what)
		}
	}
	same("first read")
	whole, err := os.ReadFile(columns)
	if err != nil {
		t.Fatalf("no columns were left: %v", err)
	}
	for what, data := range map[string][]byte{"empty": nil, "torn": whole[:len(whole)/2], "without its end": whole[:len(whole)-1]} {
		if err := os.WriteFile(columns, data, 0o644); err != nil {
			t.Fatal(err)
		}
		same(what)
		if now, err := os.ReadFile(columns); err != nil || !slices.Equal(now, whole) {
			t.Errorf("%s: not made again: %v", what, err)
		}
	}

	// The same bytes, but younger, as after a copy: looked at, found to be the same, and columns are the youngest again.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(requests, later, later); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1e9, 0)
	if err := os.Chtimes(columns, old, old); err != nil {
		t.Fatal(err)
	}
	same("copied")
	if !modified(t, columns).After(old) {
		t.Error("columns that were checked are not marked as checked")
	}

	// Other bytes of the same size.
	text, err := os.ReadFile(requests)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `"asked_prompt":3`, `"asked_prompt":4`, 1)
	if changed == string(text) || os.WriteFile(requests, []byte(changed), 0o644) != nil {
		t.Fatal("no line to change")
	}
	if want, err = set.Requests(id); err != nil {
		t.Fatal(err)
	}
	same("changed in place")

	// A file that grew.
	f, err := os.OpenFile(requests, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"seq":`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	var torn *result.TornError
	if c, err := set.Columns(id); !errors.As(err, &torn) || c.Len() != record.ColumnsFrom {
		t.Errorf("a torn line is not said: %v", err)
	}

	// The JSONL files are the truth: without them there is nothing, whatever columns say.
	if err := os.Remove(requests); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Columns(id); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without %s: %v", requests, err)
	}
}

// Small trials get no columns, and neither does a place that cannot be written: reading goes on.
func TestColumnsWhereThereAreNone(t *testing.T) {
	set := recordtest.Make(t, recordtest.Small())
	id := set.Trials[0].Key.ID
	if n := len(all(t, set, id)); n != 60 {
		t.Errorf("%d requests", n)
	}
	if _, err := os.Stat(filepath.Join(set.Dir, record.TrialsDir, id, record.ColumnsFile)); !os.IsNotExist(err) {
		t.Errorf("60 requests left columns: %v", err)
	}

	set, id, columns, _ := large(t)
	if err := os.Mkdir(columns, 0o755); err != nil { // a file cannot take its place
		t.Fatal(err)
	}
	if n := len(all(t, set, id)); n != record.ColumnsFrom {
		t.Errorf("%d requests where nothing can be written", n)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(columns), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v: %v", left, err)
	}
	if _, err := set.Columns("nobody"); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("error %v does not name the trial", err)
	}
}

func TestPackTrial(t *testing.T) {
	set, id, columns, requests := large(t)
	if err := record.PackTrial(filepath.Dir(columns)); err != nil {
		t.Fatal(err)
	}
	made := modified(t, columns)
	if n := len(all(t, set, id)); n != record.ColumnsFrom || !modified(t, columns).Equal(made) && !modified(t, requests).Equal(made) {
		t.Errorf("%d requests; columns that are fresh were made again", n)
	}
	if err := record.PackTrial(t.TempDir()); err != nil {
		t.Errorf("a directory without requests: %v", err)
	}
}
