package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/experiments/testkit"
)

// damaged are model files that must be refused, each with what its refusal must say
// besides the file and "byte".
var damaged = []struct {
	name  string
	make  func(good []byte) []byte
	words []string
}{
	{"empty", func([]byte) []byte { return nil }, []string{"byte 0"}},
	{"no GGUF", func([]byte) []byte { return []byte("PK\x03\x04 this is an archive, not a model") }, []string{"byte 0"}},
	{"cut in the header", func(b []byte) []byte { return b[:19] }, []string{"byte"}},
	{"cut in the keys", func(b []byte) []byte { return b[:2000] }, []string{"byte", "key "}},
	{"cut in the tensors", func(b []byte) []byte { return b[:len(b)/2] }, []string{"byte", "tensor "}},
	{"last byte missing", func(b []byte) []byte { return b[:len(b)-1] }, []string{"byte", "tensor "}},
	{"huge number of tensors", func(b []byte) []byte { return put64(b, 8, 1<<62) }, []string{"byte 8", "tensor"}},
	{"huge number of keys", func(b []byte) []byte { return put64(b, 16, 1<<62) }, []string{"byte 16", "key"}},
	{"huge key", func(b []byte) []byte { return put64(b, 24, 1<<63) }, []string{"byte 24", "key"}},
	{"version from the future", func(b []byte) []byte { return put32(b, 4, 99) }, []string{"byte 4", "99"}},
	{"huge tensor", func(b []byte) []byte { return put64(b, dimension(b), 1<<60) }, []string{"byte", `tensor "token_embd.weight"`}},
}

func put64(b []byte, at int, v uint64) []byte {
	b = slices.Clone(b)
	binary.LittleEndian.PutUint64(b[at:], v)
	return b
}

func put32(b []byte, at int, v uint32) []byte {
	b = slices.Clone(b)
	binary.LittleEndian.PutUint32(b[at:], v)
	return b
}

// dimension is where the first dimension of the embedding table is.
func dimension(b []byte) int {
	const name = "token_embd.weight"
	return strings.Index(string(b), name) + len(name) + 4 // after the number of dimensions
}

// TestDamagedModel: every verb refuses it with its place, and writes nothing.
func TestDamagedModel(t *testing.T) {
	t.Parallel()
	good, err := models.GGUF("gopherling-2m")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range damaged {
		t.Run(d.name, func(t *testing.T) {
			dir := tiny(t, func(s *testkit.Scenario) { s.Model = "bad.gguf" })
			testkit.WriteFile(t, filepath.Join(dir, "bad.gguf"), string(d.make(good)))
			before := filesBelow(t, dir)
			for _, args := range [][]string{
				{"check", "tiny.toml"},
				{"run", "tiny.toml", "--out", "run"},
				{"serve", "--model", "bad.gguf", "--listen", "127.0.0.1:0"},
				{"serve", "--draft-model", "bad.gguf", "--listen", "127.0.0.1:0"},
				{"quantize", "bad.gguf", "out.gguf", "--to", "Q8_0"},
				{"eval", "bad.gguf", "--text", "text.txt"},
			} {
				r := testkit.Run(t, dir, args...)
				expect(t, r, exitUsage, append(d.words, "bad.gguf")...)
				if r.Stdout != "" {
					t.Errorf("assay %s printed %q", strings.Join(args, " "), r.Stdout)
				}
			}
			for path := range filesBelow(t, dir) {
				if _, was := before[path]; !was {
					t.Errorf("%s was written", path)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
				t.Error("a run directory was made")
			}
		})
	}
}

func TestMissingModel(t *testing.T) {
	t.Parallel()
	dir := tiny(t, func(s *testkit.Scenario) { s.Model = "none.gguf" })
	expect(t, testkit.Run(t, dir, "check", "tiny.toml"), exitUsage, "tiny.toml:"+lineOf(t, filepath.Join(dir, "tiny.toml"), "path ="), "none.gguf")
	expect(t, testkit.Run(t, dir, "serve", "--model", "none.gguf"), exitUsage, "none.gguf", "no such file")
	expect(t, testkit.Run(t, dir, "serve", "--model", "embedded:gopherling-8m"), exitUsage, "gopherling-8m", "gopherling-7m, gopherling-2m")
	expect(t, testkit.Run(t, dir, "eval", "embedded:gopherling-2m", "--text", "none.txt"), exitUsage, "none.txt")
	expect(t, testkit.Run(t, dir, "quantize", "embedded:gopherling-2m", "out.gguf", "--to", "Q9_0"), exitUsage, "Q9_0", "Q8_0")
	expect(t, testkit.Run(t, dir, "quantize", "embedded:gopherling-2m", "nowhere/out.gguf", "--to", "Q8_0"), exitUsage, "nowhere")
}

// TestMisspeltKeys: every problem is reported at once, each with its line and the
// nearest thing that would be right.
func TestMisspeltKeys(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	file := filepath.Join(dir, "tiny.toml")
	edit(t, file, "requests =", "request =")
	edit(t, file, "context =", "contxt =")
	edit(t, file, `"conversational"`, `"conversation"`)
	edit(t, file, `"Q8_0"`, `"Q8"`)
	edit(t, file, "[cost]", "[costs]")
	at := func(words string) string { return "tiny.toml:" + lineOf(t, file, words) + ": " }
	want := []string{
		at("request =") + "load[0].request: unknown key", `did you mean "requests"?`,
		at("contxt =") + "engine.contxt: unknown key", `did you mean "context"?`,
		at(`"conversation"`) + "slo.preset: ", "conversational",
		at(`"Q8"`) + "sweep.axes.quantization[1]: ", "Q8_0",
		at("[costs]") + "costs: unknown key", `did you mean "cost"?`,
	}
	for _, args := range [][]string{{"check", "tiny.toml"}, {"run", "tiny.toml", "--out", "run"}, {"run", "tiny.toml", "--dry-run"}} {
		expect(t, testkit.Run(t, dir, args...), exitUsage, want...)
	}
	if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
		t.Error("a run directory was made")
	}
}

func TestBrokenTOML(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	file := filepath.Join(dir, "tiny.toml")
	edit(t, file, "threads = 1", "threads = = 1")
	expect(t, testkit.Run(t, dir, "check", "tiny.toml"), exitUsage, "tiny.toml:"+lineOf(t, file, "threads")+": ")
	expect(t, testkit.Run(t, dir, "check", "none.toml"), exitUsage, "none.toml")
	// A good file among bad ones is still said to be good.
	testkit.Tiny().Write(t, dir)
	r := testkit.Run(t, dir, "check", "tiny.toml", "none.toml")
	expect(t, r, exitUsage, "none.toml")
	if !strings.Contains(r.Stdout, "tiny.toml: ok: 2 arms, 1 load level") {
		t.Errorf("printed %q", r.Stdout)
	}
}

func TestBadSubjects(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	for _, c := range []struct {
		name, subject string
		words         []string
	}{
		{"unknown key", "embedded:gopherling-2m,kb=f32", []string{`"kb=f32"`, "kv=FORMAT"}},
		{"unknown cache format", "embedded:gopherling-2m,kv=f31", []string{"f31", "bf16"}},
		{"unknown weight format", "embedded:gopherling-2m,quantization=Q7_0", []string{"Q7_0", "Q8_0"}},
		{"nothing after the comma", "embedded:gopherling-2m,", []string{"quantization=FORMAT"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := testkit.Run(t, dir, "eval", c.subject, "--text", "text.txt", "--windows", "2", "--length", "32")
			expect(t, r, exitUsage, c.words...)
			if r.Stdout != "" {
				t.Errorf("printed %q", r.Stdout)
			}
		})
	}
}
