package convert

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/safetensors"
)

// variant is a copy of a fixture whose files can be changed: large ones are links.
func variant(t *testing.T, name string) string {
	t.Helper()
	dir, from := filepath.Join(t.TempDir(), name), filepath.Join(fixtures, "hf", name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path, err := filepath.Abs(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, e.Name())); err != nil {
			t.Skip(err)
		}
	}
	return dir
}

// edit changes the members of a JSON file; a nil value removes one.
func edit(t *testing.T, dir, file string, members map[string]any) {
	t.Helper()
	o, _, err := readObject(dir, file, maxTokenizer)
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range members {
		o.values[key] = v
		if v == nil {
			delete(o.values, key)
		}
	}
	data, err := json.Marshal(o.values)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, dir, file, data)
}

// replace puts a file in place of a link.
func replace(t *testing.T, dir, file string, data []byte) {
	t.Helper()
	remove(t, dir, file)
	if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, file string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
}

// weights gives the tensors of a directory's single file.
func weights(t *testing.T, dir string) map[string]rawTensor {
	t.Helper()
	set, err := safetensors.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	all := map[string]rawTensor{}
	for _, tensor := range set.Tensors {
		data := make([]byte, tensor.Size)
		if _, err := tensor.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		all[tensor.Name] = rawTensor{tensor.Type, tensor.Shape, data}
	}
	return all
}

type rawTensor struct {
	Type  safetensors.Type
	Shape []int
	Data  []byte
}

// setWeights writes a directory's single file.
func setWeights(t *testing.T, dir string, tensors map[string]rawTensor) {
	t.Helper()
	type entry struct {
		Type    safetensors.Type `json:"dtype"`
		Shape   []int            `json:"shape"`
		Offsets [2]int           `json:"data_offsets"`
	}
	header, data := map[string]entry{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		r := tensors[name]
		header[name] = entry{r.Type, append([]int{}, r.Shape...), [2]int{len(data), len(data) + len(r.Data)}}
		data = append(data, r.Data...)
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	replace(t, dir, safetensors.SingleFile, slices.Concat(file, text, data))
}

func sameKVs(t *testing.T, got, want []gguf.KV) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%v is missing", want[i])
		case i >= len(want):
			t.Errorf("%v is too much", got[i])
		case !reflect.DeepEqual(got[i], want[i]):
			t.Errorf("found %v, want %v", got[i], want[i])
		}
	}
}

// refused opens a directory that must be refused with an error that says something.
func refused(t *testing.T, dir string, says ...string) {
	t.Helper()
	m, err := Open(dir, Options{Type: Auto})
	if err == nil {
		m.Close()
		t.Errorf("accepted, want an error that says %q", says)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %v, want it to say %q", err, s)
		}
	}
}
