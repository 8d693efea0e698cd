package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/models"
)

// embedded opens the small embedded model.
func embedded(t *testing.T) (*gguf.File, *model.Model) {
	t.Helper()
	const name = models.Prefix + "gopherling-2m"
	data, err := models.GGUF(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	kernels, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(f, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return f, m
}

func TestNames(t *testing.T) {
	for want, test := range map[string]Test{
		"pp512": {Prompt: 512, Batch: 1}, "tg128": {Generate: 128, Batch: 1}, "tg128@d4096": {Generate: 128, Depth: 4096, Batch: 1},
		"tg32 b16": {Generate: 32, Batch: 16}, "tg32 b16@d128": {Generate: 32, Batch: 16, Depth: 128}, "pp8@d1": {Prompt: 8, Depth: 1, Batch: 1},
	} {
		if got := test.Name(); got != want {
			t.Errorf("%+v: %q, want %q", test, got, want)
		}
	}
}

func TestMatrix(t *testing.T) {
	x := Matrix{Prompts: []int{8, 0}, Generates: []int{4}, Depths: []int{0, 16, 16}, Batches: []int{1, 3}, BatchPrompt: 16, Threads: []int{1, 2}, KV: []string{"f32", "bf16"}}
	var names []string
	for _, t := range x.Tests() {
		if t.Threads == 2 && t.KV == "bf16" {
			names = append(names, t.Name())
		}
	}
	// A batch of one behind 16 tokens is tg4@d16, which is there already.
	if want := []string{"pp8", "tg4", "pp8@d16", "tg4@d16", "tg4 b3@d16"}; !slices.Equal(names, want) || len(x.Tests()) != 4*len(want) {
		t.Errorf("%v of %d tests, want %v", names, len(x.Tests()), want)
	}
}

// TestRunsAreIndependent holds a test's logits, bit for bit, against those of a runner
// that has run nothing else: whatever ran before, in whatever passes, the sequence is
// the same.
func TestRunsAreIndependent(t *testing.T) {
	_, m := embedded(t)
	tests := []Test{
		{Prompt: 24, Batch: 1, Threads: 1, KV: "bf16"}, {Generate: 5, Batch: 1, Threads: 1, KV: "bf16"},
		{Generate: 3, Depth: 21, Batch: 1, Threads: 2, KV: "bf16"}, {Prompt: 9, Depth: 30, Batch: 1, Threads: 1, KV: "bf16"},
		{Generate: 4, Depth: 10, Batch: 3, Threads: 1, KV: "bf16"}, {Generate: 4, Depth: 10, Batch: 3, Threads: 1, KV: "q8_0"},
	}
	shared, err := NewRunner(m, tests, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	for range 2 {
		for _, x := range tests {
			got := logitsOf(t, shared, x)
			alone, err := NewRunner(m, []Test{x}, 512)
			if err != nil {
				t.Fatal(err)
			}
			want := logitsOf(t, alone, x)
			alone.Close()
			if len(got) != x.Batch*m.Vocab || !slices.Equal(got, want) {
				t.Errorf("%s, %s cache: the last logits differ", x.Name(), x.KV)
			}
			if x.Batch > 1 && slices.Equal(got[:m.Vocab], got[m.Vocab:2*m.Vocab]) {
				t.Errorf("%s: two sequences are the same", x.Name())
			}
		}
	}
}

func logitsOf(t *testing.T, r *Runner, x Test) []float32 {
	t.Helper()
	if err := r.Fill(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(r.pass.Out)
}

func TestRefusedTests(t *testing.T) {
	_, m := embedded(t)
	good := Test{Prompt: 4, Batch: 1, Threads: 1, KV: "f32"}
	for _, c := range []struct {
		name  string
		tests []Test
		chunk int
		says  string
	}{
		{"none", nil, 1, "no test"},
		{"no rows", []Test{good}, 0, "passes of 0 rows"},
		{"no batch", []Test{{Prompt: 1, Threads: 1, KV: "f32"}}, 1, "a batch of 0"},
		{"no threads", []Test{{Prompt: 1, Batch: 1, KV: "f32"}}, 1, "0 threads"},
		{"too long", []Test{{Generate: 1, Depth: m.Context, Batch: 1, Threads: 1, KV: "f32"}}, 1, "has a context of"},
		{"cache", []Test{{Generate: 1, Batch: 1, Threads: 1, KV: "q9"}}, 1, `"q9"`},
	} {
		r, err := NewRunner(m, c.tests, c.chunk)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func TestCacheBytes(t *testing.T) {
	_, m := embedded(t)
	perToken, err := model.CacheBytesPerToken(m.Config, "f32")
	if err != nil {
		t.Fatal(err)
	}
	// Sequence 0 needs 20 positions and the other 10: 2 blocks and 1.
	got, err := CacheBytes(m.Config, []Test{{Prompt: 20, Batch: 1, KV: "f32"}, {Generate: 4, Depth: 6, Batch: 2, KV: "f32"}})
	if want := int64(3 * blockSize * perToken); err != nil || got != want {
		t.Errorf("%d bytes, %v; want %d", got, err, want)
	}
	if _, err := CacheBytes(m.Config, []Test{{KV: "x"}}); err == nil {
		t.Error("accepted the cache format x")
	}
}

// scripted is a clock that advances by the next of its steps at every second reading.
func scripted(steps ...time.Duration) func() time.Time {
	now, reads := time.Unix(0, 0), 0
	return func() time.Time {
		if reads%2 == 1 {
			now = now.Add(steps[(reads/2)%len(steps)])
		}
		reads++
		return now
	}
}

func TestMeasure(t *testing.T) {
	f, m := embedded(t)
	costs, err := NewCosts(f, m, "bf16")
	if err != nil {
		t.Fatal(err)
	}
	tests := []Test{{Prompt: 10, Batch: 1, Threads: 1, KV: "bf16"}, {Generate: 2, Depth: 3, Batch: 5, Threads: 1, KV: "bf16"}}
	r, err := NewRunner(m, tests, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	samples := 0
	var said []string
	p := Plan{
		Tests: tests, Rounds: 3, Class: "some", Say: func(s string) { said = append(said, s) },
		Now: scripted(time.Second, 2*time.Second, 5*time.Second, time.Second, 2*time.Second, 4*time.Second),
		Bandwidth: func(int) Probe {
			return func(context.Context) float64 { samples++; return float64(samples) * 1e6 }
		},
	}
	all, err := Measure(t.Context(), r, map[string]*Costs{"bf16": costs}, p)
	if err != nil || len(all) != 2 {
		t.Fatal(err, all)
	}
	// 10 tokens each run, in 1, 5 and 2 seconds and in 2, 1 and 4.
	for i, want := range [][]float64{{10, 2, 5}, {5, 10, 2.5}} {
		if got := all[i].Speed; !slices.Equal(got.Samples, want) || got.Median != 5 {
			t.Errorf("%s: %+v, want %v", all[i].Name, got, want)
		}
	}
	prefill := costs.Prefill(10, 0, 4)
	seconds := prefill.Bytes / 3e6 // the best of the three samples
	if x := all[0]; x.Cost != prefill || x.Rates != (Rates{3e6, 0, "some"}) || x.Roof != (Roof{seconds, Memory}) || x.Share != seconds*5/10 {
		t.Errorf("%+v", x)
	}
	if all[1].Cost != costs.Decode(2, 3, 5) || samples != 3 || len(said) != 2+3*2 {
		t.Errorf("%+v, %d samples, said %q", all[1], samples, said)
	}
}

// TestMeasureInterrupted keeps what there is.
func TestMeasureInterrupted(t *testing.T) {
	f, m := embedded(t)
	costs, err := NewCosts(f, m, "bf16")
	if err != nil {
		t.Fatal(err)
	}
	tests := []Test{{Prompt: 4, Batch: 1, Threads: 1, KV: "bf16"}, {Generate: 2, Batch: 1, Threads: 1, KV: "bf16"}}
	r, err := NewRunner(m, tests, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p := Plan{Tests: tests, Rounds: 9, Now: scripted(time.Second), Say: func(s string) {
		if s == "round 2 of 9: tg2" {
			cancel()
		}
	}}
	all, err := Measure(ctx, r, map[string]*Costs{"bf16": costs}, p)
	if err != context.Canceled || len(all) != 2 || len(all[0].Speed.Samples) != 2 || len(all[1].Speed.Samples) != 1 || all[0].Roof.Bound != "" {
		t.Errorf("%v, %+v", err, all)
	}
}
