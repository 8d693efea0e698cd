package stat

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

var (
	simulations = flag.Int("simulations", 1000, "of each row of the table of coverage; of slow ones a tenth, unless the table is written")
	writeTable  = flag.Bool("write-coverage", false, "write the table of docs/statistics.md, which `make coverage` does")
)

// latencies are how a simulated system's latencies vary, all standard deviations being of logarithms: requests share a state that
// goes on from one to the next with the correlation r, and have something of their own; runs differ. Runs of this repository's
// scenarios have autocorrelations of 0.45, 0.22, 0.15, 0.06 at lags 1, 2, 3 and 5 (medians over 200 trials, of TTFT, TPOT
// and E2E): a state with r = 0.5 and nothing else. A server at its limit has more.
type latencies struct {
	runs, n               int
	r, state, own, differ float64
}

func (l latencies) String() string {
	s := fmt.Sprintf("%d × %d", l.runs, l.n)
	switch {
	case l.state > 0 && l.own > 0:
		s += fmt.Sprintf(", slow state (r = %g)", l.r)
	case l.state > 0:
		s += fmt.Sprintf(", neighbours alike (r = %g)", l.r)
	default:
		s += ", independent"
	}
	if l.differ > 0 {
		s += fmt.Sprintf(", runs differ by %.0f %%", 100*l.differ)
	}
	return s
}

func (l latencies) sd() float64 { return math.Sqrt(l.state*l.state + l.own*l.own + l.differ*l.differ) }

func (l latencies) mean() float64 { return math.Exp(l.sd() * l.sd() / 2) }

func (l latencies) quantile(p float64) float64 {
	return math.Exp(l.sd() * distuv.UnitNormal.Quantile(p))
}

// run is one run, a request's latency also depending on what is common to all systems that it is put to.
func (l latencies) run(rng *rand.Rand, common []float64) []float64 {
	out, shift, x := make([]float64, l.n), l.differ*rng.NormFloat64(), rng.NormFloat64()
	for i := range out {
		out[i] = shift + l.state*x + l.own*rng.NormFloat64()
		if common != nil {
			out[i] += common[i]
		}
		out[i] = math.Exp(out[i])
		x = l.r*x + math.Sqrt(1-l.r*l.r)*rng.NormFloat64()
	}
	return out
}

func (l latencies) draw(rng *rand.Rand) [][]float64 {
	out := make([][]float64, l.runs)
	for k := range out {
		out[k] = l.run(rng, nil)
	}
	return out
}

// coverage is one row of the table: how often an interval holds what it should.
type coverage struct {
	statistic, data string
	once            func(rng *rand.Rand) bool
	low, high       float64 // what the share of simulations has to be
	why             string  // where that is not 93 to 97 %
	slow            bool
}

const someLow, someHigh = .93, .97

func (c coverage) share(n int) float64 {
	hits := 0
	for i := range n {
		if c.once(rand.New(rand.NewPCG(uint64(i), 20))) {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

func (i Interval) holds(x float64) bool { return i.Low <= x && x <= i.High }

func means2(runs [][]float64) []Series {
	var out []Series
	for _, run := range runs {
		out = append(out, means(run))
	}
	return out
}

func meanRow(l latencies) coverage {
	return coverage{statistic: "mean, rate, ratio of sums", data: l.String(), low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		return Ratio(means2(l.draw(rng))).Interval.holds(l.mean())
	}}
}

// speedupRow is a ratio of sums over pairs of requests that have most of their latency in common.
func speedupRow(l latencies) coverage {
	return coverage{statistic: "ratio of sums over pairs of requests", data: l.String(), low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		var all []Series
		for range l.runs {
			common := commonPart(rng, l.n)
			all = append(all, Series{Num: l.run(rng, common), Den: l.run(rng, common)})
		}
		return Ratio(all).Interval.holds(1)
	}}
}

func percentileRow(l latencies, p float64) coverage {
	return coverage{statistic: fmt.Sprintf("p%g", 100*p), data: l.String(), low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		return percentileOf(l.draw(rng), p).Shown.holds(l.quantile(p))
	}}
}

func percentileOf(runs [][]float64, p float64) Quantile {
	sorted := Sorted(slices.Concat(runs...))
	return NewQuantile(sorted, p, EffectiveSamples(runs, NearestRank(sorted, p), p))
}

// gapsRow is a percentile of token gaps, twenty for each request, which have the request's pace in common.
func gapsRow(l latencies, p float64) coverage {
	const gaps, own = 20, .3
	truth := math.Exp(math.Sqrt(l.sd()*l.sd()+own*own) * distuv.UnitNormal.Quantile(p))
	return coverage{statistic: fmt.Sprintf("p%g of 20 gaps a request", 100*p), data: l.String(), low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		var runs []Requests
		var all []float64
		for _, run := range l.draw(rng) {
			r := make(Requests, len(run))
			for i, pace := range run {
				for range gaps {
					r[i] = append(r[i], pace*math.Exp(own*rng.NormFloat64()))
				}
				all = append(all, r[i]...)
			}
			runs = append(runs, r)
		}
		slices.Sort(all)
		return NewQuantile(all, p, clusteredAt(runs, NearestRank(all, p), p)).Shown.holds(truth)
	}}
}

// jointRow is an interval read off the draws of the hierarchical bootstrap.
func jointRow(l latencies, p float64) coverage {
	c := coverage{statistic: "hierarchical draws of the mean", data: l.String(), low: someLow, high: someHigh}
	if p > 0 {
		c.statistic = fmt.Sprintf("hierarchical draws of p%g", 100*p)
	}
	c.once = func(rng *rand.Rand) bool {
		runs, r := l.draw(rng), NewResamples(l.runs, 200, rng)
		var draws []float64
		truth := l.mean()
		if p == 0 {
			e := Ratio(means2(runs))
			draws = r.Ratio(means2(runs))
			Calibrate(draws, e.Value, e.Interval, rng)
		} else {
			truth = l.quantile(p)
			sorted := Sorted(slices.Concat(runs...))
			draws = r.Quantiles(runs, Ascending(sorted), p, EffectiveSamples(runs, NearestRank(sorted, p), p), rng)
		}
		slices.Sort(draws)
		return Interval{Low: NearestRank(draws, .025), High: NearestRank(draws, .975)}.holds(truth)
	}
	return c
}

// changeRow is the change of a statistic over runs, in pairs or not.
func changeRow(l latencies, p float64, paired bool) coverage {
	c := coverage{statistic: fmt.Sprintf("change of p%g over separate runs", 100*p), data: l.String(), low: someLow, high: someHigh}
	if paired {
		c.statistic = fmt.Sprintf("change of p%g over pairs of runs", 100*p)
	}
	c.once = func(rng *rand.Rand) bool {
		first, second := make([]float64, l.runs), make([]float64, l.runs)
		for k := range first {
			common := commonPart(rng, l.n)
			first[k] = NearestRank(Sorted(l.run(rng, common)), p)
			if !paired {
				common = commonPart(rng, l.n)
			}
			second[k] = NearestRank(Sorted(l.run(rng, common)), p)
		}
		change, _ := SeparateRuns(first, second)
		if paired {
			change, _ = PairedRuns(first, second)
		}
		return change.Interval.holds(1)
	}
	return c
}

// adjustedRow is the change over pairs with a covariate that explains most of the noise.
func adjustedRow(n int) coverage {
	return coverage{statistic: "change over pairs of runs at equal steal", data: fmt.Sprintf("%d pairs", n), low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		a, b, x, y := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range a {
			x[i], y[i] = .05*rng.ExpFloat64(), .05*rng.ExpFloat64()
			a[i], b[i] = math.Exp(2*x[i]+.05*rng.NormFloat64()), math.Exp(2*y[i]+.05*rng.NormFloat64())
		}
		c, _ := AdjustedPairs(a, b, x, y)
		return c.Interval.holds(1)
	}}
}

// withinRow is the change of a percentile between two single runs.
func withinRow(l latencies, p float64, paired bool) coverage {
	c := coverage{statistic: fmt.Sprintf("change of p%g between two single runs", 100*p), data: l.String(), low: someLow, high: someHigh}
	if paired {
		c.statistic = fmt.Sprintf("change of p%g inside one pair of runs", 100*p)
	}
	c.once = func(rng *rand.Rand) bool {
		common := commonPart(rng, l.n)
		other := common
		if !paired {
			other = commonPart(rng, l.n)
		}
		a, b := single(l.run(rng, common)), single(l.run(rng, other))
		return QuantileChanges([]Requests{a}, []Requests{b}, []float64{p}, paired, 200, rng)[0].Interval.holds(1)
	}
	return c
}

func single(run []float64) Requests {
	out := make(Requests, len(run))
	for i, v := range run {
		out[i] = []float64{v}
	}
	return out
}

func commonPart(rng *rand.Rand, n int) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = .5 * rng.NormFloat64()
	}
	return c
}

func shareRow(n int, p float64, exact bool) coverage {
	c := coverage{statistic: "share, Wilson", data: fmt.Sprintf("%d trials of %g", n, p), low: someLow, high: someHigh}
	if exact {
		c.statistic, c.high, c.why = "share, Clopper-Pearson", 1, "exact: at least 95 % for every share, more for most of them"
	}
	c.once = func(rng *rand.Rand) bool {
		hits := 0
		for range n {
			if rng.Float64() < p {
				hits++
			}
		}
		if exact {
			return ShareInterval(hits, n, Confidence).holds(p)
		}
		return Wilson(hits, n).holds(p)
	}
	return c
}

func pairedShareRow(n int, both, one, other float64) coverage {
	return coverage{statistic: "difference of paired shares", data: fmt.Sprintf("%d items, %g and %g hit by one alone", n, one, other), low: someLow, high: .975,
		why: "Bonett & Price add a disagreement to either side, which covers a little more with few items", once: func(rng *rand.Rand) bool {
			a, b := make([]bool, n), make([]bool, n)
			for i := range a {
				u := rng.Float64()
				a[i], b[i] = u < both+one, u < both || u >= both+one && u < both+one+other
			}
			return ComparePaired(a, b).Interval.holds(one - other)
		}}
}

// windowsRow is a quality probe: eight windows of 128 correlated differences, with an effect of the window.
func windowsRow() coverage {
	return coverage{statistic: "mean over windows of text", data: "8 × 128, neighbours alike (r = 0.5)", low: someLow, high: someHigh, once: func(rng *rand.Rand) bool {
		var values []float64
		var window []int32
		for w := range 8 {
			effect := .3 * rng.NormFloat64()
			for _, x := range autoregression(rng, 128, .5) {
				values, window = append(values, x+effect), append(window, int32(w))
			}
		}
		_, i, _ := ClusterMean(values, window)
		return i.holds(10)
	}}
}

// conservativeRow is what verdicts and confirmations use of a percentile.
func conservativeRow(l latencies, p float64) coverage {
	return coverage{statistic: fmt.Sprintf("p%g, between order statistics", 100*p), data: l.String(), low: someLow, high: 1,
		why: "order statistics are steps: at least 95 %; the interpolated one is printed", once: func(rng *rand.Rand) bool {
			return percentileOf(l.draw(rng), p).Conservative.holds(l.quantile(p))
		}}
}

// slowly marks rows of which a simulation takes a millisecond.
func slowly(rows ...coverage) []coverage {
	for i := range rows {
		rows[i].slow = true
	}
	return rows
}

func coverageRows() []coverage {
	independent := func(runs, n int) latencies { return latencies{runs: runs, n: n, own: .5} }
	alike := func(runs, n int) latencies { return latencies{runs: runs, n: n, r: .5, state: .5} }
	differ := func(runs, n int) latencies { return latencies{runs: runs, n: n, r: .5, state: .5, differ: .1} }
	slow := func(runs, n int) latencies { return latencies{runs: runs, n: n, r: .8, state: .3, own: .4} }
	var rows []coverage
	for _, l := range []latencies{independent(1, 30), independent(1, 93), alike(1, 62), alike(1, 93), alike(1, 320), slow(1, 320), independent(3, 62), alike(3, 93), differ(3, 93), differ(5, 93), differ(10, 93)} {
		rows = append(rows, meanRow(l))
	}
	for _, l := range []latencies{independent(1, 93), alike(1, 93), differ(5, 93)} {
		rows = append(rows, speedupRow(l))
	}
	for _, l := range []latencies{independent(1, 93), alike(1, 62), alike(1, 93), alike(1, 125), alike(1, 186), slow(1, 640), alike(2, 93), alike(5, 93), differ(5, 93)} {
		of := []coverage{percentileRow(l, .5)}
		if l.n*l.runs >= 120 { // with fewer a p95 has an interval of 90 %, and says so
			of = append(of, percentileRow(l, .95))
		}
		if l.n*l.runs > 200 {
			of = slowly(of...)
		}
		rows = append(rows, of...)
	}
	rows = append(rows, slowly(percentileRow(differ(10, 93), .5), percentileRow(differ(10, 93), .95), percentileRow(differ(10, 93), .99), percentileRow(alike(1, 400), .99))...)
	rows = append(rows, conservativeRow(independent(1, 150), .9), conservativeRow(alike(1, 150), .9))
	for _, l := range []latencies{alike(1, 93), differ(5, 93)} {
		rows = append(rows, slowly(gapsRow(l, .5), gapsRow(l, .95))...)
	}
	for _, l := range []latencies{alike(1, 93), alike(1, 320), differ(3, 93), differ(5, 93), differ(10, 93)} {
		rows = append(rows, slowly(jointRow(l, 0), jointRow(l, .5))...)
	}
	rows = append(rows, slowly(jointRow(alike(1, 186), .95), jointRow(differ(5, 93), .95))...)
	for _, l := range []latencies{differ(3, 93), differ(5, 93), differ(20, 93)} {
		rows = append(rows, slowly(changeRow(l, .5, true), changeRow(l, .95, true), changeRow(l, .5, false))...)
	}
	rows = append(rows, adjustedRow(8), adjustedRow(12), adjustedRow(20))
	for _, l := range []latencies{alike(1, 93), alike(1, 320)} {
		rows = append(rows, slowly(withinRow(l, .5, true), withinRow(l, .5, false), withinRow(l, .95, true))...)
	}
	return append(rows, shareRow(60, .9, false), shareRow(200, .95, false), shareRow(60, .95, true), shareRow(200, .5, true),
		pairedShareRow(50, .6, .1, .1), pairedShareRow(200, .7, .1, .05), windowsRow())
}

const statisticsPage = "../../docs/statistics.md"

// Every interval that is printed holds what it should in 93 to 97 of 100 simulations.
func TestCoverage(t *testing.T) {
	var table strings.Builder
	for _, c := range coverageRows() {
		n, slack := *simulations, 0.0
		if c.slow && !*writeTable {
			n /= 10
			slack = 3 * math.Sqrt(.05*.95/float64(n)) // three standard errors of so few
		}
		share := c.share(n)
		if share < c.low-slack || share > c.high+slack {
			t.Errorf("%s, %s: covers in %.1f %% of %d simulations, want %.1f to %.1f %%", c.statistic, c.data, 100*share, n, 100*(c.low-slack), 100*(c.high+slack))
		}
		fmt.Fprintf(&table, "| %s | %s | %.1f %% | %s |\n", c.statistic, c.data, 100*share, c.why)
	}
	t.Log("\n" + table.String())
	if *writeTable {
		writeCoverage(t, table.String())
	}
}

// writeCoverage puts the rows where the page has them.
func writeCoverage(t *testing.T, rows string) {
	t.Helper()
	page, err := os.ReadFile(statisticsPage)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| statistic | runs × requests | covers | |\n|---|---|---|---|\n"
	before, after, ok := strings.Cut(string(page), head)
	if !ok {
		t.Fatalf("%s has no table of coverage", statisticsPage)
	}
	for strings.HasPrefix(after, "|") {
		_, after, _ = strings.Cut(after, "\n")
	}
	if err := os.WriteFile(statisticsPage, []byte(before+head+rows+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
