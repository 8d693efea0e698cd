package gate

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

var pairsFrom = flag.String("pairs", "", "directory of a duet of twice the same build, whose pairs become testdata/pairs.json")

// realPairs are repetitions of one build against itself, measured in turn by `assay gate --scenario scenarios/ci.toml`, as
// pairs of a metric's values.
type realPairs struct {
	Machine string
	Created string
	Metrics map[string][][2]float64
}

const pairsFile = "testdata/pairs.json"

func readPairs(t *testing.T) realPairs {
	t.Helper()
	text, err := os.ReadFile(pairsFile)
	if err != nil {
		t.Fatal(err)
	}
	var p realPairs
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCollectPairs(t *testing.T) {
	if *pairsFrom == "" {
		t.Skip("writes testdata/pairs.json from measurements, with -pairs DIR")
	}
	a, b := readSet(t, filepath.Join(*pairsFrom, "a")), readSet(t, filepath.Join(*pairsFrom, "b"))
	p := realPairs{Machine: a.Run.Host.CPU + ", kernels " + a.Run.Host.Kernels, Created: a.Run.Created, Metrics: map[string][][2]float64{}}
	for _, m := range compare.Metrics() {
		if m.Unit == "ns" {
			first, second := percentiles(t, a, m), percentiles(t, b, m)
			for i := range min(len(first), len(second)) {
				p.Metrics[m.String()] = append(p.Metrics[m.String()], [2]float64{first[i], second[i]})
			}
		}
	}
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pairsFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// percentiles are a metric's values in the repetitions of the first arm at the first load.
func percentiles(t *testing.T, set *record.Set, m compare.Metric) (all []float64) {
	t.Helper()
	c, err := group.Of(set, set.Run.Arms[0], set.Run.Loads[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range c.Trials {
		var values []float64
		for r := range trial.Requests.All() {
			values = compare.Appender(m.Name)(values, r)
		}
		all = append(all, stat.NearestRank(stat.Sorted(values), m.Percentile))
	}
	return all
}

func readSet(t *testing.T, dir string) *record.Set {
	t.Helper()
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// simulate judges n pairs that are drawn from real ones, with the second side slower by a factor, as a gate with a bound on each metric
// would, and says how often it fails, passes and leaves undecided.
func (p realPairs) simulate(metrics []string, n int, slower, bound float64, times int) map[Verdict]float64 {
	rng, share := rand.New(rand.NewPCG(uint64(n), math.Float64bits(slower))), map[Verdict]float64{}
	for range times {
		var checks []Check
		var rows []compare.Row
		var ps []float64
		pick := make([]int, n)
		for i := range pick {
			pick[i] = rng.IntN(len(p.Metrics[metrics[0]]))
		}
		for _, name := range metrics {
			first, second := make([]float64, n), make([]float64, n)
			for i, k := range pick {
				pair := p.Metrics[name][k]
				if rng.IntN(2) == 1 { // which side was which is chance, too
					pair[0], pair[1] = pair[1], pair[0]
				}
				first[i], second[i] = pair[0], pair[1]*slower
			}
			change, _ := stat.PairedRuns(first, second)
			m, _ := compare.ParseMetric(name)
			checks = append(checks, Check{Estimate: change.Ratio, Low: change.Interval.Low, High: change.Interval.High, Threshold: bound})
			rows, ps = append(rows, compare.Row{Metric: m, Change: change}), append(ps, change.P)
		}
		for i, q := range stat.Holm(ps) {
			decideChange(&checks[i], rows[i], q)
		}
		share[worst(checks)] += 1 / float64(times)
	}
	return share
}

// Of comparisons of a build with itself no more than one in twenty fails, and a slow-down by a tenth is found in at least four of
// five, with thirty repetitions, which --until-decided has in ten minutes.
func TestFalseAlarmsAndPower(t *testing.T) {
	p := readPairs(t)
	metrics := []string{"p50 tpot", "p50 ttft"}
	if n := len(p.Metrics[metrics[0]]); n < 12 {
		t.Fatalf("%d pairs", n)
	}
	const times = 2000
	if same := p.simulate(metrics, 20, 1, 1, times); same[Fail] > .05 {
		t.Errorf("fails %.3f of comparisons of a build with itself, even with no slow-down allowed", same[Fail])
	}
	if slower := p.simulate(metrics, 30, 1.1, 1.05, times); slower[Fail] < .8 {
		t.Errorf("finds %.3f of slow-downs by a tenth", slower[Fail])
	}
}

// The table of docs/gate.md is what these pairs give.
func TestDetectionCurve(t *testing.T) {
	p := readPairs(t)
	doc, err := os.ReadFile("../../docs/gate.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, slower := range []float64{1, 1.02, 1.05, 1.08, 1.1, 1.15, 1.2} {
		row := fmt.Sprintf("| %.0f %% |", 100*(slower-1))
		for _, n := range []int{10, 20, 30} {
			s := p.simulate([]string{"p50 tpot"}, n, slower, 1.05, 2000)
			row += fmt.Sprintf(" %.0f %% | %.0f %% |", 100*s[Fail], 100*s[Pass])
		}
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/gate.md lacks %s", row)
		}
	}
}
