package trial

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/experiments/target"
)

// profiledFake gives made-up profiles, and says in which order it was asked.
type profiledFake struct {
	*fake
	cpu   []byte
	begin error
	asked []string
}

func (f *profiledFake) Stats(ctx context.Context) (target.Stats, error) {
	f.asked = append(f.asked, "stats")
	return f.fake.Stats(ctx)
}

func (f *profiledFake) BeginProfile(context.Context, int) error {
	f.asked = append(f.asked, "begin")
	return f.begin
}

func (f *profiledFake) EndProfile(context.Context) ([]byte, error) {
	f.asked = append(f.asked, "end")
	return f.cpu, nil
}

func (f *profiledFake) HeapProfile(context.Context) ([]byte, error) {
	f.asked = append(f.asked, "heap")
	var b bytes.Buffer
	err := pprof.WriteHeapProfile(&b)
	return b.Bytes(), err
}

func newProfiledFake(t *testing.T) *profiledFake {
	t.Helper()
	var b bytes.Buffer
	p := recordtest.Profile([]recordtest.Stack{{Functions: []string{"github.com/assaylab/assay/engine/kernel.lineQ4_0AVX2"}, Samples: 3}, {Functions: []string{"runtime.mallocgc"}, Samples: 1}})
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return &profiledFake{fake: newFake(t), cpu: b.Bytes()}
}

// The profile covers what the counters do: it begins when the warm-up has ended and ends when all is idle.
func TestProfiledTrial(t *testing.T) {
	f := newProfiledFake(t)
	c := config(t, f.fake)
	c.Target, c.Profile = f, Profile{RateHz: 100, Heap: true}
	r, err := Run(t.Context(), c)
	if err != nil || r.Status != record.StatusOK {
		t.Fatalf("%+v %v", r, err)
	}
	p := r.Profile
	if p == nil || p.RateHz != 100 || p.Samples != 4 || p.CPUNS != 40e6 || p.DurationNS != 4e9 || p.Missing != "" || p.Heap == nil {
		t.Fatalf("%+v", p)
	}
	if want := []record.StageTime{{Stage: "matrix", NS: 30e6, Share: .75}, {Stage: "gc", NS: 10e6, Share: .25}}; !slices.Equal(p.Stages, want) {
		t.Errorf("%+v", p.Stages)
	}
	if data, err := os.ReadFile(filepath.Join(c.Dir, record.CPUProfileFile)); err != nil || !bytes.Equal(data, f.cpu) {
		t.Errorf("%d bytes on disk, %v", len(data), err)
	}
	if !exists(t, filepath.Join(c.Dir, record.HeapProfileFile)) {
		t.Error("no heap profile on disk")
	}
	order := strings.Join(slices.Compact(f.asked), " ")
	if !strings.HasPrefix(order, "stats heap begin stats") || !strings.HasSuffix(order, "stats end heap") {
		t.Errorf("asked in the order %s", order)
	}
}

// A profile that cannot be had is said to be missing, and fails no trial.
func TestProfileThatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*profiledFake)
		want string
	}{
		{"an older build", func(f *profiledFake) { f.begin = target.ErrNoProfile }, "this build of the engine"},
		{"a refusal", func(f *profiledFake) { f.begin = errors.New("409 Conflict") }, "409 Conflict"},
		{"damaged", func(f *profiledFake) { f.cpu = f.cpu[:5] }, "the engine's CPU profile: not a"},
	} {
		f := newProfiledFake(t)
		c.edit(f)
		x := config(t, f.fake)
		x.Target, x.Profile = f, Profile{RateHz: 100}
		r, err := Run(t.Context(), x)
		if err != nil || r.Status != record.StatusOK || r.Profile == nil || !strings.Contains(r.Profile.Missing, c.want) || r.Profile.Samples != 0 {
			t.Errorf("%s: %+v %+v %v", c.name, r.Profile, r.Status, err)
		}
		if exists(t, filepath.Join(x.Dir, record.CPUProfileFile)) {
			t.Errorf("%s: there is a file", c.name)
		}
	}
	f := newFake(t)
	x := config(t, f)
	x.Profile = Profile{RateHz: 100}
	if r, err := Run(t.Context(), x); err != nil || r.Profile == nil || !strings.Contains(r.Profile.Missing, "this build") {
		t.Errorf("a target that gives none: %+v %v", r.Profile, err)
	}
	if r, err := Run(t.Context(), config(t, newFake(t))); err != nil || r.Profile != nil {
		t.Errorf("none was wanted: %+v %v", r.Profile, err)
	}
}
