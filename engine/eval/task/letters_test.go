package task_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval/task"
)

func TestLettered(t *testing.T) {
	c := task.Choice{Context: "The sky is", Choices: []string{"green", "blue"}, Answer: 1}
	want := "The sky is\n\nWhich of these comes next?\nA. green\nB. blue\nAnswer with one letter.\nAnswer:"
	if got := c.Lettered(); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestPicked(t *testing.T) {
	c := task.Choice{Choices: []string{"a", "b", "c"}}
	for answer, want := range map[string]int{
		"": -1, "B": 1, " B.": 1, "(C)": 2, "b": -1, "**B**": 1, "The answer is C.": 2, "B because A is wrong": 1,
		"A good choice is B.": 1, "A good choice": 0, "A: green": 0, "A": 0, "A\nB": 0, "A.": 0, "A Go file": 0,
		"D": -1, "D or B": 1, "ABC": -1, "B2": -1, "2B": -1, "I'd say C": 2, "C's": -1, "É": -1, "ÉB": -1, "Ich denke, es ist \u201eB\u201c": 1,
	} {
		if got := c.Picked(answer); got != want {
			t.Errorf("%q names choice %d, want %d", answer, got, want)
		}
	}
}

// FuzzPicked: whatever a server writes, the choice is one that there is.
func FuzzPicked(f *testing.F) {
	f.Add("The answer is A.")
	f.Add("\xffA\xff A b")
	c := task.Choice{Choices: []string{"x", "y", "z"}}
	f.Fuzz(func(t *testing.T, answer string) {
		if got := c.Picked(answer); got < -1 || got >= len(c.Choices) || got >= 0 && !strings.ContainsRune(answer, rune('A'+got)) {
			t.Errorf("%q names choice %d", answer, got)
		}
	})
}

func TestTexts(t *testing.T) {
	c := task.Choice{Context: "f(x) \n", Delimiter: " ", Choices: []string{"a", "b"}}
	context, rest := c.Texts()
	if context != "f(x)" || !slices.Equal(rest, []string{" \n a", " \n b"}) {
		t.Errorf("found %q and %q", context, rest)
	}
}

func TestPattern(t *testing.T) {
	const file = `{"prompt":"6*7?","pattern":"answer is (\\d+)","expected":"42"}
{"prompt":"x","pattern":"yes|no","expected":"no"}
{"prompt":"y","pattern":"(?i)^\\s*yes"}
`
	all, err := task.ReadGenerates("t", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		item   int
		answer string
		want   bool
	}{
		{0, "I think the answer is 42, since", true}, {0, "answer is 41 or answer is 42", false}, {0, "42", false},
		{1, "well, no!", true}, {1, "yes, no", false}, {1, "", false}, {2, "\n YES", true}, {2, "no, yes", false},
	} {
		if got := all[c.item].Matches(c.answer); got != c.want {
			t.Errorf("item %d, %q: %v, want %v", c.item, c.answer, got, c.want)
		}
	}
	if _, err := task.ReadGenerates("t", strings.NewReader(`{"prompt":"x","pattern":"(","expected":"y"}`)); err == nil || !strings.Contains(err.Error(), "t:1: pattern:") || !strings.Contains(err.Error(), "regular expression") {
		t.Errorf("a broken pattern gave %v", err)
	}
}
