package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/price"
)

const ourPrices = `currency = "EUR"
[[machine]]
name = "ours"
source = "the invoice"
date = 2026-10-01
trust = "primary"
cpus = 2
on_demand = "0.40"
spot = "0.10"
[[rental]]
name = "gpus"
source = "an offer"
date = 2026-10-01
trust = "secondary"
gpu = "H100"
gpus = 8
reserved_1y = "2.125"
[[purchase]]
name = "bought"
source = "an offer"
date = 2026-10-01
trust = "secondary"
gpu = "H100"
gpus = 8
price = "73000"
residual = 0
months = 100
capital_per_year = 0
power_kw = 1
colocation_per_kw_month = "0"
maintenance_per_year = 0
staff_per_year = 0
lead_weeks = 1
[[api]]
name = "euro-api"
source = "a contract"
date = 2026-10-01
trust = "primary"
input = "1"
output = "2"
`

// priced is a scenario beside a file of prices, read as a user's.
func priced(t *testing.T, cost string) (*Scenario, error) {
	t.Helper()
	dir := t.TempDir()
	least, err := os.ReadFile("testdata/good/least.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"s.toml": string(least) + "[cost]\nutilisation = 0.5\n" + cost, "p.toml": ourPrices} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "s.toml"))
}

func TestMachineOfTheCatalogue(t *testing.T) {
	for _, c := range []struct{ cost, perHour, currency, row string }{
		{`machine = "ours"` + "\n" + `prices = ["p.toml"]`, "0.4", "EUR", "ours"},
		{`machine = "ours"` + "\n" + `term = "spot"` + "\n" + `prices = ["p.toml"]`, "0.1", "EUR", "ours"},
		{`machine = "gpus"` + "\n" + `term = "reserved_1y"` + "\n" + `prices = ["p.toml"]`, "17", "EUR", "gpus"},
		{`machine = "bought"` + "\n" + `prices = ["p.toml"]`, "1", "EUR", "bought"}, // 730 a month
		{`machine = "assumed-2-vcpu"`, "0.085", "USD", "assumed-2-vcpu"},
	} {
		s, err := priced(t, c.cost)
		if err != nil {
			t.Errorf("%s: %v", c.cost, err)
			continue
		}
		k := s.Cost
		if k.PricePerHour != c.perHour || k.Currency != c.currency || k.Row.About().Name != c.row || !strings.Contains(k.Source, "20") {
			t.Errorf("%s: %+v", c.cost, k)
		}
		if k.Term == "" && k.Row.Kind() != price.KindPurchase {
			t.Errorf("%s: no term", c.cost)
		}
	}
}

func TestComparedAPIs(t *testing.T) {
	s, err := priced(t, `machine = "ours"`+"\n"+`prices = ["p.toml"]`+"\n"+`compare_apis = ["euro-api"]`)
	if err != nil || len(s.Cost.APIs) != 1 || s.Cost.APIs[0].Output.Exact() != "2.00 EUR" {
		t.Fatalf("%v", err)
	}
	s, err = priced(t, `price_per_hour = "1"`+"\n"+`compare_apis = ["gpt-5.6-luna", "deepseek-v4-pro"]`)
	if err != nil || len(s.Cost.APIs) != 2 || s.Cost.Row != nil {
		t.Fatalf("%v", err)
	}
}

func TestPricesThatDoNotFit(t *testing.T) {
	for _, c := range []struct{ cost, want string }{
		{`machine = "our"` + "\n" + `prices = ["p.toml"]`, `s.toml:13: cost.machine: no row is called "our"; did you mean "ours"?, expected a machine, a rental or a purchase of the catalogue`},
		{`machine = "gpt-5.6-luna"`, `cost.machine: no row is called "gpt-5.6-luna"`},
		{`machine = "gpus"` + "\n" + `prices = ["p.toml"]`, `cost.machine: "gpus" has no price on_demand, expected a term that its row has; set term`},
		{`machine = "bought"` + "\n" + `term = "spot"` + "\n" + `prices = ["p.toml"]`, `s.toml:14: cost.term: spot, expected no term: bought is bought; remove term`},
		{`machine = "ours"` + "\n" + `prices = ["p.toml"]` + "\n" + `compare_apis = ["euro-api", "gpt-5.6-luna"]`, `s.toml:15: cost.compare_apis[1]: "gpt-5.6-luna" is priced in USD, expected EUR, as the machine is; amounts are never converted`},
		{`price_per_hour = "1"` + "\n" + `compare_apis = ["gpt-5.6-lunar"]`, `cost.compare_apis[0]: no row of kind api is called "gpt-5.6-lunar"; did you mean "gpt-5.6-luna"?`},
		{`machine = "ours"` + "\n" + `prices = ["q.toml"]`, `q.toml: no such file, expected prices in TOML`},
	} {
		_, err := priced(t, c.cost)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got  %v\n want %s", c.cost, err, c.want)
		}
	}
}
