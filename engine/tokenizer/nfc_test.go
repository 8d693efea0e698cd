package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// By hand from the Unicode Standard: composition, its exclusions, order of marks, Hangul.
func TestNFC(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"ASCII", "plain", "plain"},
		{"composed", "e\u0301", "\u00e9"},
		{"in the middle", "caf" + "e\u0301" + " au lait", "caf\u00e9 au lait"},
		{"two marks", "a\u0323\u0302", "\u1ead"},
		{"two marks, other order", "a\u0302\u0323", "\u1ead"},
		{"blocked", "a\u0301\u0301", "\u00e1\u0301"},
		{"singleton", "\u212b\u2126", "\u00c5\u03a9"},
		{"excluded", "\u0958", "\u0915\u093c"},
		{"Hangul", "\u1112\u1161\u11ab", "\ud55c"},
		{"Hangul, with a tail later", "\ud558\u11ab", "\ud55c"},
		{"Hangul, no tail", "\u1112\u1161\u0301\u11ab", "\ud558\u0301\u11ab"},
		{"mark first", "\u0301a\u0300", "\u0301\u00e0"},
		{"invalid bytes", "e\u0301\xffe\u0301\xc3", "\u00e9\xff\u00e9\xc3"},
		{"invalid byte between", "e\xff\u0301", "e\xff\u0301"},
		{"many marks", "a" + strings.Repeat("\u0301", 40) + "\u0323", "\u1ea1" + strings.Repeat("\u0301", 40)},
		{"later mark", "a\u1abf\u0301", "a\u1abf\u0301"},
		{"later composition", "\U00011935\U00011930", "\U00011935\U00011930"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := nfc(c.text); got != c.want {
				t.Errorf("nfc(%+q)\n got %+q\nwant %+q", c.text, got, c.want)
			}
		})
	}
}

// x/text's own algorithm, where both must agree: no more than 30 marks in a row, no later marks.
func TestNFCAgainstText(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pools := [][2]rune{{0x20, 0x250}, {0x300, 0x370}, {0x370, 0x700}, {0x900, 0xa00}, {0x1100, 0x1200}, {0x1e00, 0x2000}, {0x3040, 0x3100}, {0xac00, 0xd7a4}, {0xf900, 0xfb50}, {0x1d150, 0x1d170}}
	for range 20000 {
		var text strings.Builder
		for range 1 + rng.IntN(12) {
			pool := pools[rng.IntN(len(pools))]
			if r := pool[0] + rune(rng.IntN(int(pool[1]-pool[0]))); !unicode.Is(laterMarks, r) {
				text.WriteRune(r)
			}
		}
		if got, want := nfc(text.String()), norm.NFC.String(text.String()); got != want {
			t.Fatalf("nfc(%+q)\n got %+q\nwant %+q", text.String(), got, want)
		}
	}
}

// The marks that normalization moves are those that the reference moves.
func TestMarksAgainstReference(t *testing.T) {
	var gaps []int
	if err := readJSON("marks.json", &gaps); err != nil {
		t.Fatal(err)
	}
	moves, at := map[rune]bool{}, 0
	for i := 0; i < len(gaps); i += 2 {
		at += gaps[i]
		for range gaps[i+1] {
			moves[rune(at)] = true
			at++
		}
	}
	for r := range rune(unicode.MaxRune + 1) {
		if p := norm.NFD.PropertiesString(string(r)); p.LeadCCC() == 0 && p.TrailCCC() == 0 && !moves[r] {
			continue
		}
		got := false
		for _, m := range []string{"\u0334", "\u0323", "\u0301", "\u302a", "\u0345"} {
			got = got || string(r) != m && nfc("a"+string(r)+m) == nfc("a"+m+string(r))
		}
		if got != moves[r] {
			t.Errorf("U+%04X: moves %v, want %v", r, got, moves[r])
		}
	}
}
