package reports

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
)

func TestOverTimeSection(t *testing.T) {
	s := syntheticStudy(4)
	if len(newView(s).overTime().Blocks) > 0 {
		t.Fatal("a section although all cells are steady")
	}
	c := &s.Cells[0]
	c.Valid, c.Invalid = false, []string{"TPOT drifts"}
	c.OverTime = analysis.OverTime{Unsteady: []string{"TPOT drifts <b>"}, Unsent: 40, Trimmed: 12, TrimmedMisses: 3, TrimmedKept: 1, Mixture: "TTFT is of two kinds.",
		Course: &analysis.Course{Trial: record.TrialKey{ID: "t-drift", Arm: c.Arm, Load: c.Load}, Metric: "tpot", Window: 1e9, WarmUp: 1e8, Trimmed: true,
			Requests: []analysis.CoursePoint{{At: 1, Latency: 2e6, InFlight: 1}, {At: 5e8, Latency: math.Inf(1)}, {At: 9e8, Latency: math.NaN()}}}}
	html, md := printBoth(t, Build(s, Options{}))
	for _, want := range []string{"Steady or not", "TPOT drifts &lt;b&gt;.", "40 requests were not sent", "12 requests were left out as warm-up", "3 of them broke a limit", ", 40 not sent, 12 left out",
		"1 failure at that time not left out", "TTFT is of two kinds.", "time per output token (TPOT)", "warm-up, left out", "t-drift"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if regexp.MustCompile(`\b(NaN|[-+]?Inf)\b`).MatchString(html) {
		t.Error("the page prints what is no number")
	}
	if strings.Contains(md, "Steady or not") {
		t.Error("the summary has the detail")
	}
}

// Six are drawn, and the caption says how many are not.
func TestOverTimeDrawsAFew(t *testing.T) {
	s := syntheticStudy(16)
	for i := range s.Cells {
		s.Cells[i].OverTime = analysis.OverTime{OverSaturated: []string{"over-saturated"}, Course: &analysis.Course{Trial: record.TrialKey{ID: "t"}, Metric: "ttft"}}
	}
	v := newView(s)
	section := v.overTime()
	f, ok := section.Blocks[len(section.Blocks)-1].(Figure)
	if !ok || len(f.Trials) != mostCourses || !strings.Contains(f.Caption, plural(len(s.Cells)-mostCourses, "further cell")+" are not drawn") {
		t.Errorf("%+v", f)
	}
}
