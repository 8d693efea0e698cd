package spec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/invariant"
)

// story is a text of few different tokens that often says again what it has said.
func story(r *rand.Rand, length, alphabet int) (text []int32) {
	for len(text) < length {
		if n := len(text); n > 0 && r.IntN(3) == 0 {
			from := r.IntN(n)
			text = append(text, text[from:from+r.IntN(min(20, n-from)+1)]...)
		}
		text = append(text, int32(r.IntN(alphabet)))
	}
	return text[:length]
}

// naiveCopy is continuation by its definition: text and draft are one sequence that is copied from.
func naiveCopy(text []int32, end, n int) []int32 {
	whole := slices.Clone(text)
	for range n {
		token := whole[end]
		if token == separator {
			break
		}
		whole, end = append(whole, token), end+1
	}
	return whole[len(text):]
}

// naiveNgram is what Ngram drafts, in quadratic time.
func naiveNgram(text []int32, shortest, longest, want int) []int32 {
	for n := longest; n >= shortest; n-- {
		for end := len(text) - 1; end >= n; end-- {
			if slices.Equal(text[end-n:end], text[len(text)-n:]) {
				return naiveCopy(text, end, want)
			}
		}
	}
	return nil
}

// naiveMatch returns the longest suffix of text, of up to most tokens, that ends in other before its
// last token, and where it ends first.
func naiveMatch(text, other []int32, most int) (length, end int) {
	for n := min(most, len(text)); n > 0; n-- {
		for end := n; end < len(other); end++ {
			if slices.Equal(other[end-n:end], text[len(text)-n:]) {
				return n, end
			}
		}
	}
	return 0, 0
}

// naiveSuffix is what Suffix drafts after the generations' texts.
func naiveSuffix(text []int32, generations [2]*generation, want int) []int32 {
	length, end := naiveMatch(text, text, len(text))
	from := text
	for _, g := range generations {
		if g == nil || length >= window {
			break
		}
		if n, at := naiveMatch(text, g.text, window); n > length && g.text[at] != separator {
			length, end, from = n, at, g.text
		}
	}
	if length == 0 {
		return nil
	}
	return naiveCopy(from, end, min(length, want))
}

// grow shows a proposer a text in random pieces, as chunks and steps do, and goes back to the
// beginning now and then, as preemption does. Each draft that is wanted is compared.
func grow(t *testing.T, p Proposer, q *Request, text []int32, r *rand.Rand, want func(text []int32, n int) []int32) (drafted int) {
	t.Helper()
	for known := 0; known < len(text); {
		known = min(len(text), known+1+r.IntN(6))
		if r.IntN(12) == 0 {
			p.Reset(q, 0)
			q.Tokens, q.Want = text[:r.IntN(known)], 0
			if p.Propose([]*Request{q}); len(q.Draft) > 0 {
				t.Fatalf("%d drafts where none is wanted", len(q.Draft))
			}
		}
		q.Tokens, q.Want = text[:known], r.IntN(9)
		p.Propose([]*Request{q})
		expected := []int32(nil)
		if q.Want > 0 {
			expected = want(q.Tokens, q.Want)
		}
		if !slices.Equal(q.Draft, expected) || q.Probs != nil {
			t.Fatalf("after %v, %d wanted: drafted %v (distributions %v), want %v", q.Tokens, q.Want, q.Draft, q.Probs, expected)
		}
		p.Committed(q, known)
		drafted += len(q.Draft)
	}
	return drafted
}

func TestNgramIsTheNaiveLookup(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, lengths := range [][2]int{{1, 1}, {1, 4}, {2, 4}, {3, 3}} {
		g, drafted := NewNgram(lengths[0], lengths[1]), 0
		for range 60 {
			q := &Request{}
			drafted += grow(t, g, q, story(r, 1+r.IntN(200), 2+r.IntN(6)), r, func(text []int32, n int) []int32 {
				return naiveNgram(text, lengths[0], lengths[1], n)
			})
			g.Ended(q)
		}
		if drafted < 1000 {
			t.Errorf("n-grams of %v: only %d drafts", lengths, drafted)
		}
	}
}

func TestSuffixIsTheNaiveSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s, drafted := &Suffix{history: newHistory(900)}, 0
	for range 150 {
		q := &Request{Salt: uint64(r.IntN(3))}
		drafted += grow(t, s, q, story(r, 1+r.IntN(150), 2+r.IntN(6)), r, func(text []int32, n int) []int32 {
			return naiveSuffix(text, s.history.of(q.Salt), n)
		})
		s.Ended(q)
	}
	if drafted < 5000 {
		t.Errorf("only %d drafts", drafted)
	}
}

// Requests that run together see what others leave behind, from the next step on.
func TestSuffixFollowsAHistoryThatGrows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s, others := &Suffix{history: newHistory(1200)}, 0
	source := story(r, 400, 40)
	running := make([]*Request, 4)
	for step := range 1500 {
		i := r.IntN(len(running))
		q := running[i]
		if q == nil {
			from := r.IntN(300)
			q = &Request{Salt: uint64(i % 2), Tokens: slices.Clone(source[from : from+1+r.IntN(90)])}
			running[i] = q
		}
		q.Want = 1 + r.IntN(8)
		s.Propose([]*Request{q})
		if want := naiveSuffix(q.Tokens, s.history.of(q.Salt), q.Want); !slices.Equal(q.Draft, want) {
			t.Fatalf("step %d: drafted %v, want %v", step, q.Draft, want)
		}
		if length, _ := q.suffixes.own.repeated(); len(q.Draft) > length {
			others++
		}
		next := append(slices.Clone(q.Draft[:r.IntN(len(q.Draft)+1)]), source[r.IntN(len(source))])
		q.Tokens = append(q.Tokens, next...)
		if r.IntN(12) == 0 {
			s.Ended(q)
			running[i] = nil
		}
	}
	if others < 100 {
		t.Errorf("only %d drafts came from other requests", others)
	}
}

// Nothing that is said under one salt changes a draft under another.
func TestSaltsDoNotTellOnEachOther(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	secret, text := story(r, 200, 30), story(r, 100, 30)
	alone, beside := NewSuffix(), NewSuffix()
	say(beside, 1, secret)
	for _, s := range []*Suffix{alone, beside} {
		say(s, 2, text)
	}
	differs := false
	for n := 1; n < len(secret); n++ {
		a, b := &Request{Salt: 2, Tokens: secret[:n], Want: 8}, &Request{Salt: 2, Tokens: secret[:n], Want: 8}
		alone.Propose([]*Request{a})
		beside.Propose([]*Request{b})
		if !slices.Equal(a.Draft, b.Draft) {
			t.Fatalf("after %d tokens: %v, and %v beside a secret of another salt", n, a.Draft, b.Draft)
		}
		c := &Request{Salt: 1, Tokens: secret[:n], Want: 8}
		beside.Propose([]*Request{c})
		differs = differs || !slices.Equal(a.Draft, c.Draft)
	}
	if !differs {
		t.Error("its own salt drafts nothing of it either: the test tests nothing")
	}
}

// say has a request of the salt run and end.
func say(s *Suffix, salt uint64, text []int32) {
	q := &Request{Salt: salt, Tokens: text}
	s.Propose([]*Request{q})
	s.Ended(q)
}

// What is remembered is bounded, whatever is said: what was said last under a salt stays, and salts go in the
// order in which they were used.
func TestHistoryIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const limit = 1000
	h := newHistory(limit)
	var used []uint64
	for step := range 3000 {
		salt := uint64(r.IntN(1 + step/100))
		stream := story(r, r.IntN(400), 50)
		h.add(salt, stream)
		used = append(slices.DeleteFunc(used, func(s uint64) bool { return s == salt }), salt)
		total := 0
		for _, x := range h.recent {
			for _, g := range []*generation{x.young, x.old} {
				if g != nil {
					total += len(g.text)
					checkGeneration(t, g, limit/4)
				}
			}
		}
		if total > limit || total != h.size || len(h.free) > mostFree {
			t.Fatalf("step %d: %d tokens and %d counted of at most %d, %d free", step, total, h.size, limit, len(h.free))
		}
		for _, s := range used[len(used)-len(h.recent):] {
			if h.recent[s] == nil {
				t.Fatalf("step %d: salt %d was forgotten before one that was used earlier", step, s)
			}
		}
		tail := append(stream[max(0, len(stream)-limit/4+1):], separator)
		if young := h.of(salt)[0].text; !slices.Equal(young[len(young)-len(tail):], tail) {
			t.Fatalf("step %d: the stream that was added last is not the end of %v", step, young)
		}
	}
}

func checkGeneration(t *testing.T, g *generation, most int) {
	t.Helper()
	n := len(g.text)
	if n > most || g.size() != n || len(g.states) > 2*n+1 || len(g.edges) > 3*n+1 {
		t.Fatalf("%d tokens, in an automaton of %d with %d states and %d edges", n, g.size(), len(g.states), len(g.edges))
	}
}

// A sequence that never had a row leaves nothing behind.
func TestEndedBeforeItBegan(t *testing.T) {
	s := NewSuffix()
	for _, p := range []Proposer{NewNgram(1, 3), s} {
		p.Ended(&Request{Tokens: []int32{1, 2, 3}})
	}
	if s.history.size != 0 {
		t.Errorf("%d tokens are remembered", s.history.size)
	}
}

func TestTextProposersAllocateNothing(t *testing.T) {
	if invariant.Enabled {
		t.Skip("checks allocate")
	}
	text := story(rand.New(rand.NewPCG(11, 12)), 600, 20)
	for name, p := range map[string]Proposer{"ngram": NewNgram(2, 4), "suffix": NewSuffix()} {
		q := &Request{Draft: make([]int32, 0, 8)}
		batch := []*Request{q}
		run := func() {
			for n := 1; n <= len(text); n++ {
				q.Tokens, q.Want = text[:n], 8
				p.Propose(batch)
				p.Committed(q, n)
			}
			p.Ended(q)
		}
		for range 4 * historyTokens / len(text) { // until the generations that come and go have been of their full size
			run()
		}
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s: %v allocations in %d steps", name, n, len(text))
		}
	}
}

func FuzzTextProposers(f *testing.F) {
	f.Add([]byte("abcabcabcab"), []byte("cabcab"), uint8(3), uint8(5))
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaa"), []byte(""), uint8(1), uint8(7))
	f.Fuzz(func(t *testing.T, said, earlier []byte, shift, want uint8) {
		said, earlier = said[:min(len(said), 300)], earlier[:min(len(earlier), 300)]
		tokens := func(b []byte) (ids []int32) {
			for _, x := range b {
				ids = append(ids, int32(x>>(shift%8)))
			}
			return ids
		}
		text, n := tokens(said), int(want%16)
		s, g := &Suffix{history: newHistory(400)}, NewNgram(1, 3)
		say(s, 0, tokens(earlier))
		a, b := &Request{Want: n}, &Request{Want: n}
		for i := 1; i <= len(text); i += 1 + i%3 {
			a.Tokens, b.Tokens = text[:i], text[:i]
			s.Propose([]*Request{a})
			g.Propose([]*Request{b})
			if n == 0 {
				continue
			}
			if want := naiveSuffix(text[:i], s.history.of(0), n); !slices.Equal(a.Draft, want) {
				t.Fatalf("suffix after %v: %v, want %v", text[:i], a.Draft, want)
			}
			if want := naiveNgram(text[:i], 1, 3, n); !slices.Equal(b.Draft, want) {
				t.Fatalf("ngram after %v: %v, want %v", text[:i], b.Draft, want)
			}
		}
	})
}

func BenchmarkTextProposers(b *testing.B) {
	text := story(rand.New(rand.NewPCG(1, 1)), 4096, 2000)
	s := NewSuffix()
	for range 8 {
		say(s, 0, story(rand.New(rand.NewPCG(2, 2)), 4096, 2000))
	}
	for name, p := range map[string]Proposer{"ngram": NewNgram(2, 4), "suffix": s} {
		b.Run(name, func(b *testing.B) {
			q := &Request{}
			batch := []*Request{q}
			n := 0
			for b.Loop() {
				if n++; n > len(text) {
					p.Ended(q)
					n = 1
				}
				q.Tokens, q.Want = text[:n], 8
				p.Propose(batch)
			}
		})
	}
}
