package eval_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// A window read as an answer has the same likelihoods, whatever is kept in whatever format.
func TestJudgeIsCompare(t *testing.T) {
	m := load(t, "gopherling-2m")
	ids := windows(t, "gopherling-2m", 1)[0].IDs[:200]
	for name, s := range map[string]eval.Subject{
		"f32": {Model: m, KVFormat: "f32"}, "q8_0 by channel": {Model: m, KVFormat: "q8_0+channel"},
		"window": {Model: m, KVFormat: "f32", Bound: kvcache.Bound{Policy: kvcache.PolicyWindow, Budget: 64}},
		"h2o":    {Model: m, KVFormat: "f32", Bound: kvcache.Bound{Policy: kvcache.PolicyH2O, Budget: 128, Sinks: 4, Recent: 32}},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := compare(eval.Subject{Model: m, KVFormat: "f32"}, []eval.Subject{s}, ids)
			if err != nil {
				t.Fatal(err)
			}
			done := 0
			got, err := eval.Judge(context.Background(), s, []eval.Sampled{{ids[:100], ids[100:]}}, sample.Params{Temperature: 1}, 2, func(n int) { done = n })
			if err != nil || done != 1 || len(got[0].NLL) != 100 || len(got[0].Entropy) != 100 {
				t.Fatalf("%d answers, error %v", done, err)
			}
			for i, nll := range got[0].NLL {
				if d := math.Abs(nll - want[0].NLL[99+i]); d > 1e-3 {
					t.Errorf("token %d: %.7f, in a window %.7f", i, nll, want[0].NLL[99+i])
				}
				if e := got[0].Entropy[i]; !(e > 0 && e < math.Log(float64(m.Vocab))) {
					t.Errorf("token %d: an entropy of %v", i, e)
				}
			}
		})
	}
}

// What is drawn from the model has no excess, and what is always the likeliest has one far below 0.
func TestJudgeTellsSamplesFromOthers(t *testing.T) {
	m := load(t, "gopherling-2m")
	s := eval.Subject{Model: m, KVFormat: "f32"}
	p := sample.Params{Temperature: .7}
	const answers, length = 30, 20
	for _, row := range []struct {
		name   string
		greedy bool
	}{{"drawn", false}, {"greedy", true}} {
		drawn := p
		if row.greedy {
			drawn.Temperature = 0
		}
		var written []eval.Sampled
		for i := range answers {
			drawn.Seed = uint64(i)
			prompt := windows(t, "gopherling-2m", 1)[0].IDs[5*i : 5*i+5]
			written = append(written, eval.Sampled{Prompt: prompt, Answer: draw(t, m, prompt, length, drawn)})
		}
		values, err := eval.Judge(context.Background(), s, written, p, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum, squares := 0.0, 0.0
		for _, v := range values {
			of := 0.0
			for i := range v.NLL {
				of += v.NLL[i] - v.Entropy[i]
			}
			sum, squares = sum+of, squares+of*of
		}
		deviations := sum / math.Sqrt(squares)
		t.Logf("%s: %.3f nats per token, %.1f standard deviations", row.name, sum/answers/length, deviations)
		if !row.greedy && math.Abs(deviations) > 4 || row.greedy && deviations > -3 {
			t.Errorf("%s: an excess of %v, %v standard deviations", row.name, sum/answers/length, deviations)
		}
	}
}

// draw continues a prompt one token at a time.
func draw(t *testing.T, m *model.Model, prompt []int32, n int, p sample.Params) (out []int32) {
	t.Helper()
	pool := par.New(1)
	defer pool.Close()
	cache, err := model.NewCache(m, "f32", 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	state := model.NewState(m, cache, pool)
	var pass model.Pass
	var scratch sample.Scratch
	for next, position := prompt, 0; len(out) < n; {
		pass.Reset()
		pass.Add(position, []int32{0}, next...)
		pass.Logits = append(pass.Logits, int32(len(next)-1))
		state.Forward(&pass)
		position += len(next)
		out = append(out, sample.Next(pass.Row(0), p, position, &scratch))
		next = out[len(out)-1:]
	}
	return out
}

func TestJudgeRefuses(t *testing.T) {
	s := eval.Subject{Model: load(t, "gopherling-2m"), KVFormat: "f32"}
	for want, a := range map[string]eval.Sampled{
		"answer 1: found 0 tokens after a prompt of 1": {[]int32{1}, nil},
		"answer 1: found 1 tokens after a prompt of 0": {nil, []int32{1}},
		"exceed the context":                           {make([]int32, 600), make([]int32, 600)},
		"answer 1: token 0 of it, 7, has no prob":      {[]int32{1}, []int32{7}},
	} {
		_, err := eval.Judge(context.Background(), s, []eval.Sampled{a}, sample.Params{Temperature: 1, TopK: 1}, 1, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
