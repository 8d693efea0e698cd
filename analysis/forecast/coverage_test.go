package forecast

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/stat"
)

var (
	simulations = flag.Int("simulations", 6, "of each kind of history, hour by hour; `make coverage-forecast` takes 200")
	writeTable  = flag.Bool("write-coverage", false, "write the table of docs/forecast.md, which `make coverage-forecast` does")
)

// world is a process that makes histories and what follows them: growth along a line, levels of weeks around it that go on with
// φ, and hours that differ, with their neighbours alike.
type world struct {
	name      string
	phi, step float64
}

var worlds = []world{
	{"weeks differ by 5 %, each anew", 0, .05},
	{"φ = 0.5, steps of 5 %", .5, .05},
	{"φ = 0.9, steps of 3 %", .9, .03},
	{"random walk, steps of 3 %", 1, .03},
}

const (
	ahead     = 13 // weeks
	someDraws = 200
)

// make is a history of some weeks and the weeks ahead of it.
func (w world) make(t testing.TB, weeks int, seed uint64) *demand.History {
	rng := rand.New(rand.NewPCG(seed, 77))
	level, near := w.levels(weeks, rng), 0.0
	return made(t, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), weeks+ahead, func(i int, at time.Time) float64 {
		near = .6*near + .1*rng.NormFloat64()
		return 1000 * (.3 + busy(at)) * math.Exp(level[i/week]+near)
	})
}

// levels are those of the weeks of a history and of the weeks ahead of it; they have gone on for long before.
func (w world) levels(weeks int, rng *rand.Rand) []float64 {
	u := 0.0
	step := func() float64 { return w.step * rng.NormFloat64() }
	for range 100 {
		u = w.phi*u + step()
	}
	out := make([]float64, weeks+ahead)
	for k := range out {
		u = w.phi*u + step()
		out[k] = u + .005*float64(k)
	}
	return out
}

// TestSlopeCoverage holds the range of growth of the log-linear model to the growth that there is, also where errors go on from week
// to week.
func TestSlopeCoverage(t *testing.T) {
	const n, simulations = 40, 200
	known := newPersistence(newLine(make([]float64, n)))
	for _, w := range worlds[:2] {
		var c counts
		for s := range simulations {
			rng := rand.New(rand.NewPCG(uint64(s), 79))
			f := LogLinear{}.fit(&parts{weeks: n, persistence: known}, &part{level: w.levels(n, rng)[:n]})
			var slopes []float64
			for range someDraws {
				slopes = append(slopes, f.draw(rng, 1).slope)
			}
			c.add(.005, slopes)
		}
		t.Logf("%s: %.0f, %.0f", w.name, 100*c.in80/c.n, 100*c.in95/c.n)
		if share := c.in80 / c.n; share < .7 || share > .9 || c.in95/c.n < .88 {
			t.Errorf("%s: ranges of 80 and 95 %% hold the growth in %.2f and %.2f", w.name, share, c.in95/c.n)
		}
	}
}

// counts are of what the 80 % and 95 % intervals held.
type counts struct{ n, in80, in95 float64 }

func (c *counts) add(came float64, draws []float64) {
	s := stat.Sorted(draws)
	c.n++
	c.in80 += held(came, stat.NearestRank(s, .1), stat.NearestRank(s, .9))
	c.in95 += held(came, stat.NearestRank(s, .025), stat.NearestRank(s, .975))
}

// covered is one model in one world: hours of the weeks ahead, totals of single weeks, their sum, and the busiest hour of all.
type covered struct{ hours, near, far, sum, peak counts }

func (c *covered) simulate(t testing.TB, w world, m Model, weeks int, seed uint64) {
	h := w.make(t, weeks, seed)
	p, err := takeApart(h.Hours[:weeks*week])
	if err != nil {
		t.Fatal(err)
	}
	came := requestsOf(h.Hours[weeks*week:])
	labels := labelsFrom(h.Hours[weeks*week].Start, len(came))
	f := p.futures(m)[requests]
	draws := make([][]float64, someDraws)
	for d := range draws {
		rng := stat.Source(seed, m.Name(), strconv.Itoa(d))
		draws[d] = make([]float64, len(came))
		fill(draws[d], labels, f, f.draw(rng, ahead), rng)
	}
	for i := 9; i < len(came); i += 29 {
		c.hours.add(came[i], across(draws, func(d []float64) float64 { return d[i] }))
	}
	of := func(from, to int) ([]float64, float64) {
		return across(draws, func(d []float64) float64 { return sum(d[from*week : to*week]) }), sum(came[from*week : to*week])
	}
	drawn, truth := of(0, 1)
	c.near.add(truth, drawn)
	drawn, truth = of(ahead-1, ahead)
	c.far.add(truth, drawn)
	drawn, truth = of(0, ahead)
	c.sum.add(truth, drawn)
	c.peak.add(slices.Max(came), across(draws, func(d []float64) float64 { return slices.Max(d) }))
}

func (c *covered) parts() []counts { return []counts{c.hours, c.near, c.far, c.sum, c.peak} }

var partNames = []string{"hours", "week 1", "week 13", "weeks 1 to 13", "busiest hour"}

// bounds are what the ensemble's intervals have to hold of every part in every world, in hundredths: docs/forecast.md states them.
var bounds = struct{ low80, high80, low95, high95 float64 }{70, 93, 88, 99.5}

// in says whether counts are within bounds, but for what so few simulations leave to chance: three standard errors.
func (c *counts) in(simulations int) bool {
	slack := 300 * math.Sqrt(.8*.2/float64(simulations))
	in80, in95 := 100*c.in80/c.n, 100*c.in95/c.n
	return in80 >= bounds.low80-slack && in80 <= bounds.high80+slack && in95 >= bounds.low95-slack && in95 <= bounds.high95+slack
}

// TestLevelCoverage simulates levels alone, which is a hundred times as fast and where most of what is uncertain is.
func TestLevelCoverage(t *testing.T) {
	const n, simulations = 26, 150
	known := newPersistence(newLine(make([]float64, n)))
	for _, w := range worlds {
		var last, all counts
		for s := range simulations {
			rng := rand.New(rand.NewPCG(uint64(s), 78))
			level := w.levels(n, rng)
			p := &parts{weeks: n, persistence: known}
			f := Ensemble{}.fit(p, &part{level: level[:n]})
			var ends, sums []float64
			for range someDraws {
				c := f.draw(rng, ahead)
				ends, sums = append(ends, c.levels[ahead-1]), append(sums, sum(c.levels))
			}
			last.add(level[n+ahead-1], ends)
			all.add(sum(level[n:]), sums)
		}
		t.Logf("%s: week 13: %.0f, %.0f; weeks 1 to 13: %.0f, %.0f", w.name, 100*last.in80/last.n, 100*last.in95/last.n, 100*all.in80/all.n, 100*all.in95/all.n)
		if !last.in(simulations) || !all.in(simulations) {
			t.Errorf("%s: intervals of 80 and 95 %% hold %+v of levels in week 13, %+v of all", w.name, last, all)
		}
	}
}

// TestCoverage simulates histories of each world, and counts how often intervals hold what comes.
func TestCoverage(t *testing.T) {
	lengths := []int{26}
	models := []Model{Ensemble{}}
	if *writeTable {
		lengths, models = []int{12, 26, 52}, Models()
	}
	var table strings.Builder
	for _, weeks := range lengths {
		for _, w := range worlds {
			for _, m := range models {
				var c covered
				for s := range *simulations {
					c.simulate(t, w, m, weeks, uint64(s))
				}
				fmt.Fprintf(&table, "| %s | %d | %s |", w.name, weeks, m.Name())
				for i, part := range c.parts() {
					in80, in95 := 100*part.in80/part.n, 100*part.in95/part.n
					fmt.Fprintf(&table, " %.0f, %.0f |", in80, in95)
					if m == (Ensemble{}) && !part.in(*simulations) {
						t.Errorf("%s, %d weeks, %s: intervals of 80 and 95 %% hold %.0f and %.0f %% of %s", w.name, weeks, m.Name(), in80, in95, partNames[i])
					}
				}
				table.WriteString("\n")
			}
		}
	}
	t.Log("\n" + table.String())
	if *writeTable {
		writeCoverage(t, table.String())
	}
}

const page = "../../docs/forecast.md"

// writeCoverage puts the rows where the page has them.
func writeCoverage(t *testing.T, rows string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| history | weeks | model | hours | week 1 | week 13 | weeks 1 to 13 | busiest hour |\n|---|---|---|---|---|---|---|---|\n"
	before, after, ok := strings.Cut(string(text), head)
	if !ok {
		t.Fatalf("%s has no table of coverage", page)
	}
	for strings.HasPrefix(after, "|") {
		_, after, _ = strings.Cut(after, "\n")
	}
	if err := os.WriteFile(page, []byte(before+head+rows+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
