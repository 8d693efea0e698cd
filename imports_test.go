package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/assaylab/assay/"

// allowed says what a package may import of ours, by longest matching prefix of its
// directory. A rule ending in "/" allows everything below. ARCHITECTURE.md has the
// picture.
var allowed = map[string][]string{
	"engine/internal":    {"engine/internal/"},
	"engine/gguf":        {},
	"engine/safetensors": {},
	"engine/convert":     {"engine/safetensors", "engine/gguf", "engine/quant", "engine/tokenizer"},
	"engine/quant":       {},
	"engine/kvcache":     {"engine/internal/"},
	"engine/tokenizer":   {},
	"engine/chat":        {"engine/chat/jinja"},
	"engine/chat/jinja":  {},
	"engine/sample":      {"engine/internal/"},
	"engine/models":      {},
	"engine/kernel":      {"engine/quant", "engine/internal/"},
	"engine/model":       {"engine/kernel", "engine/quant", "engine/gguf", "engine/internal/"},
	"engine/sched":       {"engine/kvcache", "engine/internal/"},
	"engine/spec":        {"engine/model", "engine/sample", "engine/internal/"},
	"engine/eval":        {"engine/model", "engine/sample", "engine/kvcache", "engine/internal/"},
	"engine/eval/task":   {"engine/eval"},
	"engine/checkpoint":  {"engine/model", "engine/kvcache", "engine/kernel", "engine/quant", "engine/gguf", "engine/recipe", "engine/tokenizer", "engine/chat", "engine/internal/"},
	"engine/imatrix":     {"engine/gguf", "engine/kernel", "engine/model", "engine/internal/"},
	"engine/recipe":      {"engine/quant"},
	"engine/reference":   {"engine/", "experiments/modelcache"},                     // a command
	"engine/rivals":      {"engine/", "experiments/modelcache", "experiments/host"}, // a command
	"engine/machine":     {"engine/internal/"},
	"engine/bench":       {"engine/model", "engine/kernel", "engine/gguf", "engine/machine", "engine/internal/"},
	"engine/metrics":     {"engine"},
	"engine/meter":       {},
	"engine/server":      {"engine", "engine/chat", "engine/tokenizer", "engine/meter", "engine/metrics", "engine/sample"},
	"engine/admit":       {},
	"engine/steptrace":   {},
	"engine/offload":     {},
	"engine":             {"engine/admit", "engine/steptrace", "engine/sched", "engine/spec", "engine/sample", "engine/model", "engine/tokenizer", "engine/kvcache", "engine/offload", "engine/machine", "engine/internal/"},
	"loadgen":            {"loadgen/"},
	"loadgen/rivals":     {"loadgen/", "loadgen", "analysis/", "experiments/host", "experiments/target"}, // a command
	"analysis":           {"analysis/", "loadgen/result"},
	"reports":            {"reports/", "analysis/", "analysis"},
	"experiments":        {"experiments/", "engine/", "engine", "loadgen/", "loadgen", "analysis/", "analysis", "reports/", "reports"},
	"scenarios":          {"experiments/modelcache"},
	"":                   {"experiments/", "experiments", "engine/", "engine", "loadgen/", "loadgen", "analysis/", "analysis", "reports/", "reports", "scenarios/data"},
}

// alsoInTests lets tests build what they exercise; nothing that ships depends on it.
var alsoInTests = map[string][]string{
	"engine":    {"engine/", "engine"},
	"analysis":  {"loadgen/"},
	"reports":   {"loadgen/result"},
	"scenarios": {"experiments/", "analysis/plan", "analysis/demand"},
}

func TestImportRules(t *testing.T) {
	seen := 0
	eachGoFile(t, func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(name, modulePath)
			if !ok {
				continue
			}
			seen++
			if !mayImport(dir, ours, strings.HasSuffix(path, "_test.go")) {
				t.Errorf("%s imports %s, which the import rules do not allow", path, ours)
			}
		}
	})
	if seen < 50 {
		t.Errorf("only %d imports were checked: is the walk broken?", seen)
	}
}

func mayImport(dir, name string, test bool) bool {
	if dir == "." {
		dir = ""
	}
	if name == dir { // an external test of the package itself
		return true
	}
	if test && matches(rule(alsoInTests, dir), name) {
		return true
	}
	return matches(rule(allowed, dir), name)
}

// rule is the entry of the longest key that is dir or a folder above it.
func rule(rules map[string][]string, dir string) []string {
	best, found := -1, []string(nil)
	for key, names := range rules {
		if len(key) > best && (key == "" || dir == key || strings.HasPrefix(dir, key+"/")) {
			best, found = len(key), names
		}
	}
	return found
}

func matches(names []string, name string) bool {
	for _, n := range names {
		if n == name || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

func eachGoFile(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "runs"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRulesThemselves(t *testing.T) {
	for _, c := range []struct {
		dir, name string
		want      bool
	}{
		{"engine/sched", "engine/model", false},
		{"engine/sched", "engine/kvcache", true},
		{"analysis/stat", "engine", false},
		{"analysis", "loadgen/result", true},
		{"analysis", "loadgen", false},
		{"loadgen", "engine", false},
		{"reports/chart", "loadgen", false},
		{"engine/gguf", "engine/quant", false},
		{".", "experiments/trial", true},
	} {
		if got := mayImport(c.dir, c.name, false); got != c.want {
			t.Errorf("%s importing %s: allowed %v, want %v", c.dir, c.name, got, c.want)
		}
	}
}
