package sweep

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
)

func TestParseSettingsErrors(t *testing.T) {
	for _, c := range []struct {
		setting record.Setting
		want    string
	}{
		{record.Setting{Name: "colour", Value: "red"}, `"colour" is no engine setting`},
		{record.Setting{Name: "max_batch", Value: "0"}, `max_batch: found "0", expected a whole number from 1 to 4096`},
		{record.Setting{Name: "token_budget", Value: "4"}, "token_budget: found 4, expected at least max_batch (8)"},
	} {
		if _, err := ParseSettings([]record.Setting{c.setting}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	caps := small
	caps.Drafts = map[string]string{"a/tiny.gguf": "", "b/tiny.gguf": ""}
	m := expand(t, caps, head+"[sweep]\nmode = \"product\"\n[sweep.axes]\ndraft_model = [\"\", \"a/tiny.gguf\", \"b/tiny.gguf\"]\n")
	checkMatrix(t, m)
	if n := m.names(); n[0] != "base" || !strings.HasPrefix(n[1], "draft tiny 4 #") {
		t.Errorf("got %q", n)
	}
	if got := m.Arms[1].Record.Command; got != "assay serve --model embedded:small --quantization BF16 --draft-model dir/a/tiny.gguf --threads 1" {
		t.Errorf("got %s", got)
	}
}

func TestShellQuote(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "''"}, {"a/b-c_d.gguf", "a/b-c_d.gguf"}, {"a b", "'a b'"}, {"it's", `'it'\''s'`}, {"$(x)", "'$(x)'"},
	} {
		if got := shellQuote(c.in); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

// Settings that say who runs when have no effect under policies that do not ask for them: such arms
// are one.
func TestBatchingIsCanonical(t *testing.T) {
	m := expand(t, small, head+`
[engine]
preferred_batch = "2,4"
[sweep]
mode = "product"
[sweep.axes]
batching = ["continuous", "none", "static", "dynamic"]
batch_wait = ["5ms", "9ms"]
prefill_order = ["decode-first", "prefill-first"]
`)
	var names []string
	for _, a := range m.Arms {
		names = append(names, a.Record.Name)
	}
	want := []string{"continuous · wait 20ms · decode-first", "continuous · wait 20ms · prefill-first", "none · wait 20ms · decode-first",
		"static · wait 5ms · decode-first", "static · wait 5ms · prefill-first", "static · wait 9ms · decode-first", "static · wait 9ms · prefill-first",
		"dynamic · wait 5ms · sizes 2,4 · decode-first", "dynamic · wait 5ms · sizes 2,4 · prefill-first",
		"dynamic · wait 9ms · sizes 2,4 · decode-first", "dynamic · wait 9ms · sizes 2,4 · prefill-first"}
	if !slices.Equal(names, want) {
		t.Errorf("arms\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
	if len(m.Skipped) != 5 {
		t.Errorf("%d combinations were skipped, want 5", len(m.Skipped))
	}
}

// A combination that no engine can run is skipped, with the reason.
func TestImpossibleBatchingIsSkipped(t *testing.T) {
	m := expand(t, small, head+`
[sweep]
mode = "product"
[sweep.axes]
prefill_order = ["decode-first", "mixed"]
chunked_prefill = [true, false]
`)
	if len(m.Arms) != 3 || len(m.Skipped) != 1 || !strings.Contains(m.Skipped[0].Reason, "chunked_prefill = true") {
		t.Errorf("%d arms, skipped %+v", len(m.Arms), m.Skipped)
	}
}

// TestRunKeepsPrices: the rows of the catalogue that a scenario names are in run.json as they were.
func TestRunKeepsPrices(t *testing.T) {
	m := expand(t, small, swept+`confirm = false
[cost]
machine = "assumed-2-vcpu"
compare_apis = ["gpt-5.6-luna"]
utilisation = 0.5
spares = 2
watts = 30
[slo]
preset = "conversational"
`)
	if err := m.Scenario.ReadFiles(); err != nil {
		t.Fatal(err)
	}
	c := m.Run(Circumstances{}).Cost
	if c.Row == nil || c.Row.Name != "assumed-2-vcpu" || c.Row.Term != price.OnDemand || c.Row.Date.IsZero() || c.PricePerHour != "0.085" || c.Currency != "USD" {
		t.Errorf("the machine: %+v", c)
	}
	if len(c.APIs) != 1 || c.APIs[0].Output.Exact() != "$1.20" || len(c.APIs[0].Tiers) != 1 || c.Spares != 2 || c.Watts != 30 {
		t.Errorf("the rest: %+v", c)
	}
	if rows := c.Rows(); len(rows) != 2 || rows[1].Name != "gpt-5.6-luna" {
		t.Errorf("rows %+v", rows)
	}
}
