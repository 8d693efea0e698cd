package sample

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// sorted is Distribution written from its documentation with a full sort.
func sorted(logits []float32, p Params) []float64 {
	ids := make([]int, len(logits))
	probs := make([]float64, len(logits))
	for i, l := range logits {
		ids[i], probs[i] = i, math.Exp(float64(l)/float64(p.Temperature))
	}
	slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	if p.TopK > 0 {
		ids = ids[:min(p.TopK, len(ids))]
	}
	mass := 0.0
	for _, id := range ids {
		mass += probs[id]
	}
	if p.TopP > 0 && p.TopP < 1 {
		reached := 0.0
		for n, id := range ids {
			if reached += probs[id] / mass; reached >= float64(p.TopP) {
				ids = ids[:n+1]
				break
			}
		}
	}
	best := probs[ids[0]]
	ids = slices.DeleteFunc(ids, func(id int) bool { return probs[id] < float64(p.MinP)*best })
	mass = 0
	for _, id := range ids {
		mass += probs[id]
	}
	result := make([]float64, len(logits))
	for _, id := range ids {
		result[id] = probs[id] / mass
	}
	return result
}

func TestDistributionIsTheSortedOne(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var s Scratch // reused over sizes
	for trial := range 3000 {
		logits := make([]float32, 1+r.IntN(60))
		for i := range logits {
			logits[i] = float32(r.NormFloat64() * 3)
			if trial%3 == 0 { // many ties
				logits[i] = float32(r.IntN(4))
			}
		}
		p := Params{Temperature: float32(.2 + 2*r.Float64()), TopK: r.IntN(20), TopP: float32(r.IntN(4)) * .31, MinP: float32(r.IntN(3)) * .07}
		got := make([]float32, len(logits))
		Distribution(got, logits, p, &s)
		want := sorted(logits, p)
		sum := 0.0
		for i := range got {
			sum += float64(got[i])
			if math.Abs(float64(got[i])-want[i]) > 1e-6 || (got[i] == 0) != (want[i] == 0) {
				t.Fatalf("trial %d, %+v of %v:\ngot  %v\nwant %v", trial, p, logits, got, want)
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Fatalf("trial %d: probabilities sum to %v", trial, sum)
		}
	}
}

func TestLogprobsAreTheSortedOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 3))
	var s Scratch
	for trial := range 500 {
		logits := make([]float32, 1+r.IntN(60))
		for i := range logits {
			logits[i] = float32(r.IntN(9)) / 2
		}
		want := sorted(logits, Params{Temperature: 1})
		ids := make([]int32, len(logits))
		for i := range ids {
			ids[i] = int32(i)
		}
		slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(logits[b], logits[a]) })
		chosen := int32(r.IntN(len(logits)))
		n := r.IntN(len(logits) + 1)
		got, top := Logprobs(nil, logits, chosen, n, &s)
		if math.Abs(float64(got)-math.Log(want[chosen])) > 1e-5 || len(top) != n {
			t.Fatalf("trial %d: chosen %v, want %v; %d of %d", trial, got, math.Log(want[chosen]), len(top), n)
		}
		for i, l := range top {
			if l.Token != ids[i] || math.Abs(float64(l.Logprob)-math.Log(want[l.Token])) > 1e-5 {
				t.Fatalf("trial %d: place %d is %v, want token %d with %v", trial, i, l, ids[i], math.Log(want[ids[i]]))
			}
		}
	}
}

// chiSquare returns Pearson's statistic of counts against the expected probabilities.
func chiSquare(counts []int, probs []float64) (x float64) {
	n := 0
	for _, c := range counts {
		n += c
	}
	for i, c := range counts {
		e := probs[i] * float64(n)
		x += (float64(c) - e) * (float64(c) - e) / e
	}
	return x
}

// expectFit fails when counts would be this far off by chance once in a hundred thousand times.
func expectFit(t *testing.T, name string, counts []int, probs []float64) {
	t.Helper()
	df := float64(len(probs) - 1)
	limit := distuv.ChiSquared{K: df}.Quantile(1 - 1e-5)
	if x := chiSquare(counts, probs); x > limit {
		t.Errorf("%s: chi-square %.1f above %.1f at %v degrees of freedom: %v", name, x, limit, df, counts)
	}
}

func TestNextFollowsTheDistribution(t *testing.T) {
	logits := logarithms(.05, .4, .15, .3, .1)
	for _, row := range []struct {
		name string
		p    Params
		want []float64 // of ids, zeros left out
		ids  []int32
	}{
		{"temperature 1", Params{Temperature: 1, Seed: 1}, []float64{.05, .4, .15, .3, .1}, []int32{0, 1, 2, 3, 4}},
		{"top-k 3", Params{Temperature: 1, TopK: 3, Seed: 2}, []float64{.4 / .85, .15 / .85, .3 / .85}, []int32{1, 2, 3}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var s Scratch
			counts := make([]int, len(row.ids))
			for position := range 200_000 {
				i := slices.Index(row.ids, Next(logits, row.p, position, &s))
				if i < 0 {
					t.Fatal("drew a token of probability 0")
				}
				counts[i]++
			}
			expectFit(t, row.name, counts, row.want)
		})
	}
}

// Each argument alone must give uniform numbers, and neighbours must be independent.
func TestUniform(t *testing.T) {
	const n, bins = 100_000, 10
	even, pairs := make([]float64, bins), make([]float64, bins*bins)
	for i := range even {
		even[i] = 1. / bins
	}
	for i := range pairs {
		pairs[i] = 1. / (bins * bins)
	}
	for _, row := range []struct {
		name string
		at   func(i int) float64
	}{
		{"by position", func(i int) float64 { return Uniform(42, i, StreamToken) }},
		{"by seed", func(i int) float64 { return Uniform(uint64(i), 7, StreamToken) }},
		{"by stream", func(i int) float64 { return Uniform(42, 7, i) }},
		{"by seed and position", func(i int) float64 { return Uniform(uint64(i), i, StreamDraft) }},
		{"by far seeds", func(i int) float64 { return Uniform(uint64(i)<<44, 0, 0) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			single, joint := make([]int, bins), make([]int, bins*bins)
			last := row.at(n)
			for i := range n {
				u := row.at(i)
				if u < 0 || u >= 1 {
					t.Fatalf("%v is not in [0, 1)", u)
				}
				single[int(u*bins)]++
				joint[int(last*bins)*bins+int(u*bins)]++
				last = u
			}
			expectFit(t, "one", single, even)
			expectFit(t, "neighbours", joint, pairs)
		})
	}
	t.Run("streams of one position", func(t *testing.T) {
		joint := make([]int, bins*bins)
		for i := range n {
			joint[int(Uniform(1, i, StreamAccept)*bins)*bins+int(Uniform(1, i, StreamResidual)*bins)]++
		}
		expectFit(t, "pairs", joint, pairs)
	})
}
