package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// Words by hand from the expressions, for what the fixture cannot hold (invalid UTF-8) and
// as documentation of the differences.
func TestWords(t *testing.T) {
	for _, c := range []struct{ name, pre, text, words string }{
		{"gpt-2 trailing space", "gpt-2", "a  b  ", "a| | b|  "},
		{"llama trailing space", "llama-bpe", "a  b  ", "a| | b|  "},
		{"gpt-2 keeps digits", "gpt-2", "x 12345", "x| 12345"},
		{"llama groups digits", "llama-bpe", "x 12345", "x| |123|45"},
		{"smollm splits digits", "smollm", "x  12", "x|  |1|2"},
		{"gpt-2 case", "gpt-2", "it's IT'S", "it|'s| IT|'|S"},
		{"llama case", "llama-bpe", "it's IT'S", "it|'s| IT|'S"},
		{"gpt-2 newlines", "gpt-2", "a\n\n\nb", "a|\n\n|\n|b"},
		{"llama newlines", "llama-bpe", "a\n\n \n b;\n\nc", "a|\n\n \n| b|;\n\n|c"},
		{"llama symbol prefix", "llama-bpe", "(foo\tbar", "(foo|\tbar"},
		{"gpt-2 invalid bytes", "gpt-2", "a\xff\xfeb", "a|\xff\xfe|b"},
		{"llama invalid byte", "llama-bpe", "\xffb \xc3", "\xffb| \xc3"},
		{"smollm invalid byte", "smollm", "1\xe2\x822", "1|\xe2\x82|2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := findScheme(c.pre)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(words(s.stages, c.text), "|"); got != c.words {
				t.Errorf("%q\n got %q\nwant %q", c.text, got, c.words)
			}
		})
	}
}

func words(stages []splitter, s string) []string {
	parts := []string{s}
	for _, stage := range stages {
		var cut []string
		for _, part := range parts {
			for i := 0; i < len(part); {
				end := stage.next(part, i)
				cut = append(cut, part[i:end])
				i = end
			}
		}
		parts = cut
	}
	return parts
}

// naiveMerge is the definition: join the leftmost pair of lowest rank until none is left.
func naiveMerge(v Vocab, tokens []string) []string {
	rank := map[string]int{}
	for i, m := range v.Merges {
		rank[m] = i
	}
	for {
		best, at := len(v.Merges), -1
		for i := range len(tokens) - 1 {
			if r, ok := rank[tokens[i]+" "+tokens[i+1]]; ok && r < best {
				best, at = r, i
			}
		}
		if at < 0 {
			return tokens
		}
		tokens = slices.Concat(tokens[:at], []string{tokens[at] + tokens[at+1]}, tokens[at+2:])
	}
}

// Both ways of merging give what the definition gives, on random merges over a small
// alphabet, where chains and overlaps are frequent, on both sides of the cut-over.
func TestMergeAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		v := randomMerges(rng)
		tok := mustNew(t, v)
		for _, n := range []int{0, 1, 2, 3, 5, 17, scanLimit - 1, scanLimit, scanLimit + 1, 150} {
			word := randomWord(rng, n)
			want := make([]int32, 0, n)
			for _, token := range naiveMerge(v, strings.Split(word, "")) {
				want = append(want, int32(slices.Index(v.Tokens, token)))
			}
			start := func() []int32 {
				ids := make([]int32, n)
				for i := range ids {
					ids[i] = int32(word[i])
				}
				return ids
			}
			if got := tok.model.(*byteLevel).merges.merge(start()); !slices.Equal(got, want) {
				t.Fatalf("merge(%q) with %q\n got %v\nwant %v", word, v.Merges, got, want)
			}
			if got := new(mergeHeap).merge(tok.model.(*byteLevel).merges, start()); !slices.Equal(got, want) {
				t.Fatalf("heap: merge(%q) with %q\n got %v\nwant %v", word, v.Merges, got, want)
			}
		}
	}
}

func randomWord(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "aabc"[rng.IntN(4)]
	}
	return string(b)
}

func randomMerges(rng *rand.Rand) Vocab {
	v := tinyVocab("gpt-2")
	parts := []string{"a", "b", "c"}
	for len(v.Merges) < 12 {
		left, right := parts[rng.IntN(len(parts))], parts[rng.IntN(len(parts))]
		if slices.Contains(v.Merges, left+" "+right) || len(left+right) > 9 {
			continue
		}
		v.Merges = append(v.Merges, left+" "+right)
		if !slices.Contains(parts, left+right) {
			parts = append(parts, left+right)
			v.Tokens = append(v.Tokens, left+right)
			v.Types = append(v.Types, TypeNormal)
		}
	}
	return v
}

// Llama 3 takes a word that is a token whole, even where merges do not lead to it.
func TestIgnoreMerges(t *testing.T) {
	for pre, want := range map[string][]int32{"gpt-2": {'a', 256}, "smollm": {'a', 256}, "llama-bpe": {257}} {
		v := tinyVocab(pre, "b c")
		v.Tokens, v.Types = append(v.Tokens, "abc"), append(v.Types, TypeNormal)
		if got := mustNew(t, v).Encode("abc", false); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", pre, got, want)
		}
	}
}

func TestControlTokensAreNotReadFromText(t *testing.T) {
	v := tinyVocab("gpt-2")
	v.Tokens = append(v.Tokens, "<|s|>", "<|s|><|s|>", "  ")
	v.Types = append(v.Types, TypeControl, TypeControl, TypeUserDefined)
	tok := mustNew(t, v)
	text := "a<|s|>b<|s|><|s|>  c<|s"
	for _, id := range tok.Encode(text, true) {
		if tok.IsControl(id) {
			t.Errorf("Encode gave the control token %d", id)
		}
	}
	if got := tok.Encode("a  c", false); !slices.Equal(got, []int32{'a', 258, 'c'}) {
		t.Errorf("a user-defined token in text: got %v", got)
	}
	want := []int32{'a', 256, 'b', 257, 258, 'c', '<', '|', 's'}
	if got := tok.EncodeWithSpecial(text, false); !slices.Equal(got, want) {
		t.Errorf("EncodeWithSpecial gave %v, want %v", got, want)
	}
	if id, ok := tok.Special("<|s|>"); !ok || id != 256 {
		t.Errorf("Special gave %d, %v", id, ok)
	}
	if _, ok := tok.Special("<|s|>x"); ok {
		t.Error("Special found a token that is not there")
	}
}

func TestBOS(t *testing.T) {
	tok := gopherling(t, "gpt-2")
	if got := tok.Encode("", true); !slices.Equal(got, []int32{0}) {
		t.Errorf("empty text with BOS: %v", got)
	}
	if got := tok.Encode("", false); len(got) != 0 {
		t.Errorf("empty text: %v", got)
	}
	if tok.BOS() != 0 || tok.EOS() != 0 || tok.Size() != 4096 || tok.Pre() != "gpt-2" {
		t.Errorf("BOS %d, EOS %d, size %d, pre %s", tok.BOS(), tok.EOS(), tok.Size(), tok.Pre())
	}
	if !tok.IsControl(0) || tok.IsControl(1) || tok.IsControl(-1) || tok.IsControl(4096) {
		t.Error("IsControl is wrong")
	}
}

// A byte without a token is left out before merging, so its neighbours can join.
func TestMissingBytes(t *testing.T) {
	v := tinyVocab("gpt-2", "a b")
	v.Tokens[0x01] = "unused-1"
	tok := mustNew(t, v)
	if got := tok.MissingBytes(); !slices.Equal(got, []byte{1}) {
		t.Errorf("MissingBytes gave %v", got)
	}
	if got := tok.Encode("x\x01\x01y", false); !slices.Equal(got, []int32{'x', 'y'}) {
		t.Errorf("got %v", got)
	}
	if got := tok.Encode("\x01", false); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestEncodeFromManyGoroutines(t *testing.T) {
	tok := gopherling(t, "llama-bpe")
	text := strings.Repeat("x", 3000) + " func main() { it's 12345 }\n"
	want := tok.Encode(text, true)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if !slices.Equal(tok.Encode(text, true), want) {
					t.Error("ids differ between goroutines")
				}
			}
		})
	}
	wg.Wait()
}

// A long text that defeats quadratic merging, quadratic white-space scanning and recursion:
// without linear work this test would not end within the suite's time limit.
func TestHostileTexts(t *testing.T) {
	const n = 1 << 18
	for _, pre := range pres {
		tok := gopherling(t, pre)
		for _, unit := range []string{"a", " ", "\n", "=", "9", "'", "<", "é", "\xff", " \t", "<|endoftext|"} {
			text := strings.Repeat(unit, n/len(unit))
			if got := string(rawBytes(tok, tok.EncodeWithSpecial(text, false))); got != text {
				t.Fatalf("%s: a run of %q does not come back", pre, unit)
			}
		}
	}
}

func rawBytes(tok *Tokenizer, ids []int32) (raw []byte) {
	for _, id := range ids {
		raw = append(raw, tok.TokenBytes(id)...)
	}
	return raw
}

func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{"", "func main() {\n\tx := 1\n}", "I'LL 12345  \r\n é 👩‍💻 'ſ", "\xff\xf0\x9f\x98", "<|endoftext|>", "   ", "\u2028\u00a0x"} {
		f.Add(seed)
	}
	toks := make([]*Tokenizer, len(pres))
	for i, pre := range pres {
		toks[i] = gopherling(f, pre)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			ids := tok.Encode(text, false)
			if got := string(rawBytes(tok, ids)); got != text {
				t.Fatalf("%s: bytes of %q come back as %q", tok.Pre(), text, got)
			}
			if got := tok.Decode(ids); utf8.ValidString(text) && got != text {
				t.Fatalf("%s: %q decodes to %q", tok.Pre(), text, got)
			}
			if slices.ContainsFunc(ids, tok.IsControl) {
				t.Fatalf("%s: text %q gave a control token", tok.Pre(), text)
			}
		}
	})
}
