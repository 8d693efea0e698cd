package checkpoint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/recipe"
)

const (
	large = "../models/gopherling-7m-bf16.gguf"
	small = "../models/gopherling-2m-bf16.gguf"
)

func kernels(t *testing.T) *kernel.Set {
	k, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openTest(t *testing.T, path string) *Checkpoint {
	c, err := Open(path, kernels(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// requantizedFile is path's file in another format, through the writer and the parser.
func requantizedFile(t *testing.T, f *gguf.File, to string) *gguf.File {
	t.Helper()
	r := mustRecipe(to)
	steps, err := Plan(f, r, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	kvs, tensors := Requantize(f, r, steps)
	var b bytes.Buffer
	if err := gguf.Write(&b, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	out, err := gguf.Parse("requantized", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOpenReadsAllParts(t *testing.T) {
	c := openTest(t, large)
	if c.Model.Name != "gopherling-7m" || c.Model.Layers != 8 || c.Model.Vocab != 4096 || c.Model.Context != 1024 {
		t.Errorf("config is %+v", c.Model.Config)
	}
	if got := c.Tokenizer.Encode("func main() {", true); len(got) < 3 || got[0] != c.Tokenizer.BOS() {
		t.Errorf("encoded to %v, want a begin-of-text token and some more", got)
	}
	if c.Chat == nil {
		t.Error("the chat template is missing")
	}
	if got := c.special(c.Tokenizer.EOS()); got != "<|endoftext|>" {
		t.Errorf("the end-of-text token is spelled %q", got)
	}
	if Format(c.File) != "BF16" || Mixed(c.File) {
		t.Errorf("format %s, mixed %v; want BF16 alone", Format(c.File), Mixed(c.File))
	}
}

func TestRequantizeStoresWhatTheFormatDefines(t *testing.T) {
	f := openTest(t, small).File
	for _, to := range []string{"F16", "Q8_0", "Q4_1", "Q4_0", "Q5_0", "Q5_1"} {
		t.Run(to, func(t *testing.T) {
			g := requantizedFile(t, f, to)
			if Format(g) != to || Mixed(g) {
				t.Errorf("the file is %s, mixed %v", Format(g), Mixed(g))
			}
			for _, was := range f.Tensors {
				sameValues(t, was, g, to)
			}
			if _, err := New(g, kernels(t)); err != nil {
				t.Errorf("the result does not load: %v", err)
			}
		})
	}
}

// sameValues checks one tensor against quantizing its values directly.
func sameValues(t *testing.T, was gguf.Tensor, g *gguf.File, to string) {
	t.Helper()
	got, err := g.Tensor(was.Name)
	if err != nil {
		t.Fatal(err)
	}
	want := to
	switch {
	case len(was.Dims) == 1:
		want = was.Type.String() // vectors are not touched
	case was.Name == "token_embd.weight" && (strings.HasPrefix(to, "Q4") || strings.HasPrefix(to, "Q5")):
		want = "Q6_K" // the tied head
	}
	if got.Type.String() != want || !slices.Equal(got.Dims, was.Dims) {
		t.Fatalf("%s is %s %v, want %s %v", was.Name, got.Type, got.Dims, want, was.Dims)
	}
	from, _ := quant.ByName(was.Type.String())
	format, _ := quant.ByName(want)
	values := make([]float32, len(was.Data)/from.BlockBytes*from.BlockElems)
	from.Dequantize(values, was.Data)
	data := make([]byte, format.RowBytes(len(values)))
	format.Quantize(data, values)
	if !bytes.Equal(got.Data, data) {
		t.Errorf("%s: the data are not those of %s", was.Name, want)
	}
}

func TestRequantizeNeverGoesUpward(t *testing.T) {
	q4 := requantizedFile(t, openTest(t, small).File, "Q4_0")
	for _, to := range []string{"Q4_1", "Q8_0", "BF16", "F32"} {
		if _, err := Plan(q4, mustRecipe(to), nil, nil); err == nil || !strings.Contains(err.Error(), "upward") || !strings.Contains(err.Error(), "tensor ") {
			t.Errorf("Q4_0 to %s: error %v, want one that names a tensor", to, err)
		}
	}
	if _, err := Plan(q4, mustRecipe("Q4_0"), nil, nil); err != nil {
		t.Errorf("Q4_0 to Q4_0: %v", err)
	}
}

func mustRecipe(name string) recipe.Recipe {
	r, err := recipe.ByName(name)
	if err != nil {
		panic(err)
	}
	return r
}

func TestPlanFallsBackWhereRowsDoNotDivide(t *testing.T) {
	var b bytes.Buffer
	err := gguf.Write(&b, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, []gguf.TensorData{
		{Name: "odd.weight", Dims: []int{48, 2}, Type: 0, Write: gguf.Bytes(make([]byte, 48*2*4))}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse("odd.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	steps, err := Plan(f, mustRecipe("Q8_0"), nil, nil)
	if err != nil || steps[0].To.Name != "F16" || steps[0].Why != "rows of 48" || steps[0].Bytes() != 48*2*2 {
		t.Errorf("steps are %+v, error %v; want F16, for rows of 48", steps, err)
	}
	override, _ := recipe.ParseOverride("odd=Q8_0")
	if _, err := Plan(f, mustRecipe("Q8_0"), []recipe.Override{override}, nil); err == nil || !strings.Contains(err.Error(), "odd.gguf: tensor odd.weight has rows of 48") {
		t.Errorf("error is %v", err)
	}
	if _, err := Plan(f, mustRecipe("F16"), nil, Importance{"odd.weight": make([]float32, 47)}); err == nil || !strings.Contains(err.Error(), "47 values, expected 48") {
		t.Errorf("error is %v", err)
	}
}

func TestCompatible(t *testing.T) {
	a, b := openTest(t, large), openTest(t, small)
	if err := a.Compatible(b); err != nil {
		t.Errorf("the draft of the same tokenizer: %v", err)
	}
	if err := b.Compatible(a); err == nil || !strings.Contains(err.Error(), "parameters, more than the") {
		t.Errorf("a draft model that is larger: %v", err)
	}
}

func TestNewRefusesAForeignTokenizer(t *testing.T) {
	f := openTest(t, small).File
	for name, change := range map[string]gguf.KV{
		"another kind":      {Key: "tokenizer.ggml.model", Value: "llama"},
		"another pre":       {Key: "tokenizer.ggml.pre", Value: "klingon"},
		"too few tokens":    {Key: "tokenizer.ggml.tokens", Value: []string{"a", "b"}},
		"a broken template": {Key: "tokenizer.chat_template", Value: "{% for %}"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			kvs := slices.Clone(f.KVs)
			for i := range kvs {
				if kvs[i].Key == change.Key {
					kvs[i] = change
				}
			}
			var tensors []gguf.TensorData
			for _, x := range f.Tensors {
				tensors = append(tensors, x.ToWrite())
			}
			if err := gguf.Write(&b, kvs, tensors); err != nil {
				t.Fatal(err)
			}
			g, err := gguf.Parse("changed.gguf", b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := New(g, kernels(t)); err == nil || !strings.Contains(err.Error(), "changed.gguf") {
				t.Errorf("error is %v, want one that names the file", err)
			}
		})
	}
}
