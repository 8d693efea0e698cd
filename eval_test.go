package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/kernel"
)

const small = "embedded:gopherling-2m"

// evalObjects runs a line of eval and decodes the objects that it prints.
func evalObjects[T any](t *testing.T, args ...string) []T {
	t.Helper()
	out, errs, code := assay(t, append(append([]string{"eval"}, args...), "--json")...)
	if code != exitOK {
		t.Fatalf("assay eval %s: exit code %d: %s", strings.Join(args, " "), code, errs)
	}
	var all []T
	for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); {
		var v T
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%v in %.200s", err, out)
		}
		all = append(all, v)
	}
	return all
}

// evalFails runs a line of eval that has to be refused.
func evalFails(t *testing.T, says string, args ...string) {
	t.Helper()
	out, errs, code := assay(t, append([]string{"eval"}, args...)...)
	if code != exitUsage || out != "" || !strings.Contains(errs, says) {
		t.Errorf("assay eval %s: exit code %d, printed %q, reported %q, want %q", strings.Join(args, " "), code, out, errs, says)
	}
}

func fileWith(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

var chunked = []string{"--text", "scenarios/data/assay-source.txt", "--ctx", "32", "--chunks", "3"}

func TestEvalPerplexityAndSavedLogits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ref.logits")
	coarse := small + ",quantization=Q4_0"
	live := evalObjects[record.Quality](t, append([]string{"perplexity", small, coarse, "--save-logits", file}, chunked...)...)
	if len(live) != 2 || live[0].Protocol != record.ProtocolChunks || len(live[0].NLL) != 3*15 || live[1].Reference != small+", f32 cache" {
		t.Fatalf("%d objects, protocol %q, reference %q", len(live), live[0].Protocol, live[1].Reference)
	}
	if !reflect.DeepEqual(live[0].NLL, live[0].Ref) || reflect.DeepEqual(live[1].NLL, live[1].Ref) || slices.Max(live[0].KL) != 0 {
		t.Error("the reference is not itself, or the other one is")
	}
	saved := evalObjects[record.Quality](t, "perplexity", coarse, "--against", file)
	if saved[0].Reference != "saved in "+file || !reflect.DeepEqual(saved[0].NLL, live[1].NLL) || !reflect.DeepEqual(saved[0].Ref, live[1].Ref) {
		t.Error("against the saved reference the values differ")
	}
	for i, kl := range saved[0].KL {
		if math.Abs(kl-live[1].KL[i]) > 1e-6+0.01*kl {
			t.Errorf("value %d: KL divergence %g from the file, %g live", i, kl, live[1].KL[i])
		}
	}
	out, _, code := assay(t, "eval", "perplexity", coarse, "--against", file, "--text", chunked[1])
	if lines := strings.Split(out, "\n"); code != exitOK || len(lines) < 4 || !strings.Contains(lines[0], "3 chunks of 32 tokens, the last 15 of each scored; reference: saved in") || !strings.HasPrefix(lines[3], small+" as Q4_0, f32 cache ") {
		t.Errorf("exit code %d, printed %s", code, out)
	}
	evalFails(t, "chunk 1 differs from", "perplexity", coarse, "--against", file, "--text", "scenarios/data/assay-prose.txt")
	evalFails(t, "not a file of saved logits", "perplexity", coarse, "--against", "README.md")
	evalFails(t, "need at least", "perplexity", coarse, "--text", fileWith(t, "short.txt", "package a\n"))
}

func TestEvalPerplexityAsPrompt(t *testing.T) {
	coarse := small + ",quantization=Q8_0"
	plain := evalObjects[record.Quality](t, append([]string{"perplexity", coarse}, chunked...)...)[0]
	prompt := evalObjects[record.Quality](t, append([]string{"perplexity", coarse, "--as-prompt"}, chunked...)...)[0]
	if plain.Subject != small+" as Q8_0, f32 cache" || prompt.Subject != plain.Subject+", as a prompt" || prompt.Reference != prompt.Subject {
		t.Errorf("subjects %q and %q, reference %q", plain.Subject, prompt.Subject, prompt.Reference)
	}
	k, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	if same := reflect.DeepEqual(plain.NLL, prompt.NLL); same == k.Prompts() {
		t.Errorf("as a prompt, values are the same: %v; kernels %s have an arithmetic for prompts: %v", same, k.Name, k.Prompts())
	}
}

// An interrupted evaluation leaves no file, not even a temporary one.
func TestEvalInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{
		append([]string{"perplexity", small, "--save-logits", filepath.Join(dir, "ref.logits")}, chunked...),
		{"choice", small, "--task", "scenarios/data/choice.jsonl"},
		{"generate", small, "--task", "scenarios/data/generate.jsonl"},
		{"code", small, "--source", "scenarios/data/assay-source.txt"},
	} {
		var w, werr bytes.Buffer
		if code := run(ctx, &w, &werr, append([]string{"eval"}, args...)); code != exitInterrupted || w.Len() > 0 {
			t.Errorf("eval %s: exit code %d, printed %q, reported %q", args[0], code, w.String(), werr.String())
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestEvalChoice(t *testing.T) {
	const file = "scenarios/data/choice.jsonl"
	all := evalObjects[record.Task](t, "choice", small, "--reference", "embedded:gopherling-7m", "--task", file)
	if len(all) != 2 || all[0].Subject != "embedded:gopherling-7m, f32 cache" || all[1].Reference != all[0].Subject || all[1].Kind != "choice" || all[1].Source != file {
		t.Fatalf("printed %+v", all)
	}
	for _, s := range all {
		if len(s.Metrics) != 5 || len(s.Items) != 16 {
			t.Fatalf("%s: %d metrics of %d items", s.Subject, len(s.Metrics), len(s.Items))
		}
		for i, item := range s.Items {
			if len(item.LogProb) != len(item.Tokens) || slices.Max(item.LogProb) > 0 {
				t.Errorf("%s, %s: log-probabilities %v of %v tokens", s.Subject, item.ID, item.LogProb, item.Tokens)
			}
			best := slices.Index(item.LogProb, slices.Max(item.LogProb))
			if right := -item.LogProb[best] == s.Metrics[4].Values[i]; right != s.Metrics[0].Hits[i] {
				t.Errorf("%s, %s: hit %v, but the most likely choice is right: %v", s.Subject, item.ID, s.Metrics[0].Hits[i], right)
			}
		}
	}
	out, _, code := assay(t, "eval", "choice", small, small+",kv=q8_0", "--task", file)
	if code != exitOK || strings.Count(out, "(items: 16)") != 5 || !strings.Contains(out, "Differences\nare to "+small+", f32 cache.") {
		t.Errorf("exit code %d, printed %s", code, out)
	}
	bad := fileWith(t, "bad.jsonl", "{\"context\": \"a\", \"choices\": [\"b\", \"c\"], \"answer\": 5}\n")
	evalFails(t, "bad.jsonl:1: answer: found 5, expected a whole number from 0 to 1", "choice", small, "--task", bad)
	seam := fileWith(t, "seam.jsonl", `{"context": "retur", "delimiter": "", "choices": ["!", "n"], "answer": 0}`) // the whole is one token
	evalFails(t, "item 1: choice 2 has no tokens of its own", "choice", small, "--task", seam)
	evalFails(t, "no such file", "choice", small, "--task", "none.jsonl")
}

func TestEvalGenerate(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	file := fileWith(t, "g.jsonl", `{"id": "a", "prompt": "\tf, err := os.Open(name)\n\tif err", "expected": "!= nil {", "max_tokens": 8, "stop": ["\n"], "check": ["sh", "-c", "cat > `+marker+`"], "before": "(", "after": ")"}
{"id": "b", "prompt": "package", "expected": "no model writes this", "max_tokens": 2}`)
	withheld := evalObjects[record.Task](t, "generate", small, "--task", file)[0]
	if _, err := os.Stat(marker); err == nil {
		t.Fatal("a command was run without leave")
	}
	if m := withheld.Metrics; len(m) != 1 || m[0].Name != "exact match" || !slices.Equal(m[0].Hits, []bool{true, false}) {
		t.Errorf("metrics %+v", m)
	}
	if i := withheld.Items; i[0].Answer != " != nil {" || i[0].Finish != "stop" || i[1].Finish != "length" {
		t.Errorf("items %+v", i)
	}
	ran := evalObjects[record.Task](t, "generate", small, "--task", file, "--allow-exec", "--check", "grep -q zzz {file}")[0]
	if text, err := os.ReadFile(marker); err != nil || string(text) != "( != nil {)" {
		t.Errorf("the command read %q, error %v", text, err)
	}
	if m := ran.Metrics; len(m) != 2 || !slices.Equal(m[1].Items, []int{0, 1}) || !slices.Equal(m[1].Hits, []bool{true, false}) {
		t.Errorf("metrics %+v", m)
	}
	slow := evalObjects[record.Task](t, "generate", small, "--task", file, "--allow-exec", "--check", "sleep 60", "--timeout", "100ms")[0]
	if m := slow.Metrics[1]; m.Hits[1] || !strings.Contains(slow.Items[1].Output, "killed after 100ms") {
		t.Errorf("a command that hangs: %+v, %+v", m, slow.Items[1])
	}
	evalFails(t, "no-such-command", "generate", small, "--task", file, "--allow-exec", "--check", "no-such-command")
	neither := fileWith(t, "n.jsonl", `{"prompt": "x"}`)
	evalFails(t, `item 1: found neither "expected" nor "check" nor "pattern"`, "generate", small, "--task", neither)
	judged := fileWith(t, "j.jsonl", `{"prompt": "x", "check": ["true"]}`)
	evalFails(t, "run with --allow-exec only", "generate", small, "--task", judged)
}

func TestEvalCode(t *testing.T) {
	args := []string{"code", small, "--source", "scenarios/data/assay-source.txt", "--items", "3", "--context-tokens", "64", "--max-tokens", "12", "--seed", "5"}
	first := evalObjects[record.Task](t, args...)[0]
	again := evalObjects[record.Task](t, args...)[0]
	if !reflect.DeepEqual(first.Items, again.Items) || !reflect.DeepEqual(first.Metrics, again.Metrics) {
		t.Error("one seed gave two answers")
	}
	if len(first.Metrics) != 3 || len(first.Items) != 3 || !strings.HasPrefix(first.Items[0].ID, "scenarios/data/assay-source.txt:") || slices.Min(first.Metrics[2].Values) <= 0 {
		t.Errorf("printed %+v", first)
	}
	dir := filepath.Dir(fileWith(t, "a.go", "package a\n\nfunc A() int {\n\tx := 1\n\treturn x\n}\n"))
	for name, text := range map[string]string{"bad.go": "package", "notes.txt": "func", "testdata/x.go": "package x\n\nfunc X() {\n\ty()\n}\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := assay(t, "eval", "code", small, "--source", dir, "--items", "1", "--max-tokens", "8")
	if code != exitOK || !strings.Contains(errs, "left out: ") || !strings.Contains(errs, "bad.go") || !strings.Contains(out, "the function parses (items: 1)") {
		t.Errorf("exit code %d, printed %s, reported %s", code, out, errs)
	}
	evalFails(t, "found 1 functions of several lines in 1 Go files, expected at least the 2 asked for", "code", small, "--source", dir, "--items", "2")
}
