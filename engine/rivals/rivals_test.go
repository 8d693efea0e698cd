package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/machine"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func TestTheToolsLinesAreRead(t *testing.T) {
	got, err := parseLlamaBench([]byte(`{"build_commit": "0c1e570", "n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ts": 1588.25}
{"n_prompt": 0, "n_gen": 32, "n_depth": 4096, "avg_ts": 11.9}
`))
	want := []speed{{Name: "pp512", Rate: 1588.25}, {Name: "tg32@d4096", Rate: 11.9}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("llama-bench: %v, %v, want %v", got, err, want)
	}
	if _, err := parseLlamaBench([]byte("main: error\n")); err == nil {
		t.Error("llama-bench: a line that is no object was taken")
	}
	got, err = parseBatchedBench([]byte("main: n_kv_max = 6144\n\n{\"pp\": 128, \"tg\": 64, \"pl\": 16, \"speed_tg\": 323.5}\n"))
	if want := []speed{{Name: decode(64, 128, 16).Name(), Rate: 323.5}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("llama-batched-bench: %v, %v, want %v", got, err, want)
	}
}

// TestTheSameTestsEverywhere holds the flags given to assay bench against the tests that
// are looked for in its answer.
func TestTheSameTestsEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		tests []bench.Test
		want  string
	}{
		"short":   {[]bench.Test{decode(128, 0, 1), prefill(512)}, "-p 512 -n 128 -d 0"},
		"deep":    {[]bench.Test{decode(32, 4096, 1)}, "-p 0 -n 32 -d 4096"},
		"batched": {[]bench.Test{decode(64, 128, 16), decode(64, 128, 32)}, "-p 0 -n 64 -d 128 -b 16,32 --batch-prompt 128"},
	} {
		if got := strings.Join(matrixFlags(c.tests), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestColumnsOfAClass(t *testing.T) {
	for c, want := range map[class][]class{amx: {amx, avx512, avx2}, avx512: {avx512, avx2}, avx2: {avx2}} {
		var got []class
		for _, col := range columns(c) {
			got = append(got, col.Class)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c, got, want)
		}
	}
	for _, r := range rows {
		for _, c := range []class{amx, avx512, avx2} {
			if r.Targets[c].Best < 1 {
				t.Errorf("%s, %s %s: no target for %s", r.Work, r.Model, r.Format, c)
			}
		}
	}
}

// found is one measurement on a machine of its own, in tokens a second.
func found(c class, r row, ours, share, best, standard, other float64) *Machine {
	at := func(x float64) []Speed {
		if x == 0 {
			return nil
		}
		return []Speed{{Test: r.Test.Name(), Rate: machine.FigureOf([]float64{x - 1, x, x + 1})}}
	}
	mine := at(ours)
	for i := range mine {
		mine[i].Share, mine[i].Bound = machine.FigureOf([]float64{share}), "memory"
	}
	m := &Machine{ID: "0123456789abcdef", CPU: "A processor", Class: c, Threads: 2, Memory: 25e9, Date: "2026-01-02", Kernel: "best", Noise: []string{"others"}}
	m.put(Measured{Column: "native", Job: r.job().String(), Rounds: 3, Date: m.Date, Engines: []Tested{
		{Engine: llama, Configuration: llamaDefault, Speeds: at(standard)},
		{Engine: llama, Configuration: "no flash attention, f16 cache", Speeds: at(best)},
		{Engine: "Assay", Configuration: "q8_0 cache", Speeds: at(2 * ours)},
		{Engine: "Assay", Configuration: "default", Speeds: mine},
		{Engine: openvino, Configuration: "default", Error: map[bool]string{true: "cannot read | it"}[other == 0], Speeds: at(other)},
	}}, names(units(columns(c))))
	return m
}

func rowOf(work, model, format string) row {
	i := slices.IndexFunc(rows, func(r row) bool { return r.Work == work && r.Model == model && r.Format == format })
	return rows[i]
}

func TestVerdicts(t *testing.T) {
	bandwidth, deep := rowOf("decode, batch 1", large, "Q8_0"), rowOf("decode behind 4096 tokens", small, "Q8_0")
	for name, c := range map[string]struct {
		m    *Machine
		row  row
		want string
	}{
		"met":            {found(amx, bandwidth, 125, 0.95, 100, 50, 80), bandwidth, "met"},
		"best counts":    {found(amx, bandwidth, 115, 0.95, 100, 50, 0), bandwidth, "not met: 1.15x of llama.cpp's best, not 1.2x"},
		"bandwidth":      {found(amx, bandwidth, 125, 0.8, 100, 50, 0), bandwidth, "not met: 80 % of the bandwidth's roof, not 90 %"},
		"the other one":  {found(amx, bandwidth, 125, 0.95, 100, 50, 100), bandwidth, "not met: 1.25x of OpenVINO, not 1.5x"},
		"default":        {found(amx, deep, 160, 0.5, 100, 90, 0), deep, "not met: 1.78x of llama.cpp's default, not 3x"},
		"nothing of us":  {found(amx, deep, 0, 0, 100, 90, 0), deep, "not measured"},
		"nothing of all": {&Machine{Class: amx}, deep, "not measured"},
	} {
		if got := judge(c.m, columns(c.m.Class)[0], c.row).words(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	m := found(amx, bandwidth, 115, 0.95, 100, 50, 0)
	if got := missed(m, columns(amx)); len(got) != 1 || !strings.HasPrefix(got[0], "native, decode, batch 1, Llama-1B Q8_0: not met") {
		t.Errorf("missed: %q", got)
	}
}

func TestResultsSurviveTheirFile(t *testing.T) {
	r := rowOf("decode, batch 1", small, "Q8_0")
	want := &Results{Machines: []*Machine{found(amx, r, 300, 0.9, 200, 190, 65), found(avx2, r, 300, 0.9, 200, 190, 0)}}
	want.Machines[1].ID = "another"
	text, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "results.json")
	if err := replace(path, text); err != nil {
		t.Fatal(err)
	}
	got, err := load(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v, want what was written", got, err)
	}
	if err := os.WriteFile(path, text[:len(text)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("half a file gives %v, want an error that names it", err)
	}
}

func TestDocument(t *testing.T) {
	r := rowOf("decode, batch 1", small, "Q8_0")
	got, err := (&Results{Machines: []*Machine{found(amx, r, 300, 0.9, 200, 190, 0)}}).document()
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "document.golden.md")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the document differs from %s: run with -update and inspect the difference", golden)
	}
}

// TestTheDocumentIsOfTheResults holds what is committed together.
func TestTheDocumentIsOfTheResults(t *testing.T) {
	r, err := load(filepath.Join("..", "..", resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Machines) == 0 {
		t.Skip("nothing has been measured yet")
	}
	want, err := r.document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", documentFile))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what %s gives (%v): go run ./engine/rivals -page", documentFile, resultsFile, err)
	}
}

func TestUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"argument": {"now"}, "threads": {"-threads", "0"}, "rounds": {"-rounds", "-1"}, "expression": {"-only", "("},
	} {
		var out, werr bytes.Buffer
		if code := run(t.Context(), &out, &werr, args, t.TempDir()); code != exitUsage || werr.Len() == 0 {
			t.Errorf("%s: exit code %d and %q, want %d and a reason", name, code, werr.String(), exitUsage)
		}
	}
}

// TestTheRandomModelIsReproducible sees that a tensor's values depend on its name alone.
func TestTheRandomModelIsReproducible(t *testing.T) {
	a, b := valuesOf("blk.0.attn_q.weight", false), valuesOf("blk.0.attn_q.weight", false)
	if whole, parts := a(6), append(b(2), b(4)...); !slices.Equal(whole, parts) {
		t.Errorf("in pieces %v, at once %v", parts, whole)
	}
	if other := valuesOf("blk.1.attn_q.weight", false)(6); slices.Equal(other, valuesOf("blk.0.attn_q.weight", false)(6)) {
		t.Error("two tensors have the same values")
	}
	if norm := valuesOf("blk.0.attn_norm.weight", true)(3); !slices.Equal(norm, []float32{1, 1, 1}) {
		t.Errorf("a norm is %v", norm)
	}
}

func TestTheFirstTokens(t *testing.T) {
	f := &gguf.File{KVs: []gguf.KV{
		{Key: "general.name", Value: "x"},
		{Key: "tokenizer.ggml.tokens", Value: []string{"a", "b", "ab", "abb"}},
		{Key: "tokenizer.ggml.token_type", Value: []int32{1, 1, 1, 1}},
		{Key: "tokenizer.ggml.merges", Value: []string{"a b", "ab b"}},
	}}
	got, err := firstTokens(f, 3)
	want := []gguf.KV{
		{Key: "tokenizer.ggml.tokens", Value: []string{"a", "b", "ab"}},
		{Key: "tokenizer.ggml.token_type", Value: []int32{1, 1, 1}},
		{Key: "tokenizer.ggml.merges", Value: []string{"a b"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := firstTokens(f, 5); err == nil {
		t.Error("more tokens than there are were cut off")
	}
}

// TestAnEngineThatFailsOnceHasNoSpeed sees that a failure does not hide behind the rounds
// that went well.
func TestAnEngineThatFailsOnceHasNoSpeed(t *testing.T) {
	var r runsOf
	r.take([]speed{{Name: "pp512", Rate: 100}}, nil)
	r.take(nil, context.DeadlineExceeded)
	if got := r.tested(ours, "default", []bench.Test{prefill(512)}); got.Error == "" || len(got.Speeds) > 0 {
		t.Errorf("%+v, want an error and no speeds", got)
	}
}

// TestHopelessConfigurationsAreLeftOut: a configuration that cannot be its engine's best is not run
// for ever, but no default is left out, nor one that was seen once, nor one that wins a test.
func TestHopelessConfigurationsAreLeftOut(t *testing.T) {
	engines := []engine{assay{}, assay{kv: "q8_0"}, llamaTools{flash: true, kv: "f16"}, llamaTools{kv: "f16"}, llamaTools{flash: true, kv: "q8_0"}}
	rates := func(all ...[2]float64) runsOf { // of two tests, in each round
		r := runsOf{speeds: map[string][]speed{}}
		for _, x := range all {
			r.speeds["pp"] = append(r.speeds["pp"], speed{Name: "pp", Rate: x[0]})
			r.speeds["tg"] = append(r.speeds["tg"], speed{Name: "tg", Rate: x[1]})
		}
		return r
	}
	fast, slow, mixed := rates([2]float64{100, 10}, [2]float64{120, 12}), rates([2]float64{60, 6}, [2]float64{70, 7}), rates([2]float64{60, 6}, [2]float64{70, 8})
	for name, c := range map[string]struct {
		runs []runsOf
		want []bool
	}{
		"slow in both": {[]runsOf{fast, slow, fast, slow, slow}, []bool{false, true, false, true, true}},
		"slow default": {[]runsOf{slow, fast, slow, fast, slow}, []bool{false, false, false, false, true}},
		"near in one":  {[]runsOf{fast, mixed, fast, mixed, fast}, []bool{false, false, false, false, false}},
		"seen once":    {[]runsOf{fast, rates([2]float64{1, 1}), rates([2]float64{100, 10}), slow, fast}, []bool{false, false, false, true, false}},
		"first round":  {make([]runsOf, 5), make([]bool, 5)},
	} {
		for k, want := range c.want {
			if got := hopeless(engines, c.runs, k); got != want {
				t.Errorf("%s: engine %d is hopeless: %v", name, k, got)
			}
		}
	}
}
