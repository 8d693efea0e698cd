package scenario

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Target is a server that is there, loaded in place of the included engine. Of its settings nothing is known.
type Target struct {
	URL     string
	Dialect dialect.Kind
	Model   string // as the server calls it, "" for the first that it lists

	KeyVariable    string // environment variable with the API key
	Usage          dialect.UsageWanted
	Stop           []string
	ServerSampling bool           // no temperature is sent
	Body           map[string]any // further members of requests' bodies
	Region         string         // as declared, "" where it is not

	BudgetRequests, BudgetTokens int // that the whole run may ask for; 0 for no bound
}

// Token counts that a server can be asked for.
var usages = map[string]dialect.UsageWanted{"final": dialect.UsageFinal, "continuous": dialect.UsageContinuous, "none": dialect.UsageNone}

// defaultDialect is what most servers speak.
const defaultDialect = "chat"

// target reads [target], nil where there is none, and refuses what it cannot go with.
func (r *reader) target(t *table, s *Scenario) *Target {
	c, ok := t.child("target")
	if !ok {
		return nil
	}
	x := &Target{
		URL:            c.address(),
		Model:          c.text("model", ""),
		Stop:           c.texts("stop"),
		ServerSampling: c.boolean("server_sampling", false),
		Region:         c.text("region", ""),
		BudgetRequests: c.integer("budget_requests", 0, 1, math.MaxInt),
		BudgetTokens:   c.integer("budget_tokens", 0, 1, math.MaxInt),
	}
	x.Dialect, _ = dialect.Named(c.choice("dialect", defaultDialect, dialect.Names()))
	x.KeyVariable = c.text("key_env", x.Dialect.KeyVariable)
	x.Usage = c.usage(x.Dialect)
	if v, ok := c.take("body"); ok {
		if m, isTable := v.(map[string]any); isTable {
			x.Body = m
		} else {
			c.bad("body", v, "a table of members of the request's body", "write body = {reasoning = {effort = \"low\"}}")
		}
	}
	if u, err := url.Parse(x.URL); err == nil && x.URL != "" {
		if err := x.Dialect.CheckBase(u.Path); err != nil {
			c.report(c.key("url"), err.Error(), "", "")
		}
	}
	c.finish()
	r.aloneWithTarget(t, x)
	r.targetFits(s.Loads, x)
	return x
}

// address reads the URL. What may be a secret in it is not repeated.
func (t *table) address() string {
	const example = `"http://127.0.0.1:8000"`
	address := t.requiredText("url", "the server's URL", example)
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		t.bad("url", address, "a URL such as http://127.0.0.1:8000", "")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		t.report(t.key("url"), "a user, a query or a fragment", "none: a key is taken from the environment", "")
	default:
		return address
	}
	return ""
}

// usage reads which counts are asked for, of a dialect that can be asked.
func (t *table) usage(k dialect.Kind) dialect.UsageWanted {
	given := t.has("usage")
	wanted := usages[t.choice("usage", "final", []string{"final", "continuous", "none"})]
	switch k.Dialect.(type) {
	case dialect.Chat, dialect.Completions:
	default:
		if given {
			t.report(t.key("usage"), "given with dialect "+k.Name, "none: only chat and completions are asked for counts", "remove it")
		}
	}
	return wanted
}

// texts reads a list of strings.
func (t *table) texts(name string) (all []string) {
	for i, v := range t.list(name, "texts") {
		text, ok := v.(string)
		if !ok || text == "" {
			t.report(element(t.key(name), i), describe(v), "a text", "")
			continue
		}
		all = append(all, text)
	}
	return all
}

// ownTables are about the included engine.
var ownTables = []string{"engine", "sweep", "quality", "outputs", "profile"}

func (r *reader) aloneWithTarget(t *table, x *Target) {
	for _, name := range ownTables {
		if t.has(name) {
			r.report(name, "given beside [target]", "", "it is about the included engine, and [target] is loaded in its place: remove one of them")
		}
	}
	if x.Dialect.Managed && t.has("cost") {
		r.report("cost", "given beside a target that is paid by the token", "", "a price per hour says nothing of it: remove [cost]")
	}
}

// targetFits refuses what the dialect cannot be asked for, by the key that asks.
func (r *reader) targetFits(loads []Workload, x *Target) {
	for i, l := range loads {
		at := element("load", i)
		if l.Search != nil {
			r.report(joinKey(at, "search"), "given beside [target]", "rates", "a server that is there is measured at rates that are given")
		}
		for _, c := range l.Streams() {
			r.askable(at, l, c, x)
		}
	}
}

// askable tries a request, and words what is refused as a problem of the file.
func (r *reader) askable(load string, l Workload, c Class, x *Target) {
	if x.Dialect.Dialect == nil {
		return
	}
	o := dialect.Options{Model: "x", Temperature: l.Temperature, IgnoreEOS: l.IgnoreEOS, Stop: x.Stop, ServerSampling: x.ServerSampling, Usage: x.Usage, Extra: x.Body}
	_, err := x.Dialect.Dialect.Encode(workload.Prompt{MaxTokens: 1, Priority: c.Priority}, o)
	var u *dialect.UnsupportedError
	switch {
	case errors.As(err, &u) && u.Option == "stop":
		r.once("target.stop", u.Error())
	case errors.As(err, &u):
		r.once(joinKey(load, u.Option), u.Error())
	case err != nil && x.ServerSampling && l.Temperature != 0:
		r.once(joinKey(load, "temperature"), fmt.Sprintf("%g, and target.server_sampling sends none", l.Temperature))
	case err != nil:
		r.once("target.body", err.Error())
	}
}

// once reports a problem unless it has been.
func (r *reader) once(key, found string) {
	if !slices.ContainsFunc(r.problems, func(p *Problem) bool { return p.Key == key && p.Found == found }) {
		r.report(key, found, "", "")
	}
}

// Name is the target in a few words.
func (x *Target) Name() string {
	model := x.Model
	if model == "" {
		model = "the first model"
	}
	return model + " at " + strings.TrimRight(x.URL, "/")
}
