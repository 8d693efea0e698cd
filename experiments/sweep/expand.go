package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/experiments/scenario"
)

// Matrix is a scenario expanded.
type Matrix struct {
	Scenario   *scenario.Scenario
	Arms       []Arm // in the scenario's order, those of targets last
	Loads      []Load
	Axes       []record.Axis // settings with at least two values over the arms
	Skipped    []record.Skipped
	Unmeasured []string // interactions of axes that the arms do not cover, one sentence each
	Reference  Probe    // what quality is compared with; zero where it is not measured

	Temperatures []float64 // at which sampled text is measured; none where all arms sample exactly
}

// candidate is a combination that the sweep names, before anything is dropped.
type candidate struct {
	name     string // as listed, "" for a name made from the values
	settings scenario.Settings
}

// Expand lists what the scenario runs on models with these capabilities. It fails
// where a filter matches nothing, no arm is left, or a load or the quality text
// cannot run on the model at all.
func Expand(s *scenario.Scenario, c Capabilities) (*Matrix, error) {
	m := &Matrix{Scenario: s}
	loads, err := expandLoads(s)
	if err != nil {
		return nil, err
	}
	m.Loads = loads
	if s.Included {
		if err := m.expandEngine(c); err != nil {
			return nil, err
		}
	}
	targets, err := m.targetArms(c)
	if err != nil {
		return nil, err
	}
	if len(targets) > 0 {
		besideTargets(m.Arms)
		m.Arms = append(m.Arms, targets...)
	}
	disambiguate(m.Arms)
	m.examine(c.Tasks)
	return m, nil
}

// expandEngine adds the arms of the included engine, or of gateways in front of it.
func (m *Matrix) expandEngine(c Capabilities) error {
	s := m.Scenario
	kept, err := filter(s, candidates(s))
	if err != nil {
		return err
	}
	arms := m.possible(kept, c)
	if len(arms) == 0 {
		return m.nothingLeft()
	}
	if err := m.fitQuality(c); err != nil {
		return err
	}
	m.Temperatures = m.sampling(arms)
	if err := m.checkSampling(c); err != nil {
		return err
	}
	m.Axes = axes(s, arms)
	m.Arms = m.finish(arms, c)
	if s.Ladders != nil {
		m.Arms = ladders(s, m.Arms[0])
	}
	m.Unmeasured = unmeasured(m.Axes, m.Arms)
	return nil
}

// fitQuality holds what quality is measured on against the model's context.
func (m *Matrix) fitQuality(c Capabilities) error {
	s := m.Scenario
	if q := s.Quality; q != nil && q.Length > c.Context {
		return s.Problem("quality.length", fmt.Sprint(q.Length), fmt.Sprintf("at most the model's context (%d)", c.Context), "")
	}
	if q := s.Quality; q != nil && len(q.NeedleLengths) > 0 && slices.Max(q.NeedleLengths)+NeedleRoom > c.Context {
		return s.Problem("quality.needle_lengths", fmt.Sprint(slices.Max(q.NeedleLengths)),
			fmt.Sprintf("at most %d: the model's context (%d) less room for an answer", c.Context-NeedleRoom, c.Context), "")
	}
	return nil
}

// candidates lists the combinations before filters.
func candidates(s *scenario.Scenario) []candidate {
	switch s.Sweep.Mode {
	case scenario.Product:
		return product(s.Engine, s.Sweep.Axes)
	case scenario.OneAtATime:
		all := []candidate{{settings: s.Engine}}
		for _, a := range s.Sweep.Axes {
			for _, o := range a.Values {
				if one := with(s.Engine, o); one != s.Engine {
					all = append(all, candidate{settings: one})
				}
			}
		}
		return all
	case scenario.List:
		var all []candidate
		for _, a := range s.Sweep.Arms {
			all = append(all, candidate{a.Name, with(s.Engine, a.Overrides...)})
		}
		return all
	}
	return []candidate{{settings: s.Engine}}
}

// product varies the last axis fastest.
func product(base scenario.Settings, axes []scenario.Axis) []candidate {
	all := []candidate{{settings: base}}
	for _, a := range axes {
		var next []candidate
		for _, c := range all {
			for _, o := range a.Values {
				next = append(next, candidate{settings: with(c.settings, o)})
			}
		}
		all = next
	}
	return all
}

func with(s scenario.Settings, overrides ...scenario.Override) scenario.Settings {
	for _, o := range overrides {
		o.Apply(&s)
	}
	return s
}

// filter keeps what include asks for and drops what exclude names. A filter that
// matches no combination is a mistake in the file.
func filter(s *scenario.Scenario, all []candidate) ([]candidate, error) {
	matchesAny := func(filters []scenario.Match) func(candidate) bool {
		return func(c candidate) bool {
			return slices.ContainsFunc(filters, func(m scenario.Match) bool { return m.Matches(&c.settings) })
		}
	}
	var errs []error
	for _, f := range slices.Concat(s.Sweep.Include, s.Sweep.Exclude) {
		if !slices.ContainsFunc(all, matchesAny([]scenario.Match{f})) {
			errs = append(errs, s.Problem(f.Key, "a filter that no arm of the sweep matches ("+f.String()+")", "values that the sweep has", "remove it or correct its values"))
		}
	}
	included, excluded := matchesAny(s.Sweep.Include), matchesAny(s.Sweep.Exclude)
	kept := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool {
		return len(s.Sweep.Include) > 0 && !included(c) || excluded(c)
	})
	if len(kept) == 0 && len(errs) == 0 {
		errs = append(errs, s.Problem("sweep", "filters that drop every arm", "at least one arm", "loosen include and exclude"))
	}
	return kept, errors.Join(errs...)
}

// possible makes candidates canonical, and skips those that cannot run or that
// repeat an earlier one.
func (m *Matrix) possible(all []candidate, c Capabilities) []candidate {
	written := make([]scenario.Settings, len(all))
	for i, k := range all {
		written[i] = k.settings
	}
	names := newNamer(written)
	first := map[scenario.Settings]candidate{}
	var kept []candidate
	for _, k := range all {
		raw := k
		if raw.name == "" {
			raw.name = names.name(raw.settings)
		}
		k.settings = c.canonical(k.settings)
		if same, dup := first[k.settings]; dup {
			m.skip(raw.name, repeats(raw.settings, same))
			continue
		}
		first[k.settings] = raw
		if why := m.whyNot(k.settings, c); why != "" {
			m.skip(raw.name, why)
			continue
		}
		kept = append(kept, k)
	}
	return kept
}

// repeats words why s is not run beside an earlier arm that behaves the same.
func repeats(s scenario.Settings, earlier candidate) string {
	var differs []string
	for _, d := range scenario.EngineSettings() {
		if d.Get(&s) != d.Get(&earlier.settings) {
			differs = append(differs, d.Name+" = "+d.TOML(&s))
		}
	}
	if len(differs) == 0 {
		return fmt.Sprintf("the same settings as %q", earlier.name)
	}
	return fmt.Sprintf("with %s it is the same as %q", strings.Join(differs, ", "), earlier.name)
}

func (m *Matrix) skip(name, reason string) {
	m.Skipped = append(m.Skipped, record.Skipped{Name: name, Reason: reason})
}

// whyNot is the reason for which an arm cannot run on any load or on one of them.
func (m *Matrix) whyNot(s scenario.Settings, c Capabilities) string {
	if why := c.impossible(s); why != "" {
		return why
	}
	for _, w := range m.Scenario.Loads {
		if why := c.fits(s, w); why != "" {
			return why
		}
	}
	if s.Lossy() && len(m.temperatures()) == 0 {
		return fmt.Sprintf("draft_acceptance %s: no load samples, and greedy answers are exact", s.DraftAcceptance)
	}
	return ""
}

// nothingLeft names the first reasons for which no arm can run.
func (m *Matrix) nothingLeft() error {
	const most = 3
	var reasons []string
	for _, s := range m.Skipped {
		reasons = append(reasons, s.Name+": "+s.Reason)
	}
	found := strings.Join(reasons[:min(most, len(reasons))], "; ")
	if more := len(reasons) - most; more > 0 {
		found += fmt.Sprintf("; and %d more", more)
	}
	key := "sweep"
	if m.Scenario.Sweep.Mode == scenario.NoSweep {
		key = "engine"
	}
	return m.Scenario.Problem(key, "no arm that can run ("+found+")", "at least one", "")
}

// axes lists the settings with at least two values over the arms, values in the
// scenario's order.
func axes(s *scenario.Scenario, arms []candidate) []record.Axis {
	var all []record.Axis
	for _, d := range scenario.EngineSettings() {
		var values []string
		for _, a := range arms {
			if v := d.Get(&a.settings); hasEffect(d, a.settings) && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			slices.SortStableFunc(values, func(a, b string) int { return written(s, d.Name, a) - written(s, d.Name, b) })
			all = append(all, record.Axis{Name: d.Name, Values: values})
		}
	}
	place := func(name string) int {
		i := slices.IndexFunc(s.Sweep.Axes, func(a scenario.Axis) bool { return a.Name == name })
		if i < 0 {
			return len(s.Sweep.Axes)
		}
		return i
	}
	slices.SortStableFunc(all, func(a, b record.Axis) int { return place(a.Name) - place(b.Name) })
	return all
}

// written is the place of a value on the scenario's axis; -1 for the base's value
// and for arms that are listed, which keep their order.
func written(s *scenario.Scenario, axis, value string) int {
	for _, a := range s.Sweep.Axes {
		if a.Name == axis {
			return slices.IndexFunc(a.Values, func(o scenario.Override) bool { return o.Value == value })
		}
	}
	return -1
}

// hasEffect is false for how much is drafted of an arm that does not draft, and for a cache format
// that both keys and values have one instead of.
func hasEffect(d scenario.Setting, s scenario.Settings) bool {
	switch d.Name {
	case "draft_layers":
		return s.Drafter == engine.DrafterSelf
	case "draft_length", "draft_adaptive", "draft_acceptance":
		return s.Drafts()
	case "draft_epsilon":
		return s.Drafts() && s.Lossy()
	case "kv_format":
		return s.KFormat == engine.SameFormat || s.VFormat == engine.SameFormat
	case "kv_budget":
		return s.Bound().Masks() || s.Bound().Chooses()
	case "kv_sinks":
		return s.KVPolicy == kvcache.PolicySinks || s.Bound().Chooses()
	case "kv_recent", "kv_observe":
		return s.Bound().Chooses()
	}
	return true
}
