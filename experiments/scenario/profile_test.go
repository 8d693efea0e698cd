package scenario

import (
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	const base = `
name = "x"
model = {path = "x"}
load = [{arrival = "constant", rates = [1], requests = 1, prompt_tokens = 1, output_tokens = 1, text = "t"}]
`
	for _, c := range []struct {
		name, text string
		want       Profile
	}{
		{"as it is", "", Profile{CPU: true, RateHz: 100, CostPairs: 1}},
		{"more repetitions", "run = {repetitions = 5}", Profile{CPU: true, RateHz: 100, CostPairs: 3}},
		{"all", "run = {repetitions = 5}\nprofile = {cpu = true, heap = true, rate_hz = 250, cost_pairs = 5}", Profile{CPU: true, Heap: true, RateHz: 250, CostPairs: 5}},
		{"no cost", "profile = {cost_pairs = 0}", Profile{CPU: true, RateHz: 100}},
		{"none", "profile = {cpu = false}", Profile{}},
		{"heap alone", "profile = {cpu = false, heap = true}", Profile{Heap: true}},
	} {
		s, err := Parse("x.toml", []byte(base+c.text))
		if err != nil || s.Profile != c.want {
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
	_, err := Parse("x.toml", []byte(base+"profile = {cost_pairs = 2}"))
	if err == nil || !strings.Contains(err.Error(), "profile.cost_pairs") || !strings.Contains(err.Error(), "at most the repetitions, which are 1") {
		t.Error(err)
	}
}
