package reports

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/analysis/trend"
)

// followed is a history with one change, made up.
func followed() trend.History {
	h := trend.History{Run: record.Run{Name: "ci", Created: "2030-01-12T00:00:00Z", Host: record.Host{CPU: "a <processor>"}}, Alpha: .05}
	s := trend.Series{Arm: "base", Load: "poisson 20/s", Metric: compare.Metric{Name: "tpot", Percentile: .5, Unit: "ns"}}
	for i := range 12 {
		v := 5e6 * (1 + .01*math.Sin(float64(i)))
		if i >= 8 {
			v *= 1.12
		}
		p := trend.Point{ID: fmt.Sprint("id", i), Label: fmt.Sprintf("v1.%d", i), Created: fmt.Sprintf("2030-01-%02dT00:00:00Z", 1+i), Build: "b", Value: v, Low: .97 * v, High: 1.03 * v, Repetitions: 5}
		s.Points, h.Runs = append(s.Points, p), append(h.Runs, p)
	}
	s.Changes = []trend.Change{{Changepoint: trend.Changepoint{At: 8, P: .0002}, Before: 5e6, After: 5.6e6, Worse: true}}
	h.Series = []trend.Series{s}
	return h
}

func TestTrendPage(t *testing.T) {
	html, summary := printBoth(t, Trend([]trend.History{followed()}, TrendOptions{Store: "baselines", HTMLFile: "t.html"}))
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	for _, want := range []string{"ci: trend", "v1.8", "+12 %", "5.00 ms", "5.60 ms", "trend-1-1", "Pettitt", "a &lt;processor&gt;"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(summary, "| v1.8 (2030-01-09, b)") || strings.Contains(summary, "Pettitt") {
		t.Errorf("the summary is\n%s", summary)
	}
	quiet := followed()
	quiet.Series[0].Changes = nil
	html, _ = printBoth(t, Trend([]trend.History{quiet, followed()}, TrendOptions{Store: "git notes"}))
	checkMarkup(t, html)
	if !strings.Contains(html, "In 1 series of 12 runs nothing changed") || !strings.Contains(html, "2 histories of git notes") {
		t.Error("two histories are not told apart")
	}
}

func TestBoundarySection(t *testing.T) {
	search := record.Search{Name: "chat", MinRate: 8, MaxRate: 96, Precision: .3, MaxProbes: 200}
	plan := boundary.PlanOf(search, 1)
	var rates []float64
	for level := range plan.Top() + 1 {
		rates = append(rates, plan.Rate(level))
	}
	html, summary := printBoth(t, Build(analysed(t, recordtest.Search(search, rates)), Options{}))
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	for _, want := range []string{"How much load each arm holds", "boundary-1", "first limit to break", "p95 TTFT", "95 % interval", "Capacity: the rate at which the first limit breaks"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
