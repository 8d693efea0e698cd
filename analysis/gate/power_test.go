package gate

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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
	Machine  string
	Created  string
	Requests int          // of a repetition
	Stolen   [][2]float64 // share of the processor time asked for that the hypervisor took
	Metrics  map[string][][2]float64
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
	p := realPairs{Machine: a.Run.Host.CPU + ", kernels " + a.Run.Host.Kernels, Created: a.Run.Created, Requests: a.Run.Loads[0].Requests, Metrics: map[string][][2]float64{}}
	for _, m := range compare.Metrics() {
		if m.Unit == "ns" {
			p.Metrics[m.String()] = inPairs(percentiles(t, a, m), percentiles(t, b, m))
		}
	}
	p.Stolen = inPairs(stolen(t, a), stolen(t, b))
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pairsFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func inPairs(first, second []float64) (pairs [][2]float64) {
	for i := range min(len(first), len(second)) {
		pairs = append(pairs, [2]float64{first[i], second[i]})
	}
	return pairs
}

// stolen is what compare takes out of the pairs.
func stolen(t *testing.T, set *record.Set) (all []float64) {
	t.Helper()
	c, err := group.Of(set, set.Run.Arms[0], set.Run.Loads[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range c.Trials {
		all = append(all, float64(trial.Lab.StealNS)/float64(trial.Engine.BusyNS+trial.Lab.CPUNS))
	}
	return all
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
		pick, turned, steal := make([]int, n), make([]bool, n), [2][]float64{make([]float64, n), make([]float64, n)}
		for i := range pick {
			pick[i], turned[i] = rng.IntN(len(p.Stolen)), rng.IntN(2) == 1 // which side was which is chance, too
			for side, x := range inOrder(p.Stolen[pick[i]], turned[i]) {
				steal[side][i] = x
			}
		}
		for _, name := range metrics {
			first, second := make([]float64, n), make([]float64, n)
			for i, k := range pick {
				pair := inOrder(p.Metrics[name][k], turned[i])
				first[i], second[i] = pair[0], pair[1]*slower
			}
			change, ok := stat.AdjustedPairs(first, second, steal[0], steal[1])
			if !ok {
				change, _ = stat.PairedRuns(first, second)
			}
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

func inOrder(pair [2]float64, turned bool) [2]float64 {
	if turned {
		return [2]float64{pair[1], pair[0]}
	}
	return pair
}

// defaults are the requests of a repetition and the repetitions of scenarios/ci.toml, and the bound of its budgets on p50 tpot.
func defaults(t *testing.T) (requests, repetitions int, bound float64) {
	t.Helper()
	number := func(file, expression string) float64 {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(expression).FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s has no %s", file, expression)
		}
		x, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	const scenario, budgets = "../../scenarios/ci.toml", "../../scenarios/budgets/ci.toml"
	return int(number(scenario, `(?m)^requests = (\d+)`)), int(number(scenario, `(?m)^repetitions = (\d+)`)), number(budgets, `"p50 tpot"\nmax_increase = ([0-9.]+)`)
}

// Of comparisons of a build with itself no more than one in twenty fails, and a slow-down by a tenth is found in at least four of
// five, with the repetitions, the requests and the bounds that scenarios/ci.toml has.
func TestFalseAlarmsAndPower(t *testing.T) {
	p := readPairs(t)
	metrics := []string{"p50 tpot", "p50 ttft"}
	requests, n, bound := defaults(t)
	if len(p.Stolen) < 12 || p.Requests != requests {
		t.Fatalf("%d pairs of %d requests, and the scenario has %d", len(p.Stolen), p.Requests, requests)
	}
	const times = 2000
	for _, limit := range []float64{1, 1 + bound} {
		if same := p.simulate(metrics, n, 1, limit, times); same[Fail] > compare.Alpha {
			t.Errorf("fails %.3f of comparisons of a build with itself that may be %g times as slow", same[Fail], limit)
		}
	}
	if slower := p.simulate(metrics, n, 1.1, 1+bound, times); slower[Fail] < .8 {
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
		t.Log(row)
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/gate.md lacks %s", row)
		}
	}
}
