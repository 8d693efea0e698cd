package tokenizer

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// family is a small vocabulary with the settings of a published one, and texts with their ids as the reference
// implementation gives them.
type family struct {
	Vocab            vocabJSON
	Control, Defined []string // to be added to the vocabulary of bytes.json.gz
	Rows             []struct {
		Text string
		S    []int32 // with control tokens read from the text
		T    []int32 // without; nil: as S
		D    *string // what S decodes to; nil: the text
	}
}

func readFamily(t testing.TB, file string) (family, *Tokenizer) {
	t.Helper()
	var f family
	if err := readJSON("families/"+file, &f); err != nil {
		t.Fatal(err)
	}
	v := f.Vocab.vocab()
	if v.Kind == KindBytes {
		var shared struct{ Tokens, Merges []string }
		if err := readJSON("families/bytes.json.gz", &shared); err != nil {
			t.Fatal(err)
		}
		v.Merges, v.Tokens = shared.Merges, slices.Concat(shared.Tokens, f.Control, f.Defined)
		v.Types = slices.Concat(slices.Repeat([]int32{TypeNormal}, len(shared.Tokens)),
			slices.Repeat([]int32{TypeControl}, len(f.Control)), slices.Repeat([]int32{TypeUserDefined}, len(f.Defined)))
	}
	return f, mustNew(t, v)
}

func familyFiles(t testing.TB) (files []string) {
	entries, err := os.ReadDir("testdata/families")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "bytes.json.gz" {
			files = append(files, e.Name())
		}
	}
	return files
}

func TestFamilies(t *testing.T) {
	texts := 0
	for _, file := range familyFiles(t) {
		t.Run(strings.TrimSuffix(file, ".json.gz"), func(t *testing.T) {
			f, tok := readFamily(t, file)
			for _, row := range f.Rows {
				texts++
				if row.T == nil {
					row.T = row.S
				}
				if got := tok.EncodeWithSpecial(row.Text, false); !slices.Equal(got, row.S) {
					t.Fatalf("EncodeWithSpecial(%+q)\n got %v\nwant %v", row.Text, got, row.S)
				}
				if got := tok.Encode(row.Text, false); f.Vocab.Kind != KindUnigram && !slices.Equal(got, row.T) {
					t.Fatalf("Encode(%+q)\n got %v\nwant %v", row.Text, got, row.T)
				}
				want := row.Text
				if row.D != nil {
					want = *row.D
				}
				if got := tok.Decode(row.S); f.Vocab.Kind != KindUnigram && got != want {
					t.Fatalf("Decode(%v)\n got %+q\nwant %+q", row.S, got, want)
				}
			}
		})
	}
	if texts < 9000 {
		t.Errorf("%d texts, want 9000 or more", texts)
	}
}
