package simulate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

func planner(limits ...record.SLO) *Planner {
	return &Planner{Engine: engineLike(), Traffic: mixed(), Limits: limits, Seed: 3, Effort: Effort{Requests: 800, Steps: 7}}
}

func limit(metric string, p float64, d time.Duration) record.SLO {
	return record.SLO{Metric: metric, Percentile: p, LimitNS: int64(d)}
}

// The ceiling holds, and what is above it does not; a looser limit and more replicas never lower it.
func TestCapacity(t *testing.T) {
	tight, loose := planner(limit("ttft", .95, 60*time.Millisecond)), planner(limit("ttft", .95, 200*time.Millisecond))
	var before float64
	for _, n := range []int{1, 3} {
		a, err := tight.Capacity(n)
		if err != nil {
			t.Fatal(err)
		}
		b, err := loose.Capacity(n)
		if err != nil {
			t.Fatal(err)
		}
		above, err := tight.Attain(a.Next, n)
		if err != nil || above.Met || !a.At.Met || a.At.Rate != a.Rate || a.Next > a.Rate*1.01 || a.Binding == "" {
			t.Errorf("%d replicas: %+v, above it met %v: %v", n, a, above.Met, err)
		}
		if b.Rate < a.Rate || a.Rate <= before {
			t.Errorf("%d replicas: %g per second, with a looser limit %g, with fewer %g", n, a.Rate, b.Rate, before)
		}
		before = a.Rate
	}
}

// One server of constant steps: its capacity under a limit to the mean follows from M/D/1, and without one it is its rate.
func TestCapacityOfOneServer(t *testing.T) {
	const service = 1e6
	p := &Planner{Engine: lone(constant(service)), Traffic: short(), Effort: Effort{Requests: 4000, Steps: 8}, Seed: 4}
	c, err := p.Capacity(1)
	if err != nil || math.Abs(c.Rate/1000-1) > .08 || !strings.Contains(c.Binding, "queue grows") {
		t.Errorf("%+v: %v, want about 1000 per second", c, err)
	}
}

func TestInfeasible(t *testing.T) {
	p := planner(limit("ttft", .95, time.Microsecond))
	c, err := p.Capacity(3)
	if err != nil || c.Rate != 0 || !strings.Contains(c.Why, "p95 ttft <= 1µs") {
		t.Errorf("%+v: %v", c, err)
	}
	if _, err := p.Attain(math.NaN(), 1); err == nil {
		t.Error("a rate of NaN")
	}
	if _, err := p.Attain(1, 0); err == nil {
		t.Error("no replicas")
	}
}

// Some of many replicas, with their share of a random split, tell of all.
func TestSomeReplicasTellOfAll(t *testing.T) {
	p := planner()
	p.Router = Random
	p.Effort = Effort{Requests: 8000, Replicas: 8}
	some, err := p.Attain(900, 64)
	if err != nil {
		t.Fatal(err)
	}
	p.Effort.Replicas = 64
	all, err := p.Attain(900, 64)
	if err != nil || some.Simulated != 8 || all.Simulated != 64 {
		t.Fatal(err)
	}
	for _, x := range [][2]float64{{some.TTFT.P50, all.TTFT.P50}, {some.TTFT.P95, all.TTFT.P95}, {some.TPOT.P95, all.TPOT.P95}, {some.TokensPerSecond, all.TokensPerSecond}} {
		if math.Abs(x[0]/x[1]-1) > .1 {
			t.Errorf("%v of some, %v of all", x[0], x[1])
		}
	}
}

// Errors are those of cells that are not much fuller, and are marked where there is none as full.
func TestErrorsBeside(t *testing.T) {
	cell := func(occupancy, predicted float64) CheckedCell {
		return CheckedCell{Occupancy: occupancy, Metrics: []CheckedPair{{Metric: "ttft_p95", Measured: 100, Predicted: predicted}}}
	}
	v := &Validation{Cells: []CheckedCell{cell(.1, 104), cell(.4, 90), cell(.9, 150)}}
	for _, x := range []struct {
		occupancy, worst float64
		cells            int
		beyond           bool
	}{{.01, .04, 1, false}, {.1, .04, 1, false}, {.4, .1, 2, false}, {.9, .5, 3, false}, {2, .5, 3, true}} {
		e := v.ErrorsAt(x.occupancy)[0]
		if math.Abs(e.Worst-x.worst) > 1e-9 || e.Cells != x.cells || e.Beyond != x.beyond {
			t.Errorf("occupancy %v: %+v, want %+v", x.occupancy, e, x)
		}
	}
	var none *Validation
	if none.ErrorsAt(1) != nil {
		t.Error("errors of nothing")
	}
}

// The rates that hold with every latency off by its error are about the ceiling, and not known where an error is not.
func TestCapacityHasAnInterval(t *testing.T) {
	p := planner(limit("ttft", .95, 60*time.Millisecond))
	p.Checked = &Validation{Cells: []CheckedCell{{Occupancy: 1, Metrics: []CheckedPair{{Metric: "ttft_p95", Measured: 100, Predicted: 120}}}}}
	c, err := p.Capacity(1)
	if err != nil || !(c.Low < c.Rate && c.Rate < c.High) {
		t.Errorf("%g from %g to %g: %v", c.Rate, c.Low, c.High, err)
	}
	wide := p.Checked.Cells[0].Metrics
	wide[0].Predicted = 200
	if w, err := p.Capacity(1); err != nil || w.Low >= c.Low || w.High <= c.High || w.Rate != c.Rate {
		t.Errorf("%g from %g to %g with a larger error: %v", w.Rate, w.Low, w.High, err)
	}
	wide[0].Metric = "itl_p95"
	if c, err := p.Capacity(1); err != nil || c.Low != 0 || c.High != 0 {
		t.Errorf("from %g to %g with no error known: %v", c.Low, c.High, err)
	}
}
