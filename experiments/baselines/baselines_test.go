package baselines

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/baseline"
)

// stores are one of each kind, empty.
func stores(t *testing.T) map[string]Store {
	all := map[string]Store{"dir": Dir(filepath.Join(t.TempDir(), "new"))}
	if _, err := exec.LookPath("git"); err != nil {
		t.Log("no git here: notes are not tested")
		return all
	}
	repo := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"},
		{"config", "user.name", "a"}, {"config", "user.email", "a@b"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	all["notes"] = Notes{Ref: "assay", Dir: repo}
	return all
}

func summary(i int) baseline.Summary {
	return baseline.Summary{Format: baseline.FormatVersion, ID: fmt.Sprintf("id%d", i), Run: "ci", Created: fmt.Sprintf("2030-01-%02dT00:00:00Z", 10-i),
		Cells: []baseline.Cell{{Arm: "a", Load: "l", Trials: []baseline.Trial{{Requests: i, Values: map[string]float64{"p50 ttft": 5}}}}}}
}

func TestStores(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ids := func() string {
				all, err := s.All(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				text := ""
				for _, x := range all {
					text += fmt.Sprintf("%s:%d ", x.ID, x.Cells[0].Trials[0].Requests)
				}
				return text
			}
			if got := ids(); got != "" {
				t.Errorf("a new store has %s", got)
			}
			for _, i := range []int{2, 3, 1} {
				if err := s.Put(t.Context(), summary(i)); err != nil {
					t.Fatal(err)
				}
			}
			if got := ids(); got != "id3:3 id2:2 id1:1 " {
				t.Errorf("the oldest first: %s", got)
			}
			again := summary(2)
			again.Cells[0].Trials[0].Requests = 7
			if err := s.Put(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if got := ids(); got != "id3:3 id2:7 id1:1 " {
				t.Errorf("after the second again: %s", got)
			}
			if err := s.Remove(t.Context(), []string{"id1", "id3", "no such"}); err != nil {
				t.Fatal(err)
			}
			if got := ids(); got != "id2:7 " {
				t.Errorf("after two were removed: %s", got)
			}
			if err := s.Remove(t.Context(), []string{"id2"}); err != nil || ids() != "" {
				t.Errorf("after all were removed: %s, %v", ids(), err)
			}
		})
	}
}

func TestBrokenStores(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ text, want string }{
		{"{", "unexpected end"}, {`{"format": 9, "id": "x"}`, "format version 9, this version reads 1"}, {`{"format": 1}`, "no id"}} {
		if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Dir(dir).All(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.json") {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := (Notes{Ref: "assay", Dir: t.TempDir()}).All(t.Context()); err == nil {
		t.Error("notes of no repository")
	}
}

func TestOpen(t *testing.T) {
	for name, want := range map[string]string{"git": "git notes refs/notes/assay", "git:bench": "git notes refs/notes/bench", "runs/kept": "runs/kept"} {
		if s, err := Open(name); err != nil || s.String() != want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	for _, name := range []string{"", "git:", "git:a b", "git:-x", "git:a..b"} {
		if s, err := Open(name); err == nil {
			t.Errorf("%q: %v", name, s)
		}
	}
}
