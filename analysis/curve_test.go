package analysis

import (
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// A curve says what the cells say, load by load, and holds limits where they do.
func TestCurve(t *testing.T) {
	s := study(t, recordtest.Small())
	c, err := s.Curve("fast", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Origin != predict.Measured || c.Arrivals != "poisson" || !(c.InputTokens > 0 && c.OutputTokens > 0) || !strings.Contains(c.Source, s.Run.Name) {
		t.Errorf("%+v", c)
	}
	cells := 0
	for i := range s.Cells {
		cell := &s.Cells[i]
		if cell.Arm != "fast" {
			continue
		}
		cells++
		q, ok := cell.Percentile("ttft", 0.95)
		if !ok || !q.Value.Known() {
			continue
		}
		if at, ok := c.At("ttft", 0.95, cell.OfferedRate); !ok || at.Value < q.Value.Estimate {
			t.Errorf("%s: the curve is at %+v, the cell at %v", cell.Load, at, q.Value.Estimate)
		}
	}
	if len(c.Points) != cells {
		t.Errorf("%d points of %d cells", len(c.Points), cells)
	}
	r, err := c.Hold(s.Run.SLOs)
	if err != nil || !(r.Rate.Value > 0) || r.Rate.Low > r.Rate.Value || r.Rate.High < r.Rate.Value {
		t.Errorf("%+v, %v", r, err)
	}
	if a := armOf(t, s, "fast"); a.Capacity.Verdict == Met && r.Rate.Value < 0.5*a.Capacity.Rate {
		t.Errorf("the curve holds %v, the tested capacity is %v", r.Rate.Value, a.Capacity.Rate)
	}
}

func TestCurveTokens(t *testing.T) {
	s := study(t, recordtest.Small())
	for i := range s.Cells {
		c := &s.Cells[i]
		if c.Arm == "fast" && math.Abs(c.OutputTokens*c.OfferedRate-c.Throughput.Estimate) > 0.1*c.Throughput.Estimate {
			t.Errorf("%s at %s: %v tokens a request at %v requests/s, %v tokens/s", c.Arm, c.Load, c.OutputTokens, c.OfferedRate, c.Throughput.Estimate)
		}
	}
}

func TestCurveRefuses(t *testing.T) {
	p := recordtest.Small()
	if _, err := study(t, p).Curve("no such arm", ""); err == nil || !strings.Contains(err.Error(), "expected one of") {
		t.Errorf("an arm that is not there: %v", err)
	}
	p.EditRun = func(r *record.Run) { r.Loads[0].PromptTokens = "uniform 1-2" }
	s := study(t, p)
	if _, err := s.Curve("fast", ""); err == nil || !strings.Contains(err.Error(), "have other requests") {
		t.Errorf("two kinds of requests: %v", err)
	}
	if c, err := s.Curve("fast", s.Run.Loads[0].Name); err != nil || len(c.Points) != 1 {
		t.Errorf("one kind of them: %d points, %v", len(c.Points), err)
	}
	p.EditRun = func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Arrival, r.Loads[i].Rate, r.Loads[i].Concurrency = "closed", 0, 4*(i+1)
		}
	}
	if _, err := study(t, p).Curve("fast", ""); err == nil || !strings.Contains(err.Error(), "no open-loop load") {
		t.Errorf("closed loops: %v", err)
	}
}

// A queue that only grew holds no limit, however short its waits were so far.
func TestCurveOfACollapse(t *testing.T) {
	c := Cell{OfferedRate: 3, OverTime: OverTime{OverSaturated: []string{"the queue only grew"}},
		Metrics: []Percentiles{{Metric: "ttft", Quoted: []PercentileValue{{P: 0.95, Value: Value{Estimate: 1e6, Low: 1e6, High: 1e6}, JudgeLow: 1e6, JudgeHigh: 1e6}}}}}
	curve := capacity.Curve{Name: "x", Origin: predict.Measured, Points: []capacity.Point{point(&c)}}
	if _, err := curve.Hold([]record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 1e9}}); err == nil || !strings.Contains(err.Error(), "infeasible because") {
		t.Errorf("%v", err)
	}
	beyond := PercentileValue{P: 0.95, Value: Value{Note: BeyondOK, Estimate: math.Inf(1), Beyond: 5e9}, JudgeLow: 4e9, JudgeHigh: math.Inf(1)}
	if ns, ok := curveLatency(beyond); !ok || !math.IsInf(ns.Value, 1) || ns.Low != 4e9 {
		t.Errorf("failures reach the percentile: %+v, %v", ns, ok)
	}
	if _, ok := curveLatency(PercentileValue{Value: Value{Note: Insufficient}}); ok {
		t.Error("too few samples make a point")
	}
}
