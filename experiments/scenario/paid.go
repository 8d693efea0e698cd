package scenario

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are the same on machines that have no table of them

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/trace"
	"github.com/assaylab/assay/loadgen/workload"
)

// Paid is what a target says of its key, of what it may cost, and of the clock where it is.
type Paid struct {
	KeyFile  string         // file with the API key; "" for the environment
	Budget   money.Amount   // that the whole run may cost by the price list; of no currency for no bound
	Unpriced bool           // no price is known: budget_tokens bounds what is spent in its place
	Zone     *time.Location // whose clock its region has, as declared; nil where it is not
}

// variableName is a name that an environment can have.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// payment reads the keys that a server that is there may have. It is called once the address, the dialect, the price and the other
// budgets are read.
func (t *table) payment(x *Target) (p Paid) {
	if x.System.Started {
		t.notFor([]string{"key_file", "budget", "unpriced", "timezone"}, "given for "+x.System.Title+", which the lab starts", "remove it")
		return p
	}
	if t.has("key_env") && x.KeyVariable != "" && !variableName.MatchString(x.KeyVariable) {
		t.report(t.key("key_env"), "no name of an environment variable", "the name alone: the key itself has no place in the file", "") // it may be the key, so it is not repeated
	}
	if p.KeyFile = t.text("key_file", ""); p.KeyFile != "" && !filepath.IsAbs(p.KeyFile) {
		p.KeyFile = filepath.Join(filepath.Dir(t.file), p.KeyFile)
	}
	if p.KeyFile != "" && t.has("key_env") {
		t.report(t.key("key_file"), "given beside key_env", "one of both", "remove one of them")
	}
	p.Budget, p.Unpriced = t.moneyOf("budget"), t.boolean("unpriced", false)
	p.Zone = t.zone("timezone")
	if len(x.Prices) > 0 && x.Price == "" && (!x.Charges() || p.Unpriced) {
		t.report(t.key("prices"), "a file of prices that nothing uses", "price with it", "")
	}
	switch {
	case x.Charges():
		t.bounded(x, p)
	case p.Unpriced:
		t.report(t.key("unpriced"), "given for a server that nobody charges for", "none", "remove it")
	case t.has("budget") && x.Price == "":
		t.report(t.key("budget"), "given, and nothing prices the server", "price with it, a row of the catalogue", "")
	}
	return p
}

// bounded wants a bound on what a server that is paid for may cost: in money, or in tokens where it is said that no price is
// known.
func (t *table) bounded(x *Target, p Paid) {
	switch {
	case p.Unpriced && (t.has("budget") || x.Price != ""):
		t.report(t.key("unpriced"), "given beside a price or a budget in money", "one of both", "remove unpriced")
	case p.Unpriced && x.BudgetTokens == 0 && !t.has("budget_tokens"):
		t.report(t.key("budget_tokens"), "missing", "the most tokens that the run may ask for, as unpriced is given", "add budget_tokens = 20000")
	case !p.Unpriced && !t.has("budget"):
		t.missing("budget", "the most that the run may cost, as requests to "+x.URL+" are paid for", budgetExample)
	}
}

const budgetExample = `"USD 5.00"`

// moneyOf reads an amount above 0 with its currency.
func (t *table) moneyOf(name string) (a money.Amount) {
	v, ok := t.take(name)
	if !ok {
		return a
	}
	const expected = "an amount above 0 with its currency, in quotes"
	text, isText := v.(string)
	a, err := money.ParseNamed(text)
	if !isText || err != nil || a.Sign() <= 0 {
		t.bad(name, v, expected, "write "+name+" = "+budgetExample)
		return money.Amount{}
	}
	return a
}

// zone reads the name of a time zone.
func (t *table) zone(name string) *time.Location {
	text := t.text(name, "")
	if text == "" {
		return nil
	}
	z, err := time.LoadLocation(text)
	if err != nil || text == "Local" {
		t.bad(name, text, "a time zone of the IANA's list", `write `+name+` = "America/New_York", say, or "UTC"`)
		return nil
	}
	return z
}

// Charges says that requests to the target may cost money: what speaks a provider's dialect may pass them on to one.
func (x *Target) Charges() bool {
	return !x.System.Started && (x.Dialect.Managed || system.HostProvider(x.host()) != "")
}

// Provider is who charges, as the catalogue of prices calls it: by the host, or else by whose dialect it is.
func (x *Target) Provider() string {
	if p := system.HostProvider(x.host()); p != "" {
		return p
	}
	return system.DialectProvider(x.Dialect.Name)
}

func (x *Target) host() string {
	u, err := url.Parse(x.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// API is the row that prices the target's tokens, nil where none does.
func (x *Target) API() *price.API {
	if a, ok := x.Row.(price.API); ok {
		return &a
	}
	return nil
}

// priceOfModel names the row of a target that is paid for by its model and provider, where the file names none.
func (s *Scenario) priceOfModel(x *Target, c *price.Catalogue) error {
	if x.Price != "" {
		return nil
	}
	key, provider := strict.Key(x.Key, "price"), x.Provider()
	if x.Model == "" {
		return s.Problem(strict.Key(x.Key, "model"), "missing", "the model's name, by which its price is found, or price with a row of the catalogue", "")
	}
	row, ok := c.OfModel(provider, x.Model)
	if !ok {
		return s.Problem(key, fmt.Sprintf("missing, and the catalogue has no price of %q by %s", x.Model, provider), "the row that prices it",
			"name one of assay prices --kind api, give one of your own in a file that prices names, or write unpriced = true and budget_tokens")
	}
	x.Price = row.Name
	return nil
}

// budgetFits refuses a budget in another currency than its price's.
func (s *Scenario) budgetFits(x *Target) error {
	a := x.API()
	key := strict.Key(x.Key, "budget")
	switch {
	case x.Budget.Currency() == "":
		return nil
	case a == nil:
		return s.Problem(key, "given, and the server's price is a machine's", "none", "remove it: a machine is paid for by the hour")
	case x.Budget.Currency() != a.Currency:
		return s.Problem(key, x.Budget.Named(), "an amount in "+a.Currency+", as "+a.Name+" is priced", "amounts are never converted")
	}
	return nil
}

// Clock is a moment where the target is, as declared: "10:04 in America/Los_Angeles"; "" where no zone is declared.
func (p Paid) Clock(at time.Time) string {
	if p.Zone == nil {
		return ""
	}
	return at.In(p.Zone).Format("15:04") + " in " + strings.ReplaceAll(p.Zone.String(), "_", " ")
}

// Sizes are the longest prompts and answers of each kind of request that the load has: no request has more tokens of both than
// one of them.
func (l Workload) Sizes() []workload.Size {
	if l.Arrival == Recorded {
		return recordedSizes(l.Trace.Read)
	}
	var all []workload.Size
	for _, c := range l.Streams() {
		output := c.OutputTokens.Max
		if c.Corpus.File != "" {
			output = c.Corpus.MaxOutput
		}
		all = append(all, workload.Size{Prompt: c.longest() - output, Output: output})
	}
	return all
}

// recordedSizes are those of a trace, without those that others exceed.
func recordedSizes(t trace.Trace) (all []workload.Size) {
	longest := map[int]int{} // answer, by prompt
	for _, r := range t.Requests {
		longest[r.Prompt] = max(longest[r.Prompt], r.Output)
	}
	most := 0
	prompts := slices.Sorted(maps.Keys(longest))
	for _, prompt := range slices.Backward(prompts) {
		if output := longest[prompt]; output > most {
			all, most = append(all, workload.Size{Prompt: prompt, Output: output}), output
		}
	}
	return all
}
