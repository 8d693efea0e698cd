package main

import (
	"bytes"
	"maps"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/experiments/scenario"
)

// TestScenarioExamples parses every toml block of the documents: as the file that it is, or laid over a scenario that is complete.
func TestScenarioExamples(t *testing.T) {
	seen := 0
	for _, file := range documents(t) {
		for _, b := range blocks(t, file) {
			if b.info != "toml" {
				continue
			}
			seen++
			if err := parseExample(b.text); err != nil {
				t.Errorf("%s: %v", b, err)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d examples were parsed: is the walk broken?", seen)
	}
}

func parseExample(text string) (err error) {
	var part map[string]any
	if _, err := toml.Decode(text, &part); err != nil {
		return err
	}
	has := func(a, b string) bool { return part[a] != nil || part[b] != nil }
	_, alone := part["load"].(map[string]any)
	switch {
	case has("machine", "purchase"):
		_, err = price.Parse("prices.toml", []byte(text))
	case has("horizon", ""):
		_, err = scenario.ParsePlan("plan.toml", []byte(text))
	case has("shared", "weights"):
		_, err = scenario.ParseBill("bill.toml", []byte(text), "")
	case has("rung", ""):
		_, err = scenario.ParseLadder("ladder.toml", []byte(text))
	case has("budget", "equality"):
		_, err = scenario.ParseBudgets("budgets.toml", []byte(text))
	case alone:
		err = parseClasses(text)
	default:
		err = parseOver(part)
	}
	return err
}

// parseOver lays tables over a scenario that is complete.
func parseOver(part map[string]any) error {
	const base = `
name = "base"
model = {path = "embedded:gopherling-7m"}
load = [{arrival = "poisson", rates = [1], requests = 1, prompt_tokens = 8, output_tokens = 8, text = "data/assay-source.txt"}]
`
	var whole map[string]any
	if _, err := toml.Decode(base, &whole); err != nil {
		return err
	}
	maps.Copy(whole, part)
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(whole); err != nil {
		return err
	}
	s, err := scenario.Parse("scenarios/example.toml", text.Bytes())
	if err != nil {
		return err
	}
	return s.CheckFiles()
}

// parseClasses puts classes behind a load that is complete.
func parseClasses(text string) error {
	const load = `
name = "load"
model = {path = "embedded:gopherling-7m"}
[[load]]
arrival = "poisson"
rates = [1]
requests = 1
prompt_tokens = 8
output_tokens = 8
text = "data/assay-source.txt"
`
	c, err := scenario.ParseClasses("classes.toml", []byte(text))
	if err != nil {
		return err
	}
	s, err := scenario.Parse("scenarios/example.toml", []byte(load+c.Text()))
	if err != nil {
		return err
	}
	return s.CheckFiles()
}
