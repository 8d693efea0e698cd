package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/experiments/modelcache"
)

// The models: a real one, and one of random weights where no real one can be had.
const (
	small = "SmolLM2-135M"
	large = "Llama-1B"
)

// smallSource is the file that the small model's formats are made from.
const smallSource = modelcache.Prefix + "smollm2-135m-instruct-q4_1"

// files makes model files in a directory, once each.
type files struct {
	dir   string
	cache string // the model cache's root
	log   io.Writer
}

// model is the file of a model in a format.
func (f *files) model(ctx context.Context, name, format string) (string, error) {
	path := filepath.Join(f.dir, name+"-"+format+".gguf")
	if _, err := os.Stat(path); err == nil {
		return path, nil // whole: it was renamed into place
	}
	if err := errors.Join(ctx.Err(), os.MkdirAll(f.dir, 0o755)); err != nil {
		return "", err
	}
	source, err := f.source(name)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(f.log, "making %s in %s\n", name, format)
	return path, requantize(source, path, format)
}

// source is the file of a model in a float format.
func (f *files) source(name string) (string, error) {
	shipped, err := modelcache.Find(f.cache, smallSource)
	if err != nil {
		return "", err
	}
	write, format := widen, "F32"
	if name == large {
		write, format = random, "BF16"
	}
	path := filepath.Join(f.dir, name+"-"+format+".gguf")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintf(f.log, "making %s in %s\n", name, format)
	from, err := gguf.Open(shipped)
	if err != nil {
		return "", err
	}
	defer from.Close()
	return path, write(from, path)
}

// requantize writes in as out in another format, with this engine's quantizer.
func requantize(in, out, format string) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := recipe.ByName(format)
	if err != nil {
		return err
	}
	steps, err := checkpoint.Plan(f, r, nil, nil)
	if err != nil {
		return err
	}
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	return gguf.WriteFile(out, kvs, tensors)
}

// widen writes f with all weights in F32.
func widen(f *gguf.File, path string) error {
	to, err := quant.ByName("F32")
	if err != nil {
		return err
	}
	var tensors []gguf.TensorData
	for _, t := range f.Tensors {
		from, err := quant.ByType(uint32(t.Type))
		if err != nil {
			return fmt.Errorf("%s: tensor %s: %w", f.Name, t.Name, err)
		}
		tensors = append(tensors, gguf.TensorData{Name: t.Name, Dims: t.Dims, Type: gguf.Type(to.Type), Write: func(w io.Writer) error {
			return inRows(w, elements(t.Dims), func(dst []byte, at int) {
				values := make([]float32, len(dst)/4)
				from.Dequantize(values, t.Data[from.RowBytes(at):from.RowBytes(at+len(values))])
				to.Quantize(dst, values)
			}, to)
		}})
	}
	return gguf.WriteFile(path, without(f.KVs, "general.file_type", "general.quantization_version"), tensors)
}

// piece is how many values are converted at once: a multiple of every format's block.
const piece = 1 << 16

// inRows writes n values in a format, piece by piece.
func inRows(w io.Writer, n int, fill func(dst []byte, at int), to quant.Format) error {
	buffer := make([]byte, to.RowBytes(piece))
	for at := 0; at < n; at += piece {
		dst := buffer[:to.RowBytes(min(piece, n-at))]
		fill(dst, at)
		if _, err := w.Write(dst); err != nil {
			return err
		}
	}
	return nil
}

func elements(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func without(kvs []gguf.KV, keys ...string) []gguf.KV {
	return slices.DeleteFunc(slices.Clone(kvs), func(kv gguf.KV) bool { return slices.Contains(keys, kv.Key) })
}

// The shape of Llama 3.2 1B, but for a vocabulary of 32000.
const (
	llamaLayers, llamaDim, llamaFFN     = 16, 2048, 8192
	llamaHeads, llamaKVHeads, llamaHead = 32, 8, 64
	llamaContext, llamaVocab            = 131072, 32000
	llamaRopeBase, llamaEps             = 500000, 1e-5
	deviation                           = 0.02 // of the weights, normally distributed
	modelSeed                           = 1
)

// random writes a model of that shape in BF16, its weights made from each tensor's
// name, its tokenizer the beginning of from's.
func random(from *gguf.File, path string) error {
	to, err := quant.ByName("BF16")
	if err != nil {
		return err
	}
	floats, err := quant.ByName("F32")
	if err != nil {
		return err
	}
	tokenizer, err := firstTokens(from, llamaVocab)
	if err != nil {
		return err
	}
	var tensors []gguf.TensorData
	add := func(name string, dims ...int) {
		format := to
		if len(dims) == 1 {
			format = floats
		}
		tensors = append(tensors, gguf.TensorData{Name: name, Dims: dims, Type: gguf.Type(format.Type), Write: func(w io.Writer) error {
			values := valuesOf(name, len(dims) == 1)
			return inRows(w, elements(dims), func(dst []byte, _ int) { format.Quantize(dst, values(len(dst)/format.RowBytes(1))) }, format)
		}})
	}
	add("token_embd.weight", llamaDim, llamaVocab)
	for i := range llamaLayers {
		block := fmt.Sprintf("blk.%d.", i)
		add(block+"attn_norm.weight", llamaDim)
		add(block+"attn_q.weight", llamaDim, llamaHeads*llamaHead)
		add(block+"attn_k.weight", llamaDim, llamaKVHeads*llamaHead)
		add(block+"attn_v.weight", llamaDim, llamaKVHeads*llamaHead)
		add(block+"attn_output.weight", llamaHeads*llamaHead, llamaDim)
		add(block+"ffn_norm.weight", llamaDim)
		add(block+"ffn_gate.weight", llamaDim, llamaFFN)
		add(block+"ffn_up.weight", llamaDim, llamaFFN)
		add(block+"ffn_down.weight", llamaFFN, llamaDim)
	}
	add("output_norm.weight", llamaDim)
	return gguf.WriteFile(path, append(llamaKeys(), tokenizer...), tensors)
}

// valuesOf gives a tensor's values, as many as asked for at each call: ones for a norm,
// random ones for a matrix.
func valuesOf(name string, norm bool) func(n int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	r := rand.New(rand.NewPCG(modelSeed, h.Sum64()))
	return func(n int) []float32 {
		values := make([]float32, n)
		for i := range values {
			values[i] = 1
			if !norm {
				values[i] = float32(deviation * r.NormFloat64())
			}
		}
		return values
	}
}

func llamaKeys() []gguf.KV {
	return []gguf.KV{
		{Key: "general.architecture", Value: "llama"}, {Key: "general.name", Value: "Llama 1B, random"},
		{Key: "llama.block_count", Value: uint32(llamaLayers)}, {Key: "llama.context_length", Value: uint32(llamaContext)},
		{Key: "llama.embedding_length", Value: uint32(llamaDim)}, {Key: "llama.feed_forward_length", Value: uint32(llamaFFN)},
		{Key: "llama.attention.head_count", Value: uint32(llamaHeads)}, {Key: "llama.attention.head_count_kv", Value: uint32(llamaKVHeads)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(llamaEps)}, {Key: "llama.rope.freq_base", Value: float32(llamaRopeBase)},
		{Key: "llama.rope.dimension_count", Value: uint32(llamaHead)}, {Key: "llama.vocab_size", Value: uint32(llamaVocab)},
	}
}

// firstTokens are the tokenizer's keys of f, cut to its first n tokens and the merges
// that make no others. Its tokens are in the order of the merges that make them.
func firstTokens(f *gguf.File, n int) ([]gguf.KV, error) {
	known := map[string]bool{}
	var all []gguf.KV
	for _, kv := range f.KVs {
		if !strings.HasPrefix(kv.Key, "tokenizer.") {
			continue
		}
		switch list := kv.Value.(type) {
		case []string:
			if kv.Key == "tokenizer.ggml.tokens" {
				for _, t := range list[:min(n, len(list))] {
					known[t] = true
				}
				kv.Value = list[:min(n, len(list))]
			}
		case []int32:
			kv.Value = list[:min(n, len(list))]
		case []float32:
			kv.Value = list[:min(n, len(list))]
		}
		all = append(all, kv)
	}
	if len(known) != n {
		return nil, fmt.Errorf("%s: found %d different tokens among the first %d, expected as many", f.Name, len(known), n)
	}
	for i, kv := range all {
		if merges, ok := kv.Value.([]string); ok && kv.Key == "tokenizer.ggml.merges" {
			all[i].Value = slices.DeleteFunc(slices.Clone(merges), func(m string) bool {
				left, right, _ := strings.Cut(m, " ")
				return !known[left] || !known[right] || !known[left+right]
			})
		}
	}
	return all, nil
}
