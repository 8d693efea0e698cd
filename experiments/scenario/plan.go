package scenario

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/strict"
)

// CapacityPlan is a plan file as written: what demand is expected, under which limits it has to be served, by which arms,
// and what can be bought, reserved, rented or called for that. Nothing that decides has a default. It is read-only.
type CapacityPlan struct {
	File string

	Name        string
	Description string
	Currency    string
	Prices      []string // files of prices beside the shipped ones, as written

	Start    time.Time // first day of the first month, UTC
	Months   int
	Discount float64 // a year
	Tail     float64 // share of what is due after the last month that the plan is charged with

	Demand   PlanDemand
	SLO      SLO
	Reserve  capacity.Reserve
	Arms     []PlanArm
	Degrade  *PlanDegrade // nil where no request is degraded
	Options  []PlanOption
	Holdings []PlanHolding
	Budget   PlanBudget

	where strict.Positions
}

// PlanDemand says where the forecast is made from: a history, or what somebody states.
type PlanDemand struct {
	PlanFor  string // the scenario that has to be served
	History  string // file, as written; "" where Stated is
	Read     demand.Options
	Stated   *demand.Stated
	Model    string // of the forecast, "" for the one that does best on the history
	Seed     uint64
	Draws    int // 0 is the forecast's own number
	Launches []forecast.Launch
	// Input and Output are mean tokens of a request where the file states them, else 0: the history has them.
	Input, Output float64
}

// PlanArm is an arm of the lab, or a curve that somebody published.
type PlanArm struct {
	Name   string
	Run    string          // run directory, as written; "" for what is published
	Arm    string          // its name, number or id in the run
	Load   string          // of the run whose kind of requests is meant, where it has several; "" where it has one
	Curve  *capacity.Curve // published
	Scaled *PlanScaling    // to another machine, nil where the arm is planned with as it was measured
}

// PlanDegrade says that a lesser arm may answer some requests at the peak.
type PlanDegrade struct {
	Arm      string
	MaxShare float64      // of an hour's requests
	Cost     money.Amount // what one such request is held to cost
}

// PlanOption is one way to have capacity.
type PlanOption struct {
	Kind     capacity.Kind
	Name     string
	Price    string         // row of the catalogue
	Term     string         // of a reservation: "reserved_1y"
	Replicas map[string]int // of each arm on one unit
	LeadDays int

	PaidAtOrder        bool
	Upfront            float64
	Availability       float64
	CachedShare        float64 // of an API's input tokens
	MinUnits, MaxUnits int
	Minimum            money.Amount
	MaxRate            float64
	Spread             capacity.Spread
}

// PlanHolding is what is there already.
type PlanHolding struct {
	Option      string
	Units       int
	From, Until int // months from the first, Until excluded
}

// PlanBudget is the most that may be spent; an Amount without a currency is no bound.
type PlanBudget struct {
	Capex money.Amount // on what is bought, all months together
	Month money.Amount // in any month
	Total money.Amount // in all months
}

// Resolve turns a path as written into one that can be opened.
func (p *CapacityPlan) Resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(p.File), path)
}

// Problem makes an error at a key of the file, for what only a later step can see.
func (p *CapacityPlan) Problem(key, found, expected, suggestion string) *strict.Problem {
	return &strict.Problem{File: p.File, Line: p.where.LineOf(key), Key: key, Found: found, Expected: expected, Suggestion: suggestion}
}

// ArmKey and OptionKey are paths of keys of an arm and of an option, for Problem.
func (p *CapacityPlan) ArmKey(arm int, name string) string {
	return strict.Key(strict.Element("arm", arm), name)
}

// OptionKey is the path of a key of an option.
func (p *CapacityPlan) OptionKey(option int, name string) string {
	return strict.Key(strict.Element("option", option), name)
}

// ArmNames are those that can be planned with: all but the one that only degraded requests go to.
func (p *CapacityPlan) ArmNames() (all []string) {
	for _, a := range p.Arms {
		if p.Degrade == nil || p.Degrade.Arm != a.Name {
			all = append(all, a.Name)
		}
	}
	return all
}

// LoadPlan reads a plan file. The error holds every problem of the file, as that of Load does.
func LoadPlan(path string) (*CapacityPlan, error) {
	text, err := readText(path, "a plan")
	if err != nil {
		return nil, err
	}
	return ParsePlan(path, text)
}

// ParsePlan reads a plan from text; file names it in messages.
func ParsePlan(file string, text []byte) (*CapacityPlan, error) {
	t, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := t.reader
	p := &CapacityPlan{File: file, where: r.where}
	r.plan(p, t)
	if len(r.problems) > 0 {
		return nil, strict.Join(r.problems)
	}
	return p, nil
}

func (r *reader) plan(p *CapacityPlan, t *table) {
	p.Name = t.requiredText("name", "a name in quotes", `"assistant"`)
	p.Description = t.text("description", "")
	p.Currency = t.requiredText("currency", "an ISO 4217 code in capitals", `"USD"`)
	if p.Currency != "" && money.CheckCurrency(p.Currency) != nil {
		t.bad("currency", p.Currency, "an ISO 4217 code in capitals", `write currency = "USD"`)
		p.Currency = ""
	}
	p.Prices = t.texts("prices")
	r.horizon(p, t)
	r.planDemand(p, t)
	if !t.has("slo") {
		r.report("slo", "missing", "an [slo] table, whose limits are to be held", `add [slo] with preset = "conversational"`)
	}
	p.SLO = r.slo(t)
	r.redundancy(p, t)
	r.planArms(p, t)
	r.planDegrade(p, t)
	r.planOptions(p, t)
	r.planHoldings(p, t)
	r.planBudget(p, t)
	t.finish()
}

// required opens a table that must be there. Where it is not, its keys are reported as missing one by one.
func (r *reader) required(t *table, name string) *table {
	if c, ok := t.child(name); ok {
		return c
	}
	return &table{reader: r, path: name}
}

// needed is number for a key that must be there.
func (t *table) needed(name string, allowed interval, what, example string) float64 {
	if !t.has(name) {
		t.missing(name, allowed.String()+", "+what, example)
		return 0
	}
	return t.number(name, 0, allowed)
}

// neededInteger is integer for a key that must be there.
func (t *table) neededInteger(name string, lo, hi int, what, example string) int {
	if !t.has(name) {
		t.missing(name, fmt.Sprintf("a whole number from %d to %d, %s", lo, hi, what), example)
		return lo
	}
	return t.integer(name, lo, lo, hi)
}

// optionalAmount is an amount above 0 in a currency; nothing where the key is not there. A float is refused: it may not be what was written.
func (t *table) optionalAmount(name, currency string) money.Amount {
	v, ok := t.take(name)
	if !ok {
		return money.Amount{}
	}
	text, _ := v.(string)
	a, err := money.Parse(text, cmp.Or(currency, "XXX")) // ISO 4217 for none: the currency has a problem of its own
	if err != nil || a.Sign() <= 0 {
		t.bad(name, v, "a decimal amount above 0 in quotes", `write `+name+` = "100.00"`)
		return money.Amount{}
	}
	return a
}

var monthForm = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// month reads a required month such as "2027-01": its first day.
func (t *table) month(name, what string) time.Time {
	const example = `"2027-01"`
	if !t.has(name) {
		t.missing(name, "a month, "+what, example)
		return time.Time{}
	}
	v, _ := t.take(name)
	s, ok := v.(string)
	if !ok || !monthForm.MatchString(s) {
		t.bad(name, v, "a month in quotes, as "+example, "")
		return time.Time{}
	}
	at, _ := time.Parse("2006-01", s)
	return at
}

// date reads a required day such as "2027-01-31", in quotes or without.
func (t *table) date(name, what string) time.Time {
	const example = `"2027-01-31"`
	if !t.has(name) {
		t.missing(name, "a day, "+what, example)
		return time.Time{}
	}
	v, _ := t.take(name)
	if at, ok := v.(time.Time); ok {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	}
	s, _ := v.(string)
	at, err := time.Parse("2006-01-02", s)
	if err != nil {
		t.bad(name, v, "a day, as "+example, "")
	}
	return at
}

func (r *reader) horizon(p *CapacityPlan, t *table) {
	c := r.required(t, "horizon")
	p.Start = c.month("start", "the first of the plan")
	p.Months = c.neededInteger("months", 1, forecast.MostMonths, "of the plan", "18")
	p.Discount = c.needed("discount_rate", interval{lo: 0, hi: 1}, "by which a year's delay makes money count less", "0.08")
	p.Tail = c.needed("tail", interval{lo: 0, hi: 1}, "the share of what contracts cost after the last month that the plan is charged with", "1.0")
	c.finish()
}

func (r *reader) redundancy(p *CapacityPlan, t *table) {
	c := r.required(t, "redundancy")
	p.Reserve.Spares = c.neededInteger("spares", 0, 1000, "replicas that may fail at once while the limits hold", "1")
	p.Reserve.Headroom = c.needed("headroom", interval{lo: 0, hi: 10}, "the share of the peak that is kept above it", "0.2")
	c.finish()
}

func (r *reader) planDegrade(p *CapacityPlan, t *table) {
	c, ok := t.child("degrade")
	if !ok {
		return
	}
	p.Degrade = &PlanDegrade{Arm: c.requiredText("arm", "the name of the lesser [[arm]]", `"small"`),
		MaxShare: c.needed("max_share", interval{lo: 0, hi: 1, open: true}, "the share of an hour's requests that may be degraded", "0.1"),
		Cost:     c.optionalAmount("cost_per_request", p.Currency)}
	if !c.has("cost_per_request") {
		c.missing("cost_per_request", "a decimal amount above 0 in quotes, what a degraded request is held to cost", `"0.001"`)
	}
	names := make([]string, len(p.Arms))
	for i, a := range p.Arms {
		names[i] = a.Name
	}
	if p.Degrade.Arm != "" && !slices.Contains(names, p.Degrade.Arm) {
		c.choice("arm", "", names)
	}
	if len(p.Arms) == 1 && slices.Contains(names, p.Degrade.Arm) {
		c.bad("arm", p.Degrade.Arm, "another arm than the only one there is", "add an [[arm]] for the requests that are not degraded")
	}
	c.finish()
}

func (r *reader) planBudget(p *CapacityPlan, t *table) {
	c, ok := t.child("budget")
	if !ok {
		return
	}
	p.Budget = PlanBudget{Capex: c.optionalAmount("capex", p.Currency), Month: c.optionalAmount("month", p.Currency), Total: c.optionalAmount("total", p.Currency)}
	if len(c.values) == 0 {
		r.report(c.path, "no bound", "capex, month, total, or several of them", `add total = "1000000"`)
	}
	c.finish()
}
