package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzParse holds two things for any text: no panic, and every problem is typed,
// placed and in order.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.toml", "testdata/good/*.toml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("f.toml", []byte(text))
		if err != nil {
			checkProblems(t, err)
			return
		}
		if err := s.Engine.Validate(); err != nil {
			t.Errorf("accepted settings that do not validate: %v", err)
		}
		for _, l := range s.Loads {
			if len(l.Rates)+len(l.Concurrencies) == 0 && l.Arrival != Recorded {
				t.Errorf("accepted %+v", l)
			}
			for _, c := range l.Streams() {
				if err := drawable(c); err != nil && l.Arrival != Recorded {
					t.Errorf("accepted what cannot be drawn: %v in %+v", err, c)
				}
			}
		}
		checkTargets(t, s)
	})
}

// drawable says why the load generator would refuse a class, as far as it can be known before files are read.
func drawable(c Class) error {
	if c.Corpus.File != "" {
		if c.OutputTokens.Observed.File != "" {
			return nil
		}
		return c.Rows().Validate()
	}
	var errs []error
	for _, l := range []Length{c.PromptTokens, c.OutputTokens} {
		if l.Observed.File == "" {
			errs = append(errs, l.Drawn().Validate())
		}
	}
	return errors.Join(errs...)
}

// checkTargets holds for every file that is accepted: targets have names of their own, values that their systems take, and loads.
func checkTargets(t *testing.T, s *Scenario) {
	t.Helper()
	names := map[string]bool{}
	for _, x := range s.Targets {
		if x.Name == "" || names[x.Name] || x.Dialect.Dialect == nil || (x.URL == "") != x.System.Started || (x.Path == "") == x.System.Started {
			t.Errorf("accepted %+v", x)
		}
		names[x.Name] = true
		for name, value := range x.Settings {
			if again, err := x.System.ParseText(name, value); err != nil || again != value {
				t.Errorf("accepted %s = %q, read again as %q, %v", name, value, again, err)
			}
		}
		if !slices.ContainsFunc(s.Loads, func(l Workload) bool { _, why := x.Cannot(l); return why == "" }) {
			t.Errorf("accepted a target that no load can be asked of: %+v", x)
		}
	}
}
