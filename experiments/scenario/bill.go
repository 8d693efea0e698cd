package scenario

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/analysis/strict"
)

// Bill is a bill file: what a month cost and how it is to be shared.
type Bill struct {
	showback.Bill
	Run string // run directory that weights are to be measured in, relative to the working directory; "" where they are declared
	Arm string // of that run; "" for its only one
	KV  bool   // what a block weighs is declared, also where a run says it
}

// LoadBill reads a bill. The error holds every problem of the file, as that of Load does. Month is the
// one that the caller asks about, "" for the file's own.
func LoadBill(file, month string) (*Bill, error) {
	text, err := readText(file, "a bill")
	if err != nil {
		return nil, err
	}
	return ParseBill(file, text, month)
}

// ParseBill reads a bill from text; file names it in messages and is what relative paths are
// relative to.
func ParseBill(file string, text []byte, month string) (*Bill, error) {
	t, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := &billReader{reader: t.reader}
	r.read(t, month)
	if len(r.problems) > 0 {
		return nil, strict.Join(r.problems)
	}
	return &r.bill, nil
}

// billReader reads one bill.
type billReader struct {
	*reader
	bill  Bill
	names map[string]bool // of costs
}

func (r *billReader) read(t *table, month string) {
	b := &r.bill
	b.Name = t.requiredText("name", "a name in quotes", `"Inference, November"`)
	b.Currency = r.currency(t)
	b.Period = r.period(t, month)
	r.names = map[string]bool{showback.RecordedItem: true}
	for _, c := range t.children("shared") {
		b.Shared = append(b.Shared, r.shared(c))
	}
	for _, c := range t.children("api") {
		b.APIs = append(b.APIs, r.api(c))
	}
	r.weights(t)
	for _, c := range t.children("budget") {
		b.Budgets = append(b.Budgets, r.budget(c))
	}
	b.Teams = r.teams(t)
	r.covered()
	t.finish()
}

func (r *billReader) currency(t *table) string {
	const expected, example = "a currency's three capital letters", `"USD"`
	c := t.requiredText("currency", expected, example)
	if err := money.CheckCurrency(c); c != "" && err != nil {
		t.bad("currency", c, expected, "write currency = "+example)
	}
	return c
}

// period is the bill's month in its time zone, which is UTC where none is given: every statement
// says which it was.
func (r *billReader) period(t *table, asked string) showback.Period {
	name := t.text("time_zone", "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		t.bad("time_zone", name, "a zone of the IANA database", `write time_zone = "Europe/Berlin"`)
		zone = time.UTC
	}
	month := t.text("month", asked)
	if month == "" {
		t.missing("month", "the month that the bill is for, in the file or asked for", `"2026-11"`)
		return showback.Period{}
	}
	p, err := showback.Month(month, zone)
	switch {
	case err != nil && t.has("month"):
		t.bad("month", month, "a year and a month", `write month = "2026-11"`)
	case err != nil:
		r.report("month", "asked for: "+month, "a year and a month such as 2026-11", "")
	case asked != "" && asked != month:
		t.bad("month", month, "the month that was asked for, "+asked, "")
	}
	return p
}

// amount reads money: a decimal in quotes, since a float of TOML is none.
func (r *billReader) amount(t *table, name string) (a money.Amount, ok bool) {
	v, there := t.take(name)
	if !there {
		return a, false
	}
	text, isText := v.(string)
	a, err := money.Parse(text, "XXX")
	if !isText || err != nil || a.Sign() < 0 {
		suggestion := ""
		if x, isNumber := asFloat(v); isNumber && x >= 0 {
			suggestion = fmt.Sprintf("write %s = %q: amounts are decimals in quotes", name, strict.Decimal(x))
		}
		t.bad(name, v, `a decimal of 0 or more in quotes, such as "0.50"`, suggestion)
		return money.Amount{}, false
	}
	if money.CheckCurrency(r.bill.Currency) != nil { // which is reported
		return money.Amount{}, false
	}
	a, _ = money.Parse(text, r.bill.Currency)
	return a, true
}

func (r *billReader) requiredAmount(t *table, name, example string) money.Amount {
	if !t.has(name) {
		t.missing(name, "an amount", example)
		return money.Amount{}
	}
	a, _ := r.amount(t, name)
	return a
}

// item reads the name of a cost, which every line of a statement has.
func (r *billReader) item(t *table, example string) string {
	name := t.requiredText("name", "a name in quotes", example)
	if name != "" && r.names[name] {
		t.bad("name", name, "a name of its own: another cost has this one", "")
	}
	r.names[name] = true
	return name
}

func (r *billReader) models(t *table) (all []string) {
	for i, v := range t.list("models", "names of models") {
		name, ok := v.(string)
		if _, err := path.Match(name, ""); !ok || name == "" || err != nil {
			r.report(strict.Element(t.key("models"), i), strict.Describe(v), `a model's name in quotes, or a pattern such as "gpt-*"`, "")
			continue
		}
		all = append(all, name)
	}
	return all
}

func (r *billReader) shared(t *table) showback.Shared {
	s := showback.Shared{Name: r.item(t, `"GPU node"`), Amount: r.requiredAmount(t, "amount", `"18432.00"`), Models: r.models(t),
		Replicas: t.integer("replicas", 0, 1, 1_000_000)}
	if c, ok := t.child("idle"); ok {
		s.Idle = r.idle(c)
	} else if !t.has("idle") {
		t.missing("idle", "who pays for what nobody used", `{ rule = "proportional" }`)
	}
	t.finish()
	return s
}

var upToOne = regexp.MustCompile(`^(0(\.[0-9]+)?|1(\.0+)?)$`)

func (r *billReader) idle(t *table) showback.Idle {
	i := showback.Idle{Rule: t.choice("rule", "", showback.IdleRules), Owner: t.text("owner", ""), Share: t.text("share", "")}
	switch {
	case !t.has("rule"):
		t.missing("rule", oneOf(showback.IdleRules), `"proportional"`)
	case i.Rule == showback.IdleOwner && i.Owner == "":
		t.missing("owner", "the team that pays for what is idle", `"platform"`)
	case i.Rule != showback.IdleOwner && i.Owner != "":
		t.bad("owner", i.Owner, `no owner with this rule`, `write rule = "owner", or remove owner`)
	}
	if i.Share != "" && !upToOne.MatchString(i.Share) {
		t.bad("share", i.Share, `a decimal from 0 to 1 in quotes, such as "0.35"`, "")
	}
	t.finish()
	return i
}

func (r *billReader) api(t *table) showback.API {
	a := showback.API{Name: r.item(t, `"OpenAI"`)}
	if t.has("models") {
		a.Models = r.models(t)
	} else {
		t.missing("models", "the models whose use it is", `["gpt-*"]`)
	}
	a.Prices = t.has("input") || t.has("cached_input") || t.has("output")
	if a.Prices {
		a.Input, a.Output = r.requiredAmount(t, "input", `"2.50"`), r.requiredAmount(t, "output", `"10.00"`)
		a.Cached = a.Input
		if t.has("cached_input") {
			a.Cached, _ = r.amount(t, "cached_input")
		}
	}
	a.Invoice, _ = r.amount(t, "invoice")
	if !a.Prices && !t.has("invoice") {
		t.missing("input", "prices for a million tokens (input, cached_input, output), an invoice, or both", `"2.50"`)
	}
	t.known = append(t.known, "input", "cached_input", "output")
	t.finish()
	return a
}

func (r *billReader) budget(t *table) showback.Budget {
	b := showback.Budget{Team: t.requiredText("team", "a team's name", `"search"`), Amount: r.requiredAmount(t, "amount", `"5000.00"`)}
	for i, v := range t.list("alerts", "percents") {
		n, err := wholeNumber(v, 1, 1000)
		switch {
		case err != nil:
			r.report(strict.Element(t.key("alerts"), i), strict.Describe(v), err.expected, "")
		case len(b.Alerts) > 0 && n <= b.Alerts[len(b.Alerts)-1]:
			r.report(strict.Element(t.key("alerts"), i), strict.Describe(v), "more than the percent before it", "")
		default:
			b.Alerts = append(b.Alerts, n)
		}
	}
	for _, other := range r.bill.Budgets {
		if other.Team == b.Team {
			t.bad("team", b.Team, "a team without a budget: another table has this one's", "")
		}
	}
	t.finish()
	return b
}

// teams reads [teams]: what sources say, and whose that is.
func (r *billReader) teams(t *table) map[string]string {
	c, ok := t.child("teams")
	if !ok {
		return nil
	}
	all := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		all[name] = c.requiredText(name, "a team's name", `"search"`)
	}
	return all
}

// covered reports costs that could not be told apart: a model that an API names, and a shared cost too. Patterns
// are compared as they are written.
func (r *billReader) covered() {
	seconds := r.bill.Weights.Seconds || r.bill.Run != ""
	for i, s := range r.bill.Shared {
		key := strict.Element("shared", i)
		if s.Idle.Share == "" && s.Idle.Rule != "" && (!seconds || s.Replicas == 0) {
			r.report(key+".idle", "how much is idle is not known", "share, or replicas beside weights that are seconds of the engine",
				`write share = "0.35", or replicas = 1 with [weights] run = "runs/x"`)
		}
		for _, a := range r.bill.APIs {
			for _, m := range s.Models {
				if slices.Contains(a.Models, m) {
					r.report(key+".models", fmt.Sprintf("%q, which [[api]] %q names, too", m, a.Name), "models of this cost alone", "")
				}
			}
		}
	}
	if len(r.bill.Shared)+len(r.bill.APIs) == 0 && !slices.ContainsFunc(r.problems, func(p *strict.Problem) bool {
		return strings.HasPrefix(p.Key, "shared") || strings.HasPrefix(p.Key, "api")
	}) {
		r.report("shared", "missing", "at least one [[shared]] or [[api]] table", `add [[shared]] with name, amount and idle`)
	}
}
