package tokenizer

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"
)

var pres = []string{"gpt-2", "llama-bpe", "smollm"}

func TestEncodeAgainstReference(t *testing.T) {
	for _, pre := range pres {
		t.Run(pre, func(t *testing.T) {
			tok := gopherling(t, pre)
			for _, e := range fixtures(t).Plain {
				if got := tok.Encode(e.Text, false); !slices.Equal(got, e.ids(pre)) {
					t.Fatalf("Encode(%q)\n got %v\nwant %v", e.Text, got, e.ids(pre))
				}
			}
		})
	}
}

func TestEncodeWithSpecialAgainstReference(t *testing.T) {
	for _, pre := range pres {
		t.Run(pre, func(t *testing.T) {
			tok := gopherling(t, pre)
			for _, e := range fixtures(t).Special {
				if got := tok.EncodeWithSpecial(e.Text, false); !slices.Equal(got, e.ids(pre)) {
					t.Fatalf("EncodeWithSpecial(%q)\n got %v\nwant %v", e.Text, got, e.ids(pre))
				}
			}
		})
	}
}

func TestDecodeAgainstReference(t *testing.T) {
	tok := gopherling(t, "gpt-2")
	for _, e := range fixtures(t).Decode {
		if got := tok.Decode(e.GPT2); got != e.Text {
			t.Fatalf("Decode(%v)\n got %q\nwant %q", e.GPT2, got, e.Text)
		}
	}
}

// The prompts of the models' reference answers have BOS in front.
func TestReferencePrompts(t *testing.T) {
	var prompts []struct {
		Text string
		IDs  []int32
	}
	if err := readJSON("prompts.json", &prompts); err != nil {
		t.Fatal(err)
	}
	tok := gopherling(t, "gpt-2")
	for _, p := range prompts {
		if got := tok.Encode(p.Text, true); !slices.Equal(got, p.IDs) {
			t.Errorf("Encode(%q)\n got %v\nwant %v", p.Text, got, p.IDs)
		}
		if got := tok.Decode(p.IDs); got != p.Text {
			t.Errorf("Decode gives %q, want %q", got, p.Text)
		}
	}
	if len(prompts) != 16 {
		t.Errorf("%d prompts, want 16", len(prompts))
	}
}

// Every code point falls into the class that the reference's regular expressions give it.
func TestClassesAgainstReference(t *testing.T) {
	var runs struct{ L, N, S []int }
	if err := readJSON("classes.json", &runs); err != nil {
		t.Fatal(err)
	}
	want := make([]class, utf8.MaxRune+1)
	for c, gaps := range map[class][]int{letter: runs.L, number: runs.N, space: runs.S} {
		at := 0
		for i := 0; i < len(gaps); i += 2 {
			at += gaps[i]
			for range gaps[i+1] {
				want[at] = c
				at++
			}
		}
	}
	for r, c := range want {
		if c == 0 {
			c = other
		}
		if got := classOf(rune(r)); got&c == 0 {
			t.Errorf("U+%04X has class %b, want one of %b", r, got, c)
		}
	}
}

// Go's tables are another source for the same classes. Theirs are of another version of Unicode, so code points that
// only one of them knows are left out, and the few whose class has changed are allowed.
func TestClassesAgainstGo(t *testing.T) {
	tables := map[class][]*unicode.RangeTable{
		upper: {unicode.Lu, unicode.Lt}, lower: {unicode.Ll}, uncased: {unicode.Lm, unicode.Lo}, mark: {unicode.M},
		number: {unicode.N}, punct: {unicode.P}, symbol: {unicode.S}, space: {unicode.White_Space},
	}
	known, changed := 0, 0
	for r := range rune(utf8.MaxRune + 1) {
		for c, ranges := range tables {
			if !unicode.IsOneOf(ranges, r) || classOf(r) == rest {
				continue
			}
			known++
			if classOf(r) != c {
				changed++
			}
		}
	}
	if known < 140_000 || changed > 20 {
		t.Errorf("%d of %d code points have another class than in Go's tables", changed, known)
	}
}
