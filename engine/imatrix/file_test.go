package imatrix

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func example() *Matrix {
	return &Matrix{Datasets: []string{"some.txt"}, Chunks: 3, ChunkSize: 512, Entries: map[string]Entry{
		"blk.0.ffn_down.weight":      {Sums: []float32{2, 4, 0}, Counts: []float32{2}},
		"blk.0.ffn_down_exps.weight": {Sums: []float32{3, 6, 7, 8}, Counts: []float32{3, 0}},
	}}
}

func TestWriteRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	if err := example().Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Open(path)
	if err != nil || !reflect.DeepEqual(got, example()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestImportance(t *testing.T) {
	want := map[string][]float32{"blk.0.ffn_down.weight": {1, 2, 0}, "blk.0.ffn_down_exps.weight": {1, 2, 1, 1}}
	if got := example().Importance(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// legacy writes the older layout.
func legacy(entries int32, name string, calls int32, values ...float32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(entries))
	b = append(le.AppendUint32(b, uint32(len(name))), name...)
	b = le.AppendUint32(le.AppendUint32(b, uint32(calls)), uint32(len(values)))
	for _, v := range values {
		b = le.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestLegacy(t *testing.T) {
	b := legacy(1, "blk.0.attn_q.weight", 4, 8, 2)
	for name, data := range map[string][]byte{"short": b, "with data set": append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(append([]byte{}, b...), 4), 3), "abc"...)} {
		m, err := Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Importance()["blk.0.attn_q.weight"]; !reflect.DeepEqual(got, []float32{2, 0.5}) {
			t.Errorf("%s: importance is %v, want [2 0.5]", name, got)
		}
		if name != "short" && (m.Chunks != 4 || m.Datasets[0] != "abc") {
			t.Errorf("%s: %d chunks of %q", name, m.Chunks, m.Datasets)
		}
	}
}

func TestBadFiles(t *testing.T) {
	nan := float32(math.NaN())
	other, err := os.ReadFile("../models/gopherling-2m-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"empty":          {nil, "ends early"},
		"a model":        {other, "no importance matrix"},
		"cut":            {legacy(1, "a", 1, 1, 2)[:20], "count of 2"},
		"absurd count":   {legacy(1<<30, "a", 1, 1), "count of 1073741824"},
		"negative count": {legacy(-1, "a", 1, 1), "count of -1"},
		"not a number":   {legacy(1, "a", 1, nan), "no finite number"},
		"negative":       {legacy(1, "a", 1, -1), "no finite number"},
		"no entries":     {legacy(0, "", 0), "is empty"},
	} {
		if _, err := Parse("file.dat", c.data); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "file.dat") {
			t.Errorf("%s: error %v, want one that names file.dat and says %q", name, err, c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.gguf")
	if err := example().Write(path); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(legacy(1, "a.weight", 2, 1, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		for name, v := range m.Importance() {
			for _, x := range v {
				if !(x >= 0) {
					t.Fatalf("%s holds %v", name, x)
				}
			}
		}
	})
}
