package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/scenario"
)

// handedDown are the flags whose values classes have unless they say otherwise, which they do by one of the keys.
var handedDown = []struct {
	flag string
	keys []string
}{
	{"prompt-tokens", []string{"prompt_tokens", "corpus"}},
	{"output-tokens", []string{"output_tokens"}},
	{"text", []string{"text", "corpus"}},
	{"corpus", []string{"corpus", "text"}},
	{"shared-prefix", []string{"shared_prefix", "corpus"}},
	{"team", []string{"team"}},
	{"priority", []string{"priority"}},
	{"slo", []string{"slo"}},
}

func (o *loadOptions) readClasses() (err error) {
	if o.classes != "" {
		o.mixture, err = scenario.LoadClasses(o.classes)
	}
	return err
}

// allHold refuses flags that are given and hold for no class.
func (o *loadOptions) allHold() error {
	if o.mixture == nil {
		return nil
	}
	var all []error
	for _, h := range handedDown {
		if o.given(h.flag) && o.mixture.All(h.keys...) {
			all = append(all, fmt.Errorf("--%s holds for no class: every one of %s says otherwise, by %s; leave out one of the two", h.flag, o.classes, strings.Join(h.keys, " or ")))
		}
	}
	return errors.Join(all...)
}

// divided says for which classes flags hold that do not hold for all.
func (o *loadOptions) divided(classes []scenario.Class) (notes []string) {
	for _, h := range handedDown {
		var holds, own []string
		for i, k := range classes {
			if o.mixture.Has(i, h.keys...) {
				own = append(own, k.Name)
			} else {
				holds = append(holds, k.Name)
			}
		}
		if len(own) > 0 && o.given(h.flag) {
			notes = append(notes, fmt.Sprintf("--%s holds for %s, and not for %s: %s", h.flag, strings.Join(holds, ", "), strings.Join(own, ", "), o.classes))
		}
	}
	return notes
}

// undecidable says which limits the load has too few requests for, even if every one keeps them: of each class the limit that wants the most.
func undecidable(p *experiments.Plan) (notes []string) {
	load := p.Matrix.Loads[0]
	limits, streams := p.Matrix.Limits(load), load.Workload.Streams()
	total := 0.0
	for _, k := range streams {
		total += k.Weight
	}
	for _, k := range streams {
		n := int(float64(load.Record.Requests) * k.Weight / total)
		most, limit := 0, ""
		for _, s := range limits.Of(k.Name) {
			if t, _ := group.Decide(s, 0, n); t.NeedMore > most {
				most, limit = t.NeedMore, fmt.Sprintf("p%g %s", 100*s.Percentile, s.Metric)
			}
		}
		if most > 0 {
			notes = append(notes, tooFew(k.Name, n, n+most, limit, int(math.Ceil(float64(n+most)*total/k.Weight))))
		}
	}
	return notes
}

// tooFew words that a limit which takes need requests has some n of them, and would have enough with so many in all.
func tooFew(class string, n, need int, limit string, all int) string {
	few := fmt.Sprintf("%d requests", n)
	if class != "" {
		few = fmt.Sprintf("some %d requests of class %s", n, class)
	}
	return fmt.Sprintf("%s cannot show that %s is within its limit, which takes %d: undecided at best, and --requests %d or more would do", few, limit, need, all)
}

// ofClasses names the classes whose verdict is the load's.
func ofClasses(c *analysis.Cell) string {
	var names []string
	for _, k := range c.Classes {
		if k.Verdict == c.Verdict {
			names = append(names, k.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " of " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
}
