package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAdjustKnownAnswers(t *testing.T) {
	logits := []float32{2, -2, 1, 0, 4}
	prompt, said := []int32{0, 1, 0}, []int32{1, 2, 1}
	for _, row := range []struct {
		name     string
		p        Params
		position int
		want     []float32
	}{
		{"nothing", Params{Temperature: 1}, 0, []float32{2, -2, 1, 0, 4}},
		{"bias", Params{Bias: []Bias{{4, -100}, {3, .5}}}, 0, []float32{2, -2, 1, .5, -96}},
		// Twice or more is counted once; the prompt counts.
		{"repetition", Params{RepetitionPenalty: 2}, 0, []float32{1, -4, .5, 0, 4}},
		{"repetition rewards below 1", Params{RepetitionPenalty: .5}, 0, []float32{4, -1, 2, 0, 4}},
		{"repetition 1", Params{RepetitionPenalty: 1}, 0, []float32{2, -2, 1, 0, 4}},
		// The prompt does not count.
		{"presence", Params{PresencePenalty: .5}, 0, []float32{2, -2.5, .5, 0, 4}},
		{"frequency", Params{FrequencyPenalty: .5}, 0, []float32{2, -3, .5, 0, 4}},
		{"negative frequency", Params{FrequencyPenalty: -1}, 0, []float32{2, 0, 2, 0, 4}},
		{"presence and frequency", Params{PresencePenalty: 1, FrequencyPenalty: .25}, 0, []float32{2, -3.5, -.25, 0, 4}},
		// Bias first: 1 + 1 = 2, halved, minus 1.
		{"order", Params{Bias: []Bias{{2, 1}}, RepetitionPenalty: 2, PresencePenalty: 1}, 0, []float32{1, -5, 0, 0, 4}},
		{"suppressed", Params{Suppress: []int32{4, 0}, SuppressUntil: 7}, 6, []float32{negInf, -2, 1, 0, negInf}},
		{"no longer suppressed", Params{Suppress: []int32{4, 0}, SuppressUntil: 7}, 7, []float32{2, -2, 1, 0, 4}},
		{"suppressed against a bias", Params{Bias: []Bias{{4, 100}}, Suppress: []int32{4}, SuppressUntil: 1}, 0, []float32{2, -2, 1, 0, negInf}},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := NewHistory(5, prompt, 9)
			h.Push(said...)
			given := slices.Clone(logits)
			if got := Adjust(given, row.p, h, row.position, new(Scratch)); !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
			if !slices.Equal(given, logits) {
				t.Error("the logits themselves were changed")
			}
		})
	}
}

func TestAdjustWithoutHistory(t *testing.T) {
	var h *History
	h.Push(1, 2)
	h.Pop(1, 2)
	p := Params{Bias: []Bias{{1, 2}}}
	if got := Adjust([]float32{0, 0}, p, h, 0, new(Scratch)); !slices.Equal(got, []float32{0, 2}) {
		t.Errorf("got %v", got)
	}
}

// TestHistoryIsAStack: after pushes and pops, a history penalises like a new one of the
// same tokens.
func TestHistoryIsAStack(t *testing.T) {
	const vocab = 12
	r := rand.New(rand.NewPCG(1, 2))
	p := Params{RepetitionPenalty: 1.5, PresencePenalty: .25, FrequencyPenalty: -.5}
	logits := make([]float32, vocab)
	for i := range logits {
		logits[i] = r.Float32()*8 - 4
	}
	prompt := []int32{3, 3, 5}
	h, said := NewHistory(vocab, prompt, 64), []int32(nil)
	for range 2000 {
		if n := r.IntN(4); r.IntN(2) == 0 && len(said) < 50 {
			for range n {
				said = append(said, int32(r.IntN(vocab)))
			}
			h.Push(said[len(said)-n:]...)
		} else {
			n = min(n, len(said))
			h.Pop(said[len(said)-n:]...)
			said = said[:len(said)-n]
		}
		fresh := NewHistory(vocab, prompt, 64)
		fresh.Push(said...)
		got, want := Adjust(logits, p, h, 0, new(Scratch)), Adjust(logits, p, fresh, 0, new(Scratch))
		if !slices.Equal(got, want) {
			t.Fatalf("after %v: got %v, want %v", said, got, want)
		}
	}
}

func TestAdjustAllocatesNothing(t *testing.T) {
	const vocab = 500
	logits, s := make([]float32, vocab), new(Scratch)
	h := NewHistory(vocab, []int32{1, 2, 3}, 400)
	p := Params{Bias: []Bias{{7, 1}}, RepetitionPenalty: 1.2, PresencePenalty: 1, FrequencyPenalty: 1, Suppress: []int32{9}, SuppressUntil: 1 << 20}
	Adjust(logits, p, h, 0, s)
	next := int32(0)
	if n := testing.AllocsPerRun(300, func() {
		h.Push(next)
		Adjust(logits, p, h, 5, s)
		next++
	}); n != 0 {
		t.Errorf("%v allocations per token", n)
	}
}

func TestValidateAdjust(t *testing.T) {
	nan := float32(math.NaN())
	for _, row := range []struct {
		name string
		p    Params
		ok   bool
	}{
		{"bounds", Params{FrequencyPenalty: -2, PresencePenalty: 2, RepetitionPenalty: .01, Bias: []Bias{{9, -100}, {0, 100}}}, true},
		{"frequency", Params{FrequencyPenalty: 2.1}, false},
		{"presence", Params{PresencePenalty: nan}, false},
		{"repetition", Params{RepetitionPenalty: -1}, false},
		{"infinite repetition", Params{RepetitionPenalty: posInf}, false},
		{"bias", Params{Bias: []Bias{{1, 101}}}, false},
		{"NaN bias", Params{Bias: []Bias{{1, nan}}}, false},
		{"bias beyond the vocabulary", Params{Bias: []Bias{{10, 1}}}, false},
		{"negative token", Params{Bias: []Bias{{-1, 1}}}, false},
		{"suppressed beyond the vocabulary", Params{Suppress: []int32{10}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.p.Validate()
			if err == nil {
				err = row.p.ValidateTokens(10)
			}
			if (err == nil) != row.ok {
				t.Errorf("error %v, want none: %v", err, row.ok)
			}
		})
	}
}
