package safetensors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const index = `{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`

func TestOpenDir(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // names of the tensors
	}{
		{"one file", map[string]string{SingleFile: one("w")}, "w"},
		{"shards", map[string]string{IndexFile: index, "model-00001-of-00002.safetensors": one("a"), "model-00002-of-00002.safetensors": one("b")}, "a b"},
		{"an index of the one file", map[string]string{IndexFile: `{"weight_map":{"w":"model.safetensors"}}`, SingleFile: one("w")}, "w"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, c.files)
			s, err := OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var names []string
			for _, tensor := range s.Tensors {
				names = append(names, tensor.Name)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("tensors %q, want %q", got, c.want)
			}
		})
	}
}

// TestOpenDirThroughLinks is how a download cache lays a model out: a folder of links to
// blobs that lie elsewhere.
func TestOpenDirThroughLinks(t *testing.T) {
	root := t.TempDir()
	blobs, snapshot := filepath.Join(root, "blobs"), filepath.Join(root, "snapshots", "abc")
	for _, dir := range []string{blobs, snapshot} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFiles(t, blobs, map[string]string{"1": index, "2": one("a"), "3": one("b")})
	for blob, name := range map[string]string{"1": IndexFile, "2": "model-00001-of-00002.safetensors", "3": "model-00002-of-00002.safetensors"} {
		if err := os.Symlink(filepath.Join("..", "..", "blobs", blob), filepath.Join(snapshot, name)); err != nil {
			t.Skip(err)
		}
	}
	s, err := OpenDir(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Tensors) != 2 {
		t.Errorf("found %d tensors, want 2", len(s.Tensors))
	}
}

func TestOpenDirRefuses(t *testing.T) {
	shard1, shard2 := "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
	for _, c := range []struct {
		name  string
		files map[string]string
		says  string
	}{
		{"nothing", nil, "found no weights"},
		{"pickled weights", map[string]string{"pytorch_model.bin": ""}, "safe serialization"},
		{"an adapter", map[string]string{"adapter_model.safetensors": one("w")}, "adapter"},
		{"already converted", map[string]string{"m.gguf": ""}, "needs no conversion"},
		{"original layout", map[string]string{"consolidated.safetensors": one("w")}, "original release"},
		{"both", map[string]string{SingleFile: one("w"), IndexFile: index, shard1: one("a"), shard2: one("b")}, "expected one of them"},
		{"missing shard", map[string]string{IndexFile: index, shard1: one("a")}, "is the download complete?"},
		{"tensor missing from its shard", map[string]string{IndexFile: index, shard1: one("a"), shard2: one("c")}, `tensor "c"`},
		{"tensor in another shard", map[string]string{IndexFile: index, shard1: one("b"), shard2: one("a")}, "expected in model-00002"},
		{"tensor in two shards", map[string]string{IndexFile: index, shard1: one("a"), shard2: one("a")}, `tensor "a": found in model-00001-of-00002.safetensors and in model-00002`},
		{"tensor nowhere", map[string]string{IndexFile: `{"weight_map":{"a":"1.safetensors","b":"1.safetensors"}}`, "1.safetensors": one("a")}, `tensor "b": not in 1.safetensors`},
		{"index of nothing", map[string]string{IndexFile: `{"weight_map":{}}`}, "weight_map"},
		{"index is no JSON", map[string]string{IndexFile: `{`}, IndexFile},
		{"file above", map[string]string{IndexFile: `{"weight_map":{"a":"../secret"}}`}, `"../secret"`},
		{"file below", map[string]string{IndexFile: `{"weight_map":{"a":"sub/x.safetensors"}}`}, "same directory"},
		{"absolute file", map[string]string{IndexFile: `{"weight_map":{"a":"/etc/passwd"}}`}, "same directory"},
		{"backslashes", map[string]string{IndexFile: `{"weight_map":{"a":"..\\secret"}}`}, "same directory"},
		{"no name", map[string]string{IndexFile: `{"weight_map":{"a":""}}`}, "same directory"},
		{"the directory itself", map[string]string{IndexFile: `{"weight_map":{"a":"."}}`}, "same directory"},
		{"broken shard", map[string]string{SingleFile: one("w")[:30]}, SingleFile},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, c.files)
			s, err := OpenDir(dir)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one that names the directory and says %q", err, c.says)
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(index))
	f.Add([]byte(`{"weight_map":{"a":"../x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := parseIndex(data)
		if err != nil {
			return
		}
		for _, name := range files {
			if filepath.Base(filepath.Clean(name)) != name || !filepath.IsLocal(name) {
				t.Fatalf("accepted the file %q", name)
			}
		}
	})
}
