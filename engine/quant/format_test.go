package quant

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, f := range Formats {
		for _, name := range []string{f.Name, strings.ToLower(f.Name)} {
			if got, err := ByName(name); err != nil || got.Type != f.Type {
				t.Errorf("ByName(%q) is %v, %v", name, got, err)
			}
		}
		if got, err := ByType(f.Type); err != nil || got.Name != f.Name {
			t.Errorf("ByType(%d) is %v, %v", f.Type, got, err)
		}
	}
}

func TestLookupErrors(t *testing.T) {
	_, near := ByName("q4-0")
	_, far := ByName("int4-awq")
	_, empty := ByName("")
	_, id := ByType(16)
	for _, test := range []struct {
		name string
		err  error
		want []string
		not  string
	}{
		{"near", near, []string{`"q4-0"`, "F32, F16, Q4_0", "did you mean Q4_0?"}, "\n"},
		{"far", far, []string{`"int4-awq"`, "F32, F16, Q4_0"}, "did you mean"},
		{"empty", empty, []string{`""`, "F32, F16, Q4_0"}, "did you mean"},
		{"id", id, []string{"type 16", "F32, F16, Q4_0"}, "did you mean"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(test.err.Error(), want) {
					t.Errorf("%q does not say %q", test.err, want)
				}
			}
			if strings.Contains(test.err.Error(), test.not) {
				t.Errorf("%q says %q", test.err, test.not)
			}
		})
	}
}

// TestBlocksAreIndependent quantizes rows of several lengths whole and block by block.
func TestBlocksAreIndependent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range Formats {
		for _, blocks := range []int{0, 1, 2, 3, 7} {
			src := make([]float32, blocks*f.BlockElems)
			for i := range src {
				src[i] = float32(r.NormFloat64())
			}
			whole, parts := make([]byte, f.RowBytes(len(src))), []byte{}
			f.Quantize(whole, src)
			for i := range blocks {
				part := make([]byte, f.BlockBytes)
				f.Quantize(part, src[i*f.BlockElems:(i+1)*f.BlockElems])
				parts = append(parts, part...)
			}
			sameBlocks(t, f, whole, parts)
		}
	}
}

// stepBound bounds |dequantize(quantize(x)) - x| for a block that spans [low, high],
// from the definition of the format: half a step of the grid, or a whole one at the end
// that Q4_0 and Q5_0 cut off, and 2^-11 of the largest magnitude for each float16 that is
// stored. Formats that search have no such bound, see TestRMSE.
func stepBound(name string, low, high float64) float64 {
	largest := math.Max(-low, high)
	const half = 1.0 / (1 << 11) // relative error of a float16
	switch name {
	case "F32":
		return 0
	case "F16":
		return largest*half + 0x1p-25
	case "BF16":
		return largest / (1 << 8)
	case "Q8_0":
		return largest/127/2 + largest*half
	case "Q4_0":
		return largest/8 + largest*half
	case "Q5_0":
		return largest/16 + largest*half
	case "Q4_1":
		return (high-low)/15/2 + (high-low)*half + math.Abs(low)*half
	case "Q5_1":
		return (high-low)/31/2 + (high-low)*half + math.Abs(low)*half
	case "MXFP4":
		return largest / 4
	}
	return math.NaN()
}

func TestErrorBound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, f := range Formats {
		if math.IsNaN(stepBound(f.Name, -1, 1)) {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			const blocks = 500
			src := make([]float32, f.BlockElems)
			stored, back := make([]byte, f.BlockBytes), make([]float32, f.BlockElems)
			for range blocks {
				scale, shift := math.Exp(r.NormFloat64()), r.NormFloat64()
				low, high := math.Inf(1), math.Inf(-1)
				for i := range src {
					src[i] = float32(scale * (r.NormFloat64() + shift))
					low, high = math.Min(low, float64(src[i])), math.Max(high, float64(src[i]))
				}
				f.Quantize(stored, src)
				f.Dequantize(back, stored)
				bound := stepBound(f.Name, low, high) * (1 + 1e-5)
				for i, v := range back {
					if e := math.Abs(float64(v) - float64(src[i])); !(e <= bound) {
						t.Fatalf("%g reads back as %g, error %g above %g", src[i], v, e, bound)
					}
				}
			}
		})
	}
}

// TestRequantize: what the floats and the symmetric formats without a search can represent
// survives another round; the others move their scales.
func TestRequantize(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"F32", "F16", "BF16", "Q4_0", "Q5_0", "Q8_0", "MXFP4"} {
		f, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		src := make([]float32, 96)
		for i := range src {
			src[i] = float32(r.NormFloat64())
		}
		first, second := make([]byte, f.RowBytes(96)), make([]byte, f.RowBytes(96))
		f.Quantize(first, src)
		f.Dequantize(src, first)
		f.Quantize(second, src)
		sameBlocks(t, f, second, first)
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	q4, err := ByName("Q4_0")
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(){
		"partial-block": func() { q4.RowBytes(33) },
		"negative":      func() { q4.RowBytes(-32) },
		"quantize":      func() { q4.Quantize(make([]byte, 17), make([]float32, 32)) },
		"weighted":      func() { q4.QuantizeWeighted(make([]byte, 17), make([]float32, 32), make([]float32, 32)) },
		"importance":    func() { q4.QuantizeWeighted(make([]byte, 18), make([]float32, 32), make([]float32, 31)) },
		"dequantize":    func() { q4.Dequantize(make([]float32, 32), make([]byte, 36)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

func BenchmarkQuantize(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	src := make([]float32, 1<<16)
	for i := range src {
		src[i] = float32(r.NormFloat64())
	}
	for _, f := range Formats {
		dst := make([]byte, f.RowBytes(len(src)))
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(src)))
			for b.Loop() {
				f.Quantize(dst, src)
			}
		})
	}
}

func BenchmarkQuantizeWeighted(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	src, importance := make([]float32, 1<<16), make([]float32, 1<<16)
	for i := range src {
		src[i], importance[i] = float32(r.NormFloat64()), float32(r.ExpFloat64())
	}
	for _, f := range Formats {
		if !f.UsesImportance() {
			continue
		}
		dst := make([]byte, f.RowBytes(len(src)))
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(src)))
			for b.Loop() {
				f.QuantizeWeighted(dst, src, importance)
			}
		})
	}
}

func BenchmarkDequantize(b *testing.B) {
	dst := make([]float32, 1<<16)
	for _, f := range Formats {
		src := make([]byte, f.RowBytes(len(dst)))
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(dst)))
			for b.Loop() {
				f.Dequantize(dst, src)
			}
		})
	}
}
