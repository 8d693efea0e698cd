package stream

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// words counts words: the counter of these tests.
type words struct{}

func (words) Count(text string) int { return len(strings.Fields(text)) }

func text(s string) dialect.Delta { return dialect.Delta{Message: true, Text: s} }

func counted(s string, output int) dialect.Delta {
	return dialect.Delta{Message: true, Text: s, Usage: &dialect.Usage{Prompt: 5, Output: output}}
}

func final(output int) dialect.Delta {
	return dialect.Delta{Usage: &dialect.Usage{Prompt: 5, Cached: 4, Output: output}}
}

func thought(s string) dialect.Delta { return dialect.Delta{Message: true, Text: s, Thought: true} }

// reasoned is a final count of which some is reasoning.
func reasoned(output, reasoning int) dialect.Delta {
	return dialect.Delta{Usage: &dialect.Usage{Prompt: 5, Output: output, Reasoning: reasoning}}
}

// late is text beside a count from before it.
func late(s string, output int) dialect.Delta {
	d := counted(s, output)
	d.Late = true
	return d
}

// Delta i is read at time 10(i+1) by read i. The wanted tokens are per delta.
func TestTokensPerMessage(t *testing.T) {
	for _, tc := range []struct {
		name      string
		deltas    []dialect.Delta
		counter   dialect.Counter
		tokens    []int
		total     int
		estimated bool
	}{
		{"differences of the running total", []dialect.Delta{counted("a", 1), counted("b c", 3), counted("d", 4), final(4)}, words{}, []int{1, 2, 1, 0}, 4, false},
		{"role only, with usage", []dialect.Delta{counted("", 0), counted("a", 1), final(1)}, nil, []int{0, 1, 0}, 1, false},
		{"a count that cannot be", []dialect.Delta{counted("", -1<<40+5), counted("a", 1), final(1)}, nil, []int{0, 1, 0}, 1, false},
		{"role only, without", []dialect.Delta{text(""), text("a")}, nil, []int{0, 1}, 1, true},
		{"token without text yet", []dialect.Delta{counted("", 1), counted("é", 2), final(2)}, nil, []int{1, 1, 0}, 2, false},
		{"text without a further token", []dialect.Delta{counted("a", 1), counted("held back", 1), counted("b", 2)}, words{}, []int{1, 0, 1}, 2, false},
		{"end-of-text token in the finishing message", []dialect.Delta{counted("a", 1), counted("", 2), final(2)}, nil, []int{1, 1, 0}, 2, false},
		{"tokens that no message carried", []dialect.Delta{counted("a", 1), final(3)}, nil, []int{1, 0}, 3, false},
		{"no usage, our count", []dialect.Delta{text("a b"), text("c"), text(" ")}, words{}, []int{2, 1, 1}, 4, true},
		{"no usage, no counter", []dialect.Delta{text("a b"), text("c")}, nil, []int{1, 1}, 2, true},
		{"final usage agrees", []dialect.Delta{text("a b"), text("c"), final(3)}, words{}, []int{2, 1, 0}, 3, true},
		{"final usage is more: shared out", []dialect.Delta{text("a b c"), text("d"), final(10)}, words{}, []int{1 + 6, 1 + 2, 0}, 10, true},
		{"final usage is less than our count", []dialect.Delta{text("a b c"), text("d"), final(3)}, words{}, []int{2, 1, 0}, 3, true},
		{"fewer tokens than messages", []dialect.Delta{text("a"), text("b"), text("c"), final(2)}, words{}, []int{1, 1, 1, 0}, 2, true},
		{"usage missing from one message", []dialect.Delta{counted("a", 1), text("b"), counted("c", 3)}, words{}, []int{1, 1, 1}, 3, true},
		{"usage runs backwards", []dialect.Delta{counted("a", 5), counted("b", 2), final(2)}, words{}, []int{1, 1, 0}, 2, true},
		{"usage always zero", []dialect.Delta{counted("a", 0), counted("b c", 0), final(0)}, words{}, []int{1, 2, 0}, 3, true},
		{"usage zero at first", []dialect.Delta{counted("a", 0), counted("b c", 3), final(3)}, words{}, []int{1, 2, 0}, 3, true},
		{"usage that lags", []dialect.Delta{counted("a", 1), late("b c", 1), counted("d", 4), final(4)}, words{}, []int{1, 2, 1, 0}, 4, true},
		{"reasoning that is not sent came before the first message", []dialect.Delta{text("a b"), text("c"), reasoned(70, 64)}, words{}, []int{64 + 4, 2, 0}, 70, true},
		{"reasoning that is sent has its own messages", []dialect.Delta{thought("h m"), thought("so"), text("a"), text("b"), reasoned(34, 30)}, words{}, []int{20, 10, 2, 2, 0}, 34, true},
		{"more reasoning than there is", []dialect.Delta{text("a"), text("b"), reasoned(3, 9)}, words{}, []int{2, 1, 0}, 3, true},
		{"nothing but reasoning, sent", []dialect.Delta{thought("h m"), thought("so"), reasoned(9, 9)}, words{}, []int{6, 3, 0}, 9, true},
		{"exact counts need no division", []dialect.Delta{counted("a", 30), counted("b", 31), reasoned(31, 29)}, nil, []int{30, 1, 0}, 31, false},
		{"no tokens at all", []dialect.Delta{counted("", 0), final(0)}, words{}, []int{0, 0}, 0, false},
		{"nothing", nil, words{}, nil, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var tl timeline
			want := result.New(0)
			for i, d := range tc.deltas {
				at := int64(10 * (i + 1))
				tl.add(d, at, i)
				if n := tc.tokens[i]; n > 0 {
					want.Events = append(want.Events, result.Event{At: at, Tokens: n, Read: i})
				}
				if d.Usage != nil {
					want.PromptTokens, want.CachedTokens, want.Reasoning = d.Usage.Prompt, d.Usage.Cached, d.Usage.Reasoning
				}
			}
			want.OutputTokens, want.Estimated = tc.total, tc.estimated
			if n := len(want.Events); n > 0 {
				want.First, want.FirstTokens, want.Last = want.Events[0].At, want.Events[0].Tokens, want.Events[n-1].At
			}
			got := result.New(0)
			tl.fill(&got, tc.counter)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\ngot  %+v\nwant %+v", got, want)
			}
		})
	}
}

// Shared-out estimates always add up to the server's total, and none is lost.
func TestEstimatesAddUp(t *testing.T) {
	for total := 4; total < 200; total++ {
		var tl timeline
		for i, s := range []string{"a", "b c d", "e f", "g h i j k l m"} {
			tl.add(text(s), int64(i), i)
		}
		tl.add(final(total), 9, 9)
		r := result.New(0)
		tl.fill(&r, words{})
		sum := 0
		for _, e := range r.Events {
			sum += e.Tokens
		}
		if sum != total || len(r.Events) != 4 {
			t.Fatalf("total %d: %d tokens in %d messages", total, sum, len(r.Events))
		}
	}
}

func TestIdentityAndFinish(t *testing.T) {
	var tl timeline
	tl.add(dialect.Delta{ID: "x", Message: true, Text: "a"}, 1, 0)
	tl.add(dialect.Delta{ID: "y", Message: true, Finish: "stop"}, 2, 0)
	tl.add(final(1), 3, 0)
	r := result.New(0)
	tl.fill(&r, nil)
	if r.ID != "x" || r.Finish != "stop" {
		t.Errorf("id %q, finish %q", r.ID, r.Finish)
	}
}
