package sweep

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
)

// nameChoices are the names of a target's arms: its own, and the values that tell the arms apart. A server that is there and has
// no name is called by its model and its address.
func nameChoices(x *scenario.Target, all []choice) []string {
	varies := varying(x.System, all)
	names := make([]string, len(all))
	for i, k := range all {
		parts := []string{x.Name}
		switch {
		case !x.System.Started && !x.Given:
			parts[0] = x.Where()
		case k.name != "":
			parts = append(parts, k.name)
		default:
			for _, name := range k.values.Names(x.System) {
				if varies[name] {
					s, _ := x.System.Setting(name)
					parts = append(parts, valueLabel(s, k.values[name]))
				}
			}
		}
		names[i] = strings.Join(parts, " · ")
	}
	return names
}

// varying are the settings whose values differ, one that is not given being another than any.
func varying(k system.Kind, all []choice) map[string]bool {
	varies := map[string]bool{}
	for _, s := range k.Settings {
		for _, c := range all {
			have, given := c.values[s.Name]
			first, inFirst := all[0].values[s.Name]
			varies[s.Name] = varies[s.Name] || have != first || given != inFirst
		}
	}
	return varies
}

// valueLabel words one value, with what of the setting's name tells it from others: "seqs 4" for max_num_seqs, "no prefix caching"
// where enable_prefix_caching is false.
func valueLabel(s system.Setting, v string) string {
	name := s.Name
	for _, plain := range []string{"enable_", "max_num_"} {
		name = strings.TrimPrefix(name, plain)
	}
	name = strings.ReplaceAll(name, "_", " ")
	switch {
	case s.Type == system.Boolean && v == "true":
		return name
	case s.Type == system.Boolean:
		return "no " + name
	case len(v) > longestValue:
		v = v[:longestValue] + "..."
	}
	return name + " " + v
}

// longestValue of a setting stands in a name as it is.
const longestValue = 32

// targetTOML is the table that deploys the arm.
func targetTOML(x *scenario.Target, v system.Values) string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s = %s\n", key, scenario.QuoteTOML(value))
		}
	}
	b.WriteString("[[target]]\n")
	line("name", x.Name)
	line("system", x.System.Name)
	line("path", x.Path)
	line("url", x.URL)
	line("dialect", x.Dialect.Name)
	line("model", x.Model)
	if len(v) > 0 {
		b.WriteString("[target.settings]\n")
	}
	for _, name := range v.Names(x.System) {
		s, _ := x.System.Setting(name)
		value := v[name]
		if s.Type == system.Text || s.Type == system.Choice {
			value = scenario.QuoteTOML(value)
		}
		fmt.Fprintf(&b, "%s = %s\n", name, value)
	}
	return b.String()
}

// CommandLine is a command as a shell takes it.
func CommandLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellQuote(w)
	}
	return strings.Join(quoted, " ")
}
