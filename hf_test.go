//go:build hf

package main

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/models"
)

// hfJob is what load.py is asked of a directory.
type hfJob struct {
	Dir     string                `json:"dir"`
	Texts   []string              `json:"texts"`
	Logits  [][]int32             `json:"logits,omitempty"`
	Top     [][]int32             `json:"top,omitempty"`
	K       int                   `json:"k"`
	Windows [][]int32             `json:"windows,omitempty"`
	Chats   [][]map[string]string `json:"chats,omitempty"`
}

type hfAnswer struct {
	Class  string
	Ends   any
	IDs    [][]int32
	Back   []string
	Logits [][][]float64
	Top    [][][2]float64
	NLL    []float64
	Chats  []string
	Pieces [][]int32
}

// hfReference is what PyTorch computed of an embedded model.
type hfReference struct {
	MeanNLL float64 `json:"mean_nll"`
	Windows []struct {
		IDs []int32
		NLL float64
	}
	Prompts []struct {
		Text string
		IDs  []int32
		Top  [][2]float64
	}
}

// Tolerances of engine/models/README.md.
const (
	hfWindow  = 1e-4
	hfMean    = 2e-5
	hfLogProb = 1e-3
	hfLogit   = 1e-4 // of the fixtures, whose answers transformers gave from the directories they were made from
)

// hfTexts are cut by every tokenizer.
var hfTexts = []string{
	"func main() {\n\tfmt.Println(\"hello, world\")\n}\n", "Grüße aus Köln, señor! Привет, мир. 你好，世界 🙂",
	"we'll test that, don't worry.  Two spaces,   three, 12345 and 6.789e-10\r\n\r\n", " leading", "", "\t\ttabs\n\n\nlines  ",
}

var hfChat = []map[string]string{
	{"role": "user", "content": "  What is <b>2 + 2</b>? "}, {"role": "assistant", "content": "4"}, {"role": "user", "content": "And 3?"},
}

// TestHF loads the directories that convert --to hf makes with transformers, unmodified: the
// embedded models' answers are those that PyTorch gave, the fixtures' those that transformers
// gave of the directories they were made from, and every tokenizer and chat template gives what
// the engine's does.
func TestHF(t *testing.T) {
	dir := t.TempDir()
	var jobs []hfJob
	add := func(name, from string, job hfJob) {
		job.Dir, job.K, job.Texts = filepath.Join(dir, name), 8, append(job.Texts, hfTexts...)
		if _, errs, code := assay(t, "convert", "--to", "hf", from, job.Dir); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", name, code, errs)
		}
		jobs = append(jobs, job)
	}
	references := map[string]hfReference{}
	for _, name := range models.Names() {
		r := readJSON[hfReference](t, filepath.Join("engine", "testdata", "reference-"+name+".json"))
		references[name] = r
		job := hfJob{Chats: [][]map[string]string{hfChat}}
		for _, w := range r.Windows {
			job.Windows = append(job.Windows, w.IDs)
		}
		for _, p := range r.Prompts {
			job.Texts, job.Top = append(job.Texts, p.Text), append(job.Top, p.IDs)
		}
		add(name, models.Prefix+name, job)
	}
	fixtures := hfFixtures(t)
	for _, name := range slices.Sorted(maps.Keys(fixtures)) {
		job := hfJob{Chats: [][]map[string]string{hfChat}}
		for _, c := range fixtures[name].Cases {
			job.Logits = append(job.Logits, c.IDs)
		}
		add(name, filepath.Join("engine", "testdata", "gguf", name+".gguf"), job)
	}
	for i, a := range askHF(t, dir, jobs) {
		name := filepath.Base(jobs[i].Dir)
		t.Run(name, func(t *testing.T) {
			if r, ok := references[name]; ok {
				compareHFReference(t, a, r)
				compareHFText(t, models.Prefix+name, jobs[i], a)
				return
			}
			compareHFLogits(t, a, fixtures[name])
			compareHFText(t, filepath.Join("engine", "testdata", "gguf", name+".gguf"), jobs[i], a)
		})
	}
}

func readJSON[T any](t *testing.T, path string) (v T) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type hfFixture struct {
	Cases []struct {
		IDs    []int32
		Rows   []int
		Logits [][]float64
	}
}

func hfFixtures(t *testing.T) map[string]hfFixture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("engine", "testdata", "hf", "*", "reference.json"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("found %d fixtures, %v", len(paths), err)
	}
	all := map[string]hfFixture{}
	for _, path := range paths {
		all[filepath.Base(filepath.Dir(path))] = readJSON[hfFixture](t, path)
	}
	return all
}

func askHF(t *testing.T, dir string, jobs []hfJob) []hfAnswer {
	t.Helper()
	data, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "jobs.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join("engine", "testdata", "hf")
	python := filepath.Join(virtualEnv(t, filepath.Join(from, "requirements.txt")), "python")
	answers := filepath.Join(dir, "answers.json")
	tool(t, ".", []string{"HF_HUB_OFFLINE=1"}, "sh", "-c", `"$0" "$1" "$2" > "$3"`, python, filepath.Join(from, "load.py"), file, answers)
	return readJSON[[]hfAnswer](t, answers)
}

func compareHFReference(t *testing.T, a hfAnswer, r hfReference) {
	t.Helper()
	sum := 0.0
	for i, w := range r.Windows {
		if sum += a.NLL[i]; math.Abs(a.NLL[i]-w.NLL) > hfWindow {
			t.Errorf("window %d: %v nats, want %v", i, a.NLL[i], w.NLL)
		}
	}
	if mean := sum / float64(len(r.Windows)); math.Abs(mean-r.MeanNLL) > hfMean {
		t.Errorf("mean %v nats, want %v", mean, r.MeanNLL)
	}
	for i, p := range r.Prompts {
		if !slices.Equal(a.IDs[i], p.IDs) {
			t.Errorf("prompt %d: ids %v, want %v", i, a.IDs[i], p.IDs)
		}
		for k, want := range p.Top {
			if got := a.Top[i][k]; math.Abs(got[1]-want[1]) > hfLogProb || got[0] != want[0] && math.Abs(want[1]-p.Top[max(k-1, 0)][1]) > hfLogProb {
				t.Errorf("prompt %d: choice %d is %v, want %v", i, k, got, want)
			}
		}
	}
}

func compareHFLogits(t *testing.T, a hfAnswer, f hfFixture) {
	t.Helper()
	for i, c := range f.Cases {
		for k, row := range c.Rows {
			for id, want := range c.Logits[k] {
				if got := a.Logits[i][row][id]; math.Abs(got-want) > hfLogit*max(1, math.Abs(want)) {
					t.Fatalf("%s: case %d, row %d, token %d: logit %v, want %v", a.Class, i, row, id, got, want)
				}
			}
		}
	}
}

// compareHFText holds ids, decoded text and the chat template against the engine's.
func compareHFText(t *testing.T, path string, job hfJob, a hfAnswer) {
	t.Helper()
	kernels, err := selectKernels()
	if err != nil {
		t.Fatal(err)
	}
	c, err := openModel(path, "", kernels)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, text := range job.Texts {
		want := c.Tokenizer.Encode(text, true)
		if !slices.Equal(a.IDs[i], want) {
			t.Errorf("%q: ids %v, the engine's are %v", text, a.IDs[i], want)
		}
		if back := c.Tokenizer.Decode(want); a.Back[i] != back {
			t.Errorf("%q: decoded to %q, by the engine to %q", text, a.Back[i], back)
		}
		if bare := c.Tokenizer.Encode(text, false); a.Pieces != nil && !slices.Equal(a.Pieces[i], bare) {
			t.Errorf("%q: pieces %v, the engine's are %v", text, a.Pieces[i], bare)
		}
	}
	if got, want := hfEnds(a.Ends), c.Tokenizer.Ends(); !slices.Equal(got, want) {
		t.Errorf("ends %v, the engine's are %v", got, want)
	}
	in := chat.Input{AddGenerationPrompt: true}
	for _, m := range hfChat {
		in.Messages = append(in.Messages, chat.Text(m["role"], m["content"]))
	}
	if want, err := c.Chat.Render(in); err != nil || a.Chats[0] != want {
		t.Errorf("the template gives %q, the engine %q, %v", a.Chats[0], want, err)
	}
}

func hfEnds(v any) (ids []int32) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, id := range list {
		n, _ := id.(float64)
		ids = append(ids, int32(n))
	}
	return ids
}
