package scenario

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/dialect"
)

// Token counts that a server can be asked for.
var usages = map[string]dialect.UsageWanted{"final": dialect.UsageFinal, "continuous": dialect.UsageContinuous, "none": dialect.UsageNone}

// defaultDialect is what most servers speak.
const defaultDialect = "chat"

// defaultStart is how long an external system may take from start to ready: some compile for minutes.
const defaultStart = 5 * time.Minute

// targets reads [target] or [[target]], and refuses what they cannot go with. None of them means the included engine.
func (r *reader) targets(t *table, s *Scenario) {
	s.Included = true
	if !t.has("target") {
		t.known = append(t.known, "target")
		return
	}
	s.Included = t.has("engine") || t.has("sweep")
	for _, c := range t.targetTables() {
		s.Targets = append(s.Targets, c.target(s))
	}
	if !s.Included {
		s.Profile = Profile{} // of the engine's processor time
	}
	r.namesOfTargets(s.Targets)
	r.besideTargets(t, s)
	r.loadsHaveArms(s)
}

// targetTables are those of an array, or the one table.
func (t *table) targetTables() []*table {
	if _, one := t.values["target"].(map[string]any); one {
		c, _ := t.child("target")
		return []*table{c}
	}
	return t.children("target")
}

// target reads one table.
func (t *table) target(s *Scenario) *Target {
	x := &Target{Key: t.path, Given: t.has("name")}
	x.System, _ = system.Named(t.choice("system", system.Server, system.Names()))
	x.Name = t.text("name", x.System.Name)
	if given := t.values["system"]; given != nil && given != x.System.Name {
		return t.ofNoSystem(x)
	}
	switch {
	case x.System.Adjustable && t.has("url"):
		t.adjustedTarget(x, s)
	case x.System.Started:
		t.startedTarget(x, s)
	default:
		t.standingTarget(x)
	}
	x.Model = t.text("model", "")
	t.asked(x)
	x.NoTasks = !t.boolean("tasks", true)
	x.BudgetRequests = t.integer("budget_requests", 0, 1, math.MaxInt)
	x.BudgetTokens = t.integer("budget_tokens", 0, 1, math.MaxInt)
	x.Paid = t.payment(x)
	t.misplacedSettings(x.System)
	t.finish()
	return x
}

// ofNoSystem leaves the rest unread of a target whose system is none: what is wrong with it depends on which is meant.
func (t *table) ofNoSystem(x *Target) *Target {
	x.Dialect, _ = dialect.Named(defaultDialect)
	t.known = slices.AppendSeq(t.known, maps.Keys(t.values))
	t.finish()
	return x
}

// misplacedSettings says where a system's settings belong that stand beside its table of them.
func (t *table) misplacedSettings(k system.Kind) {
	for _, s := range k.Settings {
		if t.has(s.Name) && !slices.Contains(t.known, s.Name) {
			t.known = append(t.known, s.Name)
			t.report(t.key(s.Name), "unknown key", "", fmt.Sprintf("a setting of %s belongs in settings = { %s = ... }", k.Title, s.Name))
		}
	}
}

// notFor refuses keys that are about the other kind of target.
func (t *table) notFor(keys []string, found, suggestion string) {
	for _, key := range keys {
		t.known = append(t.known, key)
		if t.has(key) {
			t.report(t.key(key), found, "none", suggestion)
		}
	}
}

// startedTarget reads what is said of a system that the lab starts.
func (t *table) startedTarget(x *Target, s *Scenario) {
	title := x.System.Title
	t.notFor([]string{"url", "key_env", "region"}, "given for "+title+", which the lab starts", `remove it, or write system = "server" for one that is there`)
	t.notFor([]string{"hardware", "price", "prices"}, "given for "+title+", which runs on this machine", "remove it: [cost] has this machine's price")
	t.notFor([]string{"labels"}, "given for "+title+", whose settings are set", "write settings = { ... }")
	x.Path = t.requiredText("path", "what "+title+" loads: a folder or a file, relative to the scenario", `"models/NAME"`)
	x.Command = t.texts("command")
	t.ownSettings(x, s)
}

// ownSettings reads the settings of a target that takes any, and their sweep.
func (t *table) ownSettings(x *Target, s *Scenario) {
	x.ReadyTimeout = t.duration("ready_timeout", max(defaultStart, s.Run.ReadyTimeout), "5m")
	x.Settings = t.valuesOf("settings", x.System)
	if why := x.System.Refuses(x.Settings, ""); why != "" && !t.has("sweep") {
		t.report(t.key("settings"), why, "settings that go together", "")
	}
	x.Sweep = t.targetSweep(x)
}

// adjustedTarget reads what is said of a server that is there and whose model is loaded anew with each arm's settings.
func (t *table) adjustedTarget(x *Target, s *Scenario) {
	x.System = x.System.There()
	t.notFor([]string{"path", "command"}, "given for a server that is there", "remove it, or remove url: then "+x.System.Title+" is started")
	t.requiredText("model", "the name of the model whose settings are set", `"NAME"`)
	t.whereabouts(x)
	t.ownSettings(x, s)
}

// standingTarget reads what is said of a server that is there.
func (t *table) standingTarget(x *Target) {
	t.notFor([]string{"path", "command", "ready_timeout"}, "given for a server that is there", "remove it, or name the system that is to be started: system = "+startedNames())
	t.notFor([]string{"settings", "sweep"}, "given for a server that is there, whose settings are not the lab's to set", "declare them as labels = { ... }, or name the system that is to be started: system = "+startedNames())
	t.whereabouts(x)
}

// whereabouts reads where a server is that is there, and what is declared of it.
func (t *table) whereabouts(x *Target) {
	x.URL = t.address()
	x.Region, x.Hardware = t.text("region", ""), t.text("hardware", "")
	x.Labels = t.labels()
	x.Price, x.Prices = t.text("price", ""), t.names("prices", `"prices.toml"`)
}

func startedNames() string {
	var all []string
	for _, k := range system.Kinds() {
		if k.Started {
			all = append(all, `"`+k.Name+`"`)
		}
	}
	return strings.Join(all, ", ")
}

// asked reads how requests are made.
func (t *table) asked(x *Target) {
	names, def := dialect.Names(), defaultDialect
	if x.System.Dialects != nil {
		names, def = x.System.Dialects, x.System.Dialects[0]
	}
	x.Dialect, _ = dialect.Named(t.choice("dialect", def, names))
	if !x.System.Started {
		x.KeyVariable = t.text("key_env", x.Dialect.KeyVariable)
	}
	x.Usage = t.usage(x)
	x.Stop, x.ServerSampling = t.texts("stop"), t.boolean("server_sampling", false)
	if v, ok := t.take("body"); ok {
		if m, isTable := v.(map[string]any); isTable {
			x.Body = m
		} else {
			t.bad("body", v, "a table of members of the request's body", "write body = {reasoning = {effort = \"low\"}}")
		}
	}
	if u, err := url.Parse(x.URL); err == nil && x.URL != "" {
		if err := x.Dialect.CheckBase(u.Path); err != nil {
			t.report(t.key("url"), err.Error(), "", "see docs/dialects.md")
		}
	}
	if key, why := x.unfit(); key != "" {
		t.report(t.key(key), why, "", "remove it, or choose another dialect")
	}
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
func (t *table) usage(x *Target) dialect.UsageWanted {
	given, def := t.has("usage"), "final"
	if x.System.Counted {
		def = "continuous"
	}
	wanted := usages[t.choice("usage", def, []string{"final", "continuous", "none"})]
	switch x.Dialect.Dialect.(type) {
	case dialect.Chat, dialect.Completions:
	default:
		if given {
			t.report(t.key("usage"), "given with dialect "+x.Dialect.Name, "none: only chat and completions are asked for counts", "remove it")
		}
	}
	return wanted
}

// texts reads a list of strings.
func (t *table) texts(name string) (all []string) {
	for i, v := range t.list(name, "texts") {
		text, ok := v.(string)
		if !ok || text == "" {
			t.report(strict.Element(t.key(name), i), strict.Describe(v), "a text", "")
			continue
		}
		all = append(all, text)
	}
	return all
}

// labels reads what is declared of a server's settings, in the order of the file.
func (t *table) labels() (all []Label) {
	c, ok := t.child("labels")
	if !ok {
		return nil
	}
	names := slices.Collect(maps.Keys(c.values))
	slices.SortFunc(names, func(a, b string) int { return t.where.Order(c.key(a), c.key(b)) })
	for _, name := range names {
		var text string
		switch v := c.values[name].(type) {
		case string:
			text = v
		case int64, float64, bool:
			text = t.where[c.key(name)].Text
		}
		if strings.TrimSpace(text) == "" {
			c.bad(name, c.values[name], "a text, a number, true or false", "")
			continue
		}
		all = append(all, Label{name, text})
	}
	return all
}

// valuesOf reads a table of a system's settings.
func (t *table) valuesOf(name string, k system.Kind) system.Values {
	c, ok := t.child(name)
	if !ok {
		return nil
	}
	v := system.Values{}
	for _, s := range k.Settings {
		c.valueOf(k, s.Name, v)
	}
	c.finishSettings(k)
	return v
}

// valueOf reads one setting of a system into v, and says whether the table gave it.
func (t *table) valueOf(k system.Kind, name string, v system.Values) bool {
	raw, given := t.take(name)
	if !given {
		return false
	}
	if text, ok := t.systemValue(k, name, t.key(name), raw); ok {
		v[name] = text
	}
	return true
}

// systemValue checks one value of a setting, and reports it at path.
func (t *table) systemValue(k system.Kind, name, path string, raw any) (string, bool) {
	text, err := k.Parse(name, raw)
	var bad *system.ValueError
	switch {
	case err == nil:
		return text, true
	case errors.As(err, &bad):
		t.report(path, strict.Describe(raw), bad.Expected, bad.Suggestion)
	default:
		t.report(path, err.Error(), "another value", "")
	}
	return "", false
}

// finishSettings is finish for a table of a system's settings, of which there may be too many to list.
func (t *table) finishSettings(k system.Kind) {
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if !slices.Contains(t.known, name) {
			t.report(t.key(name), "unknown key", "a setting of "+k.Title, near.Suggestion(name, t.known))
		}
	}
}

// namesOfTargets refuses a name twice.
func (r *reader) namesOfTargets(all []*Target) {
	first := map[string]string{}
	for _, x := range all {
		if at, dup := first[x.Name]; dup {
			suggestion := at + " has it"
			if !x.Given {
				suggestion += fmt.Sprintf(": add name = %q", x.Name+"-2")
			}
			r.report(strict.Key(x.Key, "name"), fmt.Sprintf("string %q", x.Name), "a name of its own", suggestion)
			continue
		}
		first[x.Name] = x.Key
	}
}

// ownTables are about the included engine.
var ownTables = []string{"quality", "outputs", "profile"}

// besideTargets refuses tables that say nothing of what is measured.
func (r *reader) besideTargets(t *table, s *Scenario) {
	for _, name := range ownTables {
		if t.has(name) && !s.Included {
			r.report(name, "given beside [target]", "", "it is about the included engine, which is measured where the file has [engine] or [sweep]: add one of them, or remove "+name)
		}
	}
	if !t.has("cost") || s.Local() {
		return
	}
	if slices.ContainsFunc(s.Targets, func(x *Target) bool { return !x.Dialect.Managed }) {
		r.report("cost", "given, and nothing of the run is on this machine", "", "it prices this machine: name the row that prices a server as price of its target, and remove [cost]")
		return
	}
	r.report("cost", "given beside a target that is paid by the token", "", "a price per hour says nothing of it: remove [cost]")
}

// loadsHaveArms refuses a load that no arm can be asked for, by the keys that ask, and a target that can be asked for no load.
// Any other load that a target cannot be asked for leaves that target out.
func (r *reader) loadsHaveArms(s *Scenario) {
	able := map[*Target]bool{}
	first := map[*Target]string{}
	for i, l := range s.Loads {
		asked := s.Included
		for _, x := range s.Targets {
			_, why := x.Cannot(l)
			if key, _ := x.unfit(); key != "" {
				why = "" // which is the target's own problem, and reported
			}
			if why == "" {
				able[x], asked = true, true
			} else if first[x] == "" {
				first[x] = why
			}
		}
		for _, x := range s.Targets {
			if key, why := x.Cannot(l); !asked {
				r.once(below(strict.Element("load", i), key), why, map[bool]string{true: "rates", false: "a load that a target of the file can be asked for"}[key == "search"])
			}
		}
	}
	for _, x := range s.Targets {
		if why := first[x]; why != "" && !able[x] && (s.Included || len(s.Targets) > 1) {
			r.once(x.Key, "no load can be asked of it ("+why+")", "a load that it can be asked for")
		}
	}
}

// below is a key of a table, or the table itself where it has none.
func below(path, key string) string {
	if key == "" {
		return path
	}
	return strict.Key(path, key)
}

// once reports a problem unless it has been.
func (r *reader) once(key, found, expected string) {
	if !slices.ContainsFunc(r.problems, func(p *strict.Problem) bool { return p.Key == key && p.Found == found }) {
		r.report(key, found, expected, "")
	}
}
