package scenario

import (
	"strings"
	"testing"
)

// TestCachedModel holds that a model of the cache is left as written, for whoever
// knows where the cache is, and that a file of such a name is not looked for.
func TestCachedModel(t *testing.T) {
	const text = `name = "x"
[model]
path = "cache:small"
[engine]
draft_model = "cache:smaller"
[[load]]
arrival = "constant"
rates = [1]
requests = 1
prompt_tokens = 8
output_tokens = 8
text = "cached_test.go"
`
	s, err := Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range append(s.DraftModels(), s.Model) {
		if !strings.HasPrefix(model, "cache:") || s.Resolve(model) != model {
			t.Errorf("%q resolves to %q", model, s.Resolve(model))
		}
	}
	if err := s.CheckFiles(); err != nil {
		t.Error(err)
	}
}
