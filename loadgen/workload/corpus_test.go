package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// byteTokenizer has one token per byte, and one special token. A cut inside a
// character decodes to what is not valid UTF-8.
type byteTokenizer struct{ replace bool }

const beginOfText = 1000

func (b byteTokenizer) Encode(text string, addSpecial bool) []int32 {
	var ids []int32
	if addSpecial {
		ids = append(ids, beginOfText)
	}
	for i := range len(text) {
		ids = append(ids, int32(text[i]))
	}
	return ids
}

func (b byteTokenizer) Decode(ids []int32) string {
	var raw []byte
	for _, id := range ids {
		raw = append(raw, byte(id))
	}
	if b.replace {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return string(raw)
}

// wordTokenizer has one token per word with the space before it, as a byte-level
// BPE has: " word" in the middle of a text and "word" at the start of one are
// different tokens, and "ab"+"cd" encodes to one token, not two.
type wordTokenizer struct {
	ids   map[string]int32
	words []string
}

func newWordTokenizer() *wordTokenizer { return &wordTokenizer{ids: map[string]int32{}} }

var word = regexp.MustCompile(` ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s`)

func (w *wordTokenizer) Encode(text string, _ bool) []int32 {
	var ids []int32
	for _, s := range word.FindAllString(text, -1) {
		id, ok := w.ids[s]
		if !ok {
			id = int32(len(w.words))
			w.ids[s] = id
			w.words = append(w.words, s)
		}
		ids = append(ids, id)
	}
	return ids
}

func (w *wordTokenizer) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(w.words[id])
	}
	return b.String()
}

// prose is a text of n words over a small vocabulary, with characters of every length.
func prose(n int) string {
	rng := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	syllables := []string{"ka", "lö", "mi", "n€", "pa", "Ω", "ra", "si", "𝛑o", "tu"}
	for i := range n {
		if i > 0 {
			b.WriteString([]string{" ", " ", " ", "\n", ", "}[rng.IntN(5)])
		}
		for range 1 + rng.IntN(3) {
			b.WriteString(syllables[rng.IntN(len(syllables))])
		}
	}
	return b.String()
}

type tokenizerCase struct {
	name string
	tok  Tokenizer
}

func tokenizers() []tokenizerCase {
	return []tokenizerCase{
		{"bytes", byteTokenizer{}},
		{"bytes, replacing", byteTokenizer{replace: true}},
		{"words", newWordTokenizer()},
	}
}

func newCorpus(t testing.TB, tok Tokenizer, text string) *Corpus {
	t.Helper()
	c, err := NewCorpus(tok, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func prompts(t testing.TB, c *Corpus, spec Spec, key Key, n int) []Prompt {
	t.Helper()
	ps, err := c.Prompts(spec, key, n)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func warmup(t testing.TB, c *Corpus, spec Spec, key Key, n int) []Prompt {
	t.Helper()
	ps, err := c.Warmup(spec, key, n)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

var spec = Spec{Prompt: Length{Kind: Uniform, Min: 8, Max: 40}, Output: Length{Kind: Uniform, Min: 4, Max: 16}}

// Every prompt is valid text out of the corpus, of a length inside the
// distribution, counted as the tokenizer counts, and no two are the same.
func TestPrompts(t *testing.T) {
	text := prose(4000)
	for _, tc := range tokenizers() {
		t.Run(tc.name, func(t *testing.T) {
			c := newCorpus(t, tc.tok, text)
			seen := map[string]bool{}
			lengths := map[int]bool{}
			for i, p := range prompts(t, c, spec, Key{Seed: 1, Load: "a"}, 200) {
				switch {
				case !utf8.ValidString(p.Text) || strings.Contains(p.Text, "\ufffd"):
					t.Fatalf("prompt %d is broken text: %q", i, p.Text)
				case !strings.Contains(text, p.Text):
					t.Fatalf("prompt %d is not of the corpus: %q", i, p.Text)
				case !slices.Equal(p.Tokens, tc.tok.Encode(p.Text, false)):
					t.Fatalf("prompt %d: tokens are not those of its text", i)
				case len(p.Tokens) < 8 || len(p.Tokens) > 40 || p.MaxTokens < 4 || p.MaxTokens > 16:
					t.Fatalf("prompt %d: %d tokens in, %d out", i, len(p.Tokens), p.MaxTokens)
				case p.Group != -1 || p.Repeat:
					t.Fatalf("prompt %d: group %d, repeat %v", i, p.Group, p.Repeat)
				case seen[p.Text]:
					t.Fatalf("prompt %d comes twice: %q", i, p.Text)
				}
				seen[p.Text] = true
				lengths[len(p.Tokens)] = true
			}
			if len(lengths) < 25 {
				t.Errorf("only %d different lengths of 33", len(lengths))
			}
		})
	}
}

func TestSpecialTokensCount(t *testing.T) {
	c := newCorpus(t, byteTokenizer{}, prose(500))
	s := Spec{Prompt: FixedLength(20), Output: FixedLength(1), Special: true}
	for _, p := range prompts(t, c, s, Key{}, 20) {
		if len(p.Tokens) != 20 || p.Tokens[0] != beginOfText || len(p.Text) != 19 {
			t.Fatalf("%d tokens, first %d, %d bytes", len(p.Tokens), p.Tokens[0], len(p.Text))
		}
	}
	s.Prompt = FixedLength(1)
	if _, err := c.Prompts(s, Key{}, 1); err == nil || !strings.Contains(err.Error(), "no room for text beside 1 special tokens") {
		t.Errorf("error %v", err)
	}
}

// Prompts are a function of (seed, load level, repetition), and of nothing else.
func TestDeterminism(t *testing.T) {
	text := prose(3000)
	key := Key{Seed: 9, Load: "poisson 20/s", Repetition: 2}
	texts := func(key Key, s Spec) []string {
		var out []string
		for _, p := range prompts(t, newCorpus(t, byteTokenizer{}, text), s, key, 50) {
			out = append(out, fmt.Sprint(p.MaxTokens, " ", p.Text))
		}
		return out
	}
	want := texts(key, spec)
	if !slices.Equal(want, texts(key, spec)) {
		t.Error("same key, other prompts")
	}
	for name, other := range map[string]Key{
		"seed":       {Seed: 10, Load: key.Load, Repetition: 2},
		"load":       {Seed: 9, Load: "poisson 21/s", Repetition: 2},
		"repetition": {Seed: 9, Load: key.Load, Repetition: 3},
	} {
		if got := texts(other, spec); slices.ContainsFunc(got, func(s string) bool { return slices.Contains(want, s) }) {
			t.Errorf("another %s gives a prompt again", name)
		}
	}
	// The draws are separate streams: asking for longer outputs changes no prompt.
	longer := spec
	longer.Output = FixedLength(99)
	a, b := newCorpus(t, byteTokenizer{}, text), newCorpus(t, byteTokenizer{}, text)
	pa, pb := prompts(t, a, spec, key, 50), prompts(t, b, longer, key, 50)
	for i := range pa {
		if pa[i].Text != pb[i].Text {
			t.Fatal("the output length changes the prompts")
		}
	}
	// More prompts begin with the same ones.
	if more := prompts(t, a, spec, key, 60); !reflect.DeepEqual(more[:50], pa) {
		t.Error("60 prompts do not begin with the 50")
	}
}

// Fixed values: prompts of an old run can be made again by a later version.
func TestKeyIsStable(t *testing.T) {
	k := Key{Seed: 1, Load: "a", Repetition: 0}
	// The value is what python3 hashlib gives for the documented bytes.
	if got, want := k.Uint64("arrival"), uint64(0x6fe92b17bd0bcaeb); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
	if k.Uint64("x") == k.Uint64("y") || (Key{Load: "ab"}).Uint64("c") == (Key{Load: "a"}).Uint64("bc") {
		t.Error("streams collide")
	}
}

// A warm-up prompt has no first token, and so no prefix of any length, in common
// with a measured one of any key, and no text either.
func TestWarmupCannotPrime(t *testing.T) {
	text := prose(6000)
	for _, tc := range tokenizers() {
		t.Run(tc.name, func(t *testing.T) {
			c := newCorpus(t, tc.tok, text)
			grouped := spec
			grouped.Groups, grouped.GroupTokens = 3, 10
			measured := map[int32]bool{}
			for rep := range 3 {
				for _, s := range []Spec{spec, grouped} {
					for _, p := range prompts(t, c, s, Key{Seed: 1, Repetition: rep}, 100) {
						measured[p.Tokens[0]] = true
					}
				}
			}
			for _, s := range []Spec{spec, grouped} {
				for i, p := range warmup(t, c, s, Key{Seed: 1}, 100) {
					if measured[p.Tokens[0]] {
						t.Fatalf("warm-up prompt %d begins like a measured one: %q", i, p.Text)
					}
					if p.Group != -1 {
						t.Fatalf("warm-up prompt %d is of group %d", i, p.Group)
					}
					lo, hi := 8+s.GroupTokens, 40+s.GroupTokens
					if len(p.Tokens) < lo || len(p.Tokens) > hi {
						t.Fatalf("warm-up prompt %d has %d tokens, measured ones have %d to %d", i, len(p.Tokens), lo, hi)
					}
				}
			}
		})
	}
}

func TestSharedGroups(t *testing.T) {
	text := prose(4000)
	for _, tc := range tokenizers() {
		t.Run(tc.name, func(t *testing.T) {
			c := newCorpus(t, tc.tok, text)
			s := Spec{Prompt: FixedLength(12), Output: FixedLength(1), Groups: 3, GroupTokens: 30, WarmupShared: true}
			key := Key{Seed: 4}
			prefix := map[int]string{}
			tails := map[string]bool{}
			for i, p := range prompts(t, c, s, key, 90) {
				if len(p.Tokens) != 42 {
					t.Fatalf("prompt %d has %d tokens, want 30 + 12", i, len(p.Tokens))
				}
				if before, ok := prefix[p.Group]; ok {
					prefix[p.Group] = common(before, p.Text)
				} else {
					prefix[p.Group] = p.Text
				}
				if tails[p.Text] {
					t.Fatalf("prompt %d comes twice", i)
				}
				tails[p.Text] = true
			}
			if len(prefix) != 3 {
				t.Fatalf("%d groups, want 3", len(prefix))
			}
			for g, text := range prefix {
				if n := len(tc.tok.Encode(strings.ToValidUTF8(text, ""), false)); n < 29 || n > 33 {
					t.Errorf("group %d shares %d tokens, want about 30", g, n)
				}
			}
			for i, p := range warmup(t, c, s, key, 20) {
				if p.Group < 0 || len(common(prefix[p.Group], p.Text)) < len(prefix[p.Group])-8 {
					t.Fatalf("declared warm-up prompt %d is not of group %d", i, p.Group)
				}
			}
		})
	}
}

// Skewed groups come as often as Zipf's law says, within five standard deviations.
func TestSkewedGroups(t *testing.T) {
	c := newCorpus(t, byteTokenizer{}, prose(4000))
	const n = 2000
	for _, skew := range []float64{0, 0.5, 1, 2} {
		s := Spec{Prompt: FixedLength(4), Output: FixedLength(1), Groups: 4, GroupTokens: 8, GroupSkew: skew}
		counts, sum := make([]int, s.Groups), 0.0
		for _, p := range prompts(t, c, s, Key{Seed: 3}, n) {
			counts[p.Group]++
		}
		for k := range counts {
			sum += math.Pow(float64(k+1), -skew)
		}
		for k, got := range counts {
			share := math.Pow(float64(k+1), -skew) / sum
			if off := math.Abs(float64(got) - n*share); off > 5*math.Sqrt(n*share*(1-share)) {
				t.Errorf("skew %v: group %d came %d times of %d, want about %.0f", skew, k, got, n, n*share)
			}
		}
	}
	for _, skew := range []float64{-1, 11, math.NaN()} {
		s := Spec{Prompt: FixedLength(4), Output: FixedLength(1), Groups: 4, GroupTokens: 8, GroupSkew: skew}
		if err := s.Validate(); err == nil {
			t.Errorf("skew %v was taken", skew)
		}
	}
}

func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// No start is used twice until all have been; then prompts say that they repeat.
func TestExhaustion(t *testing.T) {
	c := newCorpus(t, byteTokenizer{}, strings.Repeat("abcdefghij", 8))
	s := Spec{Prompt: FixedLength(5), Output: FixedLength(1)}
	_, hi := c.region(false)
	usable := 0
	for i := range hi - 4 {
		if !c.warm[c.ids[i]] {
			usable++
		}
	}
	ps := prompts(t, c, s, Key{}, usable+10)
	for i, p := range ps {
		if p.Repeat != (i >= usable) {
			t.Fatalf("prompt %d of %d usable starts: repeat %v", i, usable, p.Repeat)
		}
	}
}

func TestDeck(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	d := newDeck(100)
	first := map[int]int{}
	for round := range 200 {
		seen := make([]bool, 100)
		for i := range 100 {
			card := d.deal(rng)
			if seen[card] {
				t.Fatalf("round %d deals %d twice", round, card)
			}
			seen[card] = true
			if i == 0 {
				first[card]++
			}
		}
	}
	if len(first) < 70 { // 200 draws of 100 leave about 13 unseen
		t.Errorf("only %d different first cards in 200 rounds", len(first))
	}
}

func TestBadCorpora(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "0 tokens in 0 bytes"},
		{"not text", "abc\xff", "not valid UTF-8 at byte 3"},
		{"one letter", "aaaaaaaaaa", "only 1 different"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := NewCorpus(byteTokenizer{}, tc.text); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	c := newCorpus(t, byteTokenizer{}, prose(50))
	for _, tc := range []struct {
		name string
		spec Spec
		want string
	}{
		{"too short a corpus", Spec{Prompt: FixedLength(5000), Output: FixedLength(1)}, "prompt 1 of 1: length 5000, but the corpus has only"},
		{"no length", Spec{Output: FixedLength(1)}, "prompt tokens: unknown distribution"},
		{"no output", Spec{Prompt: FixedLength(1)}, "output tokens: unknown distribution"},
		{"groups without tokens", Spec{Prompt: FixedLength(5), Output: FixedLength(1), Groups: 2}, "2 groups of 0 tokens"},
		{"negative groups", Spec{Prompt: FixedLength(5), Output: FixedLength(1), Groups: -1, GroupTokens: 4}, "neither below 0"},
		{"nothing to share", Spec{Prompt: FixedLength(5), Output: FixedLength(1), WarmupShared: true}, "there are no groups"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := c.Prompts(tc.spec, Key{}, 1); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := c.Prompts(spec, Key{}, -1); err == nil {
		t.Error("made -1 prompts")
	}
}

func TestSharedPrefixText(t *testing.T) {
	if got := (Spec{Groups: 4, GroupTokens: 64}).SharedPrefix(); got != "4 groups of 64 tokens" {
		t.Error(got)
	}
	if got := spec.SharedPrefix(); got != "" {
		t.Error(got)
	}
}

// The largest corpora are tokenized once; prompts after that are cheap.
func BenchmarkPrompts(b *testing.B) {
	c := newCorpus(b, byteTokenizer{}, prose(20_000))
	s := Spec{Prompt: FixedLength(200), Output: FixedLength(1)}
	for b.Loop() {
		prompts(b, c, s, Key{Seed: 1}, 100)
	}
}
