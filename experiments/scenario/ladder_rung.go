package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
)

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// rung reads one [[rung]].
func (t *table) rung(l *Ladder) (r Rung) {
	r.Name = t.requiredText("name", "a name", `"full"`)
	switch {
	case r.Name != "" && (!headerWord(r.Name) || slices.Contains(reserved, r.Name)):
		t.bad("name", r.Name, "printable ASCII, at most 64 characters, and none of "+strings.Join(reserved, ", "), "")
	case l.rung(r.Name) >= 0:
		t.bad("name", r.Name, "a name of its own", "an earlier rung has it")
	}
	t.servers(l, &r)
	r.MaxTokens = t.integer("max_tokens", 0, 1, math.MaxInt32)
	r.NoDrafts = !t.boolean("drafts", true)
	r.Machine = t.text("machine", r.Machine)
	t.rungPrices(&r)
	t.rungFacts(l, &r)
	t.finish()
	return r
}

// servers reads who answers: exactly one of model, url, urls and like.
func (t *table) servers(l *Ladder, r *Rung) {
	var given []string
	for _, k := range []string{"model", "url", "urls", "like"} {
		if t.has(k) {
			given = append(given, k)
		}
	}
	t.known = append(t.known, "model", "url", "urls", "like")
	switch {
	case len(given) == 0:
		t.report(t.key("model"), "missing", "one of model, url, urls and like", `add model = "embedded:gopherling-7m" or url = "http://127.0.0.1:8000"`)
		given = []string{""}
	case len(given) > 1:
		t.report(t.key(given[1]), strings.Join(given, " and "), "one of model, url, urls and like", "remove all but one")
	}
	r.Engine, r.Replicas, r.Concurrent = BaseSettings(), 1, 0
	switch given[0] {
	case "model":
		t.started(r)
	case "url", "urls":
		t.there(r)
	case "like":
		t.like(l, r)
	}
	t.belongs(given[0], "model", "engine", "replicas", "cpus")
	t.belongs(given[0], "url", "served_model", "api_key_env", "concurrent")
}

// belongs reports keys that another kind of rung has.
func (t *table) belongs(kind, owner string, keys ...string) {
	t.known = append(t.known, keys...)
	if kind == owner || kind == "" || owner == "url" && kind == "urls" {
		return
	}
	for _, k := range keys {
		if v, ok := t.values[k]; ok {
			t.bad(k, v, fmt.Sprintf("no %s for a rung with %s", k, kind), "remove it, or give "+owner)
		}
	}
}

// started reads servers that the gateway starts itself.
func (t *table) started(r *Rung) {
	r.Model = t.requiredText("model", "a GGUF file or an embedded model", `"embedded:gopherling-7m"`)
	if c, ok := t.child("engine"); ok {
		for _, d := range EngineSettings() {
			c.setting(d, &r.Engine)
		}
		c.finish()
		if k := r.Engine.conflict(); k != nil {
			t.report(strict.Key(c.path, k.key), k.found, k.expected, k.suggestion)
		}
	}
	r.Replicas = t.integer("replicas", 1, 1, 1024)
	r.Concurrent = r.Engine.MaxBatch
	for i, v := range t.list("cpus", "processors") {
		n, err := wholeNumber(v, 0, 1<<16)
		if err != nil {
			t.report(strict.Element(t.key("cpus"), i), strict.Describe(v), err.expected, "")
			continue
		}
		r.CPUs = append(r.CPUs, n)
	}
	if len(r.CPUs) > 0 {
		r.Machine = fmt.Sprint("processors ", r.CPUs)
	}
}

// variable is the name of an environment variable.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// there reads servers that somebody else runs.
func (t *table) there(r *Rung) {
	if t.has("url") {
		r.URLs = append(r.URLs, t.requiredText("url", "a URL", `"http://127.0.0.1:8000"`))
	}
	for i, v := range t.list("urls", "URLs") {
		s, ok := v.(string)
		if !ok {
			t.report(strict.Element(t.key("urls"), i), strict.Describe(v), "a URL in quotes", "")
			continue
		}
		r.URLs = append(r.URLs, s)
	}
	for i, u := range r.URLs {
		key := t.key("url")
		if t.has("urls") {
			key = strict.Element(t.key("urls"), i)
		}
		switch {
		case u != "" && !checkURL(u):
			t.report(key, strict.Describe(u), "a URL such as http://127.0.0.1:8000", "")
		case slices.Contains(r.URLs[:i], u):
			t.report(key, strict.Describe(u), "each server once", "remove the repetition")
		}
	}
	r.Replicas = len(r.URLs)
	r.Served = t.text("served_model", "")
	r.Concurrent = t.integer("concurrent", 64, 1, 1<<20)
	if r.KeyVar = t.text("api_key_env", ""); r.KeyVar != "" && !variable.MatchString(r.KeyVar) {
		t.bad("api_key_env", r.KeyVar, "the name of an environment variable, not a key", `write api_key_env = "OPENAI_API_KEY"`)
		r.KeyVar = ""
	}
}

// like takes the servers of an earlier rung.
func (t *table) like(l *Ladder, r *Rung) {
	name := t.requiredText("like", "an earlier rung's name", `"full"`)
	i := l.rung(name)
	switch {
	case name == "":
	case i < 0:
		t.bad("like", name, "an earlier rung: "+oneOf(l.names()), near.Suggestion(name, l.names()))
	case l.Rungs[i].Like != "":
		t.bad("like", name, "a rung with servers of its own", fmt.Sprintf("write like = %q", l.Rungs[i].Like))
	case !t.has("max_tokens") && !t.has("drafts"):
		t.report(t.key("like"), "the same requests to the same servers", "max_tokens or drafts, which make it another rung", "write drafts = false, or max_tokens = 64")
	default:
		of := l.Rungs[i]
		r.Like, r.Concurrent, r.Machine, r.Replicas = name, of.Concurrent, of.Machine, of.Replicas
		r.PriceInput, r.PriceOutput = of.PriceInput, of.PriceOutput
	}
}

func (t *table) rungPrices(r *Rung) {
	input, output := t.has("price_input"), t.has("price_output")
	t.known = append(t.known, "price_input", "price_output")
	switch {
	case !input && !output:
	case r.Like != "":
		t.report(t.key("price_output"), "a price of its own", "none: it has the servers of "+r.Like, "remove it")
		return
	default: // one without the other is reported as missing
		r.PriceInput, r.PriceOutput = t.price("price_input", ""), t.price("price_output", "")
	}
	if r.Priced() && r.MaxTokens == 0 {
		t.missing("max_tokens", "the longest answer of a rung that is paid per token: what it can cost is reserved before it is asked", "512")
	}
}

// rungFacts reads what is known of a rung: measured, or declared.
func (t *table) rungFacts(l *Ladder, r *Rung) {
	r.Arm = t.text("arm", "")
	if r.Arm != "" && l.Measured == "" {
		t.bad("arm", r.Arm, "measured = \"runs/NAME\" at the top of the file, the run that the arm is of", "")
	}
	c, ok := t.child("declared")
	if !ok {
		return
	}
	if r.Arm != "" {
		t.report(t.key("declared"), "declared facts beside an arm", "one of them", "remove arm or [rung.declared]")
	}
	f := &RungFacts{QualityLoss: c.number("quality_loss", math.NaN(), interval{lo: 0, hi: 1000}), Loss: c.text("loss", "relative rise of perplexity"), Source: c.text("source", ""),
		Step: c.duration("step", 0, "5ms"), Prefill: c.number("prefill", 0, interval{lo: 0, hi: 1e9, open: true}), Rate: c.number("rate", 0, interval{lo: 0, hi: highestRate, open: true})}
	if (f.Step == 0) != (f.Prefill == 0) {
		t.report(c.path, "one of step and prefill", "both, from which first tokens are predicted, or neither", "")
	}
	c.finish()
	r.Declared = f
}
