package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// Change is one thing that differs between a run and its resumption.
type Change struct {
	What    string // "scenario", "binary", "host", "quality text", "file NAME", "version of TARGET"
	Was, Is string
}

func (c Change) String() string {
	return fmt.Sprintf("the %s changed (was %s, is %s)", c.What, c.Was, c.Is)
}

// ChangedError refuses to resume: trials measured before and after would not be
// comparable.
type ChangedError struct {
	Dir     string
	Changes []Change
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s cannot be resumed: %s; start a new run in another directory, or force it: the report will say so",
		e.Dir, sentence(e.Changes))
}

func sentence(changes []Change) string {
	var parts []string
	for _, c := range changes {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, "; ")
}

// changes compares the run on disk with the one that would go on.
func changes(was, is record.Run) []Change {
	var all []Change
	note := func(what, a, b string) {
		if a != b {
			all = append(all, Change{what, orNone(a), orNone(b)})
		}
	}
	note("scenario", "sha256 "+short(was.ScenarioHash), "sha256 "+short(is.ScenarioHash))
	note("quality text", short(was.Quality.TextSHA256), short(is.Quality.TextSHA256))
	for _, f := range is.Files {
		i := slices.IndexFunc(was.Files, func(o record.File) bool { return o.Name == f.Name })
		if i >= 0 { // a name that comes or goes is the scenario's change
			note("file "+f.Name, "sha256 "+short(was.Files[i].SHA256), "sha256 "+short(f.SHA256))
		}
	}
	now := versions(is)
	for _, target := range slices.Sorted(maps.Keys(now)) {
		if before, known := versions(was)[target]; known {
			note("version of "+target, before, now[target])
		}
	}
	if was.Build.SHA256 != is.Build.SHA256 {
		note("binary", build(was.Build), build(is.Build))
	}
	if was.Host.Fingerprint != is.Host.Fingerprint {
		a, b := hostDifference(was.Host, is.Host)
		note("host", a, b)
	}
	return all
}

// versions are those of the systems that a run's targets start, by the targets' names.
func versions(r record.Run) map[string]string {
	all := map[string]string{}
	for _, a := range r.Arms {
		if d := a.Deployment; d != nil && d.Started {
			all[d.Target] = d.Version
		}
	}
	return all
}

// short keeps enough of a hash to tell two apart.
func short(hash string) string { return hash[:min(12, len(hash))] }

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func build(b record.Build) string {
	return fmt.Sprintf("%s, %s, sha256 %s", orNone(b.Version), orNone(b.Go), short(b.SHA256))
}

// hostDifference words the fields that differ, or the fingerprints where none does.
func hostDifference(was, is record.Host) (string, string) {
	fields := func(h record.Host) [][2]string {
		return [][2]string{
			{"OS", h.OS}, {"kernel", h.Kernel}, {"architecture", h.Arch}, {"CPU", h.CPU}, {"cores", fmt.Sprint(h.Cores)},
			{"memory", fmt.Sprintf("%d MiB", h.MemoryBytes>>20)}, {"features", strings.Join(h.Features, " ")}, {"kernels", h.Kernels},
		}
	}
	var a, b []string
	now := fields(is)
	for i, f := range fields(was) {
		if f[1] != now[i][1] {
			a = append(a, f[0]+" "+orNone(f[1]))
			b = append(b, f[0]+" "+orNone(now[i][1]))
		}
	}
	if len(a) == 0 {
		return "fingerprint " + short(was.Fingerprint), "fingerprint " + short(is.Fingerprint)
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}
