package model

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// tiny is a random model's file as parts that a test may spoil before it is written.
type tiny struct {
	kvs     []gguf.KV
	tensors []gguf.TensorData
}

const (
	tinyDim, tinyHeads, tinyKV, tinyFFN, tinyVocab, tinyContext, tinyLayers = 64, 2, 1, 96, 40, 64, 2
	tinyHead                                                                = tinyDim / tinyHeads
)

func newTiny(format string) *tiny {
	f := &tiny{kvs: []gguf.KV{
		{Key: "general.architecture", Value: "llama"}, {Key: "general.name", Value: "tiny"},
		{Key: "llama.block_count", Value: uint32(tinyLayers)}, {Key: "llama.embedding_length", Value: uint32(tinyDim)},
		{Key: "llama.feed_forward_length", Value: uint32(tinyFFN)}, {Key: "llama.context_length", Value: uint32(tinyContext)},
		{Key: "llama.attention.head_count", Value: uint32(tinyHeads)}, {Key: "llama.attention.head_count_kv", Value: uint32(tinyKV)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(1e-5)}, {Key: "llama.rope.freq_base", Value: float32(100)},
	}}
	r := rand.New(rand.NewPCG(4, 2))
	f.matrix(r, "token_embd.weight", format, tinyVocab, tinyDim)
	f.matrix(r, "output.weight", format, tinyVocab, tinyDim)
	f.vector(r, "output_norm.weight", tinyDim)
	for i := range tinyLayers {
		p := "blk." + string(rune('0'+i)) + "."
		f.vector(r, p+"attn_norm.weight", tinyDim)
		f.vector(r, p+"ffn_norm.weight", tinyDim)
		f.matrix(r, p+"attn_q.weight", format, tinyDim, tinyDim)
		f.matrix(r, p+"attn_k.weight", format, tinyKV*tinyHead, tinyDim)
		f.matrix(r, p+"attn_v.weight", format, tinyKV*tinyHead, tinyDim)
		f.matrix(r, p+"attn_output.weight", format, tinyDim, tinyDim)
		f.matrix(r, p+"ffn_gate.weight", format, tinyFFN, tinyDim)
		f.matrix(r, p+"ffn_up.weight", format, tinyFFN, tinyDim)
		f.matrix(r, p+"ffn_down.weight", format, tinyDim, tinyFFN)
	}
	return f
}

func (f *tiny) matrix(r *rand.Rand, name, format string, rows, cols int) {
	q, err := quant.ByName(format)
	if err != nil {
		panic(err)
	}
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = float32(r.NormFloat64()) / 4
	}
	data := make([]byte, q.RowBytes(cols)*rows)
	q.Quantize(data, values)
	f.tensors = append(f.tensors, gguf.TensorData{Name: name, Dims: []int{cols, rows}, Type: gguf.Type(q.Type), Write: gguf.Bytes(data)})
}

func (f *tiny) vector(r *rand.Rand, name string, n int) {
	f.matrix(r, name, "F32", 1, n)
	f.tensors[len(f.tensors)-1].Dims = []int{n}
}

func (f *tiny) load(t testing.TB) (*Model, error) {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, f.kvs, f.tensors); err != nil {
		t.Fatal(err)
	}
	file, err := gguf.Parse("tiny.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	kernels, err := kernel.Select("auto", cpu.Detect())
	if err != nil {
		t.Fatal(err)
	}
	return Load(file, kernels)
}

func mustLoad(t testing.TB, format string) *Model {
	m, err := newTiny(format).load(t)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lastLogits computes the logits of the last of n tokens, in passes of the given sizes.
func lastLogits(t testing.TB, m *Model, cacheFormat string, threads, blockSize int, sizes ...int) []float32 {
	t.Helper()
	cache, err := NewCache(m, cacheFormat, (tinyContext+blockSize-1)/blockSize, blockSize)
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(threads)
	defer pool.Close()
	s, p := NewState(m, cache, pool), &Pass{}
	blocks := make([]int32, cache.Blocks)
	for i := range blocks { // scattered: no two neighbours are in order
		blocks[i] = int32(len(blocks) - 1 - i)
	}
	at := 0
	for _, n := range sizes {
		p.Reset()
		var tokens []int32
		for i := range n {
			tokens = append(tokens, int32((at+i)*7%tinyVocab))
		}
		p.Add(at, blocks, tokens...)
		p.Logits = append(p.Logits, int32(n-1))
		s.Forward(p)
		at += n
	}
	return slices.Clone(p.Row(0))
}

func TestLogitsDependOnNothingButTheSequence(t *testing.T) {
	for _, weights := range []string{"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"} {
		m := mustLoad(t, weights)
		for _, format := range CacheFormats {
			want := lastLogits(t, m, format, 1, 16, 45)
			for name, got := range map[string][]float32{
				"in chunks":   lastLogits(t, m, format, 1, 16, 16, 16, 13),
				"one by one":  lastLogits(t, m, format, 1, 16, slices.Repeat([]int{1}, 45)...),
				"blocks of 3": lastLogits(t, m, format, 1, 3, 20, 25),
				"two threads": lastLogits(t, m, format, 2, 16, 45),
			} {
				if !slices.Equal(got, want) {
					t.Errorf("%s weights, %s cache, %s: logits differ", weights, format, name)
				}
			}
		}
	}
}

func TestOtherSequencesChangeNothing(t *testing.T) {
	m := mustLoad(t, "Q8_0")
	cache, err := NewCache(m, "bf16", 8, 16)
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(1)
	defer pool.Close()
	s := NewState(m, cache, pool)
	alone := &Pass{}
	alone.Add(0, []int32{3}, 1, 2, 3, 4, 5)
	alone.Logits = []int32{4}
	s.Forward(alone)
	together := &Pass{}
	together.Add(0, []int32{0, 1}, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 7, 6, 5, 4, 3, 2)
	together.Add(0, []int32{2}, 1, 2, 3, 4, 5)
	together.Add(0, []int32{4}, 30)
	together.Logits = []int32{17, 22, 23}
	s.Forward(together)
	if !slices.Equal(alone.Row(0), together.Row(1)) {
		t.Error("a sequence's logits depend on what else is in the pass")
	}
}

// The two rotary layouts are one model with the columns of its heads in another
// order: exchanging both gives the same logits.
func TestRopeLayoutsAreEquivalent(t *testing.T) {
	pairs, halves := mustLoad(t, "F32"), mustLoad(t, "F32")
	halves.Rope = RopeHalves
	for i := range halves.Weights.Layers {
		l := &halves.Weights.Layers[i]
		l.Q, l.K = unweave(l.Q), unweave(l.K)
	}
	halves.Weights.pack(0)
	a, b := lastLogits(t, pairs, "f32", 1, 16, 40), lastLogits(t, halves, "f32", 1, 16, 40)
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-4 {
			t.Fatalf("logit %d is %g with pairs, %g with halves", i, a[i], b[i])
		}
	}
	halves.Rope = RopePairs
	if c := lastLogits(t, halves, "f32", 1, 16, 40); math.Abs(float64(a[0]-c[0])) < 1e-3 {
		t.Error("the wrong layout gives the same logits: the test tests nothing")
	}
}

// unweave moves row 2i of each head to i and row 2i+1 to n/2+i.
func unweave(m Matrix) Matrix {
	out := m
	out.Data = make([]byte, len(m.Data))
	for r := range m.Count() {
		head, i := r/tinyHead, r%tinyHead
		to := head*tinyHead + i/2 + i%2*tinyHead/2
		copy(out.Data[to*m.Stride:(to+1)*m.Stride], m.Data[r*m.Stride:])
	}
	return out
}

func TestForwardAllocatesNothing(t *testing.T) {
	if len(kernel.Sets(cpu.Detect())) == 1 {
		t.Skip("the generic functions of integer kinds may allocate")
	}
	for _, threads := range []int{1, 2} {
		m := mustLoad(t, "Q4_0")
		cache, err := NewCache(m, "q8_0", 4, 16)
		if err != nil {
			t.Fatal(err)
		}
		pool := par.New(threads)
		s, p := NewState(m, cache, pool), &Pass{}
		blocks, observed := []int32{2, 0, 1, 3}, Observed{}
		step := func() { // a prompt, the end of one and what follows
			p.Reset()
			p.AddPrompt(0, blocks[3:], 1, 2, 3, 4)
			p.AddPrompt(16, blocks, 5, 6, 7, 8)
			p.Add(20, blocks, 5, 6, 7)
			p.Last().Observed = &observed
			observed.Shape(p.Last().From, 3, m.KVHeads, 4)
			p.Logits = append(p.Logits, 3, 10)
			s.Forward(p)
		}
		step()
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%d threads: a pass allocates %v times", threads, n)
		}
		pool.Close()
	}
}

func TestLoadRefusesBadFiles(t *testing.T) {
	set := func(key string, value any) func(*tiny) {
		return func(f *tiny) {
			f.kvs = slices.DeleteFunc(f.kvs, func(kv gguf.KV) bool { return kv.Key == key })
			if value != nil {
				f.kvs = append(f.kvs, gguf.KV{Key: key, Value: value})
			}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*tiny)
		want  string
	}{
		"architecture missing":  {set("general.architecture", nil), "general.architecture"},
		"architecture unknown":  {set("general.architecture", "mamba"), `"mamba", want one of: llama`},
		"no layers":             {set("llama.block_count", uint32(0)), "block_count is 0"},
		"layers missing":        {set("llama.block_count", nil), "llama.block_count"},
		"too many layers":       {set("llama.block_count", uint32(3)), "blk.2."},
		"absurd width":          {set("llama.embedding_length", uint64(1)<<40), "embedding_length"},
		"another width":         {set("llama.embedding_length", uint32(32)), "shape"},
		"heads do not divide":   {set("llama.attention.head_count_kv", uint32(3)), "not a multiple"},
		"no epsilon":            {set("llama.attention.layer_norm_rms_epsilon", float32(0)), "layer_norm_rms_epsilon"},
		"epsilon not a number":  {set("llama.attention.layer_norm_rms_epsilon", float32(math.NaN())), "layer_norm_rms_epsilon"},
		"rope scaling":          {set("llama.rope.scaling.type", "dynamic"), `"dynamic", which this engine lacks: want one of none, linear, yarn, longrope`},
		"rope wider than head":  {set("llama.rope.dimension_count", uint32(64)), "dimension_count"},
		"rope base":             {set("llama.rope.freq_base", float32(0)), "freq_base"},
		"a tensor missing":      {func(f *tiny) { f.tensors = f.tensors[:len(f.tensors)-1] }, "blk.1.ffn_down.weight"},
		"a tensor too many":     {func(f *tiny) { f.vector(rand.New(rand.NewPCG(1, 1)), "blk.0.attn_q_norm.weight", 32) }, "blk.0.attn_q_norm.weight"},
		"embedding is a vector": {func(f *tiny) { f.tensors[0].Dims = []int{tinyVocab * tinyDim} }, "token_embd.weight"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTiny("F32")
			c.spoil(f)
			_, err := f.load(t)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "tiny.gguf") {
				t.Errorf("error is %v, want one that names tiny.gguf and %q", err, c.want)
			}
		})
	}
}

func TestCacheFormats(t *testing.T) {
	m := mustLoad(t, "F32")
	for format, want := range map[string]int{"f32": 512, "f16": 256, "bf16": 256, "q8_0": 136, "q4_0": 72, "f32/q4_0": 292, "q8_0/bf16": 196, "q4_0+channel+hadamard": 72} { // 2 layers x 2 x 32 columns
		if got, err := CacheBytesPerToken(m.Config, format); err != nil || got != want {
			t.Errorf("%s: %d bytes per token (%v), want %d", format, got, err, want)
		}
	}
	for format, want := range map[string]string{
		"q4_1": "f32, f16, bf16, q8_0, q4_0", "f16/": "f32, f16", "q8_0+channels": "+channel or", "q8_0+channel+channel": "each once",
		"bf16+channel": "keys in bf16 have no scales", "q4_0+channel": "blocks of 16 positions, want a multiple of 32",
	} {
		if _, err := NewCache(m, format, 1, 16); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", format, err, want)
		}
	}
	odd := *m
	odd.HeadDim = 48
	if _, err := NewCache(&odd, "q8_0", 1, 16); err == nil {
		t.Error("q8_0 with heads of 48 columns: no error")
	}
}

func TestOps(t *testing.T) {
	m := mustLoad(t, "F32")
	// Per layer: q and o 64x64, k and v 32x64, three of 96x64; attention 2x64 per position.
	layer := int64(2*64*64 + 2*32*64 + 3*96*64)
	if got, want := m.Ops(9, true), 2*(layer+2*64*10)+40*64; got != want {
		t.Errorf("Ops(9, true) = %d, want %d", got, want)
	}
}
