package tokenizer

import (
	"strings"
	"testing"
)

func TestNewErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(v *Vocab)
		want   []string // parts of the message
	}{
		{"pre-tokenizer", func(v *Vocab) { v.Pre = "gpt2" }, []string{`"gpt2"`, "gpt-2", "llama-bpe", "smollm"}},
		{"no tokens", func(v *Vocab) { v.Tokens, v.Types = nil, nil }, []string{"no tokens"}},
		{"types", func(v *Vocab) { v.Types = v.Types[:3] }, []string{"3 token types for 257 tokens"}},
		{"type", func(v *Vocab) { v.Types[256] = 9 }, []string{"token 256", "ab", "type 9"}},
		{"bos", func(v *Vocab) { v.BOS = 257 }, []string{"BOS id 257", "257 tokens"}},
		{"eos", func(v *Vocab) { v.EOS = -2 }, []string{"EOS id -2"}},
		{"add bos", func(v *Vocab) { v.AddBOS = true }, []string{"no BOS id"}},
		{"duplicate", func(v *Vocab) { v.Tokens[256] = "a" }, []string{`tokens 97 and 256 are both "a"`}},
		{"merge left", func(v *Vocab) { v.Merges[0] = "xy b" }, []string{"merge 0", `"xy b"`, `"xy"`}},
		{"merge result", func(v *Vocab) { v.Merges[0] = "b a" }, []string{"merge 0", `"ba"`}},
		{"merge without space", func(v *Vocab) { v.Merges[0] = "ab" }, []string{"merge 0", "one space"}},
		{"merge with two", func(v *Vocab) { v.Merges[0] = "a b c" }, []string{"merge 0", "one space"}},
		{"merge twice", func(v *Vocab) { v.Merges = append(v.Merges, "a b") }, []string{"merge 1", "twice"}},
		{"merge to control", func(v *Vocab) { v.Types[256] = TypeControl }, []string{"merge 0", `"ab"`}},
		{"byte", func(v *Vocab) { v.Tokens[' '] = "blank" }, []string{"0x20", `"Ġ"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := tinyVocab("gpt-2", "a b")
			c.change(&v)
			tok, err := New(v)
			if err == nil {
				t.Fatalf("no error, but %v", tok)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %s", err, part)
				}
			}
		})
	}
}

func TestAliases(t *testing.T) {
	for alias, want := range map[string]string{"llama3": "llama-bpe", "llama-v3": "llama-bpe", "phi-2": "gpt-2", "smollm": "smollm"} {
		if got := mustNew(t, tinyVocab(alias)).Pre(); got != want {
			t.Errorf("%s gives %s, want %s", alias, got, want)
		}
	}
}

// The alphabet is a bijection, and its two ends are where GPT-2 put them.
func TestAlphabet(t *testing.T) {
	abc := newAlphabet()
	for b := range 256 {
		if got := abc.decode(abc.encode(byte(b))); got != string([]byte{byte(b)}) {
			t.Errorf("byte %#x comes back as %q", b, got)
		}
	}
	for b, want := range map[byte]string{0: "Ā", '\t': "ĉ", '\n': "Ċ", ' ': "Ġ", '!': "!", 0x7f: "ġ", 0xa0: "ł", 0xad: "Ń", 0xff: "ÿ"} {
		if got := abc.encode(b); got != want {
			t.Errorf("byte %#x is %q, want %q", b, got, want)
		}
	}
}

// New keeps nothing of the caller's: a change afterwards has no effect.
func TestNewCopies(t *testing.T) {
	v := tinyVocab("gpt-2", "a b")
	tok := mustNew(t, v)
	v.Tokens['a'], v.Types['a'], v.Merges[0] = "zz", TypeControl, "x y"
	if got := tok.Decode(tok.Encode("ab a", false)); got != "ab a" {
		t.Errorf("got %q", got)
	}
}
