package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// bytesTokenizer has one token per byte, with the byte as id.
func bytesTokenizer(t testing.TB) *Tokenizer { return mustNew(t, tinyVocab("gpt-2")) }

func byteIDs(raw string) []int32 {
	ids := make([]int32, len(raw))
	for i := range len(raw) {
		ids[i] = int32(raw[i])
	}
	return ids
}

// The ill-formed examples of the Unicode Standard, tables 3-8 to 3-11 (version 15).
func TestDecodeIllFormed(t *testing.T) {
	tok := bytesTokenizer(t)
	for _, c := range []struct{ name, raw, want string }{
		{"non-shortest", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82A", "��������A"},
		{"surrogates", "\xED\xA0\x80\xED\xBF\xBF\xED\xAFA", "��������A"},
		{"out of range", "\xF4\x91\x92\x93\xFFA\x80\xBFB", "�����A��B"},
		{"truncated", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBFA", "����A"},
		{"truncated at the end", "a\xF0\x9F\x98", "a�"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tok.Decode(byteIDs(c.raw)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDecodeOutsideVocabulary(t *testing.T) {
	tok := bytesTokenizer(t)
	if got := tok.Decode([]int32{'a', -1, 1 << 30, 0xe2, 256, 'b'}); got != "a\uFFFD\uFFFD\uFFFD\uFFFDb" {
		t.Errorf("got %q", got)
	}
	if tok.TokenBytes(-1) != nil || tok.TokenBytes(256) != nil {
		t.Error("TokenBytes is not nil outside the vocabulary")
	}
}

func TestTokenText(t *testing.T) {
	v := tinyVocab("gpt-2")
	v.Tokens = append(v.Tokens, "Ġé", "<ctl>", "日本", "Ġ")
	v.Types = append(v.Types, TypeNormal, TypeControl, TypeNormal, TypeUserDefined)
	v.Tokens[256] = "ĠÃ©"
	tok := mustNew(t, v)
	for id, want := range map[int32]string{256: " é", 257: "<ctl>", 258: "日本", 259: "Ġ", ' ': " "} {
		if got := string(tok.TokenBytes(id)); got != want {
			t.Errorf("token %d is %q, want %q", id, got, want)
		}
	}
	if got := tok.Decode([]int32{256, 257, 258}); got != " é日本" {
		t.Errorf("Decode gave %q", got)
	}
}

func TestDecoderHoldsOnlyWhatIsUnfinished(t *testing.T) {
	d := bytesTokenizer(t).NewDecoder()
	for i, step := range []struct {
		push string
		want string
	}{
		{"a", "a"}, {"\xf0", ""}, {"\x9f", ""}, {"\x98", ""}, {"\x80b", "😀b"}, {"\xe2\x82", ""},
		{"x", "�x"}, {"\xe0", ""}, {"\x80", "��"}, {"", ""}, {"\xc3", ""},
	} {
		if got := d.Push(byteIDs(step.push)...); got != step.want {
			t.Errorf("step %d: Push(%q) gave %q, want %q", i, step.push, got, step.want)
		}
	}
	if got := d.Flush(); got != "�" {
		t.Errorf("Flush gave %q", got)
	}
	if got := d.Flush(); got != "" {
		t.Errorf("second Flush gave %q", got)
	}
}

// checkSplits pushes ids in random portions and compares with Decode of the whole.
func checkSplits(t *testing.T, tok *Tokenizer, ids []int32, rng *rand.Rand) {
	t.Helper()
	d, got := tok.NewDecoder(), strings.Builder{}
	for rest := ids; len(rest) > 0; {
		n := 1 + rng.IntN(min(4, len(rest)))
		text := d.Push(rest[:n]...)
		if !utf8.ValidString(text) {
			t.Fatalf("Push(%v) gave invalid UTF-8: %q", rest[:n], text)
		}
		got.WriteString(text)
		rest = rest[n:]
	}
	got.WriteString(d.Flush())
	if want := tok.Decode(ids); got.String() != want {
		t.Fatalf("ids %v\n in parts %q\n  as one %q", ids, got.String(), want)
	}
}

func TestDecoderSplits(t *testing.T) {
	tok, rng := gopherling(t, "gpt-2"), rand.New(rand.NewPCG(3, 4))
	for _, e := range fixtures(t).Decode {
		checkSplits(t, tok, e.GPT2, rng)
	}
	for _, e := range fixtures(t).Plain {
		checkSplits(t, tok, e.GPT2, rng)
	}
}

func FuzzDecoder(f *testing.F) {
	for _, seed := range []string{"", "a\xf0\x9f\x98\x80", "\xe2\x82\xe2\x82\xac", "\xed\xa0\x80\xff", "\xf4\x90\x80\x80é"} {
		f.Add([]byte(seed), uint64(1))
	}
	tok := bytesTokenizer(f)
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		ids := byteIDs(string(raw))
		checkSplits(t, tok, ids, rand.New(rand.NewPCG(seed, 0)))
		if utf8.Valid(raw) && tok.Decode(ids) != string(raw) {
			t.Fatalf("valid text %q is changed", raw)
		}
	})
}
