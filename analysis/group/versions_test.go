package group

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func TestVersions(t *testing.T) {
	for name, tc := range map[string]struct {
		models func(repetition int) []string
		want   string
	}{
		"as asked":     {func(int) []string { return nil }, ""},
		"one other":    {func(int) []string { return []string{"m-1"} }, ""},
		"a new one":    {func(r int) []string { return [][]string{{"m-1"}, {"m-2"}, {"m-1"}}[r] }, "different versions of the model answered: m-1 (repetition 0, 2); m-2 (repetition 1)"},
		"dated lately": {func(r int) []string { return [][]string{nil, nil, {"m-2"}}[r] }, "different versions of the model answered: m-2 (repetition 2); the one that was asked (repetition 0, 1)"},
	} {
		p := recordtest.Small()
		p.Repetitions = 3
		p.Edit = func(r *record.Trial, _ []result.Request) bool {
			r.Server = &record.Server{Models: tc.models(r.Key.Repetition)}
			return true
		}
		for key, c := range load(t, p) {
			if got := strings.Join(c.Invalid, "; "); got != tc.want {
				t.Errorf("%s, %s: %q, want %q", name, key, got, tc.want)
			}
		}
	}
	p := recordtest.Small() // the included engine says nothing
	p.Repetitions = 2
	if c := load(t, p)["fast r20"]; len(c.Invalid) > 0 {
		t.Errorf("%q", c.Invalid)
	}
}
