package compare

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// pair is a cell of both runs.
type pair struct {
	first, second   record.Arm
	load, otherLoad record.Load
}

func (p pair) name() string {
	if p.first.Name == p.second.Name {
		return p.first.Name
	}
	return p.first.Name + " → " + p.second.Name
}

// match pairs arms of equal settings, or the two that are asked for, at loads that are the same.
func (c *Comparison) match(o Options) ([]pair, error) {
	arms, err := c.matchArms(o)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for _, l := range c.First.Loads {
		if o.Load != "" && l.ID != o.Load {
			continue
		}
		other, ok := sameLoad(l, c.Second.Loads)
		if !ok {
			c.warn("load %s is in the first run only", l.Name)
			continue
		}
		for _, a := range arms {
			pairs = append(pairs, pair{a[0], a[1], l, other})
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("the runs have no load in common: %s, and %s", LoadNames(c.First.Loads), LoadNames(c.Second.Loads))
	}
	return pairs, nil
}

func (c *Comparison) matchArms(o Options) ([][2]record.Arm, error) {
	if o.First != "" || o.Second != "" {
		a, err := named(c.First.Arms, o.First, "first")
		if err != nil {
			return nil, err
		}
		b, err := named(c.Second.Arms, o.Second, "second")
		return [][2]record.Arm{{a, b}}, err
	}
	var both [][2]record.Arm
	for _, a := range c.First.Arms {
		for _, b := range c.Second.Arms {
			if a.ID == b.ID {
				both = append(both, [2]record.Arm{a, b})
			}
		}
	}
	switch {
	case len(both) == 0 && len(c.First.Arms) == 1 && len(c.Second.Arms) == 1:
		c.warn("the arms differ in their settings: %s and %s", c.First.Arms[0].Name, c.Second.Arms[0].Name)
		return [][2]record.Arm{{c.First.Arms[0], c.Second.Arms[0]}}, nil
	case len(both) == 0:
		return nil, fmt.Errorf("no arm has the same settings in both runs; name one of each: %s, and %s", ArmNames(c.First.Arms), ArmNames(c.Second.Arms))
	case len(both) < len(c.First.Arms) || len(both) < len(c.Second.Arms):
		c.warn("%d of %d and %d arms are in both runs, and only those are compared", len(both), len(c.First.Arms), len(c.Second.Arms))
	}
	return both, nil
}

// named is the arm of a name or of a number from 1; the only one where nothing is said.
func named(arms []record.Arm, name, run string) (record.Arm, error) {
	if name == "" && len(arms) == 1 {
		return arms[0], nil
	}
	for _, a := range arms {
		if a.Name == name {
			return a, nil
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(arms) {
		return arms[n-1], nil
	}
	return record.Arm{}, fmt.Errorf("the %s run has no arm %q, expected one of %s, or its number", run, name, ArmNames(arms))
}

// sameLoad finds a load that does the same, or else one of the same name.
func sameLoad(l record.Load, among []record.Load) (record.Load, bool) {
	for _, o := range among {
		if o.ID == l.ID {
			return o, true
		}
	}
	for _, o := range among {
		if o.Name == l.Name {
			return o, true
		}
	}
	return record.Load{}, false
}

// ArmNames lists names for a message.
func ArmNames(arms []record.Arm) string {
	names := make([]string, len(arms))
	for i, a := range arms {
		names[i] = strconv.Quote(a.Name)
	}
	return strings.Join(names, ", ")
}

// LoadNames lists names for a message.
func LoadNames(loads []record.Load) string {
	names := make([]string, len(loads))
	for i, l := range loads {
		names[i] = strconv.Quote(l.Name)
	}
	return strings.Join(names, ", ")
}
