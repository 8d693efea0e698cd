package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/scenario"
)

const planDoc = "docs/plan.md"

// TestPlanKeys compares the keys that the reader of plans names when it finds an unknown one with those of the document.
func TestPlanKeys(t *testing.T) {
	documented := keyTables(pairs(readDoc(t, planDoc)))
	text, err := os.ReadFile("experiments/scenario/testdata/plans/good.toml")
	if err != nil {
		t.Fatal(err)
	}
	every := string(text) + "\n[demand.stated]\n"
	for table, under := range map[string]string{"": "Top level of a plan", "[horizon]": "`[horizon]`", "[demand]": "`[demand]`", "[demand.stated]": "`[demand.stated]`",
		"[[demand.launch]]": "`[[demand.launch]]`", "[redundancy]": "`[redundancy]`", "[[arm]]": "`[[arm]]`", "[[arm.point]]": "`[[arm.point]]`", "[arm.scaling]": "`[arm.scaling]`",
		"[degrade]": "`[degrade]`", "[[option]]": "`[[option]]`", "[[holding]]": "`[[holding]]`", "[budget]": "`[budget]`"} {
		t.Run(under, func(t *testing.T) {
			got := planKeys(t, every, table)
			want := keys(documented[under])
			if !slices.Equal(got, want) {
				t.Errorf("the reader knows\n  %s\nand the document\n  %s", strings.Join(got, " "), strings.Join(want, " "))
			}
		})
	}
}

// pairs gives each key of a row that has several in its first cell a row of its own.
func pairs(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		first, rest, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || !strings.HasPrefix(line, "| `") || !strings.Contains(first, "`, `") {
			b.WriteString(line)
			continue
		}
		for _, key := range strings.Split(first, ", ") {
			b.WriteString("| " + key + " | " + rest)
		}
	}
	return b.String()
}

// planKeys asks the reader with a key that no table has.
func planKeys(t *testing.T, text, table string) []string {
	t.Helper()
	const stranger = "zzzzzzzzzzzzzzzz"
	asked := stranger + " = 1\n" + text
	if table != "" {
		asked = strings.Replace(text, table+"\n", table+"\n"+stranger+" = 1\n", 1)
	}
	_, err := scenario.ParsePlan("plan.toml", []byte(asked))
	for _, p := range strict.Problems(err) {
		if strings.HasSuffix(p.Key, stranger) {
			all := strings.Split(strings.TrimPrefix(p.Expected, "one of "), ", ")
			slices.Sort(all)
			return slices.Compact(all)
		}
	}
	t.Fatalf("nothing was said about an unknown key of %q: %v", table, err)
	return nil
}
