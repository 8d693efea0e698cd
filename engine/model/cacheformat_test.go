package model

import (
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/par"
)

// mixedFormats are cache formats beside CacheFormats.
var mixedFormats = []string{"q8_0/q4_0", "q4_0/bf16", "bf16/f16", "q4_0+hadamard", "q4_0+channel", "q8_0/q4_0+channel+hadamard"}

func TestCacheFormatsAreReadAsPrinted(t *testing.T) {
	for _, text := range slices.Concat(CacheFormats, mixedFormats) {
		if f, err := ParseCacheFormat(text); err != nil || f.String() != text {
			t.Errorf("%s is read as %v: %v", text, f, err)
		}
	}
	if f, err := ParseCacheFormat("Q8_0/Q8_0+Hadamard"); err != nil || f.String() != "q8_0+hadamard" {
		t.Errorf("read as %v: %v", f, err)
	}
}

// walker computes one sequence pass by pass, whose tokens follow from positions but for drafts
// in vain.
type walker struct {
	t      *testing.T
	s      *State
	blocks []int32
	pass   Pass
	tail   int32
	rows   map[int][]float32 // logits by position
}

func newWalker(t *testing.T, s *State, tail int32) *walker {
	w := &walker{t: t, s: s, tail: tail, rows: map[int][]float32{}}
	n := s.cache.Blocks / 2
	for i := range n { // two sequences, whose blocks are scattered
		w.blocks = append(w.blocks, int32(2*(n-1-i))+tail)
	}
	return w
}

func (w *walker) tokens(from, to, wrong int) (tokens []int32) {
	for p := from; p < to; p++ {
		tokens = append(tokens, int32((p*7+wrong)%tinyVocab))
	}
	return tokens
}

// add appends positions [from, to) to the pass.
func (w *walker) add(from, to, wrong int) {
	first := len(w.pass.Tokens)
	w.pass.Add(from, w.blocks, w.tokens(from, to, wrong)...)
	w.pass.Keep(w.tail)
	for r := range to - from {
		w.pass.Logits = append(w.pass.Logits, int32(first+r))
	}
}

// run computes the pass and notes its logits.
func (w *walker) run() {
	w.s.Forward(&w.pass)
	for i, r := range w.pass.Logits {
		w.rows[int(w.pass.Positions[r])] = slices.Clone(w.pass.Row(i))
	}
	w.pass.Reset()
}

// Which logits a position has depends neither on how positions are cut into passes and spans, nor
// on drafts that did not stand, nor on blocks, threads and other sequences.
func TestEveryFormatDependsOnNothingButTheSequence(t *testing.T) {
	m := mustLoad(t, "Q8_0")
	const n = 300
	m.Context = max(m.Context, n)
	for _, format := range slices.Concat(CacheFormats, mixedFormats) {
		t.Run(format, func(t *testing.T) {
			state := func(threads, blockSize int) *State {
				cache, err := NewCache(m, format, 2*((n+blockSize-1)/blockSize), blockSize)
				if err != nil {
					t.Fatal(err)
				}
				cache.Tails, cache.Rollback = 2, 64
				pool := par.New(threads)
				t.Cleanup(pool.Close)
				return NewState(m, cache, pool)
			}
			whole := newWalker(t, state(1, 32), 0)
			whole.add(0, n, 0)
			whole.run()
			for name, f := range map[string]func() map[int][]float32{
				"one by one":       func() map[int][]float32 { return inPasses(newWalker(t, state(1, 32), 0), n, 1) },
				"passes of 7":      func() map[int][]float32 { return inPasses(newWalker(t, state(2, 64), 1), n, 7) },
				"passes of 150":    func() map[int][]float32 { return inPasses(newWalker(t, state(2, 256), 0), n, 150) },
				"drafts in vain":   func() map[int][]float32 { return withDrafts(newWalker(t, state(1, 32), 1), n) },
				"two spans a pass": func() map[int][]float32 { return inSpans(newWalker(t, state(1, 96), 0), n) },
				"beside another": func() map[int][]float32 {
					s := state(2, 32)
					return beside(newWalker(t, s, 0), newWalker(t, s, 1), n)
				},
			} {
				rows := f()
				for p := range n {
					if !slices.Equal(rows[p], whole.rows[p]) {
						t.Errorf("%s: logits of position %d differ", name, p)
						break
					}
				}
			}
		})
	}
}

func inPasses(w *walker, n, size int) map[int][]float32 {
	for p := 0; p < n; p += size {
		w.add(p, min(n, p+size), 0)
		w.run()
	}
	return w.rows
}

// withDrafts computes up to 65 positions at a time, of which the last ones are wrong.
func withDrafts(w *walker, n int) map[int][]float32 {
	w.add(0, 20, 0)
	w.run()
	for p, i := 20, 0; p < n; i++ {
		right := 1 + i*5%11
		right = min(right, n-p)
		w.add(p, p+right, 0)
		w.pass.Extend(w.tokens(p+right, min(n, p+65), 1+i)...)
		w.run()
		p += right
	}
	return w.rows
}

// inSpans has each pass be two spans of the sequence, as a prompt and what was generated are.
func inSpans(w *walker, n int) map[int][]float32 {
	for p := 0; p < n; p += 75 {
		w.add(p, p+45, 0)
		w.add(p+45, p+75, 0)
		w.run()
	}
	return w.rows
}

// beside computes another sequence in the same passes.
func beside(w, other *walker, n int) map[int][]float32 {
	for p, q := 0, 0; p < n; p += 30 {
		w.pass.Add(q, other.blocks, other.tokens(q, q+11, 3)...)
		w.pass.Keep(other.tail)
		w.add(p, p+30, 0)
		w.run()
		q += 11
	}
	return w.rows
}

// A rotation changes nothing but rounding, and a sealed key is not what it was before.
func TestRotationIsUndone(t *testing.T) {
	m := mustLoad(t, "F32")
	plain, turned := lastLogits(t, m, "f32", 1, 32, 40), lastLogits(t, m, "f32+hadamard", 1, 32, 40)
	for i := range plain {
		if math.Abs(float64(plain[i]-turned[i])) > 1e-4 {
			t.Fatalf("logit %d is %g, rotated %g", i, plain[i], turned[i])
		}
	}
	if slices.Equal(plain, turned) {
		t.Error("the same bits: nothing was rotated")
	}
	token, channel := lastLogits(t, m, "q4_0/f32", 1, 32, 40), lastLogits(t, m, "q4_0/f32+channel", 1, 32, 40)
	if slices.Equal(token, channel) {
		t.Error("scales per channel change nothing")
	}
}

func TestEveryFormatAllocatesNothing(t *testing.T) {
	m := mustLoad(t, "F32")
	for _, format := range mixedFormats {
		for _, threads := range []int{1, 2} {
			cache, err := NewCache(m, format, 2, 32)
			if err != nil {
				t.Fatal(err)
			}
			pool := par.New(threads)
			s, p := NewState(m, cache, pool), &Pass{}
			blocks := []int32{1, 0}
			step := func() {
				p.Reset()
				p.AddPrompt(0, blocks, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
				p.Add(30, blocks, 5, 6, 7)
				p.Logits = append(p.Logits, 32)
				s.Forward(p)
			}
			step()
			if n := testing.AllocsPerRun(20, step); n != 0 {
				t.Errorf("%s, %d threads: a pass allocates %v times", format, threads, n)
			}
			pool.Close()
		}
	}
}
