package reports

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

func comparison() *compare.Comparison {
	row := func(load, metric string, first, second, low, high, p float64, outcome compare.Outcome) compare.Row {
		m, err := compare.ParseMetric(metric)
		if err != nil {
			panic(err)
		}
		return compare.Row{Arm: "base", Load: load, Metric: m, First: first, Second: second, Adjusted: p, Outcome: outcome,
			Change: stat.Change{Ratio: second / first, Interval: stat.Interval{Low: low, High: high, Level: .95}}}
	}
	unbounded := row("poisson 40/s", "p95 e2e", 3e8, math.Inf(1), 0, math.Inf(1), .0004, compare.Worse)
	unbounded.Note = "failures reach it"
	return &compare.Comparison{
		First:    record.Run{Name: "before", Created: "2026-01-01T00:00:00Z", Build: record.Build{Version: "v1"}},
		Second:   record.Run{Name: "after", Created: "2026-01-02T00:00:00Z", Build: record.Build{Version: "v2"}},
		Warnings: []string{"fewer than 3 repetitions"},
		Rows: []compare.Row{
			row("poisson 20/s", "p50 ttft", 12.5e6, 13.5e6, 1.031, 1.132, .012, compare.Worse),
			row("poisson 20/s", "p95 itl", 2e6, 1e6, .45, .62, .00001, compare.Better),
			row("poisson 20/s", "throughput", 120, 121, .99, 1.02, .8, compare.Undecided),
			row("poisson 40/s", "p95 ttft", math.NaN(), math.NaN(), 0, math.Inf(1), 1, compare.NotKnown),
			unbounded,
		},
	}
}

func TestComparison(t *testing.T) {
	for _, row := range []struct {
		name string
		o    ComparisonOptions
	}{{"comparison.txt", ComparisonOptions{}}, {"comparison.md", ComparisonOptions{Markdown: true}}, {"comparison-changed.txt", ComparisonOptions{ChangedOnly: true}}} {
		var b bytes.Buffer
		if err := Comparison(&b, comparison(), row.o); err != nil {
			t.Fatal(err)
		}
		golden(t, row.name, b.Bytes())
	}
}

func TestPercent(t *testing.T) {
	for ratio, want := range map[float64]string{1: "0 %", 1.0312: "+3.1 %", .6: "-40 %", 12: "12x", math.Inf(1): "without bound", 0: "-100 %"} {
		if got := Percent(ratio); got != want {
			t.Errorf("%v: %q, want %q", ratio, got, want)
		}
	}
	if got := Percent(math.NaN()); got != "-" || strings.Contains(got, "NaN") {
		t.Error(got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; read the diff, then run with -update:\n%s", path, got)
	}
}
