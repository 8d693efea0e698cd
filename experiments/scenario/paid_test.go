package scenario

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/trace"
	"github.com/assaylab/assay/loadgen/workload"
)

const ownAPI = "url = \"http://127.0.0.1:1\"\ndialect = \"openai-chat\"\nmodel = \"gpt-5.6-luna-2026-07-30\"\n"

func TestPaid(t *testing.T) {
	s, err := Parse(filepath.Join("dir", "x.toml"), []byte(withTarget(ownAPI+"budget = \"USD 0.50\"\nkey_file = \"api.key\"\ntimezone = \"America/Los_Angeles\"", "")))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ReadFiles(); err != nil {
		t.Fatal(err)
	}
	x := s.Targets[0]
	if x.Budget.Named() != "USD 0.5" || x.KeyFile != filepath.Join("dir", "api.key") || x.Unpriced || x.Price != "gpt-5.6-luna" || x.API() == nil || x.API().Name != "gpt-5.6-luna" || x.Provider() != "openai" || !x.Charges() {
		t.Errorf("%+v", x)
	}
	at := time.Date(2026, 11, 29, 18, 4, 0, 0, time.UTC)
	if got := x.Clock(at); got != "10:04 in America/Los Angeles" {
		t.Errorf("%q", got)
	}
	if got := (Paid{}).Clock(at); got != "" {
		t.Errorf("of no zone: %q", got)
	}
}

// What is wrong with a target that is paid for is said at its line, and what may be a key is not repeated.
func TestPaidProblems(t *testing.T) {
	const local = "url = \"http://127.0.0.1:1\"\n"
	const budget = "budget = \"USD 1\"\n"
	dir := t.TempDir()
	prices := filepath.Join(dir, "own.toml")
	if err := os.WriteFile(prices, []byte("currency = \"EUR\"\n[[api]]\nname = \"ours\"\nprovider = \"openai\"\nmodel = \"own-1\"\ninput = \"1\"\noutput = \"2\"\nsource = \"s\"\ndate = 2026-11-01\ntrust = \"primary\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := "prices = [\"" + prices + "\"]\n"
	for _, tc := range []struct{ name, target, want string }{
		{"no budget", ownAPI, `x.toml:4: target.budget: missing, expected the most that the run may cost, as requests to http://127.0.0.1:1 are paid for; add budget = "USD 5.00"`},
		{"tokens alone", ownAPI + "budget_tokens = 100", "target.budget: missing"},
		{"a provider's host", "url = \"https://api.groq.com/openai/v1\"\nmodel = \"m\"", "target.budget: missing"},
		{"no currency", ownAPI + "budget = \"5\"", `x.toml:8: target.budget: string "5", expected an amount above 0 with its currency, in quotes; write budget = "USD 5.00"`},
		{"a number", ownAPI + "budget = 5", `target.budget: integer 5, expected an amount`},
		{"nothing", ownAPI + "budget = \"USD 0.00\"", `target.budget: string "USD 0.00", expected an amount above 0`},
		{"a debt", ownAPI + "budget = \"USD -1\"", "expected an amount above 0"},
		{"unpriced without tokens", ownAPI + "unpriced = true", "target.budget_tokens: missing, expected the most tokens that the run may ask for, as unpriced is given"},
		{"unpriced, with money", ownAPI + budget + "unpriced = true\nbudget_tokens = 1", "target.unpriced: given beside a price or a budget in money"},
		{"unpriced, with a price", ownAPI + "price = \"gpt-5.6-luna\"\nunpriced = true\nbudget_tokens = 1", "target.unpriced: given beside a price or a budget in money"},
		{"unpriced, with prices", ownAPI + own + "unpriced = true\nbudget_tokens = 1", "target.prices: a file of prices that nothing uses"},
		{"free", local + "unpriced = true", "target.unpriced: given for a server that nobody charges for"},
		{"a budget for nothing", local + budget, "target.budget: given, and nothing prices the server, expected price with it"},
		{"a budget for a machine", local + budget + "price = \"nebius-h100\"", "target.budget: given, and the server's price is a machine's"},
		{"no price", ownAPI + budget + "price = \"gpt-5.6-lune\"", `did you mean "gpt-5.6-luna"?`},
		{"no model", "url = \"http://127.0.0.1:1\"\ndialect = \"gemini\"\n" + budget, "target.model: missing, expected the model's name, by which its price is found"},
		{"a model of nobody", "url = \"http://127.0.0.1:1\"\ndialect = \"gemini\"\nmodel = \"gemini-9\"\n" + budget, `target.price: missing, and the catalogue has no price of "gemini-9" by google, expected the row that prices it; name one of`},
		{"a model of somebody else", "url = \"https://api.groq.com\"\ndialect = \"openai-chat\"\nmodel = \"gpt-5.6-luna\"\n" + budget, `no price of "gpt-5.6-luna" by groq`},
		{"another currency", ownAPI + "budget = \"EUR 1\"", "target.budget: EUR 1, expected an amount in USD, as gpt-5.6-luna is priced"},
		{"a row of one's own", "url = \"http://127.0.0.1:1\"\ndialect = \"openai-chat\"\nmodel = \"own-1\"\nbudget = \"EUR 1\"\n" + own, ""},
		{"of one's own, in dollars", "url = \"http://127.0.0.1:1\"\ndialect = \"openai-chat\"\nmodel = \"own-1\"\n" + budget + own, "expected an amount in EUR, as ours is priced"},
		{"two keys", ownAPI + budget + "key_env = \"X\"\nkey_file = \"y\"", "target.key_file: given beside key_env, expected one of both"},
		{"a key", ownAPI + budget + "key_env = \"sk-secret\"", "target.key_env: no name of an environment variable, expected the name alone"},
		{"no zone", ownAPI + budget + "timezone = \"Mars/Olympus\"", `target.timezone: string "Mars/Olympus", expected a time zone of the IANA's list`},
		{"the zone of this machine", ownAPI + budget + "timezone = \"Local\"", "target.timezone: string \"Local\""},
	} {
		s, err := Parse("x.toml", []byte(withTarget(tc.target, "")))
		if err == nil {
			err = s.ReadFiles()
		}
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v\nwant %s", tc.name, err, tc.want)
		}
	}
	started := "name = \"x\"\n[model]\npath = \"embedded:gopherling-7m\"\n[[target]]\nsystem = \"vllm\"\npath = \"m\"\nbudget = \"USD 1\"\n" + remoteLoad
	if _, err := Parse("x.toml", []byte(started)); err == nil || !strings.Contains(err.Error(), "target[0].budget: given for vLLM, which the lab starts") {
		t.Error(err)
	}
}

// The sizes of a load have its longest request in them, by each kind of it.
func TestSizes(t *testing.T) {
	for name, l := range map[string]Workload{
		"plain": {PromptTokens: Length{Max: 100}, OutputTokens: Length{Max: 30}},
		"turns": {PromptTokens: Length{Max: 100}, OutputTokens: Length{Max: 30}, Conversation: Conversation{Turns: 3, UserTokens: Length{Max: 7}}},
		"rows":  {Corpus: Corpus{File: "x", MaxPrompt: 50, MaxOutput: 60}},
		"trace": {Arrival: Recorded, Trace: Trace{Read: trace.Trace{Requests: []trace.Request{{Prompt: 5, Output: 90}, {Prompt: 70, Output: 3}, {Prompt: 60, Output: 3}, {Prompt: 5, Output: 8}, {Prompt: 40, Output: 40}}}}},
	} {
		longest := 0
		for _, z := range l.Sizes() {
			longest = max(longest, z.Prompt+z.Output)
		}
		if longest != l.Longest() {
			t.Errorf("%s: %+v, longest %d", name, l.Sizes(), l.Longest())
		}
	}
	turns := Workload{PromptTokens: Length{Max: 100}, OutputTokens: Length{Max: 30}, Conversation: Conversation{Turns: 3, UserTokens: Length{Max: 7}}}
	if got, want := turns.Sizes(), []workload.Size{{Prompt: 174, Output: 30}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	recorded := Workload{Arrival: Recorded, Trace: Trace{Read: trace.Trace{Requests: []trace.Request{{Prompt: 5, Output: 90}, {Prompt: 70, Output: 3}, {Prompt: 60, Output: 3}, {Prompt: 5, Output: 8}, {Prompt: 40, Output: 40}}}}}
	if got, want := recorded.Sizes(), []workload.Size{{Prompt: 70, Output: 3}, {Prompt: 40, Output: 40}, {Prompt: 5, Output: 90}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
