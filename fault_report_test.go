package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/experiments/testkit"
)

// TestHalfFinished reports on runs that lack more and more.
func TestHalfFinished(t *testing.T) {
	t.Parallel()
	dir := finishedRun(t)
	run := filepath.Join(dir, "run")
	order := readSet(t, run).Run.Order
	drop := func(paths ...string) {
		t.Helper()
		for _, p := range paths {
			if err := os.RemoveAll(filepath.Join(run, p)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The last trial was in flight: its requests are there, its record is not.
	drop(filepath.Join(record.TrialsDir, order[1].ID, record.RecordFile))
	if s := conclusion(t, run); s.Finished != 1 || s.Planned != 2 {
		t.Errorf("%+v", s)
	}
	for _, name := range []string{htmlFile, markdownFile} {
		if !strings.Contains(contentOf(t, filepath.Join(run, name)), "The run is not finished: 1 of 2 trials have a record") {
			t.Errorf("%s does not say that a trial is missing", name)
		}
	}
	drop(record.QualityDir)
	if s := conclusion(t, run); s.Arm != "" {
		t.Errorf("recommended without quality: %+v", s)
	}
	drop(record.TrialsDir)
	if s := conclusion(t, run); s.Finished != 0 || s.Arm != "" {
		t.Errorf("recommended without trials: %+v", s)
	}
	// And it goes on from there.
	if s := concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"), run); s.Finished != 2 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, run string)
		words []string
	}{
		{"empty directory", func(t *testing.T, run string) { empty(t, run) }, []string{"run.json", "is not a run directory"}},
		{"not a run", func(t *testing.T, run string) {
			empty(t, run)
			testkit.WriteFile(t, filepath.Join(run, "README.md"), "# something else\n")
		}, []string{"run.json", "is not a run directory"}},
		{"no directory", func(t *testing.T, run string) { os.RemoveAll(run) }, []string{"run.json", "is not a run directory"}},
		{"a file", func(t *testing.T, run string) { os.RemoveAll(run); testkit.WriteFile(t, run, "") }, []string{"run.json", "not a directory"}},
		{"newer format", func(t *testing.T, run string) {
			edit(t, filepath.Join(run, record.RunFile), `"format": 1`, `"format": 2`)
		}, []string{"run.json", "format version 2, this version reads 1", "newer version of assay"}},
		{"run.json is cut off", func(t *testing.T, run string) {
			path := filepath.Join(run, record.RunFile)
			testkit.WriteFile(t, path, contentOf(t, path)[:200])
		}, []string{"run.json:"}},
		{"a record is cut off", func(t *testing.T, run string) {
			path := filepath.Join(run, record.TrialsDir, readSet(t, run).Trials[0].Key.ID, record.RecordFile)
			testkit.WriteFile(t, path, contentOf(t, path)[:100])
		}, []string{"record.json:"}},
		{"a request is damaged", func(t *testing.T, run string) {
			path := filepath.Join(run, record.TrialsDir, readSet(t, run).Trials[0].Key.ID, record.RequestsFile)
			edit(t, path, `{"seq":0`, `{"seq":x`)
		}, []string{"requests.jsonl"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := finishedRun(t)
			run := filepath.Join(dir, "run")
			for _, name := range []string{htmlFile, markdownFile} {
				if err := os.Remove(filepath.Join(run, name)); err != nil {
					t.Fatal(err)
				}
			}
			c.spoil(t, run)
			r := testkit.Run(t, dir, "report", "run")
			expect(t, r, exitUsage, c.words...)
			if r.Stdout != "" {
				t.Errorf("printed %q", r.Stdout)
			}
			if _, err := os.Stat(filepath.Join(run, htmlFile)); err == nil {
				t.Error("a report was written")
			}
		})
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestChanged: a run is of one scenario. Another one is refused unless forced, and
// then the report says so.
func TestChanged(t *testing.T) {
	t.Parallel()
	dir := finishedRun(t)
	run := filepath.Join(dir, "run")
	edit(t, filepath.Join(dir, "tiny.toml"), "requests = 12", "requests = 13")
	before := filesBelow(t, run)
	r := testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	expect(t, r, exitUsage, "run cannot be resumed", "the scenario changed", "force")
	delete(before, "lock")
	kept(t, before, filesBelow(t, run))

	old := recordFiles(t, run)
	s := concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run", "--force"), run)
	if s.Finished != 2 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
	for _, name := range []string{htmlFile, markdownFile} {
		if page := contentOf(t, filepath.Join(run, name)); !strings.Contains(page, "Resumed by force: the scenario changed") {
			t.Errorf("%s does not say that the run was forced", name)
		}
	}
	for path, text := range old {
		if id, file := filepath.Split(path); strings.HasPrefix(id, record.TrialsDir) {
			if got := contentOf(t, filepath.Join(run, "superseded", filepath.Base(id), file)); got != text {
				t.Errorf("%s is lost", path)
			}
		}
	}
	for _, rec := range readSet(t, run).Trials {
		if rec.Issued != 13 {
			t.Errorf("a trial of the old scenario is in the run: %d requests", rec.Issued)
		}
	}
}

// TestChangedText: prompts and quality come from a text whose path has not changed.
func TestChangedText(t *testing.T) {
	t.Parallel()
	dir := finishedRun(t)
	path := filepath.Join(dir, "text.txt")
	testkit.WriteFile(t, path, "// changed\n"+contentOf(t, path))
	expect(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"), exitUsage, "the quality text changed")
}

// TestForeignDirectory: a run is never mixed with other files.
func TestForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	r := testkit.Run(t, dir, "run", "tiny.toml", "--out", ".")
	expect(t, r, exitUsage, "which is not of a run")
	if _, err := os.Stat(filepath.Join(dir, record.RunFile)); err == nil {
		t.Error("run.json was written")
	}
}

// TestChangedModel: the file that the scenario names is another one now.
func TestChangedModel(t *testing.T) {
	t.Parallel()
	dir := tiny(t, func(s *testkit.Scenario) { s.Model = "m.gguf" })
	run, file := filepath.Join(dir, "run"), filepath.Join(dir, "m.gguf")
	model := func(name string) {
		t.Helper()
		data, err := models.GGUF(name)
		if err != nil {
			t.Fatal(err)
		}
		testkit.WriteFile(t, file, string(data))
	}
	model("gopherling-2m")
	concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"), run)
	before := recordFiles(t, run)
	testkit.WriteFile(t, filepath.Join(run, "weights", ".Q8_0.gguf.1.tmp"), "what a kill left")
	model("gopherling-7m")
	r := testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	expect(t, r, exitUsage, "run cannot be resumed", "the file m.gguf changed (was sha256 ")
	kept(t, before, recordFiles(t, run))

	// Where it is forced, the weights of the other model are not used for this one.
	order := readSet(t, run).Run.Order
	for _, key := range order {
		if err := os.RemoveAll(filepath.Join(run, record.TrialsDir, key.ID)); err != nil {
			t.Fatal(err)
		}
	}
	concluded(t, testkit.Run(t, dir, "run", "tiny.toml", "--out", "run", "--force"), run)
	noLeavings(t, run)
	for _, rec := range readSet(t, run).Trials {
		if rec.Engine.WeightBytes < 7e6 {
			t.Errorf("a trial ran with %d bytes of weights", rec.Engine.WeightBytes)
		}
	}
	if !strings.Contains(contentOf(t, filepath.Join(run, markdownFile)), "Resumed by force: the file m.gguf changed") {
		t.Error("the report does not say that the model changed")
	}
}
