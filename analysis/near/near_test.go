package near

import (
	"testing"
)

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"rate", "rates", 1},
		{"ab", "ba", 1}, {"ca", "abc", 3}, {"maxbatch", "max_batch", 1}, {"é", "e", 1},
	} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
		if editDistance(c.b, c.a) != c.want {
			t.Errorf("%q to %q is not symmetric", c.a, c.b)
		}
	}
}

// What many confuse is one spelling, and a prefix is near where no edit is.
func TestWord(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"g10uta", "gloutA"}, {"on-demand", "on_demand"}, {"spott", "spot"}, {"reserved", "reserved_1y"}, {"zebra", ""}, {"", ""},
	} {
		if got := Word(c.word, []string{"gloutA", "on_demand", "spot", "reserved_1y"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
	if got := Suggestion("sopt", []string{"spot"}); got != `did you mean "spot"?` {
		t.Errorf("got %q", got)
	}
	if got := Suggestion("zebra", []string{"spot"}); got != "" {
		t.Errorf("got %q", got)
	}
}
