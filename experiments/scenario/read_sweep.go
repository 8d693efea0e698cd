package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/strict"
)

var sweepModes = []string{Product, OneAtATime, List}

func (r *reader) sweep(t *table, base Settings) Sweep {
	c, ok := t.child("sweep")
	if !ok {
		return Sweep{}
	}
	s := Sweep{Mode: c.mode(), Axes: c.axes(base), Arms: c.arms(base), Include: c.matches("include", base), Exclude: c.matches("exclude", base)}
	c.listed(s.Mode)
	if s.size() > maxArmNumber {
		c.tooManyArms()
	}
	c.finish()
	return s
}

// listed holds what a sweep lists against its mode.
func (t *table) listed(mode string) {
	switch {
	case mode == List && t.has("axes"):
		t.report(t.key("axes"), "axes in mode \"list\"", "[["+header(t.key("arm"))+"]] tables", `write mode = "product" or list the arms`)
	case mode == List && !t.has("arm"):
		t.report(t.key("mode"), `string "list"`, "at least one [["+header(t.key("arm"))+"]] table", "")
	case mode != List && mode != "" && t.has("arm"):
		t.report(t.key("arm"), fmt.Sprintf("listed arms in mode %q", mode), "["+header(t.key("axes"))+"]", `write mode = "list" or name axes`)
	case mode != List && mode != "" && !t.has("axes"):
		t.report(t.key("mode"), fmt.Sprintf("string %q", mode), "a ["+header(t.key("axes"))+"] table", "")
	}
}

var ordinal = regexp.MustCompile(`\[[0-9]+\]`)

// header is a path as a table's header has it, without the numbers of elements.
func header(path string) string { return ordinal.ReplaceAllString(path, "") }

func (t *table) tooManyArms() {
	t.report(t.key("axes"), "a product of more than "+fmt.Sprint(maxArmNumber)+" arms", "fewer", `write mode = "one-at-a-time" or shorten the axes`)
}

func (t *table) mode() string {
	if !t.has("mode") {
		t.missing("mode", oneOf(sweepModes), `"one-at-a-time"`)
	}
	return t.choice("mode", "", sweepModes)
}

// size is the number of arms before filters, capped just above maxArmNumber.
func (s Sweep) size() int {
	if s.Mode != Product {
		return 0
	}
	n := 1
	for _, a := range s.Axes {
		n = min(n*max(1, len(a.Values)), maxArmNumber+1)
	}
	return n
}

// axes reads [sweep.axes], in the order of the file.
func (t *table) axes(base Settings) []Axis {
	c, ok := t.child("axes")
	if !ok {
		return nil
	}
	if len(c.values) == 0 {
		t.report(c.path, "no axis", "at least one engine setting with its values", `add quantization = ["BF16", "Q8_0"]`)
	}
	var axes []Axis
	for _, d := range EngineSettings() {
		if !c.has(d.Name) {
			c.known = append(c.known, d.Name)
			continue
		}
		axes = append(axes, Axis{Name: d.Name, Values: c.axis(d, base)})
	}
	c.finish()
	slices.SortStableFunc(axes, func(a, b Axis) int { return t.where.Order(c.key(a.Name), c.key(b.Name)) })
	return axes
}

func (t *table) axis(d Setting, base Settings) []Override {
	var values []Override
	for i, v := range t.list(d.Name, "values") {
		path := strict.Element(t.key(d.Name), i)
		value, ok := t.override(d, path, v, base)
		if !ok {
			continue
		}
		if slices.ContainsFunc(values, func(o Override) bool { return o.Value == value.Value }) {
			t.report(path, strict.Describe(v), "each value once", "remove the repetition; [run] repetitions repeats trials")
		}
		values = append(values, value)
	}
	return values
}

// override checks one value of a setting.
func (t *table) override(d Setting, path string, v any, base Settings) (Override, bool) {
	expected, suggestion := d.set(&base, v)
	if expected != "" {
		t.report(path, strict.Describe(v), expected, suggestion)
		return Override{}, false
	}
	return Override{Setting: d, Value: d.Get(&base)}, true
}

// arms reads [[sweep.arm]].
func (t *table) arms(base Settings) []Arm {
	var arms []Arm
	names := map[string]string{}
	for _, c := range t.children("arm") {
		a := Arm{Name: c.text("name", "")}
		s := base
		for _, d := range EngineSettings() {
			if c.setting(d, &s) {
				a.Overrides = append(a.Overrides, Override{Setting: d, Value: d.Get(&s)})
			}
		}
		c.finish()
		if first, dup := names[a.Name]; dup && a.Name != "" {
			c.report(c.key("name"), fmt.Sprintf("string %q", a.Name), "a name of its own", first+" has it")
		}
		names[a.Name] = c.path
		arms = append(arms, a)
	}
	return arms
}

// matches reads the filters of include or exclude.
func (t *table) matches(name string, base Settings) []Match {
	var all []Match
	for _, c := range t.children(name) {
		m := Match{Key: c.path, Values: map[string][]string{}}
		for _, d := range EngineSettings() {
			if v, ok := c.take(d.Name); ok {
				m.Values[d.Name] = c.anyOf(d, v, base)
			}
		}
		if len(c.values) == 0 {
			t.report(c.path, "an empty filter", "at least one setting", "an empty filter would match every arm")
		}
		c.finish()
		all = append(all, m)
	}
	return all
}

// anyOf reads one value or a list of them.
func (t *table) anyOf(d Setting, v any, base Settings) []string {
	list, ok := v.([]any)
	if !ok {
		if o, ok := t.override(d, t.key(d.Name), v, base); ok {
			return []string{o.Value}
		}
		return nil
	}
	var values []string
	for i, v := range list {
		if o, ok := t.override(d, strict.Element(t.key(d.Name), i), v, base); ok {
			values = append(values, o.Value)
		}
	}
	return values
}

// String words the filter as the file has it.
func (m Match) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.Values)) {
		parts = append(parts, name+" = "+strings.Join(m.Values[name], " or "))
	}
	return strings.Join(parts, ", ")
}
