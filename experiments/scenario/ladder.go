package scenario

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/strict"
)

// Ladder is a ladder file with every default filled in: deployments from the best to the cheapest,
// and when requests go to a lower one. It is read-only.
type Ladder struct {
	File     string
	SHA256   string // hex, of the file's text
	Name     string // of the model that clients ask for
	Currency string // of all money in the file
	Measured string // run directory that the rungs' arms are of, as written; "" for none
	SLO      LadderSLO
	Control  LadderControl
	Breaker  BreakerRule
	Spend    SpendCap
	Refuse   LadderRefusal
	Rungs    []Rung // the best first
	Teams    []LadderTeam

	where strict.Positions
}

// LadderSLO are the limits that every request shall keep; 0 for none.
type LadderSLO struct{ TTFT, TPOT, E2E time.Duration }

// LadderControl says when a rung is left and taken again.
type LadderControl struct {
	StepDown float64       // a rung is left where what it promises is above this share of a limit
	StepUp   float64       // and taken again where that is below this one
	Dwell    time.Duration // but no sooner after it was left
	Retries  int           // further servers that a request is tried on which has not begun to stream
	Wait     bool          // requests of no team wait when they are late; teams say it themselves
	Hedge    time.Duration // after this wait for a first token a second server is asked; 0 is never
}

// BreakerRule says when a server is no longer asked.
type BreakerRule struct {
	Failures int           // in a row
	Rate     float64       // share of failures among the last Window requests
	Window   int           // requests
	Open     time.Duration // until it is tried again
	Probes   int           // requests that must succeed then
}

// SpendCap is the most that priced rungs may cost in any hour and any day; "" for a bound that is not there.
type SpendCap struct {
	PerHour, PerDay string
	State           string // file that what was spent is kept in over restarts, as written; "" for none
}

// LadderRefusal bounds the Retry-After of requests that no rung can serve in time.
type LadderRefusal struct{ Least, Most time.Duration }

// Rung is one deployment. It has a Model, which the gateway starts, or URLs, or is Like another.
type Rung struct {
	Name     string
	Model    string   // as written: a path relative to the file, "embedded:NAME" or "cache:NAME"
	Engine   Settings // of the servers that the gateway starts
	Replicas int      // of them
	CPUs     []int    // processors that they may use; nil for all
	URLs     []string // servers that are there
	Served   string   // what they call the model, "" for the first that they list
	KeyVar   string   // environment variable with their API key, "" for none
	Like     string   // rung whose servers these requests go to

	MaxTokens  int    // longest answer, 0 for no bound of the rung's own
	NoDrafts   bool   // speculative decoding is switched off for each request
	Concurrent int    // sequences that a server computes at a time
	Machine    string // servers with the same word share processors; "" for one of its own

	PriceInput, PriceOutput string // per million tokens; "" where nothing is paid per token
	Arm                     string // of the measured run
	Declared                *RungFacts
}

// RungFacts are what a file says about a rung that no run has measured; NaN or 0 where it does not say.
type RungFacts struct {
	QualityLoss float64       // relative rise of perplexity, or another share: what it is, Loss says
	Loss        string        // in words
	Source      string        // who says so, "" for the file
	Step        time.Duration // of one decode step of one sequence
	Prefill     float64       // prompt tokens per second
	Rate        float64       // requests per second that it holds the limits at
}

// Whose requests are degraded, and in what order.
const (
	DegradeFirst  = "first"
	DegradeNormal = "normal"
	DegradeLast   = "last"
	DegradeNever  = "never"
)

// What becomes of a request that no rung which its team may have can serve in time.
const (
	LateRefuse = "refuse"
	LateWait   = "wait"
)

// LadderTeam is a team's policy.
type LadderTeam struct {
	Name    string
	Degrade string // whose turn it is
	Floor   int    // index of the lowest rung that it may have
	Late    string
}

// Priced says whether a request on it costs money per token.
func (r Rung) Priced() bool { return r.PriceInput != "" || r.PriceOutput != "" }

// Resolve turns a path as written into one that can be opened, as Scenario.Resolve does.
func (l *Ladder) Resolve(path string) string {
	if path == "" || filepath.IsAbs(path) || byName(path) {
		return path
	}
	return filepath.Join(filepath.Dir(l.File), path)
}

// Problem makes an error at a key of the file, for what only a later step can see.
func (l *Ladder) Problem(key, found, expected, suggestion string) *strict.Problem {
	return &strict.Problem{File: l.File, Line: l.where.LineOf(key), Key: key, Found: found, Expected: expected, Suggestion: suggestion}
}

// Key is the path of a key of a rung, for Problem.
func (l *Ladder) Key(rung int, name string) string {
	return strict.Key(strict.Element("rung", rung), name)
}

// Keep is the ladder with these rungs alone, for telling what the others are worth. Rungs that take their servers
// from one that is left out cannot be kept.
func (l *Ladder) Keep(names []string) (*Ladder, error) {
	kept := *l
	kept.Rungs = nil
	for _, n := range names {
		if l.rung(n) < 0 {
			return nil, fmt.Errorf("%s: no rung %q, expected %s", l.File, n, oneOf(l.names()))
		}
	}
	for _, r := range l.Rungs {
		if slices.Contains(names, r.Name) {
			kept.Rungs = append(kept.Rungs, r)
		}
	}
	for _, r := range kept.Rungs {
		if r.Like != "" && kept.rung(r.Like) < 0 {
			return nil, fmt.Errorf("%s: rung %q has the servers of %q, which is left out", l.File, r.Name, r.Like)
		}
	}
	kept.Teams = slices.Clone(l.Teams)
	for i := range kept.Teams {
		floor := 0
		for j, r := range kept.Rungs {
			if l.rung(r.Name) <= l.Teams[i].Floor {
				floor = j
			}
		}
		kept.Teams[i].Floor = floor
	}
	return &kept, nil
}

// Waiting is the ladder where no request is refused for being late.
func (l *Ladder) Waiting() *Ladder {
	w := *l
	w.Control.Wait, w.Teams = true, slices.Clone(l.Teams)
	for i := range w.Teams {
		w.Teams[i].Late = LateWait
	}
	return &w
}

func (l *Ladder) names() (all []string) {
	for _, r := range l.Rungs {
		all = append(all, r.Name)
	}
	return all
}

// rung is the index of a name, -1 for none.
func (l *Ladder) rung(name string) int {
	return slices.IndexFunc(l.Rungs, func(r Rung) bool { return r.Name == name })
}

// LoadLadder reads a ladder file. The error holds every problem of the file, as that of Load does.
func LoadLadder(path string) (*Ladder, error) {
	text, err := readText(path, "a ladder")
	if err != nil {
		return nil, err
	}
	return ParseLadder(path, text)
}

// ParseLadder reads a ladder from text; file names it in messages.
func ParseLadder(file string, text []byte) (*Ladder, error) {
	t, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := t.reader
	l := &Ladder{File: file, SHA256: sum(text), where: r.where}
	r.ladder(l, t)
	if len(r.problems) > 0 {
		return nil, strict.Join(r.problems)
	}
	return l, nil
}

// mostRungs bounds a ladder: each is a label of metrics.
const mostRungs = 64

func (r *reader) ladder(l *Ladder, t *table) {
	l.Name = t.requiredText("name", "the model's name in the API", `"assistant"`)
	t.text("description", "")
	l.Currency = t.text("currency", "USD")
	if err := money.CheckCurrency(l.Currency); err != nil {
		t.bad("currency", l.Currency, "an ISO 4217 code in capitals", `write currency = "USD"`)
	}
	l.Measured = t.text("measured", "")
	l.SLO, l.Control, l.Breaker = r.ladderSLO(t), r.ladderControl(t), r.breaker(t)
	l.Spend, l.Refuse = r.spendCap(t), r.refusal(t)
	tables := t.children("rung")
	if len(tables) == 0 && !t.has("rung") {
		r.report("rung", "missing", "at least one [[rung]] table, the best first", `add [[rung]] with name = "full" and model = "embedded:gopherling-7m"`)
	}
	if len(tables) > mostRungs {
		r.report("rung", fmt.Sprintf("%d rungs", len(tables)), fmt.Sprintf("at most %d", mostRungs), "")
	}
	for _, c := range tables {
		l.Rungs = append(l.Rungs, c.rung(l))
	}
	for _, c := range t.children("team") {
		l.Teams = append(l.Teams, c.ladderTeam(l))
	}
	if l.Spend == (SpendCap{State: l.Spend.State}) {
		for i, c := range l.Rungs {
			if c.Priced() {
				r.report(l.Key(i, "price_output"), "a price without a cap", "[spend] with per_hour, per_day or both", `add [spend] with per_hour = "1.00"`)
			}
		}
	}
	t.finish()
}

func (r *reader) ladderSLO(t *table) (s LadderSLO) {
	c, ok := t.child("slo")
	if !ok || !c.has("ttft") {
		r.report("slo.ttft", "missing", "the time to first token that requests shall keep", `add [slo] with ttft = "1s"`)
	}
	if !ok {
		return s
	}
	s = LadderSLO{TTFT: c.duration("ttft", 0, "1s"), TPOT: c.duration("tpot", 0, "50ms"), E2E: c.duration("e2e", 0, "10s")}
	c.finish()
	return s
}

// section opens a table whose keys all have defaults.
func (r *reader) section(t *table, name string) *table {
	if c, ok := t.child(name); ok {
		return c
	}
	return &table{reader: r, path: name}
}

func (r *reader) ladderControl(t *table) LadderControl {
	c := r.section(t, "control")
	share := interval{lo: 0, hi: 1, open: true}
	k := LadderControl{StepDown: c.number("step_down", .9, share), StepUp: c.number("step_up", .5, share), Dwell: c.duration("dwell", 2*time.Second, "2s"),
		Retries: c.integer("retries", 3, 0, 16), Hedge: c.duration("hedge_after", 0, "500ms")}
	if k.StepUp >= k.StepDown {
		c.report(c.key("step_up"), strict.Decimal(k.StepUp), fmt.Sprintf("less than step_down (%s), so that a rung is not left and taken at once", strict.Decimal(k.StepDown)), "write step_up = "+strict.Decimal(k.StepDown/2))
	}
	c.finish()
	return k
}

func (r *reader) breaker(t *table) BreakerRule {
	c := r.section(t, "breaker")
	b := BreakerRule{Failures: c.integer("failures", 5, 1, 1<<16), Rate: c.number("failure_rate", .5, interval{lo: 0, hi: 1, open: true}),
		Window: c.integer("window", 20, 1, 1<<12), Open: c.duration("open", 5*time.Second, "5s"), Probes: c.integer("probes", 1, 1, 64)}
	c.finish()
	return b
}

func (r *reader) spendCap(t *table) (s SpendCap) {
	c := r.section(t, "spend")
	s.State = c.text("state", "")
	for name, into := range map[string]*string{"per_hour": &s.PerHour, "per_day": &s.PerDay} {
		c.known = append(c.known, name)
		if c.has(name) {
			*into = c.price(name, "")
		}
	}
	c.finish()
	return s
}

func (r *reader) refusal(t *table) LadderRefusal {
	c := r.section(t, "refuse")
	f := LadderRefusal{Least: c.duration("retry_after", time.Second, "1s"), Most: c.duration("retry_after_max", 30*time.Second, "30s")}
	if f.Most < f.Least {
		c.report(c.key("retry_after_max"), f.Most.String(), "at least retry_after ("+f.Least.String()+")", "")
	}
	c.finish()
	return f
}

func (t *table) ladderTeam(l *Ladder) LadderTeam {
	p := LadderTeam{Name: t.requiredText("name", "a team's name", `"search"`), Floor: len(l.Rungs) - 1,
		Degrade: t.choice("degrade", DegradeNormal, []string{DegradeFirst, DegradeNormal, DegradeLast, DegradeNever}),
		Late:    t.choice("late", LateRefuse, []string{LateRefuse, LateWait})}
	if slices.ContainsFunc(l.Teams, func(o LadderTeam) bool { return o.Name == p.Name }) {
		t.bad("name", p.Name, "a name of its own", "an earlier [[team]] has it")
	}
	if floor := t.choice("floor", "", l.names()); floor != "" {
		p.Floor = l.rung(floor)
	}
	if p.Degrade == DegradeNever {
		if t.has("floor") {
			t.bad("floor", t.values["floor"], `no floor with degrade = "never", which is the first rung alone`, "remove one of them")
		}
		p.Floor = 0
	}
	t.finish()
	return p
}

// reserved are the names that replies have where no rung served them.
var reserved = []string{"refused", "none"}

// headerWord is a name that a header can carry.
func headerWord(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// checkURL is what a server's URL must look like.
func checkURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
