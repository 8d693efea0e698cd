package eval_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/recipe"
)

// Every set predicts what the generic one does, bit for bit, where no position is a prompt's.
func TestKernelsPredictAlike(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	ids := windows(t, "gopherling-2m", 1)[0].IDs[:60]
	for _, format := range perplexityFormats {
		file := converted(t, "gopherling-2m", format)
		reference := eval.Subject{Model: loadFile(t, file, sets[0]), KVFormat: "bf16"}
		for _, set := range sets[1:] {
			values, err := compare(reference, []eval.Subject{{Model: loadFile(t, file, set), KVFormat: "bf16"}}, ids)
			if err != nil {
				t.Fatal(err)
			}
			if v := values[0]; !slices.Equal(v.NLL, v.RefNLL) || mean(v.KL) != 0 {
				t.Errorf("%s, %s: mean KL from the generic set is %g nats", set.Name, format, mean(v.KL))
			}
		}
	}
}

var perplexityFormats = []string{"BF16", "Q8_0", "Q4_0", "Q4_K_M"}

const (
	// perplexityTolerance is what arithmetic of its own may change a perplexity by.
	perplexityTolerance = 1e-3
	// perplexityWindows, of 511 predictions each, have differences of rounding cancel out below
	// it: with a divergence of 6e-4 nats the standard error is 0.03 %, of one window 0.15 %.
	perplexityWindows = 24
)

// Where a set computes prompts otherwise, it predicts as well.
func TestPerplexityOfKernels(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	best := sets[len(sets)-1]
	if testing.Short() {
		t.Skip("few windows say nothing, many take long")
	}
	if !best.Prompts() {
		t.Skip("no set of this machine computes otherwise than the generic one")
	}
	plain := sets[len(sets)-2] // as the generic one, and faster
	var all [][]int32
	for _, w := range windows(t, "gopherling-7m", perplexityWindows) {
		all = append(all, w.IDs)
	}
	for _, format := range perplexityFormats {
		file, ids := converted(t, "gopherling-7m", format), all
		if format == "BF16" { // where no rounding to integers amplifies a difference
			ids = all[:2]
		}
		prompt := eval.Subject{Model: loadFile(t, file, best), KVFormat: "bf16", AsPrompt: true}
		values, err := compare(eval.Subject{Model: loadFile(t, file, plain), KVFormat: "bf16"}, []eval.Subject{prompt}, ids...)
		if err != nil {
			t.Fatal(err)
		}
		v := values[0]
		change := math.Expm1(mean(v.NLL) - mean(v.RefNLL))
		t.Logf("%s, %s: perplexity %.5f, %+.4f %% of %.5f; mean KL %.2g nats", best.Name, format, math.Exp(mean(v.NLL)), 100*change, math.Exp(mean(v.RefNLL)), mean(v.KL))
		if math.Abs(change) > perplexityTolerance {
			t.Errorf("%s, %s: perplexity differs by %.3f %%, want %.1f %% at most", best.Name, format, 100*change, 100*perplexityTolerance)
		}
	}
}

// A cache in eight bits costs less than a thousandth of the perplexity. Of four bits, a
// rotation and scales per channel give something back.
func TestPerplexityOfCaches(t *testing.T) {
	if testing.Short() {
		t.Skip("few windows say nothing, many take long")
	}
	var ids [][]int32
	for _, w := range windows(t, "gopherling-7m", perplexityWindows) {
		ids = append(ids, w.IDs)
	}
	m := load(t, "gopherling-7m")
	formats := []string{"q8_0", "q4_0", "q4_0+hadamard", "q4_0+channel"}
	var subjects []eval.Subject
	for _, f := range formats {
		subjects = append(subjects, eval.Subject{Model: m, KVFormat: f})
	}
	values, err := compare(eval.Subject{Model: m, KVFormat: "f32"}, subjects, ids...)
	if err != nil {
		t.Fatal(err)
	}
	kl := map[string]float64{}
	for i, v := range values {
		change := math.Expm1(mean(v.NLL) - mean(v.RefNLL))
		kl[formats[i]] = mean(v.KL)
		t.Logf("%s: perplexity %.5f, %+.4f %% of %.5f; mean KL %.2g nats", formats[i], math.Exp(mean(v.NLL)), 100*change, math.Exp(mean(v.RefNLL)), mean(v.KL))
		if i == 0 && math.Abs(change) > 1e-3 {
			t.Errorf("%s: perplexity differs by %.3f %%, want 0.1 %% at most", formats[i], 100*change)
		}
	}
	if !(kl["q8_0"] < kl["q4_0"]/20 && kl["q4_0+hadamard"] < kl["q4_0"] && kl["q4_0+channel"] < kl["q4_0"]) {
		t.Errorf("mean KL in nats: %v", kl)
	}
}

// Positions are a prompt's where that is asked for, and it is a prompt's in every piece.
func TestAsPrompt(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	m := loadFile(t, converted(t, "gopherling-2m", "Q8_0"), sets[len(sets)-1])
	ids := windows(t, "gopherling-2m", 1)[0].IDs[:150] // in three pieces
	plain := eval.Subject{Model: m, KVFormat: "f32"}
	prompt := plain
	prompt.AsPrompt = true
	values, err := compare(plain, []eval.Subject{plain, prompt}, ids)
	if err != nil {
		t.Fatal(err)
	}
	if same := mean(values[1].KL) == 0; same == m.Prompts() {
		t.Errorf("as a prompt, mean KL is %g nats; two classes: %v", mean(values[1].KL), m.Prompts())
	}
	for piece := range 2 { // of 64 positions
		part := values[1].KL[64*piece : 64*(piece+1)]
		if kl := mean(part); kl > 1e-2 || (kl > 0) != m.Prompts() {
			t.Errorf("piece %d, as a prompt: mean KL is %g nats; two classes: %v", piece, kl, m.Prompts())
		}
	}
}

// converted is an embedded model's file in a format of assay quantize.
func converted(t *testing.T, name, format string) []byte {
	f, err := gguf.Open("../models/" + name + "-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := recipe.ByName(format)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := checkpoint.Plan(f, r, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	if err := gguf.Write(&file, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func loadFile(t *testing.T, file []byte, set *kernel.Set) *model.Model {
	f, err := gguf.Parse("converted", file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(f, set)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
