package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
)

var update = flag.Bool("update", false, "rewrite the expected error messages")

// TestBadFiles compares every message of every broken file with its .err file. The
// messages are part of the interface: read the difference before updating.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files in testdata/bad: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), text)
			if err == nil {
				t.Fatal("accepted")
			}
			checkProblems(t, err)
			golden(t, strings.TrimSuffix(file, ".toml")+".err", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// checkProblems holds for every error: typed, in the order of the file, each once.
func checkProblems(t *testing.T, err error) {
	t.Helper()
	problems := strict.Problems(err)
	if len(problems) == 0 {
		t.Fatalf("no Problem in %T: %v", err, err)
	}
	seen := map[string]bool{}
	last := 0
	for _, p := range problems {
		if p.Line < last {
			t.Errorf("line %d after line %d", p.Line, last)
		}
		last = p.Line
		if p.Line < 1 {
			t.Errorf("no line: %v", p)
		}
		if seen[p.Error()] {
			t.Errorf("reported twice: %v", p)
		}
		seen[p.Error()] = true
		if p.Expected == "" && p.Suggestion == "" && !strings.HasPrefix(p.Found, "not TOML") {
			t.Errorf("says neither what is expected nor what to do: %v", p)
		}
	}
}
