package reports

import (
	"fmt"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/table"
)

// sampledCell is what sampled text is off by, where it was measured or should have been.
func sampledCell(a *analysis.Arm) table.Cell {
	if a.SamplesExactly {
		return table.Cell{Text: "exact", Tone: table.Quiet}
	}
	return say(a.Sampled, lossUnit).cell()
}

func (v *view) sampledNote() string {
	q := v.Run.Quality
	check := say(v.SampledCheck, lossUnit)
	return fmt.Sprintf("Sampled text: %d answers of %d tokens at temperature %s, written with the arm's drafts and judged without: the mean of negative log-likelihood "+
		"less entropy, which is 0 but for chance where text is sampled exactly, printed as a change of perplexity. Below 0, likely tokens come more often than the model has them. "+
		"Of several temperatures the one that is the farthest off is shown; both ends of the interval are held against the bound. The reference, which samples exactly: %s.",
		q.SampledAnswers, q.SampledTokens, join(q.SampledTemperatures), check.inline())
}
