package convert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// fixtureFiles are the GGUF files that the reference converter made.
func fixtureFiles(t *testing.T) map[string]*gguf.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(fixtures, "gguf", "*.gguf"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("found %d files, %v", len(paths), err)
	}
	files := map[string]*gguf.File{}
	for _, path := range paths {
		f, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		files[strings.TrimSuffix(filepath.Base(path), ".gguf")] = f
	}
	return files
}

// folderOf writes a GGUF file as a directory.
func folderOf(t *testing.T, f *gguf.File, o FolderOptions) (dir string, warnings []string) {
	t.Helper()
	folder, err := OpenFile(f, o)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "model")
	if err := folder.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	return dir, folder.Summary().Warnings
}

// TestThereAndBack: a GGUF file made into a directory and back is the same file, byte by byte.
func TestThereAndBack(t *testing.T) {
	for name, f := range fixtureFiles(t) {
		t.Run(name, func(t *testing.T) {
			dir, _ := folderOf(t, f, FolderOptions{Type: Auto})
			got, data := convert(t, dir, Options{Type: "F32"})
			compareKeys(t, got, f, nil)
			if strings.HasSuffix(name, "-sharded") { // the order of its tensors is that of the shards it was made from
				byName := func(a, b gguf.Tensor) int { return strings.Compare(a.Name, b.Name) }
				slices.SortFunc(got.Tensors, byName)
				slices.SortFunc(f.Tensors, byName)
				compareTensors(t, got, f)
				return
			}
			compareTensors(t, got, f)
			if want, err := os.ReadFile(filepath.Join(fixtures, "gguf", name+".gguf")); err != nil || !bytes.Equal(data, want) {
				t.Errorf("the files are not the same bytes: %v", err)
			}
		})
	}
}

// TestBackAndThere: a directory made into a GGUF file and back has the same tensors, byte by
// byte, the same configuration and the same tokenizer as the library that wrote it.
func TestBackAndThere(t *testing.T) {
	for name := range fixtureFiles(t) {
		t.Run(name, func(t *testing.T) {
			from := filepath.Join(fixtures, "hf", name)
			config, _, err := readObject(from, "config.json", maxConfig)
			if err != nil {
				t.Fatal(err)
			}
			to := map[string]string{"bfloat16": "BF16", "float32": "F32"}[config.str("dtype")]
			f, _ := convert(t, from, Options{Type: to, Name: name})
			dir, _ := folderOf(t, f, FolderOptions{Type: Auto})
			got, want := weights(t, dir), weights(t, from)
			if !maps.EqualFunc(got, want, func(a, b rawTensor) bool { return reflect.DeepEqual(a, b) }) {
				t.Errorf("tensors differ: %v and %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			compareConfigs(t, dir, from)
			compareTokenizers(t, dir, from)
		})
	}
}

// otherConfig are keys of the fixtures' config.json that are not written the same way, and why.
var otherConfig = map[string]string{
	"rope_parameters":      "written in the keys that older readers take, too; the way back holds it to the same values",
	"transformers_version": "nothing made by that library", "model_type": "a mistral of GGUF is a llama", "architectures": "as model_type",
	"_sliding_window_pattern": "written without the underscore", "num_local_experts": "written by its published name, num_experts",
	"attention_dropout": "for training", "resid_pdrop": "for training", "embd_pdrop": "for training", "initializer_range": "for training", "router_aux_loss_coef": "for training",
	"use_cache": "the default", "max_window_layers": "without effect where no window is used", "sliding_window": "as max_window_layers, or none", "head_dim": "hidden_size / num_attention_heads in phi3",
	"layer_types": "where all are alike", "use_bidirectional_attention": "the default",
}

func compareConfigs(t *testing.T, dir, from string) {
	t.Helper()
	got, _, errG := readObject(dir, "config.json", maxConfig)
	want, _, errW := readObject(from, "config.json", maxConfig)
	if errG != nil || errW != nil {
		t.Fatal(errG, errW)
	}
	for key, w := range want.values {
		g, ok := got.values[key]
		if a, isA := number(g); isA {
			if b, isB := number(w); isB && a == b {
				continue
			}
		}
		elsewhere := key == "model_type" || key == "architectures" || key == "rope_parameters"
		if _, may := otherConfig[key]; !reflect.DeepEqual(g, w) && (ok && !elsewhere || !may) {
			t.Errorf("%s: found %v, want %v", key, g, w)
		}
	}
	a, errA := readSource(dir)
	b, errB := readSource(from)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.arch.name != b.arch.name || !maps.Equal(a.sizes, b.sizes) || a.tied() != b.tied() || a.rope.kind != b.rope.kind || a.rope.local != b.rope.local {
		t.Errorf("found %v %v %v, want %v %v %v", a.arch.name, a.sizes, a.rope, b.arch.name, b.sizes, b.rope)
	}
	for key, w := range b.rope.values {
		if g := a.rope.values[key]; key != "rope_type" && key != "type" && fmt.Sprint(g) != fmt.Sprint(w) && !sameNumber(g, w) {
			t.Errorf("rope: %s: found %v, want %v", key, g, w)
		}
	}
}

func sameNumber(a, b any) bool {
	x, okX := number(a)
	y, okY := number(b)
	return okX && okY && x == y
}

// compareTokenizers holds tokenizer.json against the one that the tokenizers library wrote: the
// same but for special tokens, which may stand in the vocabulary, too, and type ids.
func compareTokenizers(t *testing.T, dir, from string) {
	t.Helper()
	got, want := tokenizerObject(t, dir), tokenizerObject(t, from)
	phi := strings.HasPrefix(filepath.Base(from), "phi3") // whose special tokens strip by what GGUF's readers assume
	for _, o := range []map[string]any{got, want} {
		model := o["model"].(map[string]any)
		for _, a := range o["added_tokens"].([]any) {
			delete(model["vocab"].(map[string]any), a.(map[string]any)["content"].(string))
			if phi {
				delete(a.(map[string]any), "rstrip")
			}
		}
		dropTypeIDs(o["post_processor"])
	}
	for key, w := range want {
		if !reflect.DeepEqual(got[key], w) {
			g, _ := json.Marshal(got[key])
			text, _ := json.Marshal(w)
			t.Errorf("%s: found\n%.1500s\nwant\n%.1500s", key, g, text)
		}
	}
}

func tokenizerObject(t *testing.T, dir string) map[string]any {
	t.Helper()
	o, ok, err := readObject(dir, "tokenizer.json", maxTokenizer)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return o.values
}

func dropTypeIDs(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "type_id")
		for _, item := range v {
			dropTypeIDs(item)
		}
	case []any:
		for _, item := range v {
			dropTypeIDs(item)
		}
	}
}

// TestEmbedded writes the models of this repository, whose files are not a converter's: the way
// back has all their keys and tensors, and the tokenizer is the one that they were trained with.
func TestEmbedded(t *testing.T) {
	for _, name := range models.Names() {
		data, err := models.GGUF(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		dir, warnings := folderOf(t, f, FolderOptions{Type: Auto})
		for _, w := range warnings {
			if !strings.Contains(w, "keep a wider type") {
				t.Errorf("%s: warning %q", name, w)
			}
		}
		got, _ := convert(t, dir, Options{Type: "BF16"})
		for _, kv := range f.KVs {
			compareValue(t, got, f, kv.Key)
		}
		for _, w := range f.Tensors {
			g, err := got.Tensor(w.Name)
			if err != nil || g.Type != w.Type || !slices.Equal(g.Dims, w.Dims) || !bytes.Equal(g.Data, w.Data) {
				t.Errorf("%s: %s differs: %v", name, w.Name, err)
			}
		}
		trained, err := os.ReadFile(filepath.Join("..", "models", "train", "tokenizer.json"))
		if err != nil {
			t.Fatal(err)
		}
		compareTrained(t, tokenizerObject(t, dir), trained)
	}
}

func compareTrained(t *testing.T, got map[string]any, trained []byte) {
	t.Helper()
	want, err := parseObject("train/tokenizer.json", trained)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"added_tokens", "normalizer", "decoder"} {
		if !reflect.DeepEqual(got[key], want.values[key]) {
			t.Errorf("%s: found %v, want %v", key, got[key], want.values[key])
		}
	}
	a, b := got["model"].(map[string]any), want.values["model"].(map[string]any)
	if !reflect.DeepEqual(a["vocab"], b["vocab"]) {
		t.Error("the vocabularies differ")
	}
	if !reflect.DeepEqual(a["merges"], b["merges"]) {
		t.Errorf("the merges differ: %.80v, want %.80v", a["merges"], b["merges"])
	}
}

// TestQuantizedFolder writes a file whose matrices are quantized: the values are those that
// dequantizing gives, each at the place that its row had before heads were permuted.
func TestQuantizedFolder(t *testing.T) {
	f := fixtureFiles(t)["llama"]
	q8, _ := quant.ByName("Q8_0")
	var tensors []gguf.TensorData
	values := map[string][]float32{}
	for _, tensor := range f.Tensors {
		to := tensor.ToWrite()
		if len(tensor.Dims) > 1 && tensor.Dims[0]%q8.BlockElems == 0 {
			v := make([]float32, len(tensor.Data)/4)
			quant.Formats[0].Dequantize(v, tensor.Data)
			data := make([]byte, q8.RowBytes(len(v)))
			q8.Quantize(data, v)
			q8.Dequantize(v, data)
			values[tensor.Name] = v
			to.Type, to.Write = gguf.Type(q8.Type), gguf.Bytes(data)
		}
		tensors = append(tensors, to)
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, f.KVs, tensors); err != nil {
		t.Fatal(err)
	}
	quantized, err := gguf.Parse("q8.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	dir, warnings := folderOf(t, quantized, FolderOptions{Type: Auto})
	if len(warnings) != 1 || !strings.Contains(warnings[0], "of Q8_0) and are written as F32") {
		t.Errorf("warnings %q", warnings)
	}
	got := weights(t, dir)
	const head, row = 32, 32 // of this fixture: two heads of queries, one of keys
	for gg, hf := range map[string]string{"blk.1.attn_q.weight": "q_proj", "blk.1.attn_k.weight": "k_proj", "blk.1.attn_v.weight": "v_proj"} {
		raw := got["model.layers.1.self_attn."+hf+".weight"]
		v := make([]float32, len(raw.Data)/4)
		quant.Formats[0].Dequantize(v, raw.Data)
		for r := range raw.Shape[0] {
			in := r // in the GGUF file, pairs (2i, 2i+1) are what halves (i, i+head/2) are here
			if hf != "v_proj" {
				h, c := r/head, r%head
				in = h*head + 2*(c%(head/2)) + c/(head/2)
			}
			if !slices.Equal(v[r*row:][:row], values[gg][in*row:][:row]) {
				t.Fatalf("%s: row %d is not row %d of the GGUF file", hf, r, in)
			}
		}
	}
}

// TestFolderTypes: a named type rounds and says how much; shards hold the same.
func TestFolderTypes(t *testing.T) {
	f := fixtureFiles(t)["llama"]
	exact := weights(t, first2(folderOf(t, f, FolderOptions{Type: "F32"})))
	dir, warnings := folderOf(t, f, FolderOptions{Type: "F16", Shard: 40_000})
	if shards, _ := filepath.Glob(filepath.Join(dir, "model-*.safetensors")); len(shards) < 2 {
		t.Errorf("found the shards %v", shards)
	}
	rounded := 0
	for name, raw := range weights(t, dir) {
		if raw.Type != safetensors.F16 {
			t.Errorf("%s is %s", name, raw.Type)
		}
		for i := range len(raw.Data) / 2 {
			v := math.Float32frombits(uint32(exact[name].Data[4*i]) | uint32(exact[name].Data[4*i+1])<<8 | uint32(exact[name].Data[4*i+2])<<16 | uint32(exact[name].Data[4*i+3])<<24)
			if half := quant.F16ToF32(uint16(raw.Data[2*i]) | uint16(raw.Data[2*i+1])<<8); half != v {
				rounded++
			}
		}
	}
	if rounded == 0 || len(warnings) != 1 || !strings.HasPrefix(warnings[0], fmt.Sprintf("%d of ", rounded)) {
		t.Errorf("%d values were rounded, warnings %q", rounded, warnings)
	}
}

func first2(dir string, _ []string) string { return dir }

// TestFolderWhole: a directory appears whole or not at all, and never over another.
func TestFolderWhole(t *testing.T) {
	folder, err := OpenFile(fixtureFiles(t)["qwen3"], FolderOptions{Type: Auto})
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := folder.Write(ctx, filepath.Join(parent, "m")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write gave %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("a cancelled write left %v", left)
	}
	full := filepath.Join(parent, "full")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := folder.Write(context.Background(), full); err == nil || !strings.Contains(err.Error(), "a new or an empty one") {
		t.Errorf("a directory with files gave %v", err)
	}
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := folder.Write(context.Background(), empty+string(filepath.Separator)); err != nil {
		t.Errorf("an empty directory gave %v", err)
	}
}
