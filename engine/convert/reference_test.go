package convert

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// fixtures has models of random weights as they are published, and what llama.cpp's
// converter makes of them.
const fixtures = "../testdata"

// differs are the keys of fixtures whose values are not the reference's, and why.
var differs = map[string]map[string]string{
	"mistral": {"tokenizer.ggml.scores": "without tokenizer.model the reference gives every token the same score, by which text is cut otherwise than by tokenizer.json"},
}

// TestAgainstReference converts every fixture and compares with the reference's file.
func TestAgainstReference(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(fixtures, "gguf", "*.gguf"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".gguf")])
		t.Run(name, func(t *testing.T) {
			want, err := gguf.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			got, data := convert(t, filepath.Join(fixtures, "hf", name), Options{Type: typeOf(t, want), Name: name})
			compareKeys(t, got, want, differs[name])
			compareTensors(t, got, want)
			if all, err := os.ReadFile(file); err != nil || !bytes.Equal(data, all) && differs[name] == nil {
				t.Errorf("the files are not the same bytes: %v", err)
			}
		})
	}
}

func typeOf(t *testing.T, f *gguf.File) string {
	t.Helper()
	found, err := f.Uint(fileTypeKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range fileTypes {
		if uint64(n) == found {
			return name
		}
	}
	t.Fatalf("file type %d", found)
	return ""
}

// convert gives the file that a directory becomes, and its bytes.
func convert(t *testing.T, dir string, o Options) (*gguf.File, []byte) {
	t.Helper()
	m, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	if err := gguf.Write(&b, m.KVs, m.Tensors); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(dir, b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f, b.Bytes()
}

func compareKeys(t *testing.T, got, want *gguf.File, allowed map[string]string) {
	t.Helper()
	gotKeys, wantKeys := slices.Collect(got.Keys()), slices.Collect(want.Keys())
	if !slices.Equal(gotKeys, wantKeys) {
		t.Errorf("keys\n%v\nwant\n%v", gotKeys, wantKeys)
	}
	for _, kv := range want.KVs {
		v, err := got.Value(kv.Key)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, ok := allowed[kv.Key]; ok {
			if reflect.DeepEqual(v, kv.Value) {
				t.Errorf("%s is the reference's: take it off the list of those that differ", kv.Key)
			}
			continue
		}
		if !reflect.DeepEqual(v, kv.Value) {
			t.Errorf("%s: found %T %s, want %T %s", kv.Key, v, short(v), kv.Value, short(kv.Value))
		}
	}
}

func compareValue(t *testing.T, got, want *gguf.File, key string) {
	t.Helper()
	g, errG := got.Value(key)
	w, errW := want.Value(key)
	if errG != nil || errW != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s: found %s, %v; want %s, %v", key, short(g), errG, short(w), errW)
	}
}

func short(v any) string { return fmt.Sprintf("%.600q", fmt.Sprint(v)) }

func compareTensors(t *testing.T, got, want *gguf.File) {
	t.Helper()
	if len(got.Tensors) != len(want.Tensors) {
		t.Errorf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, w := range want.Tensors {
		if i >= len(got.Tensors) {
			break
		}
		g := got.Tensors[i]
		switch {
		case g.Name != w.Name:
			t.Errorf("tensor %d is %s, want %s", i, g.Name, w.Name)
		case g.Type != w.Type || !slices.Equal(g.Dims, w.Dims):
			t.Errorf("%s: found %v %v, want %v %v", g.Name, g.Type, g.Dims, w.Type, w.Dims)
		case !bytes.Equal(g.Data, w.Data):
			t.Errorf("%s: %d bytes differ", g.Name, differing(g.Data, w.Data))
		}
	}
}

func differing(a, b []byte) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
