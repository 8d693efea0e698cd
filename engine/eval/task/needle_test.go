package task

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// letters has a token per byte.
type letters struct{}

func (letters) Encode(text string, _ bool) (ids []int32) {
	for _, b := range []byte(text) {
		ids = append(ids, int32(b))
	}
	return ids
}

func (letters) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteByte(byte(id))
	}
	return b.String()
}

func (letters) BOS() int32 { return -1 }
func (letters) EOS() int32 { return 0 }

// haystackText is many small declarations.
func haystackText() []Source {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "// f%d is one of many.\nfunc f%d() int {\n\treturn %d\n}\n\n", i, i, i)
	}
	return []Source{{Name: "many.go", Line: 1, Text: "package many\n\n" + b.String()}}
}

func TestNeedlesAreHiddenWhereTheyShall(t *testing.T) {
	depths := []float64{0, .25, .5, .75, 1}
	all, err := Needles(haystackText(), letters{}, []int{500, 2000}, depths, 6, 3)
	if err != nil || len(all) != 2*6*len(depths) {
		t.Fatalf("%d items, %v", len(all), err)
	}
	for i, n := range all {
		context, use := n.Choice.Context, n.Choice.Context[strings.LastIndex(n.Choice.Context, "const "):]
		definition := use + " " + n.Choice.Choices[n.Choice.Answer] + "\n\n"
		at := strings.Index(context, definition)
		if at < 0 || strings.Count(context, use) != 2 || !strings.HasSuffix(context, "\n\n"+use) {
			t.Fatalf("%s: %q is not defined once and used at the end of\n%s", n.ID, use, context)
		}
		if at > 0 && context[at-2:at] != "\n\n" {
			t.Errorf("%s: the definition stands inside another one", n.ID)
		}
		span := len(context) - len(definition) - len(use)
		if got := float64(at) / float64(span); got < n.Depth-0.12 || got > n.Depth+0.12 {
			t.Errorf("%s: stands at %.2f", n.ID, got)
		}
		if len(context) > n.Length || len(context) < n.Length-120 {
			t.Errorf("%s: %d tokens", n.ID, len(context))
		}
		for k, value := range n.Choice.Choices {
			if in := strings.Contains(context, value+"\n"); in != (k == n.Choice.Answer) || slices.Index(n.Choice.Choices, value) != k || len(value) != 4 {
				t.Errorf("%s: choice %d of %v, in the context: %v", n.ID, k, n.Choice.Choices, in)
			}
		}
		first := all[i/len(depths)*len(depths)]
		if !slices.Equal(n.Choice.Choices, first.Choice.Choices) || strings.Replace(context, definition, "", 1) != strings.Replace(first.Choice.Context, definition, "", 1) {
			t.Errorf("%s: other code or values than at depth 0", n.ID)
		}
	}
}

func TestNeedlesAreAFunctionOfTheSeed(t *testing.T) {
	cut := func(seed uint64) []Needle {
		all, err := Needles(haystackText(), letters{}, []int{400}, []float64{.5}, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	same := func(a, b Needle) bool { return a.Choice.Context == b.Choice.Context }
	if !slices.EqualFunc(cut(1), cut(1), same) || slices.EqualFunc(cut(1), cut(2), same) {
		t.Error("items are not the same for the same seed, or are for another")
	}
}

func TestNeedlesWantEnoughCode(t *testing.T) {
	if _, err := Needles(haystackText(), letters{}, []int{1 << 20}, []float64{0}, 1, 1); err == nil || !strings.Contains(err.Error(), "too few for a context of 1048576 tokens") {
		t.Errorf("got %v", err)
	}
}
