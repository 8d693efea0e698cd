package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// exactness is a calibration that is off by these at p50 and p99.
func exactness(quantity string, p50, p99 int64) record.Calibration {
	return record.Calibration{Answers: []string{"a token at a time"}, Errors: []record.Exactness{{Quantity: quantity, N: 9, P50NS: p50, P95NS: p50, P99NS: p99, MaxNS: p99}}}
}

// TestCalibrations: of several the worst counts, a large error is a warning, and a small one is none.
func TestCalibrations(t *testing.T) {
	calibrated := func(c ...record.Calibration) *Study {
		p := recordtest.Small()
		p.EditRun = func(r *record.Run) { r.Calibrations = c }
		return study(t, p)
	}
	s := calibrated(exactness("stamp", 1e5, 9e5), exactness("stamp", 2e5, 3e5), exactness("send", 1, 1e6))
	if got := s.Instrument.Errors; len(got) != 2 || got[0].P50NS != 2e5 || got[0].P99NS != 9e5 || s.Instrument.Calibrations != 3 {
		t.Errorf("%+v", s.Instrument)
	}
	doubts := func(s *Study) int {
		return strings.Count(strings.Join(s.Warnings, "\n"), "The instrument is not exact here")
	}
	if doubts(s) != 0 {
		t.Errorf("%q", s.Warnings)
	}
	if s := calibrated(exactness("stamp", 1e5, 2e6), exactness("send", 1e5, 1e6+1), exactness("ttft", 1e9, 1e9)); doubts(s) != 2 {
		t.Errorf("%q", s.Warnings)
	}
	if s := calibrated(); s.Instrument.Calibrations != 0 || doubts(s) != 0 {
		t.Errorf("%+v", s.Instrument)
	}
}

// TestExtremes names the trial that fared worst, and leaves runs alone whose trials were not watched.
func TestExtremes(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		if r.Key.Arm == "slow" && r.Key.Load == "r40" {
			r.Lab.Watch.LateP99NS, r.Lab.Watch.ThrottledNS = 3e6, 5e6
		}
		return true
	}
	s := study(t, p)
	for _, what := range []string{"the lab's own clock woke late, p99", "processes stopped by a CPU quota"} {
		i := slices.IndexFunc(s.Instrument.Extremes, func(e Extreme) bool { return e.What == what })
		if i < 0 || s.Instrument.Extremes[i].Trial != "slow.r40.0" || s.Instrument.Extremes[i].Worst <= s.Instrument.Extremes[i].Limit || s.Instrument.Extremes[i].Median > s.Instrument.Extremes[i].Limit {
			t.Errorf("%s: %+v", what, s.Instrument.Extremes)
		}
	}
	for _, c := range s.Cells {
		if bad := c.Arm == "slow" && c.Load == "r40"; c.Valid == bad {
			t.Errorf("%s at %s is valid: %v, %q", c.Arm, c.Load, c.Valid, c.Invalid)
		}
	}
	p.Edit = func(r *record.Trial, _ []result.Request) bool { r.Lab.Watch = nil; return true }
	if s := study(t, p); len(s.Instrument.Extremes) != 0 || s.Instrument.Trials != 4 {
		t.Errorf("%+v", s.Instrument)
	}
}

// TestBottleneckCannotWin: the best arm is not recommended where it was measured by a lab that was the bottleneck.
func TestBottleneckCannotWin(t *testing.T) {
	p := recordtest.Small()
	if s := study(t, p); s.Choice.Arm != "fast" {
		t.Fatalf("%q is recommended", s.Choice.Arm)
	}
	p.Edit = func(r *record.Trial, _ []result.Request) bool {
		if r.Key.Arm == "fast" {
			r.Lab.CPUNS = r.Lab.WallNS * 95 / 100
		}
		return true
	}
	s := study(t, p)
	i := slices.IndexFunc(s.Arms, func(a Arm) bool { return a.Arm.ID == "fast" })
	if s.Choice.Arm == "fast" || !strings.Contains(s.Arms[i].Excluded, "the lab was a bottleneck") {
		t.Errorf("%q is recommended; %q", s.Choice.Arm, s.Arms[i].Excluded)
	}
}

// doubled adds the duplicate of the confirming trial to a plan: the lab uses a share more of its processor time, and answers
// come later.
func doubled(added float64, later int64) recordtest.Plan {
	p := recordtest.Small()
	p.Confirm, p.ConfirmLoad, p.DoubleLab = "fast", "r20", true
	p.Edit = func(r *record.Trial, requests []result.Request) bool {
		if r.Key.Repetition != record.DoubleLab {
			return true
		}
		r.Lab.CPUNS = int64(float64(r.Lab.CPUNS) * (1 + added))
		for i := range requests {
			q := &requests[i]
			q.First, q.Last, q.End = q.First+later, q.Last+later, q.End+later
			for j := range q.Events {
				q.Events[j].At += later
			}
		}
		return true
	}
	return p
}

// TestLabEffect: answers that come 1 ms later with four fifths more work bound the lab's own to 1.25 ms, where the requests of
// both trials are otherwise the same.
func TestLabEffect(t *testing.T) {
	s := study(t, doubled(0.8, 1e6))
	e := s.Instrument.Effect
	if e == nil || e.Pairs != 60 || math.Abs(e.Added-0.8) > 1e-6 || e.Note != "" || len(e.Latencies) != 3 || !slices.Equal(e.Trials, []string{"fast.r20.1000", "fast.r20.1001"}) {
		t.Fatalf("%+v", e)
	}
	for _, l := range e.Latencies {
		want := 1.25e6
		if l.Metric == "tpot" {
			want = 0
		}
		if math.Abs(l.Bound-want) > 10 || l.Mean <= 0 || math.Abs(l.Change.Estimate-0.8*want) > 10 {
			t.Errorf("%s: %+v, want a bound of %v", l.Metric, l, want)
		}
	}
	if sooner := study(t, doubled(0.8, -1e6)).Instrument.Effect; sooner.Latencies[0].Bound != 0 {
		t.Errorf("answers came sooner with more work: %+v", sooner.Latencies[0])
	}
	if s.Choice.Confirmed == nil || s.Planned != 4 || s.Finished != 4 {
		t.Errorf("the duplicate counts as a trial of the sweep, or hides the confirmation: %+v", s.Choice.Confirmed)
	}
	if little := study(t, doubled(0.2, 1e6)).Instrument.Effect; len(little.Latencies) > 0 || !strings.Contains(little.Note, "only 20 % more processor time") {
		t.Errorf("%+v", little)
	}
	few := doubled(0.8, 1e6)
	few.Requests = 19
	if e := study(t, few).Instrument.Effect; len(e.Latencies) > 0 || !strings.Contains(e.Note, "19 pairs") {
		t.Errorf("%+v", e)
	}
}

// TestNotToldApart: what the instrument cannot tell is not said.
func TestNotToldApart(t *testing.T) {
	base := &measured{Cell: Cell{Metrics: []Percentiles{{Metric: "tpot", Mean: Value{Estimate: 3e6}}}}}
	a := &analysis{run: &record.Run{}}
	if a.unresolvedGain(base, Value{Estimate: 1.001}) || !a.toldApart("e2e", 0.95, Value{Estimate: 1}, Value{Estimate: 2}) {
		t.Error("without a calibration there is nothing to hold figures against")
	}
	a.run.Calibrations = []record.Calibration{exactness("tpot", 1e5, 1e6), exactness("e2e", 1e5, 1e6)}
	for gain, want := range map[float64]bool{1.02: true, 1.05: false, 0.98: true, 0.9: false} { // of 3 ms
		if got := a.unresolvedGain(base, Value{Estimate: gain}); got != want {
			t.Errorf("a gain of %v times is unresolved: %v", gain, got)
		}
	}
	if a.toldApart("e2e", 0.5, Value{Estimate: 5e6}, Value{Estimate: 5.05e6}) || !a.toldApart("e2e", 0.5, Value{Estimate: 5e6}, Value{Estimate: 5.2e6}) ||
		a.toldApart("e2e", 0.99, Value{Estimate: 5e6}, Value{Estimate: 5.2e6}) || !a.toldApart("e2e", 0.99, Value{Estimate: 5e6}, Value{Note: BeyondOK}) {
		t.Error("e2e")
	}
}
