package recipe

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/quant"
)

// reference is testdata/choices.json.gz: what llama-quantize chooses (testdata/make.py).
type reference map[string]struct {
	Arch    string
	Keys    map[string]int
	Tensors [][2]json.RawMessage // name, dims
	Choices map[string][]string  // by recipe, "+imatrix" behind its name where one is given
}

func readReference(t *testing.T) reference {
	f, err := os.Open("testdata/choices.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.NewDecoder(z).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestChoicesAreThoseOfLlamaCpp(t *testing.T) {
	models := readReference(t)
	if len(models) != 8 {
		t.Fatalf("%d models, want 8", len(models))
	}
	for name, m := range models {
		shape := Shape{Layers: m.Keys["block_count"], Heads: m.Keys["attention.head_count"], KVHeads: m.Keys["attention.head_count_kv"], Experts: m.Keys["expert_count"]}
		var tensors []Tensor
		for _, raw := range m.Tensors {
			x := Tensor{Format: "F16", Experts: 1}
			if json.Unmarshal(raw[0], &x.Name) != nil || json.Unmarshal(raw[1], &x.Dims) != nil {
				t.Fatalf("%s: %s", name, raw)
			}
			switch len(x.Dims) {
			case 1:
				x.Format = "F32"
			case 3:
				x.Experts = x.Dims[2]
			}
			tensors = append(tensors, x)
		}
		for recipe, want := range m.Choices {
			t.Run(name+"/"+recipe, func(t *testing.T) { compare(t, recipe, shape, tensors, want) })
		}
	}
}

func compare(t *testing.T, name string, shape Shape, tensors []Tensor, want []string) {
	plain, imatrix := strings.CutSuffix(name, "+imatrix")
	r, err := ByName(plain)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Choose(shape, tensors, Options{Imatrix: imatrix})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got {
		if c.Format.Name != want[i] {
			t.Errorf("%s is %s (%s), want %s", tensors[i].Name, c.Format, c.Why, want[i])
		}
	}
}

func TestOverrides(t *testing.T) {
	r, _ := ByName("q4_k_m")
	tensors := []Tensor{
		{Name: "blk.0.ffn_up.weight", Dims: []int{256, 64}, Format: "F16", Experts: 1},
		{Name: "blk.0.ffn_down.weight", Dims: []int{64, 256}, Format: "F16", Experts: 1},
		{Name: "blk.0.ffn_norm.weight", Dims: []int{256}, Format: "F32", Experts: 1},
	}
	override := func(text string) Override {
		o, err := ParseOverride(text)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	got, err := r.Choose(Shape{Layers: 1}, tensors, Options{Overrides: []Override{override(`ffn_up=Q8_0`), override(`ffn_(up|down)=f16`)}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Choice{{format("Q8_0"), "override"}, {format("F16"), "override"}, {format("F32"), "kept"}} {
		if got[i].Format.Name != want.Format.Name || got[i].Why != want.Why {
			t.Errorf("%s: %s (%s), want %s (%s)", tensors[i].Name, got[i].Format, got[i].Why, want.Format, want.Why)
		}
	}
	for text, says := range map[string]string{"nothing=Q8_0": "no tensor", "ffn_norm=Q8_0": "no tensor", "down=Q6_K": "rows of 64"} {
		if _, err := r.Choose(Shape{}, tensors, Options{Overrides: []Override{override(text)}}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", text, err, says)
		}
	}
	for text, says := range map[string]string{"Q8_0": "REGEX=FORMAT", "=Q8_0": "REGEX=FORMAT", "a(=Q8_0": "missing closing", "a=Q9": "Q9"} {
		if _, err := ParseOverride(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", text, err, says)
		}
	}
}

func TestByName(t *testing.T) {
	for name, want := range map[string]string{"q4_k": "Q4_K_M", "Q3_K": "Q3_K_M", "Q5_K": "Q5_K_M", "iq4_xs": "IQ4_XS", "mxfp4": "MXFP4_MOE"} {
		if r, err := ByName(name); err != nil || r.Name != want {
			t.Errorf("%s is %s (%v), want %s", name, r.Name, err, want)
		}
	}
	for name, says := range map[string]string{"Q8": "did you mean Q8_0?", "Q4KM": "did you mean Q4_K_M?", "nothing": "expected one of F32"} {
		if _, err := ByName(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, says)
		}
	}
	bits := 1e9
	for _, r := range All {
		f, err := quant.ByName(r.Base)
		if err != nil {
			t.Fatal(err)
		}
		if back, ok := ByFileType(r.FileType); !ok || back.Name != r.Name || f.Bits() > bits {
			t.Errorf("%s: file type %d is %s; %.2f bits after %.2f", r.Name, r.FileType, back.Name, f.Bits(), bits)
		}
		bits = f.Bits()
	}
}
