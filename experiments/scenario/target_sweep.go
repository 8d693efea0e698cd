package scenario

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/system"
)

// targetSweep reads [target.sweep].
func (t *table) targetSweep(x *Target) TargetSweep {
	c, ok := t.child("sweep")
	if !ok {
		return TargetSweep{}
	}
	s := TargetSweep{Mode: c.mode(), Axes: c.targetAxes(x.System), Arms: c.targetArms(x.System),
		Include: c.targetMatches("include", x.System), Exclude: c.targetMatches("exclude", x.System)}
	c.listed(s.Mode)
	n := 1
	for _, a := range s.Axes {
		n = min(n*max(1, len(a.Values)), maxArmNumber+1)
	}
	if s.Mode == Product && n > maxArmNumber {
		c.tooManyArms()
	}
	c.finish()
	return s
}

// targetAxes reads [target.sweep.axes], in the order of the file.
func (t *table) targetAxes(k system.Kind) []TargetAxis {
	c, ok := t.child("axes")
	if !ok {
		return nil
	}
	if len(c.values) == 0 {
		t.report(c.path, "no axis", "at least one setting of "+k.Title+" with its values", "")
	}
	var axes []TargetAxis
	for _, s := range k.Settings {
		if !c.has(s.Name) {
			c.known = append(c.known, s.Name)
			continue
		}
		axes = append(axes, TargetAxis{Name: s.Name, Values: c.targetAxis(k, s.Name)})
	}
	c.finishSettings(k)
	slices.SortStableFunc(axes, func(a, b TargetAxis) int { return t.where.Order(c.key(a.Name), c.key(b.Name)) })
	return axes
}

func (t *table) targetAxis(k system.Kind, name string) (values []string) {
	for i, v := range t.list(name, "values") {
		path := strict.Element(t.key(name), i)
		text, ok := t.systemValue(k, name, path, v)
		if !ok {
			continue
		}
		if slices.Contains(values, text) {
			t.report(path, strict.Describe(v), "each value once", "remove the repetition; [run] repetitions repeats trials")
		}
		values = append(values, text)
	}
	return values
}

// targetArms reads [[target.sweep.arm]].
func (t *table) targetArms(k system.Kind) (arms []TargetArm) {
	names := map[string]string{}
	for _, c := range t.children("arm") {
		a := TargetArm{Name: c.text("name", ""), Values: system.Values{}}
		for _, s := range k.Settings {
			c.valueOf(k, s.Name, a.Values)
		}
		c.finishSettings(k)
		if first, dup := names[a.Name]; dup && a.Name != "" {
			c.report(c.key("name"), fmt.Sprintf("string %q", a.Name), "a name of its own", first+" has it")
		}
		names[a.Name] = c.path
		arms = append(arms, a)
	}
	return arms
}

// targetMatches reads the filters of include or exclude.
func (t *table) targetMatches(name string, k system.Kind) (all []Match) {
	for _, c := range t.children(name) {
		m := Match{Key: c.path, Values: map[string][]string{}}
		for _, s := range k.Settings {
			if v, ok := c.take(s.Name); ok {
				m.Values[s.Name] = c.anyValueOf(k, s.Name, v)
			}
		}
		if len(c.values) == 0 {
			t.report(c.path, "an empty filter", "at least one setting", "an empty filter would match every arm")
		}
		c.finishSettings(k)
		all = append(all, m)
	}
	return all
}

// anyValueOf reads one value or a list of them.
func (t *table) anyValueOf(k system.Kind, name string, v any) (values []string) {
	list, ok := v.([]any)
	if !ok {
		if text, ok := t.systemValue(k, name, t.key(name), v); ok {
			return []string{text}
		}
		return nil
	}
	for i, v := range list {
		if text, ok := t.systemValue(k, name, strict.Element(t.key(name), i), v); ok {
			values = append(values, text)
		}
	}
	return values
}
