package reports

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func analysed(t *testing.T, p recordtest.Plan) *analysis.Study {
	t.Helper()
	s, err := analysis.Analyse(recordtest.Make(t, p), analysis.Options{Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReportOfAnAnalysedRun checks the seam: what analysis concludes from a run
// directory is what the report says, whole run or half.
func TestReportOfAnAnalysedRun(t *testing.T) {
	confirmed, half, failing := recordtest.Demo(), recordtest.Small(), recordtest.Small()
	confirmed.Confirm, confirmed.ConfirmLoad = "Q8_0-b8-false", recordtest.LoadID(40)
	half.Edit = func(tr *record.Trial, _ []result.Request) bool { return tr.Key.Load == recordtest.LoadID(20) }
	failing.Edit = func(tr *record.Trial, requests []result.Request) bool {
		for i := range requests {
			if i%2 == 0 {
				requests[i].Outcome, requests[i].First, requests[i].Last = result.Timeout, result.Never, result.Never
				requests[i].Error = "deadline exceeded"
			}
		}
		return true
	}
	tests := []struct {
		name string
		plan recordtest.Plan
		want []string
	}{
		{"whole", confirmed, []string{"✓ proven", "fresh prompts", "fig-tradeoff", "fig-cdf-e2e", "fig-throughput"}},
		{"half", half, []string{"on a run that is not finished", "The run is not finished"}},
		{"failing", failing, []string{"No recommendation", "beyond the slowest success", "30 timeout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := analysed(t, tt.plan)
			html, summary := printBoth(t, Build(s, Options{}))
			checkMarkup(t, html)
			checkMarkdown(t, summary)
			for _, want := range append(tt.want, e(s.Choice.Paragraph)) {
				if !strings.Contains(html, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			if !strings.Contains(summary, md(s.Choice.Paragraph)) {
				t.Errorf("the summary does not hold the paragraph")
			}
		})
	}
}
