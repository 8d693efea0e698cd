package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// lossless says whether the tokens of a family stand for the text as it is: no normalization, no white space taken.
func lossless(f family) bool {
	s, err := findScheme(f.Vocab.Pre)
	if f.Vocab.Kind == KindBytes {
		return err == nil && !s.nfc
	}
	return f.Vocab.Kind == KindSentencePiece && f.Vocab.StripRight == nil && slices.Contains(f.Vocab.Types, TypeByte)
}

// FuzzFamilies encodes any bytes with vocabularies of every kind: nothing panics, ids are in range, text gives no
// control token, and where nothing is lost the tokens are the text.
func FuzzFamilies(f *testing.F) {
	for _, seed := range []string{"", "it's 12345 \r\n\t x", "e\u0301\u1112\u1161\u11ab", "\xff\xf0\x9f\x98", "<|im_start|><s><think>", "▁ ▁▁", "ǅʰA\u0301a'LL", "中文かな١٢٣", "\x00\x01a"} {
		f.Add(seed)
	}
	files := familyFiles(f)
	families, toks := make([]family, len(files)), make([]*Tokenizer, len(files))
	for i, file := range files {
		families[i], toks[i] = readFamily(f, file)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, tok := range toks {
			ids := tok.Encode(text, false)
			for _, id := range ids {
				if !tok.valid(id) || tok.IsControl(id) && id != families[i].Vocab.Unknown {
					t.Fatalf("%s: Encode(%q) gave the id %d", files[i], text, id)
				}
			}
			tok.Decode(tok.EncodeWithSpecial(text, true))
			if !lossless(families[i]) {
				continue
			}
			got, want := string(rawBytes(tok, ids)), text
			if families[i].Vocab.Kind == KindSentencePiece {
				want = strings.ReplaceAll(text, escapedSpace, " ")
			}
			if tok.prefixed && text != "" {
				want = " " + want
			}
			if got != want {
				t.Fatalf("%s: the bytes of %q come back as %q", files[i], want, got)
			}
			if utf8.ValidString(text) && tok.Decode(ids) != strings.TrimPrefix(want, prefixOf(tok)) {
				t.Fatalf("%s: %q decodes to %q", files[i], text, tok.Decode(ids))
			}
		}
	})
}

func prefixOf(tok *Tokenizer) string {
	if tok.prefixed {
		return " "
	}
	return ""
}

// FuzzNew builds vocabularies out of anything: New gives an error or a tokenizer that works.
func FuzzNew(f *testing.F) {
	f.Add("a b ab <0x41> ▁", []byte{1, 1, 1, 6, 1}, "a b", "aab b", charsmapOf())
	f.Add("<unk> <s> xx", []byte{2, 3, 4}, "", "<s>xx<unk>", []byte(nil))
	f.Fuzz(func(t *testing.T, tokens string, types []byte, merge, text string, charsmap []byte) {
		v := Vocab{Tokens: strings.Split(tokens, " "), Merges: []string{merge}, Charsmap: charsmap, SpacePrefix: len(text)%2 == 0, RemoveExtraSpace: len(types)%2 == 0, BOS: -1, EOS: -1}
		for i := range v.Tokens {
			if i < len(types) {
				v.Types = append(v.Types, int32(types[i]))
			} else {
				v.Types = append(v.Types, TypeNormal)
			}
			v.Scores = append(v.Scores, float32(len(v.Tokens[i])-i))
		}
		for _, kind := range []string{KindBytes, KindSentencePiece, KindUnigram} {
			v := v
			v.Kind = kind
			if all := tinyVocab("default"); kind == KindBytes {
				v.Tokens, v.Types = append(all.Tokens, v.Tokens...), append(all.Types, v.Types...)
			}
			tok, err := New(v)
			if err != nil {
				continue
			}
			tok.Decode(tok.Encode(text, true))
			tok.Decode(tok.EncodeWithSpecial(text, true))
		}
	})
}

// FuzzNFC: form C of form C is itself, and valid text stays valid.
func FuzzNFC(f *testing.F) {
	for _, seed := range []string{"e\u0301", "\u1112\u1161\u11ab", "a\u0323\u0302\xff", "\u0958\u09c7\u09be", strings.Repeat("\u0301", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := nfc(text)
		if twice := nfc(once); twice != once {
			t.Fatalf("nfc(%+q) is %+q, and again %+q", text, once, twice)
		}
		if utf8.ValidString(text) != utf8.ValidString(once) {
			t.Fatalf("nfc(%+q) is %+q", text, once)
		}
	})
}
