package reports

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
)

// syntheticInstrument is one that was calibrated twice, with a trial that was throttled.
func syntheticInstrument() analysis.Instrument {
	e := func(quantity string, known, bias, p50, p99 int64) record.Exactness {
		return record.Exactness{Quantity: quantity, N: 115, KnownNS: known, BiasNS: bias, P50NS: p50, P95NS: (p50 + p99) / 2, P99NS: p99, MaxNS: 2 * p99}
	}
	return analysis.Instrument{Calibrations: 2, Answers: []string{"a token at a time", "reasoning before the answer", "an error in the stream"},
		Errors: []record.Exactness{e("send", 0, 110e3, 110e3, 420e3), e("stamp", 0, 48e3, 48e3, 310e3), e("ttft", 15.2e6, 390e3, 390e3, 760e3),
			e("itl", 5.2e6, -1e3, 14e3, 280e3), e("tpot", 5.2e6, -400, 2.1e3, 19e3), e("e2e", 131e6, 402e3, 402e3, 801e3), e("timeout", 0, 610e3, 610e3, 1.1e6)},
		Trials: 24, Handlers: 24,
		Extremes: []analysis.Extreme{
			{What: "the lab's own clock woke late, p99", Unit: "ns", Median: 180e3, Worst: 640e3, Trial: "t-7", Limit: 1e6},
			{What: "the lab's share of its processors", Unit: "ratio", Median: 0.043, Worst: 0.081, Trial: "t-3", Limit: 0.9},
			{What: "processes stopped by a CPU quota", Unit: "ns", Worst: 34e6, Trial: "t-9", Limit: 1e6},
			{What: "jumps of the wall clock", Unit: "times"}},
		Effect: &analysis.LabEffect{Arm: "arm-01", Load: "poisson-20", Trials: []string{"t-30", "t-31"}, Added: 0.87, Pairs: 62, Latencies: []analysis.LatencyCost{
			{Metric: "ttft", Mean: 14.1e6, Change: analysis.Value{Estimate: 120e3, Low: -90e3, High: 340e3, Level: 0.95, N: 62, Unit: "ns"}, Bound: 895e3},
			{Metric: "tpot", Mean: 3.1e6, Change: analysis.Value{Estimate: -11e3, Low: -40e3, High: -2e3, Level: 0.95, N: 62, Unit: "ns"}},
			{Metric: "e2e", Change: analysis.Value{Note: analysis.Insufficient, N: 4}}}}}
}

// instrumentText is the section as Markdown, with its folds as they are in HTML behind it.
func instrumentText(t *testing.T, i analysis.Instrument) string {
	t.Helper()
	v := newView(&analysis.Study{Instrument: i})
	var b bytes.Buffer
	page := Page{Title: "t", Sections: []Section{v.instrument()}}
	if err := Markdown(&b, page); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&b, page); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestInstrument(t *testing.T) {
	full := instrumentText(t, syntheticInstrument())
	for _, want := range []string{"did so 2 times in this run, of which the worst", "All 3 kinds of them were told right: a token at a time; reasoning before the answer; an error in the stream.",
		"stamping a message", "48.0 µs", "310 µs", "15.2 ms", "a timeout", "processes stopped by a CPU quota", "34.0 ms", "at most 1.00 ms", "not valid", "t-9", "4.3 %",
		"In 24 of 24 trials the engine's steps had a processor to themselves", "the lab used 87 % more processor time", "62 requests", "895 µs", "6.3 % of the mean", "insufficient"} {
		if !strings.Contains(full, want) {
			t.Errorf("%q is not in the section", want)
		}
	}
	shared := syntheticInstrument()
	shared.Shared, shared.Effect = 3, nil
	if text := instrumentText(t, shared); !strings.Contains(text, "In 3 of 24 trials the lab shared processors with the engine's steps.") || !strings.Contains(text, "not bounded: it takes a confirming run") {
		t.Error(text)
	}
	shared.Effect = &analysis.LabEffect{Note: "7 pairs are too few"}
	if text := instrumentText(t, shared); !strings.Contains(text, "What that costs is not bounded: 7 pairs are too few.") {
		t.Error(text)
	}
	// A run of a version that did none of this has no such section.
	if s := newView(&analysis.Study{Instrument: analysis.Instrument{Trials: 4}}).instrument(); len(s.Blocks) != 0 {
		t.Errorf("%+v", s)
	}
}
