package price

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/strict"
)

const good = `currency = "EUR"

[[api]]
name = "ours"
source = "the contract"
date = 2026-10-01
trust = "primary"
input = "0.10"
output = 0.2
batch_discount = 0.5
[[api.tier]]
above = 1000
input = "0.2"
output = 1
[[rental]]
name = "gpu"
source = "an offer"
date = "2026-10-02"
until = 2026-12-31
trust = "secondary"
gpu = "H100"
gpus = 8
on_demand = "2.50"
[[purchase]]
name = "server"
source = "an offer"
date = 2026-10-03
trust = "unverified"
note = "by telephone"
gpu = "H100"
gpus = 8
price = "300000"
residual = 0
months = 48
capital_per_year = 0.05
power_kw = 10
pue = 1.3
price_per_kwh = "0.11"
maintenance_per_year = 0.05
staff_per_year = 0.1
lead_weeks = 12
[[machine]]
name = "box"
source = "an offer"
date = 2026-10-04
trust = "derived"
cpus = 4
memory_gib = 16
spot = "0.02"
`

func day(t *testing.T, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	c, err := Parse("mine.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.API("ours")
	if err != nil || a.Input.Exact() != "0.10 EUR" || a.Output.Exact() != "0.20 EUR" || a.BatchDiscount != .5 || a.CachedInput.Currency() != "" ||
		len(a.Tiers) != 1 || a.Tiers[0].Above != 1000 || a.Tiers[0].Output.Exact() != "1.00 EUR" || a.Line != 3 || a.File != "mine.toml" {
		t.Errorf("%+v, %v", a, err)
	}
	r, err := c.Rental("gpu")
	if err != nil || r.GPUs != 8 || r.OnDemand.Exact() != "2.50 EUR" || r.Until != day(t, "2026-12-31") || r.Date != day(t, "2026-10-02") || r.Trust != Secondary {
		t.Errorf("%+v, %v", r, err)
	}
	p, err := c.Purchase("server")
	if err != nil || p.PUE != 1.3 || p.Note != "by telephone" || p.LeadWeeks != 12 || p.PerKWh.Exact() != "0.11 EUR" {
		t.Errorf("%+v, %v", p, err)
	}
	m, err := c.Machine("box")
	if err != nil || m.CPUs != 4 || m.MemoryGiB != 16 || m.Spot.Exact() != "0.02 EUR" {
		t.Errorf("%+v, %v", m, err)
	}
}

// Every mistake is named with its line, its key and what would be accepted.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{`input = "0.10"`, `input = "-0.10"`, `mine.toml:8: api[0].input: string "-0.10", expected a decimal amount of at least 0`},
		{`input = "0.10"`, `input = "0,10"`, `mine.toml:8: api[0].input: string "0,10", expected a decimal amount`},
		{`input = "0.10"`, `input = nan`, `mine.toml:8: api[0].input: float NaN, expected a decimal amount`},
		{`input = "0.10"`, `input = 1e300`, `mine.toml:8: api[0].input: float 1e+300, expected a decimal amount`},
		{`input = "0.10"`, ``, `mine.toml:3: api[0].input: missing, expected a decimal amount of at least 0; add input = "3.00"`},
		{`output = 0.2`, `outptu = 0.2`, `mine.toml:9: api[0].outptu: unknown key; did you mean "output"?`},
		{`output = 1`, `output = true`, `mine.toml:14: api[0].tier[0].output: boolean true, expected`},
		{`above = 1000`, `above = 0`, `mine.toml:12: api[0].tier[0].above: integer 0, expected a whole number from 1`},
		{`batch_discount = 0.5`, `batch_discount = 50`, `mine.toml:10: api[0].batch_discount: integer 50, expected a number from 0 to 1`},
		{`date = 2026-10-01`, `date = "1 October"`, `mine.toml:6: api[0].date: string "1 October", expected a day such as 2026-08-21`},
		{`date = 2026-10-01`, `date = 2026-10-01T12:00:00Z`, `mine.toml:6: api[0].date: a date or time, expected a day`},
		{`date = 2026-10-01`, `date = 2026-13-01`, `mine.toml:6: `},
		{`until = 2026-12-31`, `until = 2026-09-30`, `mine.toml:19: rental[0].until: 2026-09-30, expected a day after date, 2026-10-02`},
		{`trust = "primary"`, `trust = "primry"`, `mine.toml:7: api[0].trust: string "primry", expected one of primary, secondary, derived, unverified; did you mean "primary"?`},
		{`source = "the contract"`, `source = " "`, `mine.toml:5: api[0].source: string " ", expected who published the price`},
		{`currency = "EUR"`, ``, `mine.toml:1: currency: missing, expected the currency of every amount in the file; add currency = "USD"`},
		{`currency = "EUR"`, `currency = "eur"`, `mine.toml:1: currency: string "eur", expected three capital letters; did you mean "EUR"?`},
		{`on_demand = "2.50"`, ``, `mine.toml:15: rental[0]: no price, expected at least one of on_demand, reserved_1y, reserved_3y, spot`},
		{`on_demand = "2.50"`, `on_demand = "0.00"`, `mine.toml:23: rental[0].on_demand: string "0.00", expected a decimal amount above 0`},
		{`gpus = 8` + "\non", `gpus = 0` + "\non", `mine.toml:22: rental[0].gpus: integer 0, expected a whole number from 1`},
		{`pue = 1.3`, ``, `mine.toml:24: purchase[0].pue: missing, expected a number from 1 to 5`},
		{`price_per_kwh = "0.11"`, ``, `purchase[0].pue: float 1.3, expected price_per_kwh with it`},
		{`residual = 0`, `residual = 1.5`, `mine.toml:33: purchase[0].residual: float 1.5, expected a number from 0 to 1`},
		{`months = 48`, `months = 48.0`, `mine.toml:34: purchase[0].months: float 48, expected a whole number from 1 to 240`},
		{`name = "box"`, `name = "gpu"`, `mine.toml:42: machine: a second row "gpu", expected one of a name; the other is on line 15`},
		{`[[machine]]`, `[[machines]]`, `mine.toml:42: machines: unknown key; did you mean "machine"?`},
		{`[[machine]]`, `[machine]`, `mine.toml:42: machine: a table, expected an array of tables; write [[machine]] with double brackets`},
		{`cpus = 4`, `cpus = = 4`, `mine.toml:47: `},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Fatalf("%q is not in the text", c.from)
		}
		_, err := Parse("mine.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in place of %q:\n got  %v\n want %s", c.to, c.from, err, c.want)
		}
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	text := strings.NewReplacer(`"0.10"`, `"-1"`, `gpus = 8`, `gpus = "8"`, `cpus = 4`, `cores = 4`).Replace(good)
	_, err := Parse("mine.toml", []byte(text))
	if err == nil {
		t.Fatal("read")
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 5 { // input, two gpus, cpus missing, cores unknown
		t.Errorf("%d problems:\n%v", n, err)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A user's row stands in place of the shipped one, whole, and the last file wins.
func TestOverride(t *testing.T) {
	text := strings.Replace(good, `"ours"`, `"gpt-5.6-luna"`, 1)
	one, two := write(t, "one.toml", text), write(t, "two.toml", strings.Replace(text, `"0.10"`, `"0.11"`, 1))
	before, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(one, two)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.API("gpt-5.6-luna")
	if err != nil || a.Input.Exact() != "0.11 EUR" || a.CachedInput.Currency() != "" || a.File != two || a.Tiers[0].Above != 1000 {
		t.Errorf("%+v, %v", a, err)
	}
	if len(c.APIs) != len(before.APIs) || len(c.Machines) != len(before.Machines)+1 {
		t.Errorf("%d APIs, %d machines", len(c.APIs), len(c.Machines))
	}
	if b, _ := before.API("gpt-5.6-luna"); b.Currency != "USD" {
		t.Errorf("an earlier catalogue changed: %+v", b)
	}
}

func TestOverrideKeepsTheKind(t *testing.T) {
	path := write(t, "x.toml", strings.Replace(good, `"ours"`, `"nebius-h100"`, 1))
	_, err := Load(path)
	if err == nil || !strings.Contains(err.Error(), path+`:3: api: a row "nebius-h100", expected another name, or a row of kind rental`) {
		t.Errorf("%v", err)
	}
	_, err = Load(filepath.Join(t.TempDir(), "none.toml"))
	if err == nil || !strings.Contains(err.Error(), "none.toml: no such file, expected prices in TOML") {
		t.Errorf("%v", err)
	}
}

func TestFind(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Find("nebius-h100")
	if err != nil || p.Kind() != KindRental {
		t.Errorf("%+v, %v", p, err)
	}
	for _, wrong := range []struct {
		name  string
		kinds []Kind
		want  string
	}{
		{"nebius-h10O", nil, `no row is called "nebius-h10O"; did you mean "nebius-h100"?`},
		{"nebius-h100", []Kind{KindAPI}, `no row of kind api is called "nebius-h100"; assay prices lists them`},
	} {
		if _, err := c.Find(wrong.name, wrong.kinds...); err == nil || err.Error() != wrong.want {
			t.Errorf("got %v, want %s", err, wrong.want)
		}
	}
}

// The shipped rows parse, have what every row must have, and are no nearer to the date
// of any machine's clock than their own.
func TestShipped(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		if len(c.All(k)) < 4 {
			t.Errorf("%d rows of kind %s", len(c.All(k)), k)
		}
	}
	fresh := 0
	published := day(t, "2026-11-29")
	for _, p := range c.All() {
		r := p.About()
		if r.Name == "" || r.Source == "" || r.Date.IsZero() || r.Trust == "" || r.Currency != "USD" || r.Line == 0 {
			t.Errorf("%+v", r)
		}
		if r.Age(published.Time()) < 0 {
			t.Errorf("%s is dated %s, after the catalogue", r.Name, r.Date)
		}
		if !r.Stale(published.Time()) {
			fresh++
		}
		if !r.Stale(published.Time().AddDate(1, 0, 0)) {
			t.Errorf("%s is fresh a year later", r.Name)
		}
	}
	if fresh < 8 {
		t.Errorf("%d rows are fresh", fresh)
	}
}

func TestStale(t *testing.T) {
	r := Row{Date: day(t, "2026-08-01"), Until: day(t, "2026-11-15")}
	for _, c := range []struct{ today, want string }{
		{"2026-08-01", ""}, {"2026-10-30", ""}, {"2026-10-31", "91 days old"}, {"2026-11-15", "106 days old"},
		{"2026-11-16", "ended on 2026-11-15"}, {"2026-07-31", "dated 2026-08-01, which is to come"},
	} {
		if got := r.Doubt(day(t, c.today).Time()); got != c.want || r.Stale(day(t, c.today).Time()) != (c.want != "") {
			t.Errorf("on %s: %q, want %q", c.today, got, c.want)
		}
	}
	late := time.Date(2026, 10, 30, 23, 59, 0, 0, time.FixedZone("", -10*3600))
	if r.Stale(late) {
		t.Error("the day is that of the place")
	}
}

// Rows come back from JSON as they were, amounts to the last digit.
func TestJSON(t *testing.T) {
	c, err := Parse("mine.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Catalogue
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(text) {
		t.Errorf("%v\n%s\n%s", err, text, again)
	}
	if !strings.Contains(string(text), `"input":"0.1 EUR"`) || strings.Contains(string(text), "cached_input") || !strings.Contains(string(text), `"date":"2026-10-01"`) {
		t.Errorf("%s", text)
	}
}

// FuzzParse: no text makes the reader panic, and every problem has a line of the text.
func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("currency = \"USD\"\napi = [{name = 'x'}, 3]\nrental = 3\n[[machine]]\nname = \"\"\"x\n\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text))
		if err == nil {
			_, again := json.Marshal(c)
			if again != nil {
				t.Fatal(again)
			}
			return
		}
		var problems []error
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			problems = joined.Unwrap()
		} else {
			problems = []error{err}
		}
		for _, e := range problems {
			var p *strict.Problem
			if !errors.As(e, &p) || p.Line < 1 || p.Line > 1+strings.Count(text, "\n") {
				t.Fatalf("%v", e)
			}
		}
	})
}
