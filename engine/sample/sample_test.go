package sample

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/internal/invariant"
)

var (
	nan    = float32(math.NaN())
	posInf = float32(math.Inf(1))
	negInf = float32(math.Inf(-1))
)

func TestArgmax(t *testing.T) {
	for _, row := range []struct {
		name   string
		logits []float32
		want   int32
	}{
		{"largest", []float32{1, 3, 2}, 1},
		{"lowest id of equals", []float32{1, 3, 3}, 1},
		{"all equal", []float32{2, 2, 2}, 0},
		{"negative", []float32{-3, -1, -2}, 1},
		{"NaN first", []float32{nan, 1, 2}, 2},
		{"NaN last", []float32{1, 2, nan}, 1},
		{"NaN before minus infinity", []float32{nan, negInf}, 1},
		{"infinite", []float32{1, posInf, posInf}, 1},
		{"only NaN", []float32{nan, nan}, 0},
		{"nothing", nil, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Argmax(row.logits); got != row.want {
				t.Errorf("Argmax(%v) = %d, want %d", row.logits, got, row.want)
			}
		})
	}
}

// logarithms makes logits whose softmax at temperature 1 is the given distribution.
func logarithms(probs ...float64) []float32 {
	logits := make([]float32, len(probs))
	for i, p := range probs {
		logits[i] = float32(math.Log(p))
	}
	return logits
}

func TestDistributionKnownAnswers(t *testing.T) {
	base := logarithms(0.1, 0.4, 0.2, 0.3) // ranked: 1, 3, 2, 0
	for _, row := range []struct {
		name   string
		logits []float32
		p      Params
		want   []float64
	}{
		{"temperature 1", base, Params{Temperature: 1}, []float64{.1, .4, .2, .3}},
		{"greedy", base, Params{TopK: 3}, []float64{0, 1, 0, 0}},
		// At temperature 1/2 probabilities are squared: .01 .16 .04 .09 of .30.
		{"temperature 1/2", base, Params{Temperature: .5}, []float64{1. / 30, 16. / 30, 4. / 30, 9. / 30}},
		{"top-k 2", base, Params{Temperature: 1, TopK: 2}, []float64{0, 4. / 7, 0, 3. / 7}},
		{"top-k above the vocabulary", base, Params{Temperature: 1, TopK: 9}, []float64{.1, .4, .2, .3}},
		{"top-k of equals keeps the lowest ids", logarithms(.25, .25, .25, .25), Params{Temperature: 1, TopK: 2}, []float64{.5, .5, 0, 0}},
		// .4 does not reach .6, .4 + .3 does.
		{"top-p includes the token that reaches it", base, Params{Temperature: 1, TopP: .6}, []float64{0, 4. / 7, 0, 3. / 7}},
		{"top-p reached exactly", []float32{0, 0, 0, 0}, Params{Temperature: 1, TopP: .5}, []float64{.5, .5, 0, 0}},
		{"top-p below the first", base, Params{Temperature: 1, TopP: .01}, []float64{0, 1, 0, 0}},
		{"top-p 1", base, Params{Temperature: 1, TopP: 1}, []float64{.1, .4, .2, .3}},
		// After top-k 3 the mass is .9: .4/.9 < .75 <= .7/.9. Of the whole, .7 would not reach .75.
		{"top-p is of what top-k left", base, Params{Temperature: 1, TopK: 3, TopP: .75}, []float64{0, 4. / 7, 0, 3. / 7}},
		{"top-p without top-k", base, Params{Temperature: 1, TopP: .75}, []float64{0, 4. / 9, 2. / 9, 3. / 9}},
		// Half of .4 keeps .2 and above.
		{"min-p", base, Params{Temperature: 1, MinP: .49}, []float64{0, 4. / 9, 2. / 9, 3. / 9}},
		{"min-p 1 keeps the most likely", base, Params{Temperature: 1, MinP: 1}, []float64{0, 1, 0, 0}},
		// Temperature first: squared, .04/.16 is below .49.
		{"min-p after temperature", base, Params{Temperature: .5, MinP: .49}, []float64{0, 16. / 25, 0, 9. / 25}},
		{"all together", base, Params{Temperature: .5, TopK: 3, TopP: .99, MinP: .3}, []float64{0, 16. / 25, 0, 9. / 25}},
		{"NaN has no probability", []float32{nan, 0, 0}, Params{Temperature: 1, TopP: .99}, []float64{0, .5, .5}},
		{"minus infinity has none", []float32{negInf, 0}, Params{Temperature: 1}, []float64{0, 1}},
		{"plus infinity has all", []float32{posInf, 0, posInf}, Params{Temperature: 1}, []float64{.5, 0, .5}},
		{"nothing but NaN", []float32{nan, nan}, Params{Temperature: 1}, []float64{1, 0}},
		{"nothing but minus infinity", []float32{negInf, negInf}, Params{Temperature: 1, TopP: .5}, []float64{1, 0}},
		{"large logits", []float32{1e30, 1e30, -1e30}, Params{Temperature: 1}, []float64{.5, .5, 0}},
		{"tiny temperature", base, Params{Temperature: 1e-30}, []float64{0, 1, 0, 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := make([]float32, len(row.logits))
			got[0] = 7 // dst need not be clear
			Distribution(got, row.logits, row.p, new(Scratch))
			for i, want := range row.want {
				if math.Abs(float64(got[i])-want) > 1e-6 || (want == 0) != (got[i] == 0) {
					t.Fatalf("got %v, want %v", got, row.want)
				}
			}
		})
	}
}

func TestDraw(t *testing.T) {
	for _, row := range []struct {
		name  string
		probs []float32
		u     float64
		want  int32
	}{
		{"start", []float32{.25, .5, .25}, 0, 0},
		{"end of the first", []float32{.25, .5, .25}, .2499, 0},
		{"a boundary belongs to the next", []float32{.25, .5, .25}, .25, 1},
		{"end", []float32{.25, .5, .25}, .9999999, 2},
		{"zero is skipped at the start", []float32{0, .5, .5}, 0, 1},
		{"zero is skipped inside", []float32{.5, 0, .5}, .5, 2},
		{"zero is skipped past the sum", []float32{.5, .49, 0}, .999, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Draw(row.probs, row.u); got != row.want {
				t.Errorf("Draw(%v, %v) = %d, want %d", row.probs, row.u, got, row.want)
			}
		})
	}
}

func TestNext(t *testing.T) {
	logits := logarithms(0.1, 0.4, 0.2, 0.3)
	var s Scratch
	if got := Next(logits, Params{Seed: 3}, 5, &s); got != 1 {
		t.Errorf("greedy gave %d", got)
	}
	p := Params{Temperature: 1, Seed: 3}
	var drawn [4]int
	for position := range 100 {
		token := Next(logits, p, position, &s)
		if again := Next(logits, p, position, new(Scratch)); again != token {
			t.Errorf("position %d gave %d, then %d", position, token, again)
		}
		drawn[token]++
	}
	if slices.Contains(drawn[:], 0) {
		t.Errorf("100 draws gave %v", drawn)
	}
}

func TestLogprobsKnownAnswers(t *testing.T) {
	logits := logarithms(0.1, 0.4, 0.2, 0.3)
	for i := range logits {
		logits[i] += 50 // a constant changes nothing
	}
	chosen, top := Logprobs(make([]Logprob, 0, 9), logits, 0, 2, new(Scratch))
	if math.Abs(float64(chosen)-math.Log(.1)) > 1e-5 {
		t.Errorf("chosen %v, want ln 0.1", chosen)
	}
	if len(top) != 2 || top[0].Token != 1 || top[1].Token != 3 ||
		math.Abs(float64(top[0].Logprob)-math.Log(.4)) > 1e-5 || math.Abs(float64(top[1].Logprob)-math.Log(.3)) > 1e-5 {
		t.Errorf("top %v", top)
	}
	if _, top := Logprobs(nil, logits, 0, 9, new(Scratch)); len(top) != 4 {
		t.Errorf("9 of a vocabulary of 4 gave %v", top)
	}
	if _, top := Logprobs(top, logits, 0, -1, new(Scratch)); len(top) != 0 {
		t.Errorf("-1 gave %v", top)
	}
}

func TestLogprobsOfOddLogits(t *testing.T) {
	for _, row := range []struct {
		name   string
		logits []float32
		want   []float64 // in the order of ids
	}{
		{"minus infinity", []float32{0, negInf, 0}, []float64{-math.Ln2, math.Inf(-1), -math.Ln2}},
		{"NaN", []float32{nan, 0, 0}, []float64{math.Inf(-1), -math.Ln2, -math.Ln2}},
		{"nothing but NaN", []float32{nan, nan}, []float64{math.Inf(-1), math.Inf(-1)}},
		{"plus infinity", []float32{posInf, 0, posInf}, []float64{-math.Ln2, math.Inf(-1), -math.Ln2}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for id, want := range row.want {
				got, _ := Logprobs(nil, row.logits, int32(id), 2, new(Scratch))
				if g := float64(got); g != want && !(math.Abs(g-want) < 1e-6) {
					t.Errorf("token %d has %v, want %v", id, got, want)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for _, row := range []struct {
		name string
		p    Params
		want string // "" is valid
	}{
		{"greedy", Params{}, ""},
		{"all set", Params{Temperature: 2, TopK: 40, TopP: .9, MinP: .05, Seed: 1}, ""},
		{"bounds", Params{Temperature: 1, TopP: 1, MinP: 1}, ""},
		{"negative temperature", Params{Temperature: -1}, "temperature is -1; allowed: 0"},
		{"NaN temperature", Params{Temperature: nan}, "temperature is NaN"},
		{"infinite temperature", Params{Temperature: posInf}, "temperature is +Inf"},
		{"negative top-k", Params{TopK: -1}, "top_k is -1; allowed: 0"},
		{"top-p above 1", Params{TopP: 1.5}, "top_p is 1.5; allowed: 0 to 1"},
		{"NaN top-p", Params{TopP: nan}, "top_p is NaN"},
		{"negative min-p", Params{MinP: -.5}, "min_p is -0.5; allowed: 0"},
		{"two at once", Params{Temperature: -1, MinP: 2}, "min_p is 2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.p.Validate()
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestSamplingAllocatesNothing(t *testing.T) {
	if invariant.Enabled {
		t.Skip("checks allocate")
	}
	logits := make([]float32, 1000)
	for i := range logits {
		logits[i] = float32(Uniform(1, i, 0)) * 9
	}
	var s Scratch
	p := Params{Temperature: .8, TopK: 50, TopP: .9, MinP: .01}
	top := make([]Logprob, 0, 20)
	position := 0
	if n := testing.AllocsPerRun(50, func() {
		position++
		Next(logits, p, position, &s)
		Logprobs(top, logits, 3, 20, &s)
	}); n != 0 {
		t.Errorf("%v allocations per token", n)
	}
}
