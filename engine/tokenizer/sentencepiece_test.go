package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// pieceVocab has <unk>, the 256 bytes (id = byte + 1), then tokens, the first with the best score.
func pieceVocab(tokens ...string) Vocab {
	v := Vocab{Kind: KindSentencePiece, Tokens: []string{"<unk>"}, Types: []int32{TypeUnknown}, BOS: -1, EOS: -1}
	for b := range 256 {
		v.Tokens = append(v.Tokens, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">")
		v.Types = append(v.Types, TypeByte)
	}
	for _, token := range tokens {
		v.Tokens = append(v.Tokens, token)
		v.Types = append(v.Types, TypeNormal)
	}
	v.Scores = make([]float32, len(v.Tokens))
	for i := range tokens {
		v.Scores[257+i] = -float32(i)
	}
	return v
}

func texts(tok *Tokenizer, ids []int32) (parts []string) {
	for _, id := range ids {
		parts = append(parts, string(tok.TokenBytes(id)))
	}
	return parts
}

func TestSentencePieceByHand(t *testing.T) {
	base := pieceVocab("he", "ll", "▁he", "hell", "llo", "▁hellx", "▁", "h", "e", "l", "o", "x", "▁▁x", "▁▁")
	prefixed := base
	prefixed.SpacePrefix = true
	for _, c := range []struct {
		name, text, want string
		v                Vocab
	}{
		{"best pairs first", "hello", "hell|o", base},
		{"a prefix changes the pairs", "hello", " he|llo", prefixed},
		{"a space is a character", "hello hello", "hell|o| he|llo", base},
		{"written escape", "▁he", " he", base},
		{"spaces, the leftmost first", "x   x", "x|  | |x", base},
		{"bytes", "héo", "h|\xc3|\xa9|o", base},
		{"invalid bytes", "h\xff\xc3o", "h|\xff|\xc3|o", base},
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

// naivePieces is the definition: join the leftmost pair of best score until none is left. All of text is tokens.
func naivePieces(v Vocab, text string) []string {
	score := map[string]float32{}
	for i := 257; i < len(v.Tokens); i++ {
		score[v.Tokens[i]] = v.Scores[i]
	}
	pieces := strings.Split(text, "")
	for {
		at := -1
		var best float32
		for i := range len(pieces) - 1 {
			if s, ok := score[pieces[i]+pieces[i+1]]; ok && (at < 0 || s > best) {
				best, at = s, i
			}
		}
		if at < 0 {
			return pieces
		}
		pieces = slices.Concat(pieces[:at], []string{pieces[at] + pieces[at+1]}, pieces[at+2:])
	}
}

// Random vocabularies over a small alphabet, where chains, overlaps and tokens across spaces are frequent.
func TestSentencePieceAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString([]string{"a", "a", "b", "▁", "é"}[rng.IntN(5)])
		}
		return b.String()
	}
	for range 300 {
		tokens := map[string]bool{}
		for range 20 {
			tokens[random(2+rng.IntN(3))] = true
		}
		v := pieceVocab(append(slices.Sorted(mapKeys(tokens)), "a", "b", "▁", "é")...)
		rng.Shuffle(len(tokens), func(i, j int) {
			v.Scores[257+i], v.Scores[257+j] = v.Scores[257+j], v.Scores[257+i]
		})
		if rng.IntN(2) == 0 {
			v.Scores[257] = v.Scores[258] // equal scores: the leftmost
		}
		tok := mustNew(t, v)
		for _, n := range []int{1, 2, 5, 40} {
			text := random(n)
			var want []int32
			for _, piece := range naivePieces(v, text) {
				want = append(want, int32(slices.Index(v.Tokens, piece)))
			}
			if got := tok.Encode(text, false); !slices.Equal(got, want) {
				t.Fatalf("%q with %q\n got %v\nwant %v", text, v.Tokens[257:], got, want)
			}
		}
	}
}

func mapKeys(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Gemma's runs of spaces are joined before anything else, from the left, and as long as possible.
func TestSpaceRuns(t *testing.T) {
	v := pieceVocab("▁x", "▁", "x", "y")
	for n := 2; n <= 4; n++ {
		v.Tokens, v.Types, v.Scores = append(v.Tokens, strings.Repeat(" ", n)), append(v.Types, TypeUserDefined), append(v.Scores, -1000)
	}
	tok := mustNew(t, v)
	for text, want := range map[string]string{
		" x": " x", "  x": "  |x", "   x": "   |x", "     x": "    | x", "      x": "    |  |x", "y         ": "y|    |    | ", "▁▁ x": "  | x",
	} {
		if got := strings.Join(texts(tok, tok.Encode(text, false)), "|"); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestUnknownToken(t *testing.T) {
	v := pieceVocab("▁", "a", "ab")
	v.Tokens, v.Types, v.Scores = append(v.Tokens[:1], v.Tokens[257:]...), append(v.Types[:1], v.Types[257:]...), append(v.Scores[:1], v.Scores[257:]...)
	for text, want := range map[string][]int32{"a": {2}, "azz a": {2, 0, 1, 2}, "zéz": {0}, "ab": {2, 0}, "\xff\xfea": {0, 2}} {
		if got := mustNew(t, v).Encode(text, false); !slices.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
	}
	v.Unknown = -1
	if got := mustNew(t, v).Encode("azz a", false); !slices.Equal(got, []int32{2, 1, 2}) {
		t.Errorf("without an unknown token: %v", got)
	}
	v.Tokens[1] = "_" // now a space is unknown, too, and one token stands for all around it
	v.Unknown = 0
	if got := mustNew(t, v).Encode("az za", false); !slices.Equal(got, []int32{2, 0, 2}) {
		t.Errorf("with unknown spaces: %v", got)
	}
}

func TestAddedTokens(t *testing.T) {
	v := pieceVocab("▁", "a", "▁a")
	v.Tokens = append(v.Tokens, "<s>", "</s>", "<|user|>", "<tag>")
	v.Types = append(v.Types, TypeControl, TypeControl, TypeControl, TypeUserDefined)
	v.Scores = append(v.Scores, 0, 0, 0, 0)
	v.BOS, v.EOS, v.AddBOS, v.AddEOS, v.SpacePrefix = 260, 261, true, true, true
	v.StripRight, v.StripLeft = []int32{262}, []int32{263}
	tok := mustNew(t, v)
	for _, c := range []struct {
		name, text string
		special    bool
		want       []int32
	}{
		{"both ends", "a", false, []int32{260, 259, 261}},
		{"nothing between", "", false, []int32{260, 261}},
		{"a prefix after every special token", "a<|user|>a", true, []int32{260, 259, 262, 259, 261}},
		{"white space on the right", "<|user|> \n\u00a0a", true, []int32{260, 262, 259, 261}},
		{"white space on the left", "a \t<tag> a", false, []int32{260, 259, 263, 257, 259, 261}},
		{"white space between two", "<|user|> <tag>", true, []int32{260, 262, 263, 261}},
		{"unknown token", "<unk>", true, []int32{260, 0, 261}},
	} {
		t.Run(c.name, func(t *testing.T) {
			encode := tok.Encode
			if c.special {
				encode = tok.EncodeWithSpecial
			}
			if got := encode(c.text, true); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	if got := tok.Decode([]int32{260, 259, 0, 263, 259, 261}); got != "a<tag> a" {
		t.Errorf("Decode gave %q", got)
	}
	d := tok.NewDecoder()
	if got := d.Push(259); got != " a" {
		t.Errorf("a stream that goes on gave %q", got)
	}
}

func TestSentencePieceErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(v *Vocab)
		want   []string
	}{
		{"kind", func(v *Vocab) { v.Kind = "bert" }, []string{`"bert"`, "gpt2", "llama", "t5"}},
		{"scores", func(v *Vocab) { v.Scores = v.Scores[1:] }, []string{"258 scores for 259 tokens"}},
		{"not a number", func(v *Vocab) { v.Scores[258] = float32(nan()) }, []string{"258", `"b"`}},
		{"duplicate", func(v *Vocab) { v.Tokens[258] = "a" }, []string{`tokens 257 and 258 are both "a"`}},
		{"byte", func(v *Vocab) { v.Tokens[7] = "<0xZZ>" }, []string{"token 7", "<0xZZ>", "type byte"}},
		{"unknown", func(v *Vocab) { v.Unknown = 300 }, []string{"unknown token id 300"}},
		{"add eos", func(v *Vocab) { v.AddEOS = true }, []string{"no EOS id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := pieceVocab("a", "b")
			c.change(&v)
			_, err := New(v)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %s", err, part)
				}
			}
		})
	}
}

func nan() float64 { z := 0.0; return z / z }

func TestFamiliesHostile(t *testing.T) {
	const n = 1 << 14
	for _, file := range familyFiles(t) {
		_, tok := readFamily(t, file)
		for _, unit := range []string{"a", "ab", " ", "\n", "9", "é", "😀", "ʰA", "e\u0301", "\u0301", "\xff", "▁ ", "<|im_start|>"} {
			ids := tok.EncodeWithSpecial(strings.Repeat(unit, n/len(unit)), false)
			if text := tok.Decode(ids); !utf8.ValidString(text) {
				t.Errorf("%s: a run of %q decodes to invalid UTF-8", file, unit)
			}
		}
	}
}
