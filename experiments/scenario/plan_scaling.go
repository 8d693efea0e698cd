package scenario

import "github.com/assaylab/assay/analysis/predict"

// PlanScaling carries a curve to a machine that it was not measured on, by declared roofs: arithmetic for prompts, memory for
// generated tokens. How wrong that is, is known from machines that were measured.
type PlanScaling struct {
	From, To     predict.Machine
	Work         predict.Work
	PrefillShare float64 // of the time on the machine of the curve
}

// planScaling reads [arm.scaling], nil where there is none.
func (t *table) planScaling() *PlanScaling {
	c, ok := t.child("scaling")
	if !ok {
		return nil
	}
	if !c.has("model") {
		c.missing("model", `"roofline"`, `"roofline"`)
	}
	c.choice("model", "", []string{"roofline"})
	positive := interval{lo: 0, hi: 1e9, open: true}
	s := &PlanScaling{PrefillShare: c.needed("prefill_share", interval{lo: 0, hi: 1}, "the share of the time that goes to prompts, on the machine of the curve", "0.3")}
	params := c.needed("active_parameters_billion", positive, "that a token is computed with", "8")
	bytes := c.needed("gigabytes_per_token", positive, "read for a generated token of one sequence: weights, keys and values", "16")
	s.Work = predict.Work{Name: t.text("name", ""), Ops: 2e9 * params, Bytes: 1e9 * bytes}
	s.From, s.To = c.machine("from"), c.machine("to")
	c.finish()
	return s
}

// machine reads what a machine is declared to do.
func (t *table) machine(name string) predict.Machine {
	const example = `{ name = "A100 40 GB", tflops = 312, gigabytes_per_second = 1555, source = "data sheet" }`
	c, ok := t.child(name)
	if !ok {
		if !t.has(name) {
			t.missing(name, "a table with name, tflops, gigabytes_per_second and source", example)
		}
		return predict.Machine{}
	}
	positive := interval{lo: 0, hi: 1e9, open: true}
	m := predict.Machine{Name: c.requiredText("name", "the machine's name", `"A100 40 GB"`),
		Ops:       1e12 * c.needed("tflops", positive, "in the format that the weights are computed in", "312"),
		Bandwidth: 1e9 * c.needed("gigabytes_per_second", positive, "of memory", "1555"),
		Source:    c.requiredText("source", "the data sheet or measurement", `"data sheet"`)}
	c.finish()
	return m
}
