package reports

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	amounts "github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
)

// What was kept, lost and paid is on the page and in the summary; what is declared is said to be.
func TestLadderSection(t *testing.T) {
	s := syntheticStudy(4)
	if len(newView(s).ladder().Blocks) > 0 {
		t.Fatal("a section without a ladder")
	}
	loss := .25
	cell := func(arm, kept, refused int) analysis.LadderCell {
		c := analysis.LadderCell{Arm: s.Arms[arm].Arm.ID, Load: s.Run.Loads[0].ID, Trials: []string{"t1"}, Currency: "USD", Issued: 1000, Kept: kept, Refused: refused, Window: 24e9,
			Loss: analysis.Value{Estimate: .031, Low: .031, High: .031, N: 900, Unit: "ratio", Estimated: true}, LossName: "relative rise of perplexity", Declared: true,
			Spent: amounts.New(125, -2, "USD"), Ratio: []float64{.5, .9, 1.7}, Ratios: 800, Slices: make([]analysis.LadderSlice, 24),
			Rungs: []analysis.RungUse{{LadderRung: record.LadderRung{Name: "full <b>", Deployment: "x", Rate: 10, Source: "runs/x, arm a"}, Requests: 400, Kept: 399, Spent: amounts.Zero("USD")},
				{LadderRung: record.LadderRung{Name: "small", QualityLoss: &loss, Loss: "relative rise of perplexity", Declared: true}, Requests: 500, Kept: 495, Spent: amounts.New(125, -2, "USD")}}}
		for i := range c.Slices {
			c.Slices[i] = analysis.LadderSlice{Issued: 40, Kept: 39, Unserved: 1, Rungs: []int{20, 19}}
		}
		return c
	}
	s.Ladders = []analysis.LadderCell{cell(0, 310, 650), cell(1, 9999/10, 2)}
	s.Ladders[1].Untraced = 3
	html, md := printBoth(t, Build(s, Options{}))
	for _, want := range []string{"The degradation ladder", "kept all limits for 99.9 % of 1000 requests", "for 31.0 % of 1000 requests", "a quality loss of 3.1 % on average", "which the ladder file declares", "$1.25",
		"0.50, 0.90, 1.70", "3 requests never reached the gateway"} {
		if !strings.Contains(html, want) || want != "0.50, 0.90, 1.70" && !strings.Contains(md, want) {
			t.Errorf("the page or the summary lacks %q", want)
		}
	}
	if !strings.Contains(html, "full &lt;b&gt;") || strings.Contains(html, "full <b>") {
		t.Error("a rung's name is not escaped")
	}
}
