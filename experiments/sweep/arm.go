package sweep

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/experiments/scenario"
)

// Arm is one setting of the system, typed.
type Arm struct {
	Record   record.Arm
	Settings scenario.Settings // canonical
	Model    string            // path that can be opened, or "embedded:NAME"
	Draft    string            // likewise, "" for off
	Ladder   *Ladder           // the arm in place of the settings; nil for an engine
	Target   *Deployed         // likewise, of an arm that is a target
}

// Options converts the arm's settings into what the engine is started with: the
// options, the weight format and the draft model's path, "" for off.
func (a Arm) Options() (options engine.Options, quantization, draft string, err error) {
	if err := a.Settings.Validate(); err != nil {
		return engine.Options{}, "", "", fmt.Errorf("arm %q: %w", a.Record.Name, err)
	}
	return a.Settings.Options, a.Settings.Quantization, a.Draft, nil
}

// finish names the arms and gives them ids, commands and quality probes.
func (m *Matrix) finish(kept []candidate, c Capabilities) []Arm {
	settings := make([]scenario.Settings, len(kept))
	for i, k := range kept {
		settings[i] = k.settings
	}
	names := newNamer(settings)
	arms := make([]Arm, len(kept))
	for i, k := range kept {
		arms[i] = m.arm(k.settings)
		arms[i].Record.Name = k.name
		if k.name == "" {
			arms[i].Record.Name = names.name(k.settings)
		}
	}
	if m.Scenario.Quality != nil {
		m.Reference = m.probe(c.weights(scenario.AsShipped), referenceKV)
	}
	return arms
}

func (m *Matrix) arm(s scenario.Settings) Arm {
	a := Arm{Settings: s, Model: m.Scenario.Resolve(m.Scenario.Model), Draft: m.Scenario.Resolve(s.DraftModel)}
	a.Record.Settings = Record(s)
	a.Record.ID = digest("arm", a.Record.Settings)
	for _, x := range m.Axes {
		d, _ := scenario.FindSetting(x.Name)
		if !hasEffect(d, s) {
			continue
		}
		a.Record.Swept = append(a.Record.Swept, record.Setting{Name: x.Name, Value: d.Get(&s)})
	}
	a.Record.Command = a.Command()
	a.Record.TOML = TOML(s)
	if m.Scenario.Quality != nil {
		a.Record.QualityID = m.probeOf(s).ID
	}
	return a
}

// besideTargets marks the engine's arms where there are others, whose names begin with their target's.
func besideTargets(arms []Arm) {
	for i := range arms {
		if r := &arms[i].Record; r.Name == "base" {
			r.Name = "assay"
		} else {
			r.Name = "assay · " + r.Name
		}
	}
}

// disambiguate makes names unique: two drafts of one file name in different
// directories, or a listed name that another arm's values spell.
func disambiguate(arms []Arm) {
	count := map[string]int{}
	for _, a := range arms {
		count[a.Record.Name]++
	}
	for i := range arms {
		if r := &arms[i].Record; count[r.Name] > 1 {
			r.Name += " #" + r.ID[:4]
		}
	}
}

// Record lists every setting as the run directory has it.
func Record(s scenario.Settings) []record.Setting {
	var all []record.Setting
	for _, d := range scenario.EngineSettings() {
		all = append(all, record.Setting{Name: d.Name, Value: d.Get(&s)})
	}
	return all
}

// ParseSettings reads what Record wrote, also of versions that had fewer settings: those
// that are absent are a scenario's. An unknown name or a bad value is an error.
func ParseSettings(all []record.Setting) (scenario.Settings, error) {
	s := scenario.BaseSettings()
	for _, r := range all {
		d, ok := scenario.FindSetting(r.Name)
		if !ok {
			return s, fmt.Errorf("%q is no engine setting", r.Name)
		}
		if err := d.Parse(&s, r.Value); err != nil {
			return s, err
		}
	}
	return s, s.Validate()
}

// Command is the command line that deploys the arm: only flags that differ from the
// defaults, named as the settings with dashes.
func (a Arm) Command() string {
	s, defaults := a.Settings, scenario.DefaultSettings()
	s.DraftModel = a.Draft
	words := []string{"assay", "serve", "--model", shellQuote(a.Model)}
	for _, d := range scenario.EngineSettings() {
		v := d.Get(&s)
		flag := "--" + strings.ReplaceAll(d.Name, "_", "-")
		switch {
		case v == d.Get(&defaults):
		case d.Kind == scenario.Boolean:
			words = append(words, flag+"="+v)
		default:
			words = append(words, flag, shellQuote(v))
		}
	}
	return strings.Join(words, " ")
}

// TOML is the [engine] table with every setting.
func TOML(s scenario.Settings) string {
	var b strings.Builder
	b.WriteString("[engine]\n")
	for _, d := range scenario.EngineSettings() {
		fmt.Fprintf(&b, "%s = %s\n", d.Name, d.TOML(&s))
	}
	return b.String()
}

// shellQuote quotes a word for a POSIX shell where it needs it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
