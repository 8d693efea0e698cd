package sweep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
)

// Deployed is what an arm is that is a target: one choice of its settings.
type Deployed struct {
	*scenario.Target
	Values system.Values
}

// choice is a combination of a target's settings, before anything is dropped.
type choice struct {
	name   string // as listed, "" for a name made from the values
	values system.Values
	swept  []string // the settings that the sweep gave
}

// targetArms are the arms of all targets, in the scenario's order. What cannot run with the version found is skipped.
func (m *Matrix) targetArms(c Capabilities) (arms []Arm, err error) {
	for _, x := range m.Scenario.Targets {
		own, err := m.armsOf(x, c.Versions[x.Name])
		if err != nil {
			return nil, err
		}
		arms = append(arms, own...)
		m.skipLoads(x)
	}
	return arms, nil
}

// armsOf are the arms of one target.
func (m *Matrix) armsOf(x *scenario.Target, version string) ([]Arm, error) {
	kept, err := filterChoices(m.Scenario, x, choices(x))
	if err != nil {
		return nil, err
	}
	names := nameChoices(x, kept)
	first := map[string]string{}
	var arms []Arm
	var reasons []string
	for i, k := range kept {
		id := digest("values", k.values)
		why := x.System.Refuses(k.values, version)
		if same, dup := first[id]; dup {
			why = fmt.Sprintf("the same settings as %q", same)
		}
		if why != "" {
			m.skip(names[i], why)
			reasons = append(reasons, names[i]+": "+why)
			continue
		}
		first[id] = names[i]
		arms = append(arms, m.targetArm(x, k, names[i], version))
	}
	if len(arms) == 0 {
		return nil, m.Scenario.Problem(x.Key, "no arm that can run ("+strings.Join(reasons[:min(3, len(reasons))], "; ")+")", "at least one", "")
	}
	return arms, nil
}

// choices lists the combinations before filters.
func choices(x *scenario.Target) []choice {
	base := choice{values: system.Values{}}
	maps.Copy(base.values, x.Settings)
	switch x.Sweep.Mode {
	case scenario.Product:
		return productOf(base, x.Sweep.Axes)
	case scenario.OneAtATime:
		all := []choice{base}
		for _, a := range x.Sweep.Axes {
			for _, v := range a.Values {
				if have, given := x.Settings[a.Name]; !given || have != v {
					all = append(all, base.with(a.Name, v))
				}
			}
		}
		return all
	case scenario.List:
		var all []choice
		for _, a := range x.Sweep.Arms {
			k := choice{name: a.Name, values: base.values}
			for _, name := range a.Values.Names(x.System) {
				k = k.with(name, a.Values[name])
			}
			all = append(all, k)
		}
		return all
	}
	return []choice{base}
}

// productOf varies the last axis fastest.
func productOf(base choice, axes []scenario.TargetAxis) []choice {
	all := []choice{base}
	for _, a := range axes {
		var next []choice
		for _, k := range all {
			for _, v := range a.Values {
				next = append(next, k.with(a.Name, v))
			}
		}
		all = next
	}
	return all
}

func (k choice) with(name, value string) choice {
	values := system.Values{}
	maps.Copy(values, k.values)
	values[name] = value
	return choice{k.name, values, append(slices.Clone(k.swept), name)}
}

// filterChoices keeps what include asks for and drops what exclude names, as filter does.
func filterChoices(s *scenario.Scenario, x *scenario.Target, all []choice) ([]choice, error) {
	matches := func(filters []scenario.Match, k choice) bool {
		return slices.ContainsFunc(filters, func(m scenario.Match) bool { return m.MatchesValues(k.values) })
	}
	for _, f := range slices.Concat(x.Sweep.Include, x.Sweep.Exclude) {
		if !slices.ContainsFunc(all, func(k choice) bool { return f.MatchesValues(k.values) }) {
			return nil, s.Problem(f.Key, "a filter that no arm of the sweep matches ("+f.String()+")", "values that the sweep has", "remove it or correct its values")
		}
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(k choice) bool {
		return len(x.Sweep.Include) > 0 && !matches(x.Sweep.Include, k) || matches(x.Sweep.Exclude, k)
	})
	if len(kept) == 0 {
		return nil, s.Problem(x.Key+".sweep", "filters that drop every arm", "at least one arm", "loosen include and exclude")
	}
	return kept, nil
}

// targetArm makes an arm of one choice. Its command is whose it is that starts it.
func (m *Matrix) targetArm(x *scenario.Target, k choice, name, version string) Arm {
	a := Arm{Target: &Deployed{x, k.values}}
	a.Record = record.Arm{Name: name, Settings: settingsOf(x.System, k.values, nil), Deployment: deployment(x, version)}
	if x.System.Started {
		a.Record.TOML = targetTOML(x, k.values)
	}
	a.Record.Swept = settingsOf(x.System, k.values, m.sweptOf(x, k))
	a.Record.ID = digest("target", identity(x), k.values)
	return a
}

// sweptOf are the settings that any choice of the target's sweep gives.
func (m *Matrix) sweptOf(x *scenario.Target, k choice) []string {
	swept := append([]string{}, k.swept...)
	for _, a := range x.Sweep.Axes {
		swept = append(swept, a.Name)
	}
	for _, a := range x.Sweep.Arms {
		swept = append(swept, a.Values.Names(x.System)...)
	}
	return swept
}

// settingsOf lists the given values in the system's order; only those of some names where there are any.
func settingsOf(k system.Kind, v system.Values, names []string) []record.Setting {
	all := []record.Setting{}
	for _, name := range v.Names(k) {
		if names == nil || slices.Contains(names, name) {
			all = append(all, record.Setting{Name: name, Value: v[name]})
		}
	}
	return all
}

// identity is everything of a target that decides what its trials are, apart from its settings: not its price, its budget or
// where its key is.
func identity(x *scenario.Target) any {
	return []any{x.Name, x.System.Name, x.Path, x.Command, x.URL, x.Dialect.Name, x.Model, x.Usage, x.Stop, x.ServerSampling, x.Body}
}

func deployment(x *scenario.Target, version string) *record.Deployment {
	d := &record.Deployment{Target: x.Name, System: x.System.Name, Title: x.System.Title, Version: version, Model: x.Model, URL: strings.TrimRight(x.URL, "/"),
		Dialect: x.Dialect.Name, Started: x.System.Started, Managed: x.Dialect.Managed, Hardware: x.Hardware, Region: x.Region, Price: x.Price, Untold: x.Dialect.Untold}
	if x.System.Started {
		d.Model = x.Path
	}
	for _, l := range x.Labels {
		d.Labels = append(d.Labels, record.Setting{Name: l.Name, Value: l.Value})
	}
	return d
}

// Asks says why a load is not asked of an arm, "" where it is.
func (m *Matrix) Asks(a Arm, w scenario.Workload) string {
	if a.Target == nil {
		return ""
	}
	_, why := a.Target.Cannot(w)
	return why
}

// skipLoads notes the loads that a target cannot be asked for.
func (m *Matrix) skipLoads(x *scenario.Target) {
	for _, w := range m.Scenario.Loads {
		if _, why := x.Cannot(w); why != "" {
			m.skip(fmt.Sprintf("%s at load %q", x.Name, w.Name), why)
		}
	}
}

// Called gives the arms of a target that is there the model that it turned out to have, where the scenario names none.
func (m *Matrix) Called(target, model string) {
	for i := range m.Arms {
		a := &m.Arms[i]
		if a.Target == nil || a.Target.Name != target || a.Target.Model != "" || a.Target.System.Started {
			continue
		}
		a.Record.Deployment.Model = model
		if !a.Target.Given {
			a.Record.Name = a.Target.Called(model)
		}
	}
}
