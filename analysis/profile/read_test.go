package profile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

const kernel, model = "github.com/assaylab/assay/engine/kernel.", "github.com/assaylab/assay/engine/model."

func encoded(t testing.TB, stacks ...recordtest.Stack) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := recordtest.Profile(stacks).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParse(t *testing.T) {
	outer, inner := model+"(*State).Forward", kernel+"lineQ4_0AVX2"
	p, err := profile.Parse(encoded(t, recordtest.Stack{Functions: []string{outer, inner}, Samples: 3}, recordtest.Stack{Functions: []string{outer}, Samples: 1}))
	if err != nil {
		t.Fatal(err)
	}
	want := &profile.Profile{PeriodNS: 10e6, SpanNS: 4e9, Samples: []profile.Sample{
		{Stack: []string{outer, inner}, Stage: profile.Matrix, Count: 3, NS: 30e6}, {Stack: []string{outer}, Stage: profile.Scheduling, Count: 1, NS: 10e6}}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

// A profile of memory is none of processor time, and the other way around.
func TestOtherProfiles(t *testing.T) {
	var heap bytes.Buffer
	if err := pprof.WriteHeapProfile(&heap); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Parse(heap.Bytes()); err == nil || !strings.Contains(err.Error(), "expected a CPU profile") {
		t.Error(err)
	}
	if h, err := profile.ParseHeap(heap.Bytes()); err != nil || h.AllocatedBytes < h.InUseBytes {
		t.Errorf("%+v %v", h, err)
	}
	if _, err := profile.ParseHeap(encoded(t)); err == nil || !strings.Contains(err.Error(), "expected a heap profile") {
		t.Error(err)
	}
}

func TestDamagedFiles(t *testing.T) {
	whole := encoded(t, recordtest.Stack{Functions: []string{"a.b"}, Samples: 1})
	for name, data := range map[string][]byte{"empty": {}, "text": []byte("no profile"), "cut": whole[:len(whole)/2]} {
		path := filepath.Join(t.TempDir(), "cpu.pprof")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := profile.Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(encoded(f, recordtest.Stack{Functions: []string{"a.b", "c.d"}, Samples: 2}))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := profile.Parse(data); err == nil {
			profile.Tree(nil, []profile.Run{{Profile: p, Tokens: 1}})
		}
	})
}
