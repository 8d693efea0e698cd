package modelcache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDir(t *testing.T) {
	root := t.TempDir()
	if got, err := Dir(root); err != nil || got != filepath.Join(root, "models") {
		t.Errorf("with a root: %s, %v", got, err)
	}
	t.Chdir(root)
	if got, err := Dir("here"); err != nil || !filepath.IsAbs(got) || filepath.Base(filepath.Dir(got)) != "here" {
		t.Errorf("a relative root: %s, %v; engines are started elsewhere, so it must be absolute", got, err)
	}
	t.Setenv("XDG_CACHE_HOME", root)
	t.Setenv("HOME", root)
	t.Setenv("LocalAppData", root)
	got, err := Dir("")
	if err != nil || !strings.HasPrefix(got, root) || !strings.HasSuffix(got, filepath.Join("assay", "models")) {
		t.Errorf("without a root: %s, %v", got, err)
	}
}

func TestDirWithoutHome(t *testing.T) {
	for _, v := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData", "home"} {
		t.Setenv(v, "")
	}
	if _, err := Dir(""); err == nil || !strings.Contains(err.Error(), "set ASSAY_CACHE to a directory") {
		t.Errorf("got %v", err)
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct{ name, model, want string }{
		{"plain", "cache:small-q4_1", filepath.Join("d", "small-q4_1.gguf")},
		{"with extension", "cache:small.gguf", filepath.Join("d", "small.gguf")},
		{"dots inside", "cache:small-1.5b", filepath.Join("d", "small-1.5b.gguf")},
		{"no name", "cache:", ""},
		{"only an extension", "cache:.gguf", ""},
		{"hidden", "cache:.fetch", ""},
		{"above", "cache:../../etc/passwd", ""},
		{"folder", "cache:a/b", ""},
		{"backslash", `cache:a\b`, ""},
		{"drive", "cache:C:x", ""},
		{"another prefix", "embedded:small", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Path("d", c.model)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "models", "small.gguf")
	_, err := Find(root, "cache:small")
	if want := `model "cache:small" is not in the cache: no file ` + path + "; run `make models`"; err == nil || err.Error() != want {
		t.Errorf("empty cache: got %v, want %s", err, want)
	}
	if err := os.MkdirAll(filepath.Join(root, "models", "folder.gguf"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"small.gguf", "notes.txt", ".half.gguf"} {
		if err := os.WriteFile(filepath.Join(root, "models", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Find(root, "cache:small"); err != nil || got != path {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := Find(root, "cache:smal"); err == nil || !strings.HasSuffix(err.Error(), "or name what is there: cache:small") {
		t.Errorf("misspelt: got %v", err)
	}
	if _, err := Find(root, "cache:folder"); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: got %v", err)
	}
	if _, err := Find(root, "cache:../small"); err == nil || !strings.Contains(err.Error(), "expected a plain name") {
		t.Errorf("hostile name: got %v", err)
	}
}
