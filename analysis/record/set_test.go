package record_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := recordtest.Write(dir, recordtest.Small()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// patch rewrites a JSON file with one key set to a value.
func patch(t testing.TB, path, key string, value any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	m[key] = value
	if err := record.WriteJSON(path, m); err != nil {
		t.Fatal(err)
	}
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	set, err := record.Read(write(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := recordtest.Small().Run(); !reflect.DeepEqual(set.Run, want) {
		t.Errorf("run %+v\nwant %+v", set.Run, want)
	}
	if len(set.Trials) != 4 || len(set.Quality) != 2 || len(set.Quality["q-Q8_0"].NLL) != 8*64 {
		t.Errorf("%d trials, %d quality files", len(set.Trials), len(set.Quality))
	}
	for i, trial := range set.Trials {
		if trial.Order != i {
			t.Errorf("trial %d has order %d", i, trial.Order)
		}
		requests, err := set.Requests(trial.Key.ID)
		if err != nil || len(requests) != 60 || len(requests[0].Events) == 0 {
			t.Errorf("%s: %d requests, %v", trial.Key.ID, len(requests), err)
		}
	}
	if _, err := set.Requests("nobody"); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("requests of an unknown trial: %v", err)
	}
}

func TestReadHalfFinished(t *testing.T) {
	dir := write(t)
	for _, path := range []string{"trials/slow.r40.0/record.json", "quality/q-Q8_0.json"} {
		if err := os.Remove(filepath.Join(dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	// What a crash may leave: a directory without a record, a temporary file, a stray file.
	for path, text := range map[string]string{
		"trials/slow.r40.0/.record.json.1.tmp": "{", "quality/.q-Q8_0.json.1.tmp": "{", "trials/notes.txt": "x", "quality/readme.txt": "x",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Trials) != 3 || len(set.Quality) != 1 {
		t.Errorf("%d trials, %d quality files, want 3 and 1", len(set.Trials), len(set.Quality))
	}
	for _, sub := range []string{record.TrialsDir, record.QualityDir} {
		if err := os.RemoveAll(filepath.Join(dir, sub)); err != nil {
			t.Fatal(err)
		}
	}
	if set, err = record.Read(dir); err != nil || len(set.Trials) != 0 {
		t.Errorf("run.json alone: %v", err)
	}
}

func TestReadAcceptsNewerFields(t *testing.T) {
	dir := write(t)
	for _, path := range []string{"run.json", "trials/slow.r20.0/record.json", "quality/q-BF16.json"} {
		patch(t, filepath.Join(dir, path), "invented_later", map[string]int{"x": 1})
	}
	if _, err := record.Read(dir); err != nil {
		t.Error(err)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, path, key string
		value           any
		want            string
	}{
		{"a newer run", "run.json", "format", 2, "format version 2, this version reads 1"},
		{"a newer trial", "trials/slow.r20.0/record.json", "format", 9, "format version 9"},
		{"a quality file without version", "quality/q-BF16.json", "format", 0, "format version 0"},
		{"another kind", "run.json", "seed", "seven", "cannot unmarshal string"},
		{"a renamed trial", "trials/slow.r20.0/record.json", "key", map[string]string{"id": "other"}, "renamed or copied"},
		{"a trial without status", "trials/slow.r20.0/record.json", "status", "", `status ""`},
		{"a negative window", "trials/slow.r20.0/record.json", "window_ns", -1, "window_ns -1"},
		{"a renamed quality file", "quality/q-BF16.json", "id", "other", `quality id "other"`},
		{"unequal columns", "quality/q-BF16.json", "kl", []float64{1}, "512 nll values but 512 windows, 512 ref_nll, 1 kl"},
		{"an arm twice", "run.json", "arms", []record.Arm{{ID: "a"}, {ID: "a"}}, `two arms have the id "a"`},
		{"an id that leaves the directory", "run.json", "order", []record.TrialKey{{ID: "../x"}}, "expected a plain file name"},
		{"an order of strangers", "run.json", "order", []record.TrialKey{{ID: "x", Arm: "y"}}, "not both listed"},
		{"an SLO on nothing", "run.json", "slos", []record.SLO{{Metric: "speed", Percentile: .5, LimitNS: 1}}, "expected ttft, tpot, itl or e2e"},
		{"an SLO at 95", "run.json", "slos", []record.SLO{{Metric: "ttft", Percentile: 95, LimitNS: 1}}, "between 0 and 1"},
		{"an SLO without limit", "run.json", "slos", []record.SLO{{Metric: "ttft", Percentile: .5}}, "expected more than 0"},
	} {
		dir := write(t)
		path := filepath.Join(dir, c.path)
		patch(t, path, c.key, c.value)
		_, err := record.Read(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q and the file's name", c.name, err, c.want)
		}
	}
}

func TestReadNamesThePlaceOfASyntaxError(t *testing.T) {
	dir := write(t)
	path := filepath.Join(dir, "trials", "slow.r20.0", "record.json")
	if err := os.WriteFile(path, []byte("{\n \"format\": 1,\n \"order\": }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := record.Read(dir); err == nil || !strings.Contains(err.Error(), path+":3:") {
		t.Errorf("%v, want %s:3:", err, path)
	}
	empty := t.TempDir()
	if _, err := record.Read(empty); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is not a run directory") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestWriteJSONReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for _, v := range []map[string]int{{"a": 1}, {"b": 2}} {
		if err := record.WriteJSON(path, v); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]int
		if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%q, %v, want %v", data, err, v)
		}
	}
	onlyFile(t, filepath.Dir(path), "x.json")
}

func TestWriteJSONLeavesTheOldWhenItFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.json")
	if err := record.WriteJSON(path, 1); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteJSON(path, func() {}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a value that cannot be encoded: %v", err)
	}
	onlyFile(t, dir, "x.json")
	if err := record.WriteJSON(filepath.Join(dir, "missing", "y.json"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
	// Renaming a file over a directory fails after the temporary file was written.
	target := filepath.Join(dir, "z.json")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteJSON(target, 1); err == nil {
		t.Error("a directory was replaced by a file")
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "x.json")
}

func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("%s holds %v, want only %s (%v)", dir, entries, name, err)
	}
}

// Whatever the three kinds of file hold, Read answers with a set or an error that
// names the file.
func FuzzRead(f *testing.F) {
	run := `{"format":1,"arms":[{"id":"a","quality_id":"q"}],"loads":[{"id":"l"}],"order":[{"id":"t","arm":"a","load":"l"}]}`
	trial := `{"format":1,"key":{"id":"t","arm":"a","load":"l"},"status":"ok","issued":1}`
	quality := `{"format":1,"id":"q","window":[0],"nll":[1],"ref_nll":[1],"kl":[0],"same_top":[true]}`
	f.Add(run, trial, quality)
	f.Add(run, `{"format":1,"key":{"id":"t"},"status":"failed"}`, `{"format":2}`)
	f.Add(`{"format":1,"slos":[{"metric":"ttft","percentile":2}]}`, "", "null")
	f.Add(`[]`, `{`, `{"format":1,"id":"q","nll":[1e999]}`)
	f.Fuzz(func(t *testing.T, run, trial, quality string) {
		dir := t.TempDir()
		for path, text := range map[string]string{"run.json": run, "trials/t/record.json": trial, "quality/q.json": quality} {
			full := filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		set, err := record.Read(dir)
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		for id, q := range set.Quality {
			if len(q.NLL) != len(q.Window) || id != q.ID {
				t.Errorf("accepted quality %q with %d values and %d windows", q.ID, len(q.NLL), len(q.Window))
			}
		}
	})
}
