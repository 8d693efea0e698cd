package scenario

import (
	"testing"
	"time"
)

func TestSearchAndOutputs(t *testing.T) {
	s, err := Parse("s.toml", []byte(`
name = "x"
[model]
path = "embedded:gopherling-7m"
[outputs]
tokens = 16
[[load]]
arrival = "poisson"
requests = 60
prompt_tokens = 8
output_tokens = 8
text = "t.txt"
search = { min_rate = 4, max_rate = 20, max_time = "90s" }
[slo]
[[slo.limit]]
metric = "ttft"
limit = "100ms"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Search{MinRate: 4, MaxRate: 20, Precision: defaultPrecision, MaxProbes: defaultProbes, MaxTime: 90 * time.Second}
	if l := s.Loads[0]; l.Search == nil || *l.Search != want || len(l.Rates) != 0 {
		t.Errorf("search %+v, want %+v", l.Search, want)
	}
	if o := s.Outputs; o == nil || *o != (Outputs{Text: "t.txt", Prompts: defaultOutputs, PromptTokens: defaultOutputTokens, Tokens: 16}) {
		t.Errorf("outputs %+v", o)
	}
	all, err := ParseBudgets("b.toml", []byte("[equality]\narm = \"base\"\n[[budget]]\nmetric = \"failures\"\nlimit = 0\n"))
	if err != nil || len(all) != 2 || all[0].Metric.Name != "outputs" || all[0].Arm != "base" || all[0].Key != "equality" {
		t.Errorf("%+v, %v", all, err)
	}
}
