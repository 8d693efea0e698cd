package scenario

import (
	"path/filepath"

	"github.com/assaylab/assay/analysis/showback"
)

// weights reads [weights], which shared costs cannot do without.
func (r *billReader) weights(t *table) {
	c, ok := t.child("weights")
	if !ok {
		if len(r.bill.Shared) > 0 && !t.has("weights") {
			r.report("weights", "missing", "a [weights] table: what shared costs go by", `add [weights] with run = "runs/x", or with prefill, cached and decode`)
		}
		return
	}
	w := showback.Weights{Basis: c.choice("basis", showback.ByTokens, showback.Bases)}
	positive := interval{lo: 0, hi: 1e12}
	w.Cached, w.KV = c.number("cached", 0, positive), c.number("kv", 0, positive)
	r.bill.Run, r.bill.Arm, r.bill.KV = c.text("run", ""), c.text("arm", ""), c.has("kv")
	switch {
	case w.Basis == showback.ByEngineTime:
		r.engineTime(c, &w)
	case r.bill.Run != "":
		r.measured(c)
	default:
		r.declared(c, &w, positive)
	}
	r.bill.Weights = w
	c.known = append(c.known, "prefill", "decode", "unit")
	c.finish()
}

func (r *billReader) engineTime(c *table, w *showback.Weights) {
	for _, name := range []string{"run", "arm", "prefill", "cached", "decode", "kv", "unit"} {
		if v, ok := c.values[name]; ok {
			c.bad(name, v, "no such key with this basis: the usage log has what every request took", "remove "+name)
		}
	}
	w.Seconds, w.Source = true, "what the engine's steps took for each request, as its usage log says"
}

func (r *billReader) measured(c *table) {
	for _, name := range []string{"prefill", "decode", "unit"} {
		if v, ok := c.values[name]; ok {
			c.bad(name, v, "no such key beside run, which they are measured in", "remove "+name+", or run")
		}
	}
	if !filepath.IsAbs(r.bill.Run) {
		r.bill.Run = filepath.Join(filepath.Dir(r.file), r.bill.Run)
	}
}

func (r *billReader) declared(c *table, w *showback.Weights, allowed interval) {
	if r.bill.Arm != "" {
		c.bad("arm", r.bill.Arm, "no arm without a run", `write run = "runs/x"`)
	}
	for _, name := range []string{"prefill", "cached", "decode"} {
		if !c.has(name) {
			c.missing(name, "what a token weighs, or a run to measure it in", "1.0")
		}
	}
	w.Prefill, w.Decode = c.number("prefill", 0, allowed), c.number("decode", 0, allowed)
	w.Seconds = c.choice("unit", "relative", []string{"relative", "seconds"}) == "seconds"
	w.Source = "declared in " + filepath.Base(r.file)
	if w.Prefill == 0 && w.Decode == 0 && w.Cached == 0 && w.KV == 0 && c.has("prefill") && c.has("decode") {
		c.bad("decode", c.values["decode"], "one weight above 0 at least", "")
	}
}
