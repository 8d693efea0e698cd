package sample

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// vocabulary is that of SmolLM2.
const vocabulary = 49152

// modelLike are logits spread like a language model's: most of them normal, far below a
// few likely ones.
func modelLike(seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, seed))
	logits := make([]float32, vocabulary)
	for i := range logits {
		logits[i] = float32(r.NormFloat64()*3 - 2)
	}
	for range 40 {
		logits[r.IntN(vocabulary)] = float32(10 + 5*r.Float64())
	}
	return logits
}

func BenchmarkNext(b *testing.B) {
	logits := modelLike(1)
	for _, p := range []struct {
		name string
		Params
	}{
		{"greedy", Params{}},
		{"temperature", Params{Temperature: 1}},
		{"top-p", Params{Temperature: 1, TopP: .95}},
		{"top-p-flat", Params{Temperature: 5, TopP: .95}},
		{"top-k", Params{Temperature: 1, TopK: 40}},
		{"min-p", Params{Temperature: 1, MinP: .05}},
		{"all", Params{Temperature: .8, TopK: 40, TopP: .95, MinP: .05}},
	} {
		b.Run(p.name, func(b *testing.B) {
			var s Scratch
			for i := 0; b.Loop(); i++ {
				Next(logits, p.Params, i, &s)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/token")
		})
	}
	for _, n := range []int{0, 5, 20} {
		b.Run(fmt.Sprintf("logprobs-%d", n), func(b *testing.B) {
			var s Scratch
			var top []Logprob
			for b.Loop() {
				_, top = Logprobs(top, logits, 3, n, &s)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/token")
		})
	}
}
