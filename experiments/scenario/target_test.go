package scenario

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
)

const remoteLoad = `
[[load]]
arrival = "poisson"
rates = [1]
requests = 5
prompt_tokens = 8
output_tokens = 4
text = "x.txt"
`

func withTarget(target, load string) string {
	return "name = \"x\"\n[model]\npath = \"embedded:gopherling-7m\"\n[target]\n" + target + "\n" + remoteLoad + load
}

func TestTarget(t *testing.T) {
	s, err := Parse("x.toml", []byte(withTarget(`url = "https://api.openai.com/v1"
dialect = "openai-responses"
model = "m"
server_sampling = true
region = "eu"
body = { reasoning = { effort = "low" } }
budget_requests = 70
budget_tokens = 2000`, "")))
	if err != nil {
		t.Fatal(err)
	}
	kind, _ := dialect.Named("openai-responses")
	want := &Target{URL: "https://api.openai.com/v1", Dialect: kind, Model: "m", KeyVariable: "OPENAI_API_KEY", Usage: dialect.UsageFinal, ServerSampling: true,
		Body: map[string]any{"reasoning": map[string]any{"effort": "low"}}, Region: "eu", BudgetRequests: 70, BudgetTokens: 2000}
	if !reflect.DeepEqual(s.Target, want) {
		t.Errorf("got %+v, want %+v", s.Target, want)
	}
	if s.Target.Name() != "m at https://api.openai.com/v1" {
		t.Error(s.Target.Name())
	}
}

func TestTargetDefaults(t *testing.T) {
	s, err := Parse("x.toml", []byte(withTarget(`url = "http://127.0.0.1:8000"`, "")))
	if err != nil {
		t.Fatal(err)
	}
	if x := s.Target; x.Dialect.Name != "chat" || x.KeyVariable != "OPENAI_API_KEY" || x.Usage != dialect.UsageFinal || x.BudgetRequests != 0 || x.Name() != "the first model at http://127.0.0.1:8000" {
		t.Errorf("%+v", x)
	}
}

// What a dialect cannot be asked for, and what has no meaning beside a target, is said at its line.
func TestTargetProblems(t *testing.T) {
	const local = "url = \"http://h\"\n"
	for _, tc := range []struct{ name, target, load, want string }{
		{"no URL", "", "", "x.toml:4: target.url: missing, expected the server's URL"},
		{"no host", `url = "localhost:8000"`, "", "x.toml:5: target.url: string \"localhost:8000\", expected a URL such as"},
		{"a secret in the URL", `url = "http://u:secret@h"`, "", "target.url: a user, a query or a fragment, expected none"},
		{"vertex without a project", "url = \"https://h/v1\"\ndialect = \"vertex\"", "", "expected one that ends in /projects/PROJECT"},
		{"an unknown dialect", local + `dialect = "antropic"`, "", `target.dialect: string "antropic", expected one of chat, completions`},
		{"usage", local + "dialect = \"anthropic\"\nusage = \"final\"", "", "target.usage: given with dialect anthropic, expected none"},
		{"forced lengths", local + `dialect = "anthropic"`, "ignore_eos = true", "x.toml:15: load[0].ignore_eos: ignore_eos cannot be sent to anthropic messages"},
		{"too hot", local + `dialect = "anthropic"`, "temperature = 1.5", "load[0].temperature: temperature cannot be sent to anthropic messages: it takes 1 at most, and it is 1.5"},
		{"a priority", local + `dialect = "gemini"`, "priority = 3", "load[0].priority: priority cannot be sent to gemini"},
		{"texts to stop at", local + "dialect = \"openai-responses\"\nstop = [\"x\"]", "", "target.stop: stop cannot be sent to openai responses"},
		{"an empty text to stop at", local + `stop = ["a", ""]`, "", `target.stop[1]: string "", expected a text`},
		{"a temperature and none", local + "server_sampling = true", "temperature = 0.5", "load[0].temperature: 0.5, and target.server_sampling sends none"},
		{"a body that is ours", local + "body = {stream = false}", "", `target.body: extra member "stream"`},
		{"a body that is no table", local + "body = 3", "", "target.body: integer 3, expected a table"},
		{"a price per hour", local + `dialect = "gemini"`, "[cost]\nprice_per_hour = \"1\"\nutilisation = 1", "cost: given beside a target that is paid by the token"},
		{"an engine", local, "[engine]\nthreads = 1", "engine: given beside [target]"},
		{"a quality", local, "[quality]\ntext = \"x.txt\"", "quality: given beside [target]"},
		{"an unknown key", local + "budget = 3", "", `target.budget: unknown key; did you mean "budget_requests"?`},
		{"no budget", local + "budget_tokens = 0", "", "target.budget_tokens: integer 0, expected a whole number of at least 1"},
	} {
		_, err := Parse("x.toml", []byte(withTarget(tc.target, tc.load)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v\nwant %s", tc.name, err, tc.want)
		}
	}
	search := strings.Replace(withTarget(local, ""), "rates = [1]", "search = {min = 1, max = 4}", 1)
	if _, err := Parse("x.toml", []byte(search)); err == nil || !strings.Contains(err.Error(), "load[0].search: given beside [target]") {
		t.Error(err)
	}
}
