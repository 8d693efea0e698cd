package scenario

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/system"
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
budget_tokens = 2000
unpriced = true`, "")))
	if err != nil {
		t.Fatal(err)
	}
	kind, _ := dialect.Named("openai-responses")
	server, _ := system.Named(system.Server)
	want := &Target{Key: "target", Name: "server", System: server, URL: "https://api.openai.com/v1", Dialect: kind, Model: "m", KeyVariable: "OPENAI_API_KEY",
		Usage: dialect.UsageFinal, ServerSampling: true, Body: map[string]any{"reasoning": map[string]any{"effort": "low"}}, Region: "eu", BudgetRequests: 70, BudgetTokens: 2000, Paid: Paid{Unpriced: true}}
	if len(s.Targets) != 1 || s.Included || s.Local() || !reflect.DeepEqual(s.Targets[0], want) {
		t.Errorf("got %+v, want %+v", s.Targets[0], want)
	}
	if got := s.Targets[0].Where(); got != "m at https://api.openai.com/v1" {
		t.Error(got)
	}
	if s.Profile != (Profile{}) {
		t.Errorf("a server is profiled: %+v", s.Profile)
	}
}

func TestTargetDefaults(t *testing.T) {
	s, err := Parse("x.toml", []byte(withTarget(`url = "http://127.0.0.1:8000"`, "")))
	if err != nil {
		t.Fatal(err)
	}
	if x := s.Targets[0]; x.Dialect.Name != "chat" || x.KeyVariable != "OPENAI_API_KEY" || x.Usage != dialect.UsageFinal || x.BudgetRequests != 0 || x.Where() != "the first model at http://127.0.0.1:8000" {
		t.Errorf("%+v", x)
	}
}

func TestSeveralTargets(t *testing.T) {
	text, err := os.ReadFile("testdata/good/targets.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse("x.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Included || !s.Local() || len(s.Targets) != 3 || s.Profile == (Profile{}) {
		t.Fatalf("included %v, %d targets", s.Included, len(s.Targets))
	}
	vllm, rented, listed := s.Targets[0], s.Targets[1], s.Targets[2]
	if vllm.Key != "target[0]" || vllm.Name != "vllm" || vllm.Given || vllm.Path != "models/m" || !slices.Equal(vllm.Command, []string{"/opt/venv/bin/vllm", "serve"}) ||
		!maps.Equal(vllm.Settings, system.Values{"max_num_seqs": "16", "dtype": "float32"}) || vllm.Dialect.Name != "completions" || vllm.KeyVariable != "" || vllm.ReadyTimeout != 5*time.Minute {
		t.Errorf("%+v", vllm)
	}
	want := TargetSweep{Mode: Product, Axes: []TargetAxis{{"max_num_seqs", []string{"4", "16"}}, {"kv_cache_dtype", []string{"auto", "fp8"}}},
		Exclude: []Match{{Key: "target[0].sweep.exclude[0]", Values: map[string][]string{"max_num_seqs": {"4"}, "kv_cache_dtype": {"fp8"}}}}}
	if !reflect.DeepEqual(vllm.Sweep, want) {
		t.Errorf("got %+v, want %+v", vllm.Sweep, want)
	}
	if got := []Label{{"quantization", "awq"}, {"seats", "256"}, {"eager", "false"}}; !slices.Equal(rented.Labels, got) || rented.Hardware != "1x H100, rented" || rented.Price != "lambda-h100" || !rented.Given {
		t.Errorf("%+v", rented)
	}
	arms := []TargetArm{{"small", system.Values{"max_num_seqs": "1"}}, {"", system.Values{"max_num_seqs": "2", "enforce_eager": "true"}}}
	if !reflect.DeepEqual(listed.Sweep.Arms, arms) || listed.ReadyTimeout != 9*time.Minute {
		t.Errorf("%+v", listed)
	}
	if !want.Exclude[0].MatchesValues(system.Values{"max_num_seqs": "4", "kv_cache_dtype": "fp8"}) || want.Exclude[0].MatchesValues(system.Values{"max_num_seqs": "4"}) {
		t.Error("a setting that is not given matches a filter")
	}
}

// A load that one target cannot be asked for leaves it out; one that none can be asked for is a problem of the load, and a target
// that can be asked for none a problem of the target.
func TestWhatTargetsCannot(t *testing.T) {
	const api, local = "[[target]]\nname = \"api\"\nurl = \"https://h\"\ndialect = \"anthropic\"\nunpriced = true\nbudget_tokens = 100000\n", "[[target]]\nname = \"local\"\nurl = \"http://h\"\n"
	file := func(targets string, loads ...string) string {
		text := "name = \"x\"\n[model]\npath = \"embedded:gopherling-7m\"\n" + targets
		for _, l := range loads {
			text += remoteLoad + l
		}
		return text
	}
	s, err := Parse("x.toml", []byte(file(api+local, "ignore_eos = true\n", "name = \"free\"\n")))
	if err != nil {
		t.Fatal(err)
	}
	if key, why := s.Targets[0].Cannot(s.Loads[0]); key != "ignore_eos" || !strings.Contains(why, "ignore_eos cannot be sent to anthropic") {
		t.Errorf("%q, %q", key, why)
	}
	for _, c := range []struct{ target, load int }{{0, 1}, {1, 0}, {1, 1}} {
		if _, why := s.Targets[c.target].Cannot(s.Loads[c.load]); why != "" {
			t.Errorf("target %d cannot be asked for load %d: %s", c.target, c.load, why)
		}
	}
	for _, tc := range []struct{ name, text, want string }{
		{"no arm for a load", file(api, "ignore_eos = true\n", "name = \"free\"\n"), "load[0].ignore_eos: ignore_eos cannot be sent to anthropic"},
		{"no load for a target", file(api+local, "ignore_eos = true\n"), "x.toml:4: target[0]: no load can be asked of it (ignore_eos cannot be sent to anthropic"},
		{"nor beside the engine", file("[engine]\nthreads = 1\n"+api, "ignore_eos = true\n"), "x.toml:6: target[0]: no load can be asked of it"},
	} {
		if _, err := Parse("x.toml", []byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) || len(strict.Problems(err)) != 1 {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// ownPrices is a file of prices of one API and one machine.
const ownPrices = `currency = "EUR"
[[api]]
name = "own-api"
input = "1"
output = "2"
source = "the contract"
date = 2026-11-01
trust = "primary"
[[machine]]
name = "own-machine"
cpus = 2
memory_gib = 4
on_demand = "2.5"
source = "the contract"
date = 2026-11-01
trust = "primary"
`

// Prices are rows of the catalogue: of an API for what is paid by the token, and all of one currency.
func TestTargetPrices(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own.toml"), []byte(ownPrices), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, lines, want string }{
		{"an API", "dialect = \"openai-chat\"\nprice = \"own-api\"\nbudget = \"EUR 1\"", ""},
		{"a machine", "price = \"own-machine\"", ""},
		{"a machine for an API", "dialect = \"openai-chat\"\nprice = \"own-machine\"\nbudget = \"EUR 1\"", "target.price: "},
		{"nothing of the name", "price = \"own-mashine\"", "own-machine"},
	} {
		s, err := Parse(filepath.Join(dir, "x.toml"), []byte(withTarget("url = \"http://h\"\nprices = [\"own.toml\"]\n"+tc.lines, "")))
		if err == nil {
			err = s.ReadFiles()
		}
		switch {
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v", tc.name, err)
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want == "":
			x := s.Targets[0]
			if _, api := x.Row.(price.API); api != (tc.name == "an API") || (x.PerHour == "2.5") != (tc.name == "a machine") {
				t.Errorf("%s: %+v, %q", tc.name, x.Row, x.PerHour)
			}
		}
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
		{"a price of a machine that nothing is on", local, "[cost]\nprice_per_hour = \"1\"\nutilisation = 1", "x.toml:15: cost: given, and nothing of the run is on this machine; it prices this machine"},
		{"a price per hour", local + `dialect = "gemini"`, "[cost]\nprice_per_hour = \"1\"\nutilisation = 1", "cost: given beside a target that is paid by the token"},
		{"a quality", local, "[quality]\ntext = \"x.txt\"", "quality: given beside [target]"},
		{"an unknown key", local + "budgets = 3", "", `target.budgets: unknown key; did you mean "budget"?`},
		{"no budget", local + "budget_tokens = 0", "", "target.budget_tokens: integer 0, expected a whole number of at least 1"},
	} {
		_, err := Parse("x.toml", []byte(withTarget(tc.target, tc.load)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v\nwant %s", tc.name, err, tc.want)
		}
	}
	search := strings.Replace(withTarget(local, ""), "rates = [1]", "search = {min = 1, max = 4}", 1)
	if _, err := Parse("x.toml", []byte(search)); err == nil || !strings.Contains(err.Error(), "load[0].search: a server that is there is measured at rates that are given, expected rates") {
		t.Error(err)
	}
}
