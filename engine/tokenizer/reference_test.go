package tokenizer

import (
	"slices"
	"testing"
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

// Every code point falls into the class that the reference's regular expressions give it, but for those
// that a newer Unicode than its own (16) has assigned.
func TestClassesAgainstReference(t *testing.T) {
	var runs struct{ L, N, S []int }
	if err := readJSON("classes.json", &runs); err != nil {
		t.Fatal(err)
	}
	want := make([]class, 0x110000)
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
		if got := classOf(rune(r)); got != c && c != other {
			t.Errorf("U+%04X has class %d, want %d", r, got, c)
		}
	}
	if got := len(extra(want)); got > 0 && unicodeIs16OrOlder() {
		t.Errorf("%d code points have a class that the reference does not give them: %U", got, extra(want))
	}
}

// extra lists code points that are other in the reference but not here.
func extra(want []class) (extra []rune) {
	for r, c := range want {
		if c == other && classOf(rune(r)) != other {
			extra = append(extra, rune(r))
		}
	}
	return extra
}
