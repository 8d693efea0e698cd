//go:build lmeval

package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
)

const lmevalModel = "embedded:gopherling-7m"

// TestLMEval runs lm-evaluation-harness, unmodified, against the server, which it also takes
// its tokenizer from, and holds its numbers against those of assay eval.
func TestLMEval(t *testing.T) {
	root := testkit.Root(t)
	tasks := filepath.Join(root, "engine", "server", "testdata", "lmeval")
	dir := t.TempDir()
	choices := readFile(t, filepath.Join(root, "scenarios", "data", "choice.jsonl"))
	testkit.WriteFile(t, filepath.Join(dir, "choice.jsonl"), choices)
	testkit.WriteFile(t, filepath.Join(dir, "generate.jsonl"), withExpectation(t, filepath.Join(root, "scenarios", "data", "generate.jsonl")))
	text := readFile(t, filepath.Join(root, "scenarios", "data", "assay-source.txt"))[:2000]
	testkit.WriteFile(t, filepath.Join(dir, "rolling.txt"), text)
	testkit.WriteFile(t, filepath.Join(dir, "rolling.jsonl"), string(marshalLine(t, map[string]string{"text": text})))

	p := testkit.Start(t, dir, "serve", "--model", lmevalModel, "--name", "gopher", "--kv-format", "f32", "--listen", "127.0.0.1:0")
	url := address(t, p)
	bin := virtualEnv(t, filepath.Join(tasks, "requirements.txt"))
	out := tool(t, dir, []string{"HF_HUB_OFFLINE=1", "HF_HOME=" + filepath.Join(dir, "hf")}, filepath.Join(bin, "lm_eval"),
		"--model", "local-completions", "--model_args", "model=gopher,base_url="+url+"/v1/completions,num_concurrent=2,max_length=1024",
		"--include_path", tasks, "--tasks", "assay_choice,assay_generate,assay_rolling", "--output_path", filepath.Join(dir, "out"))
	t.Log(out[strings.LastIndex(out, "|    Tasks"):])
	got := lmevalResults(t, dir)

	choice := ownTask(t, dir, "choice", "choice.jsonl")
	generate := ownTask(t, dir, "generate", "generate.jsonl")
	for _, row := range []struct {
		name      string
		got, want float64
	}{
		{"accuracy", got["assay_choice"]["acc,none"], choice["accuracy by sum of log-probabilities"]},
		{"accuracy per character", got["assay_choice"]["acc_norm,none"], choice["accuracy per character"]},
		{"exact match", got["assay_generate"]["exact_match,stripped"], generate["exact match"]},
		{"bits per byte", got["assay_rolling"]["bits_per_byte,none"], ownBitsPerByte(t, dir, url, text)},
	} {
		if math.Abs(row.got-row.want) > 1e-6*row.want || row.want <= 0 {
			t.Errorf("%s: lm-eval finds %v, assay eval %v", row.name, row.got, row.want)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func marshalLine(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// withExpectation leaves out the items that a command judges.
func withExpectation(t *testing.T, path string) (lines string) {
	t.Helper()
	for line := range strings.Lines(readFile(t, path)) {
		if strings.Contains(line, `"expected"`) {
			lines += line
		}
	}
	return lines
}

// lmevalResults are the metrics by task.
func lmevalResults(t *testing.T, dir string) map[string]map[string]float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "out", "*", "results_*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("results %v, %v", files, err)
	}
	var r struct{ Results map[string]map[string]any }
	if err := json.Unmarshal([]byte(readFile(t, files[0])), &r); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]float64{}
	for task, metrics := range r.Results {
		out[task] = map[string]float64{}
		for name, value := range metrics {
			if v, ok := value.(float64); ok {
				out[task][name] = v
			}
		}
	}
	return out
}

// ownTask are the shares of hits that assay eval finds, by metric.
func ownTask(t *testing.T, dir, verb, file string) map[string]float64 {
	t.Helper()
	r := testkit.Run(t, dir, "eval", verb, lmevalModel, "--task", file, "--json")
	var task struct {
		Metrics []struct {
			Name string
			Hits []bool
		}
	}
	if err := json.Unmarshal([]byte(r.Stdout), &task); err != nil {
		t.Fatalf("%v in %s%s", err, r.Stdout, r.Stderr)
	}
	shares := map[string]float64{}
	for _, m := range task.Metrics {
		for _, hit := range m.Hits {
			if hit {
				shares[m.Name] += 1 / float64(len(m.Hits))
			}
		}
	}
	return shares
}

// ownBitsPerByte is the loss of the whole text, in one window from its beginning.
func ownBitsPerByte(t *testing.T, dir, url, text string) float64 {
	t.Helper()
	_, body := httpPost(t, url+"/tokenize", map[string]any{"prompt": text})
	var tokens struct{ Count json.Number }
	if err := json.Unmarshal([]byte(body), &tokens); err != nil {
		t.Fatal(err)
	}
	r := testkit.Run(t, dir, "eval", lmevalModel, "--text", "rolling.txt", "--windows", "1", "--length", tokens.Count.String(), "--json")
	var values struct{ NLL []float64 }
	if err := json.Unmarshal([]byte(r.Stdout), &values); err != nil {
		t.Fatalf("%v in %s%s", err, r.Stdout, r.Stderr)
	}
	sum := 0.0
	for _, nll := range values.NLL {
		sum += nll
	}
	return sum / math.Ln2 / float64(len(text))
}
