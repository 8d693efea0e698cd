package main

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/engine/bench"
)

// column is a class of machines, or this machine held down to one.
type column struct {
	Name    string // native, avx512 or avx2
	Kernel  string // of this engine, "" for its best
	Variant string // of llama.cpp's build
	Class   class  // whose targets hold
}

// class is what a processor has.
type class string

// The classes that targets are set for.
const (
	amx    class = "AMX"
	avx512 class = "AVX-512 without AMX"
	avx2   class = "AVX2"
)

// columns are what a machine of a class can be measured as: itself, and held down.
func columns(c class) []column {
	all := []column{{"native", "", "native", c}, {"avx512", "avx512", "avx512", avx512}, {"avx2", "avx2", "avx2", avx2}}
	switch c {
	case avx512:
		return slices.Delete(all, 1, 2)
	case avx2:
		return all[:1]
	}
	return all
}

// target is what this engine's median is to be, in multiples of others' medians.
type target struct {
	Best    float64 `json:"best"`              // of llama.cpp's best configuration
	Default float64 `json:"default,omitempty"` // of llama.cpp's default, 0 for no target
	Share   float64 `json:"share,omitempty"`   // of the measured bandwidth's roof, 0 for no target
}

// overOther is the multiple of OpenVINO's median that every target asks for on top.
const overOther = 1.5

// row is one line of the table of targets.
type row struct {
	Work    string
	Model   string
	Format  string
	Test    bench.Test
	Targets map[class]target
}

// job is what one interleaved measurement is of: one model file, loaded once by each
// engine and round.
func (r row) job() job { return job{Model: r.Model, Format: r.Format, Kind: kindOf(r.Test)} }

type job struct{ Model, Format, Kind string }

// kindOf says which tests are run together: those that an engine's tool takes in one call.
func kindOf(t bench.Test) string {
	switch {
	case t.Batch > 1:
		return "batched"
	case t.Depth > 0:
		return "deep"
	case t.Prompt > 1024:
		return "long"
	}
	return "short"
}

func (j job) String() string { return j.Model + "/" + j.Format + "/" + j.Kind }

// each has a target of llama.cpp's best for AMX, AVX-512 and AVX2.
func each(a, b, c float64) map[class]target {
	return map[class]target{amx: {Best: a}, avx512: {Best: b}, avx2: {Best: c}}
}

var rows = []row{
	{"decode, batch 1", small, "Q8_0", decode(128, 0, 1), each(1.5, 1.5, 1.2)},
	{"decode, batch 1", small, "Q4_0", decode(128, 0, 1), each(1.5, 1.5, 1.2)},
	{"decode, batch 1", small, "Q4_K_M", decode(128, 0, 1), each(1.5, 1.5, 1.2)},
	{"decode, batch 1", large, "Q4_K_M", decode(64, 0, 1), each(1.5, 1.5, 1.2)},
	{"decode, batch 1", large, "Q8_0", decode(64, 0, 1), map[class]target{
		amx: {Best: 1.2, Share: 0.9}, avx512: {Best: 1.2, Share: 0.9}, avx2: {Best: 1.1},
	}},
	{"decode behind 4096 tokens", small, "Q8_0", decode(32, 4096, 1), map[class]target{
		amx: {Best: 1.5, Default: 3}, avx512: {Best: 1.5, Default: 3}, avx2: {Best: 1.2},
	}},
	{"prefill of 512", small, "Q8_0", prefill(512), each(4, 1.5, 1.2)},
	{"prefill of 512", large, "Q8_0", prefill(512), each(3, 1.5, 1.2)},
	{"prefill of 512", large, "Q4_K_M", prefill(512), each(3, 1.5, 1.2)},
	{"decode of 16, own prompts", small, "Q8_0", decode(64, 128, 16), each(4, 3, 2)},
	{"decode of 32, own prompts", small, "Q8_0", decode(64, 128, 32), each(4, 3, 2)},
	{"prefill of 4096", small, "Q8_0", prefill(4096), each(4, 1.5, 1.2)},
}

func decode(n, depth, batch int) bench.Test {
	return bench.Test{Generate: n, Depth: depth, Batch: batch}
}
func prefill(n int) bench.Test { return bench.Test{Prompt: n, Batch: 1} }

// jobs are all jobs with their tests, the quick ones first.
func jobs() ([]job, map[job][]bench.Test) {
	tests := map[job][]bench.Test{}
	var all []job
	for _, r := range rows {
		j := r.job()
		if tests[j] == nil {
			all = append(all, j)
		}
		tests[j] = append(tests[j], r.Test)
	}
	slices.SortStableFunc(all, func(a, b job) int { return cmp.Compare(effort(a), effort(b)) })
	return all, tests
}

// effort orders jobs by how long they take.
func effort(j job) int {
	n := slices.Index([]string{"short", "batched", "deep", "long"}, j.Kind)
	if j.Model == large {
		n++
	}
	return n
}
