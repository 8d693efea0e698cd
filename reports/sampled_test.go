package reports

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
)

// Where arms do not sample exactly, the table of quality says what they sampled, and the check.
func TestSampledText(t *testing.T) {
	s := syntheticStudy(8)
	s.Run.Quality.SampledAnswers, s.Run.Quality.SampledTokens, s.Run.Quality.SampledTemperatures = 256, 128, []float64{.5, .8}
	s.SampledCheck = analysis.Value{Estimate: .001, Low: -.01, High: .012, Level: .95, N: 256, Unit: "nats"}
	for i := range s.Arms {
		s.Arms[i].SamplesExactly = true
	}
	last := &s.Arms[len(s.Arms)-1]
	last.Arm.QualityID = "q-lossy"
	last.SamplesExactly, last.LossWithin, last.Eligible = false, false, false
	last.Sampled = analysis.Value{Estimate: -.11, Low: -.13, High: -.09, Level: .95, N: 256, Unit: "nats"}
	section := newView(s).qualityTable()
	table := section.Blocks[0].(Table).Table
	column := len(table.Columns) - 2
	if table.Columns[column].Title != "sampled text" {
		t.Fatalf("columns %+v", table.Columns)
	}
	for i, r := range table.Rows {
		want := "exact"
		if i == len(table.Rows)-1 {
			want = "-10"
		}
		if got := strings.ReplaceAll(r.Cells[column].Text, "−", "-"); !strings.HasPrefix(got, want) || len(r.Cells) != len(table.Columns) {
			t.Errorf("row %d: %q, want %q", i, got, want)
		}
	}
	note := string(section.Blocks[len(section.Blocks)-1].(Note))
	if !strings.Contains(note, "256 answers of 128 tokens at temperature 0.5, 0.8") || !strings.Contains(note, "samples exactly: 0.1") {
		t.Errorf("said %q", note)
	}
}
