package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/showback"
)

const goodBill = `name = "Inference"
currency = "EUR"
month = "2026-11"
time_zone = "Europe/Berlin"

[[shared]]
name = "node"
amount = "18432.00"
models = ["gopher*"]
replicas = 2
idle = { rule = "owner", owner = "platform", share = "0.35" }

[[api]]
name = "OpenAI"
models = ["gpt-*"]
input = "2.50"
cached_input = "1.25"
output = "10.00"
invoice = "812.47"

[weights]
prefill = 1
cached = 0.1
decode = 6.5

[[budget]]
team = "search"
amount = "9000.00"
alerts = [50, 100]

[teams]
"key-3" = "search"
`

func TestBill(t *testing.T) {
	b, err := ParseBill("dir/bill.toml", []byte(goodBill), "")
	if err != nil {
		t.Fatal(err)
	}
	s, a := b.Shared[0], b.APIs[0]
	if s.Amount.String() != "18,432.00 EUR" || s.Replicas != 2 || s.Idle != (showback.Idle{Rule: "owner", Owner: "platform", Share: "0.35"}) || s.Models[0] != "gopher*" {
		t.Errorf("%+v", s)
	}
	if !a.Prices || a.Input.Decimal() != "2.5" || a.Cached.Decimal() != "1.25" || a.Output.Decimal() != "10" || a.Invoice.Decimal() != "812.47" {
		t.Errorf("%+v", a)
	}
	if w := b.Weights; w.Prefill != 1 || w.Cached != .1 || w.Decode != 6.5 || w.Seconds || w.Source != "declared in bill.toml" {
		t.Errorf("%+v", w)
	}
	if b.Budgets[0].Amount.Decimal() != "9000" || len(b.Budgets[0].Alerts) != 2 || b.Teams["key-3"] != "search" || b.Period.Start.UTC().Hour() != 23 {
		t.Errorf("%+v", b)
	}
	if b, err = ParseBill("dir/bill.toml", []byte(strings.Replace(goodBill, "prefill = 1\ncached = 0.1\ndecode = 6.5", "run = \"runs/x\"\ncached = 0.1\narm = \"fast\"", 1)), "2026-11"); err != nil ||
		b.Run != filepath.Join("dir", "runs", "x") || b.Arm != "fast" || b.Weights.Cached != .1 {
		t.Errorf("%+v, %v", b, err)
	}
}

// TestBadBills names file, line, key, what was found and what was expected.
func TestBadBills(t *testing.T) {
	for _, c := range []struct{ old, bad, want string }{
		{`name = "Inference"`, ``, "bill.toml:1: name: missing"},
		{`currency = "EUR"`, `currency = "euro"`, "bill.toml:2: currency"},
		{`month = "2026-11"`, `month = "2026-13"`, "bill.toml:3: month"},
		{`"Europe/Berlin"`, `"Berlin"`, "bill.toml:4: time_zone"},
		{`amount = "18432.00"`, `amount = 18432.00`, `write amount = "18432"`},
		{`amount = "18432.00"`, `amount = "-1"`, "bill.toml:8: shared[0].amount"},
		{`amount = "18432.00"`, `amount = "18.432,00"`, "bill.toml:8: shared[0].amount"},
		{`amount = "18432.00"`, ``, "shared[0].amount: missing"},
		{`rule = "owner", owner = "platform"`, `rule = "owner"`, "idle.owner"},
		{`rule = "owner", owner = "platform"`, `rule = "ownr"`, `did you mean "owner"`},
		{`rule = "owner", owner = "platform"`, `rule = "equal", owner = "platform"`, "no owner with this rule"},
		{`rule = "owner", `, ``, "idle.rule: missing"},
		{`share = "0.35"`, `share = "35"`, "idle.share"},
		{`, share = "0.35"`, ``, "how much is idle is not known"},
		{`idle = { rule = "owner", owner = "platform", share = "0.35" }`, ``, "shared[0].idle: missing"},
		{`name = "OpenAI"`, `name = "node"`, "another cost has this one"},
		{`models = ["gpt-*"]`, `models = ["gopher*"]`, `[[api]] "OpenAI" names`},
		{`models = ["gpt-*"]`, `models = ["gpt-["]`, "api[0].models[0]"},
		{"input = \"2.50\"\n", ``, "api[0].input: missing"},
		{`decode = 6.5`, ``, "weights.decode: missing"},
		{`decode = 6.5`, `decode = -1`, "weights.decode"},
		{`decode = 6.5`, `decode = 6.5` + "\n" + `arm = "x"`, "no arm without a run"},
		{`prefill = 1`, `run = "x"`, "beside run"},
		{`prefill = 1`, `basis = "engine-time"` + "\nprefill = 1", "no such key with this basis"},
		{"[weights]\nprefill = 1\ncached = 0.1\ndecode = 6.5\n", ``, "weights: missing"},
		{`alerts = [50, 100]`, `alerts = [50, 50]`, "alerts[1]"},
		{`alerts = [50, 100]`, `alerts = [0]`, "alerts[0]"},
		{`"key-3" = "search"`, `"key-3" = 3`, "key-3"},
		{`replicas = 2`, `replica = 2`, `did you mean "replicas"`},
		{"[teams]", "[[budget]]\nteam = \"search\"\namount = \"1\"\n[teams]", "another table has this one's"},
	} {
		text := strings.Replace(goodBill, c.old, c.bad, 1)
		if text == goodBill {
			t.Fatalf("%q is not in the bill", c.old)
		}
		_, err := ParseBill("bill.toml", []byte(text), "")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bill.toml") {
			t.Errorf("%q: %v; want %s", c.bad, err, c.want)
		}
	}
	if _, err := ParseBill("bill.toml", []byte(goodBill), "2026-12"); err == nil || !strings.Contains(err.Error(), "2026-12") {
		t.Errorf("asked for another month: %v", err)
	}
	if _, err := LoadBill(filepath.Join(t.TempDir(), "none.toml"), ""); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if _, err := ParseBill("bill.toml", []byte("name = \"x\"\ncurrency = \"USD\"\n"), "2026-11"); err == nil || !strings.Contains(err.Error(), "[[shared]]") {
		t.Errorf("a bill of nothing: %v", err)
	}
}

func TestShippedBills(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/costs/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if _, err := LoadBill(f, ""); err != nil {
			t.Error(err)
		}
	}
}

func FuzzBill(f *testing.F) {
	f.Add(goodBill)
	f.Add("name = \"x\"\ncurrency = \"USD\"\nmonth = \"2026-11\"\n[[shared]]\nidle = 3\n[weights]\nbasis = \"engine-time\"")
	if text, err := os.ReadFile("../../scenarios/costs/bill.toml"); err == nil {
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBill("bill.toml", []byte(text), "2026-11")
		if err != nil {
			return
		}
		for _, s := range b.Shared {
			if s.Amount.Sign() < 0 || s.Amount.Currency() != b.Currency {
				t.Fatalf("%+v", s)
			}
		}
	})
}
