package quant

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRMSE compares the error on normal values with that of the reference: root mean squares
// over a million values of mean 0 and variance 1 in rows of 4096, measured with
// llama.cpp's quantizers and gguf's numpy dequantizers (testdata/README.md). weighted are
// with errors and quantizer weighted by exponentially distributed importances.
func TestRMSE(t *testing.T) {
	const margin = 1.02 // for another sample, 16 times smaller
	tests := []struct {
		format          string
		plain, weighted float64
	}{
		{"Q4_0", 0.08587, 0.07813},
		{"Q4_1", 0.07821, 0.06492},
		{"Q5_0", 0.04267, 0.03880},
		{"Q5_1", 0.03783, 0.03146},
		{"Q8_0", 0.00535, 0.00536},
		{"Q2_K", 0.29681, 0.24100},
		{"Q3_K", 0.15090, 0.13582},
		{"Q4_K", 0.07132, 0.06589},
		{"Q5_K", 0.03610, 0.03346},
		{"Q6_K", 0.01774, 0.01637},
		{"IQ4_NL", 0.07612, 0.07128},
		{"IQ4_XS", 0.07670, 0.07204},
		{"MXFP4", 0.11479, 0.11483},
	}
	if len(tests) != len(blockFormats()) {
		t.Errorf("%d formats tested, want %d", len(tests), len(blockFormats()))
	}
	r := rand.New(rand.NewPCG(9, 10))
	src, importance := make([]float32, 4096*16), make([]float32, 4096)
	for i := range src {
		src[i] = float32(r.NormFloat64())
	}
	for i := range importance {
		importance[i] = float32(r.ExpFloat64())
	}
	for _, test := range tests {
		t.Run(test.format, func(t *testing.T) {
			f, err := ByName(test.format)
			if err != nil {
				t.Fatal(err)
			}
			if e := rmse(f, src, f.Quantize); e > test.plain*margin {
				t.Errorf("error is %.5f, want %.5f", e, test.plain)
			}
			weighted := func(dst []byte, src []float32) { f.QuantizeWeighted(dst, src, importance) }
			if e := weightedRMSE(f, src, importance, weighted); e > test.weighted*margin {
				t.Errorf("weighted error is %.5f, want %.5f", e, test.weighted)
			}
		})
	}
}

// rmse is the root mean square error of rows of 4096.
func rmse(f Format, src []float32, quantize func(dst []byte, src []float32)) float64 {
	return weightedRMSE(f, src, slices.Repeat([]float32{1}, 4096), quantize)
}

func weightedRMSE(f Format, src, weights []float32, quantize func(dst []byte, src []float32)) float64 {
	n := len(weights)
	stored, back := make([]byte, f.RowBytes(n)), make([]float32, n)
	var sum, total float64
	for ; len(src) > 0; src = src[n:] {
		quantize(stored, src[:n])
		f.Dequantize(back, stored)
		for i, v := range back {
			e := float64(v) - float64(src[i])
			sum += float64(weights[i]) * e * e
			total += float64(weights[i])
		}
	}
	return math.Sqrt(sum / total)
}

func TestNoAllocations(t *testing.T) {
	src := make([]float32, 512)
	for i := range src {
		src[i] = float32(math.Sin(float64(i)))
	}
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			dst := make([]byte, f.RowBytes(len(src)))
			n := testing.AllocsPerRun(3, func() {
				f.Quantize(dst, src)
				f.QuantizeWeighted(dst, src, src)
				f.Dequantize(src, dst)
			})
			if n != 0 {
				t.Errorf("%g allocations", n)
			}
		})
	}
}

// TestSearched holds QuantizeSearched to the gains that its comment claims, a little less
// for a sample this small.
func TestSearched(t *testing.T) {
	gains := map[string]float64{"Q4_0": 0.045, "Q4_1": 0.105, "Q5_0": 0.045, "Q5_1": 0.105, "Q2_K": 0.09, "Q3_K": 0.04,
		"Q4_K": 0.005, "Q5_K": 0.015, "Q6_K": 0.02, "IQ4_NL": 0.01, "IQ4_XS": 0.01, "Q8_0": 0, "MXFP4": 0}
	r := rand.New(rand.NewPCG(15, 16))
	src := make([]float32, 4096*16)
	for i := range src {
		src[i] = float32(r.NormFloat64())
	}
	for _, f := range blockFormats() {
		t.Run(f.Name, func(t *testing.T) {
			plain := rmse(f, src, f.Quantize)
			if searched := rmse(f, src, f.QuantizeSearched); searched > plain*(1-gains[f.Name]) {
				t.Errorf("error %.5f becomes %.5f, want at least %g %% less", plain, searched, 100*gains[f.Name])
			}
		})
	}
}
