package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
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
			notes = append(notes, fmt.Sprintf("--%s holds for %s, not for %s: see %s", h.flag, strings.Join(holds, ", "), strings.Join(own, ", "), o.classes))
		}
	}
	return notes
}

// undecidable says which limits the load has too few requests for, even if every one keeps them: of each class the limit that wants
// the most.
func undecidable(p *experiments.Plan) (notes []string) {
	load := p.Matrix.Loads[0]
	limits, streams := p.Matrix.Limits(load), load.Workload.Streams()
	total := 0.0
	for _, k := range streams {
		total += k.Weight
	}
	for _, k := range streams {
		most, limit := 0, record.SLO{}
		for _, s := range limits.Of(k.Name) {
			if t, _ := group.Decide(s, 0, 0); t.NeedMore > most {
				most, limit = t.NeedMore, s
			}
		}
		if enough := enoughFor(most, k.Weight/total); load.Record.Requests < enough {
			notes = append(notes, fmt.Sprintf("a p%g %s limit takes %d requests within it to be met, and %s: --requests %d would do",
				100*limit.Percentile, limit.Metric, most, has(k.Name, load.Record.Requests, k.Weight/total), enough))
		}
	}
	return notes
}

// enoughFor is in how many requests there are as many of a class as needed, which is drawn with a probability of share: with two
// standard deviations of their binomial number to spare.
func enoughFor(needed int, share float64) int {
	c := math.Sqrt(share * (1 - share))
	root := (c + math.Sqrt(c*c+share*float64(needed))) / share // of share n - 2 c sqrt(n) = needed
	return int(math.Ceil(root*root - 1e-9))
}

// has words how many of all requests are of a class, "" for a load without classes.
func has(class string, requests int, share float64) string {
	if class == "" {
		return fmt.Sprintf("there are %d", requests)
	}
	return fmt.Sprintf("class %s has some %.0f of %d", class, float64(requests)*share, requests)
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
