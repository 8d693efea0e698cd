package tokenizer

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func unigramVocab(scores map[string]float32) Vocab {
	v := Vocab{Kind: KindUnigram, Tokens: []string{"<unk>"}, Types: []int32{TypeUnknown}, Scores: []float32{0}, BOS: -1, EOS: -1}
	for _, token := range slices.Sorted(func(yield func(string) bool) {
		for k := range scores {
			if !yield(k) {
				return
			}
		}
	}) {
		v.Tokens, v.Types, v.Scores = append(v.Tokens, token), append(v.Types, TypeNormal), append(v.Scores, scores[token])
	}
	return v
}

func TestUnigramByHand(t *testing.T) {
	v := unigramVocab(map[string]float32{"a": -1, "b": -2, "ab": -2.5, "abc": -9, "▁": -1, "▁a": -1.25})
	prefixed := v
	prefixed.SpacePrefix, prefixed.RemoveExtraSpace = true, true
	for _, c := range []struct {
		name, text, want string
		v                Vocab
	}{
		{"the best sum", "ab", "ab", v},
		{"a long token against an unknown character", "abc", "abc", v},
		{"one unknown token for several characters", "axyzb", "a|<unk>|b", v},
		{"prefix", "ab", " a|b", prefixed},
		{"extra spaces", "  a   ab ", " a| a|b", prefixed},
		{"only spaces", "   ", "", prefixed},
		{"spaces as they are", " a", " a", v},
		{"invalid bytes", "a\xff\xfea", "a|<unk>|a", v},
		{"empty", "", "", prefixed},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := mustNew(t, c.v)
			if got := strings.Join(texts(tok, tok.Encode(c.text, false)), "|"); got != c.want {
				t.Errorf("%q gives %q, want %q", c.text, got, c.want)
			}
		})
	}
}

// bestSum tries all ways.
func bestSum(v Vocab, text string) float64 {
	if text == "" {
		return 0
	}
	best := math.Inf(-1)
	for i := 1; i < len(v.Tokens); i++ {
		if rest, ok := strings.CutPrefix(text, v.Tokens[i]); ok {
			best = max(best, float64(v.Scores[i])+bestSum(v, rest))
		}
	}
	return best
}

func TestUnigramAgainstAllWays(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	random := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc"[rng.IntN(3)]
		}
		return string(b)
	}
	for range 200 {
		scores := map[string]float32{"a": -rng.Float32(), "b": -rng.Float32(), "c": -rng.Float32()}
		for range 8 {
			scores[random(2+rng.IntN(3))] = -3 * rng.Float32()
		}
		v := unigramVocab(scores)
		tok, text := mustNew(t, v), random(1+rng.IntN(9))
		ids := tok.Encode(text, false)
		sum := 0.0
		for _, id := range ids {
			sum += float64(v.Scores[id])
		}
		if got := strings.Join(texts(tok, ids), ""); got != text || math.Abs(sum-bestSum(v, text)) > 1e-9 {
			t.Fatalf("%q gives %q with a sum of %v, want %v", text, texts(tok, ids), sum, bestSum(v, text))
		}
	}
}

// charsmapOf is a trie by hand: "a" becomes "xy", and "b" nothing.
func charsmapOf() []byte {
	units := make([]uint32, 256)
	const root = 128
	units[0] = root << 10                             // children at 128 ^ byte
	units[root^'a'] = 'a' | 1<<8 | (root^'a'^200)<<10 // its value at 200
	units[root^'b'] = 'b' | 1<<8 | (root^'b'^201)<<10 // its value at 201
	units[200], units[201] = 1<<31, 1<<31|3           // "xy" and ""
	data := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		data = binary.LittleEndian.AppendUint32(data, u)
	}
	return append(data, "xy\x00\x00"...)
}

func TestCharsmap(t *testing.T) {
	c, err := newCharsmap(charsmapOf())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"": "", "a": "xy", "b": "", "cab": "cxy", "é\xffa": "é\xffxy"} {
		if got := c.apply(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for name, data := range map[string][]byte{"short": {1, 2}, "no trie": {0, 0, 0, 0, 1}, "odd": {3, 0, 0, 0, 1, 2, 3}, "too long": {8, 0, 0, 0, 1, 2, 3, 4}} {
		if _, err := newCharsmap(data); err == nil || !strings.Contains(err.Error(), "compiled normalization") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestUnigramErrors(t *testing.T) {
	v := unigramVocab(map[string]float32{"a": -1})
	v.Unknown = -1
	if _, err := New(v); err == nil || !strings.Contains(err.Error(), "unknown token") {
		t.Errorf("without an unknown token: %v", err)
	}
	v = unigramVocab(map[string]float32{"a": -1, "b": -2})
	v.Tokens[2] = "a"
	if _, err := New(v); err == nil || !strings.Contains(err.Error(), `both "a"`) {
		t.Errorf("twice the same token: %v", err)
	}
}
