package experiments

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/testkit"
)

func newLab(t testing.TB) *Lab {
	t.Helper()
	kernels, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	return &Lab{Executable: os.Args[0], Kernels: kernels, Open: func(path string) (*gguf.File, error) {
		if !strings.HasPrefix(path, models.Prefix) {
			return gguf.Open(path)
		}
		data, err := models.GGUF(path)
		if err != nil {
			return nil, err
		}
		return gguf.Parse(path, data)
	}}
}

// newPlan plans a changed tiny scenario, whose directory it returns.
func newPlan(t testing.TB, change func(s *testkit.Scenario)) (l *Lab, p *Plan, dir string) {
	t.Helper()
	return newPlanIn(t, func(s *testkit.Scenario, _ string) { change(s) })
}

// newPlanIn is newPlan for a scenario that needs files beside it.
func newPlanIn(t testing.TB, change func(s *testkit.Scenario, dir string)) (l *Lab, p *Plan, dir string) {
	t.Helper()
	dir = t.TempDir()
	tiny := testkit.Tiny()
	change(&tiny, dir)
	s, err := scenario.Load(tiny.Write(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	l = newLab(t)
	if p, err = l.Plan(s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, p, dir
}

// export writes an embedded model to a file.
func export(t testing.TB, name, path string) {
	t.Helper()
	data, err := models.GGUF(name)
	if err != nil {
		t.Fatal(err)
	}
	testkit.WriteFile(t, path, string(data))
}

// TestCapabilities: which model may draft for which.
func TestCapabilities(t *testing.T) {
	stranger := filepath.Join(t.TempDir(), "stranger.gguf") // a tokenizer of its own
	otherVocabulary(t, stranger)
	for _, c := range []struct {
		name, model, draft string
		why                string // "" where it can draft
	}{
		{"the smaller of the family", "embedded:gopherling-7m", "embedded:gopherling-2m", ""},
		{"the model itself", "embedded:gopherling-7m", "embedded:gopherling-7m", "no smaller than the model"},
		{"a larger one", "embedded:gopherling-2m", "embedded:gopherling-7m", "no smaller than the model"},
		{"another vocabulary", "embedded:gopherling-7m", stranger, "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, p, _ := newPlan(t, func(s *testkit.Scenario) {
				s.Model, s.Axes = c.model, []string{"draft_model = [\"\", \"" + c.draft + "\"]"}
			})
			got, err := l.capabilities(p.Scenario, p.model)
			if err != nil || got.Shipped != "BF16" || got.Mixed || got.Context != 1024 || got.Contexts[c.draft] != 1024 || got.Layers != p.model.Model.Layers {
				t.Errorf("%+v, %v", got, err)
			}
			why, known := got.Drafts[c.draft]
			if !known || (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
				t.Errorf("%q, examined: %v, want %q", why, known, c.why)
			}
			if arms := len(p.Matrix.Arms); (arms == 2) != (c.why == "") {
				t.Errorf("%d arms, skipped: %+v", arms, p.Matrix.Skipped)
			}
			if c.why != "" && (len(p.Matrix.Skipped) != 1 || !strings.Contains(p.Matrix.Skipped[0].Reason, c.why)) {
				t.Errorf("skipped: %+v", p.Matrix.Skipped)
			}
		})
	}
}

// otherVocabulary writes the smaller model with two of its tokens exchanged.
func otherVocabulary(t *testing.T, path string) {
	t.Helper()
	data, err := models.GGUF("gopherling-2m")
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse("2m", data)
	if err != nil {
		t.Fatal(err)
	}
	kvs := slices.Clone(f.KVs)
	for i, kv := range kvs {
		if kv.Key != "tokenizer.ggml.tokens" {
			continue
		}
		tokens, err := f.Strings(kv.Key)
		if err != nil {
			t.Fatal(err)
		}
		tokens = slices.Clone(tokens)
		tokens[100], tokens[101] = tokens[101], tokens[100]
		kvs[i].Value = tokens
	}
	var tensors []gguf.TensorData
	for _, x := range f.Tensors {
		tensors = append(tensors, x.ToWrite())
	}
	if err := gguf.WriteFile(path, kvs, tensors); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenModels: a model or draft model that cannot be read is an error that names
// the scenario, the file and the place.
func TestBrokenModels(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *testkit.Scenario)
	}{
		{"model", func(s *testkit.Scenario) { s.Model = "m.gguf" }},
		{"draft model", func(s *testkit.Scenario) { s.Axes = []string{`draft_model = ["", "m.gguf"]`} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			tiny := testkit.Tiny()
			c.change(&tiny)
			file := tiny.Write(t, dir)
			testkit.WriteFile(t, filepath.Join(dir, "m.gguf"), "GGUF\x03")
			s, err := scenario.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = newLab(t).Plan(s)
			if err == nil || !strings.HasPrefix(err.Error(), file+": "+c.name+": ") || !strings.Contains(err.Error(), "m.gguf: byte") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestFiles: a run is identified by the bytes of what its scenario names.
func TestFiles(t *testing.T) {
	l, p, dir := newPlan(t, func(s *testkit.Scenario) {})
	first, err := l.describe(p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Files) != 0 || len(first.Build.SHA256) != 64 || len(first.Quality.TextSHA256) != 64 {
		t.Errorf("%+v", first)
	}
	for _, name := range []string{"m.gguf", "sub/d.gguf"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		export(t, map[string]string{"m.gguf": "gopherling-7m", "sub/d.gguf": "gopherling-2m"}[name], path)
	}
	tiny := testkit.Tiny()
	tiny.Model, tiny.Axes, tiny.Windows = "m.gguf", []string{`draft_model = ["", "sub/d.gguf"]`}, 0
	s, err := scenario.Load(tiny.Write(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	q, err := l.Plan(s)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	run, err := l.describe(q, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range run.Files {
		names = append(names, f.Name)
		if want, err := fileSum(filepath.Join(dir, f.Name)); err != nil || f.SHA256 != want {
			t.Errorf("%s: %s, want %s, %v", f.Name, f.SHA256, want, err)
		}
	}
	if want := []string{"m.gguf", "sub/d.gguf", "text.txt"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	if modelSum(run, "m.gguf") != run.Files[0].SHA256 || modelSum(first, "embedded:gopherling-2m") != first.Build.SHA256 {
		t.Error("the model is not identified")
	}
}

// TestFileSum has the known digest of "abc" (FIPS 180-4, appendix).
func TestFileSum(t *testing.T) {
	path := testkit.WriteFile(t, filepath.Join(t.TempDir(), "abc"), "abc")
	got, err := fileSum(path)
	if err != nil || got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%s, %v", got, err)
	}
}
