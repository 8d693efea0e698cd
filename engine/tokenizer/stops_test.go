package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// naiveStop searches the whole text: the first end of any stop string, the longest there.
func naiveStop(text string, stops []string) (string, bool) {
	for end := range len(text) + 1 {
		longest := 0
		for _, s := range stops {
			if s != "" && strings.HasSuffix(text[:end], s) {
				longest = max(longest, len(s))
			}
		}
		if longest > 0 {
			return text[:end-longest], true
		}
	}
	return text, false
}

// needed is the longest end of text that is a proper beginning of a stop string: what has to be held back.
func needed(text string, stops []string) int {
	longest := 0
	for _, s := range stops {
		for n := range len(s) {
			if strings.HasSuffix(text, s[:n]) {
				longest = max(longest, n)
			}
		}
	}
	return longest
}

// checkStops streams text in random parts and compares with the search over the whole.
func checkStops(t *testing.T, text string, stops []string, rng *rand.Rand) {
	t.Helper()
	want, wantStop := naiveStop(text, stops)
	s, got, stopped := NewStops(stops), "", false
	for rest, seen := text, ""; len(rest) > 0; {
		n := rng.IntN(min(5, len(rest)) + 1)
		emit, now := s.Push(rest[:n])
		got, seen, rest, stopped = got+emit, seen+rest[:n], rest[n:], now
		if !stopped && len(got) != len(seen)-needed(seen, stops) {
			t.Fatalf("stops %q after %q: %q is out, %d bytes need to be held", stops, seen, got, needed(seen, stops))
		}
	}
	got += s.Flush()
	if got != want || stopped != wantStop {
		t.Fatalf("stops %q in %q: got %q %v, want %q %v", stops, text, got, stopped, want, wantStop)
	}
}

func TestStopsAgainstSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aab"[rng.IntN(3)]
		}
		return string(b)
	}
	met := 0
	for range 20000 {
		stops := make([]string, rng.IntN(4))
		for i := range stops {
			stops[i] = word(rng.IntN(7))
		}
		text := word(rng.IntN(20))
		checkStops(t, text, stops, rng)
		if _, ok := naiveStop(text, stops); ok {
			met++
		}
	}
	if met < 2000 || met > 18000 {
		t.Errorf("%d of 20000 texts have a stop: the test has lost its balance", met)
	}
}

func TestStops(t *testing.T) {
	for _, c := range []struct {
		name   string
		stops  []string
		pushes []string
		emits  []string
		stop   bool
		flush  string
	}{
		{"across pushes", []string{"\n\n"}, []string{"a\n", "\nb"}, []string{"a", ""}, true, ""},
		{"false start", []string{"<end>"}, []string{"x<e", "y"}, []string{"x", "<ey"}, false, ""},
		{"unfinished", []string{"<end>"}, []string{"x<en"}, []string{"x"}, false, "<en"},
		{"inside a longer one", []string{"abcd", "bc"}, []string{"ab", "cd"}, []string{"", "a"}, true, ""},
		{"longest of equal ends", []string{"c", "abc"}, []string{"xabc"}, []string{"x"}, true, ""},
		{"after a stop", []string{"!"}, []string{"a!b", "c"}, []string{"a", ""}, true, ""},
		{"empty string ignored", []string{""}, []string{"ab"}, []string{"ab"}, false, ""},
		{"none", nil, []string{"ab", ""}, []string{"ab", ""}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, stopped := NewStops(c.stops), false
			for i, text := range c.pushes {
				var emit string
				emit, stopped = s.Push(text)
				if emit != c.emits[i] {
					t.Errorf("Push(%q) gave %q, want %q", text, emit, c.emits[i])
				}
			}
			if stopped != c.stop {
				t.Errorf("stopped is %v", stopped)
			}
			if got := s.Flush(); got != c.flush {
				t.Errorf("Flush gave %q, want %q", got, c.flush)
			}
		})
	}
}

// Whole characters pushed come out as whole characters, also when stop strings share first bytes with them.
func TestStopsKeepCharactersWhole(t *testing.T) {
	s := NewStops([]string{"é!", "日本"})
	for _, r := range "caféé日月日è" {
		if emit, _ := s.Push(string(r)); !utf8.ValidString(emit) {
			t.Errorf("Push(%q) gave %q", r, emit)
		}
	}
}

func FuzzStops(f *testing.F) {
	f.Add("hello\n\nworld", "\n\n", "wor", uint64(1))
	f.Add("aabaab", "aab", "", uint64(2))
	f.Fuzz(func(t *testing.T, text, a, b string, seed uint64) {
		if len(text)+len(a)+len(b) > 400 {
			return
		}
		checkStops(t, text, []string{a, b}, rand.New(rand.NewPCG(seed, 0)))
	})
}
