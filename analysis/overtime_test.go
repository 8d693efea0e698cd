package analysis

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

func studyOf(t *testing.T, p recordtest.Plan) *Study {
	t.Helper()
	s, err := Analyse(recordtest.Make(t, p), Options{Seed: 1, Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An arm whose queue only grows does not hold the rate, though all its requests were in time so
// far: it is measured well and missed, not invalid.
func TestOversaturatedIsMissed(t *testing.T) {
	p := recordtest.Small()
	p.Requests = 160
	p.SLOs = []record.SLO{{Metric: "ttft", Percentile: 0.95, LimitNS: 60e9}} // a minute
	s := studyOf(t, p)
	c := cellOf(t, s, "slow", "r40")
	if !c.Valid || c.Verdict != Missed || len(c.OverTime.OverSaturated) != 1 || c.SLOs[0].Verdict != Met {
		t.Errorf("valid %v, %s, %q, limit %s", c.Valid, c.Verdict, c.OverTime.OverSaturated, c.SLOs[0].Verdict)
	}
	if c.OverTime.Course == nil || len(c.OverTime.Course.Requests) != 160 {
		t.Errorf("course: %+v", c.OverTime.Course)
	}
	for _, a := range s.Arms {
		if want := map[string]float64{"slow": 20, "fast": 40}[a.Arm.ID]; a.Capacity.Rate != want {
			t.Errorf("%s holds %v/s, want %v", a.Arm.ID, a.Capacity.Rate, want)
		}
	}
	p.Rates = []float64{40}
	s = studyOf(t, p)
	for _, a := range s.Arms {
		if a.Arm.ID == "slow" && !strings.Contains(a.Excluded, "It does not hold the load at poisson 40/s: over-saturated") {
			t.Errorf("slow is excluded because %q", a.Excluded)
		}
	}
	if s.Choice.Arm != "fast" {
		t.Errorf("recommended: %q", s.Choice.Arm)
	}
}

// What drifted cannot win, however fast it was.
func TestDriftedCannotWin(t *testing.T) {
	p := recordtest.Small()
	p.Requests = 160
	p.Edit = func(r *record.Trial, q []result.Request) bool {
		for i := range q {
			if r.Key.Arm != "fast" {
				break
			}
			slower(r, &q[i], 1+0.5*float64(i)/160)
		}
		return true
	}
	s := studyOf(t, p)
	if s.Choice.Arm != "slow" {
		t.Errorf("recommended: %q", s.Choice.Arm)
	}
	c := cellOf(t, s, "fast", "r20")
	if c.Valid || len(c.OverTime.Unsteady) == 0 || c.OverTime.Course == nil {
		t.Errorf("valid %v, %+v", c.Valid, c.OverTime)
	}
}

// slower multiplies the gaps of a reply, and keeps Little's law.
func slower(t *record.Trial, r *result.Request, by float64) {
	for j := range r.Events {
		r.Events[j].At = r.First + int64(float64(r.Events[j].At-r.First)*by)
	}
	last := r.Events[len(r.Events)-1].At
	t.Engine.RunningNS += last - r.Last
	r.End, r.Last = r.End+last-r.Last, last
}

// A warm-up that is left out is counted, with the limits that it broke, and changes the
// verdict only where the load asked for it.
func TestTrimIsSaid(t *testing.T) {
	p := recordtest.Small()
	p.Requests = 160
	p.SLOs = []record.SLO{{Metric: "tpot", Percentile: 0.95, LimitNS: 4e6}}
	p.Edit = func(r *record.Trial, q []result.Request) bool {
		for i := range 20 {
			slower(r, &q[i], 3)
		}
		q[1].Outcome = result.Reset
		return true
	}
	c := cellOf(t, studyOf(t, p), "fast", "r20")
	if c.OverTime.WarmUp == 0 || c.OverTime.Trimmed != 0 || c.Issued != 160 || c.Verdict != Missed {
		t.Errorf("without trim: %+v, %d issued, %s", c.OverTime, c.Issued, c.Verdict)
	}
	whole := c.BusyPerRequest.Estimate
	p.EditRun = func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Trim = record.TrimAuto
		}
	}
	c = cellOf(t, studyOf(t, p), "fast", "r20")
	o := c.OverTime
	if o.Trimmed != 20 || o.TrimmedMisses != 19 || o.TrimmedKept != 1 || c.Issued != 140 || c.Outcomes[result.Reset] != 1 {
		t.Errorf("with trim: %+v, %d issued, %v", o, c.Issued, c.Outcomes)
	}
	if c.Verdict != Met {
		t.Errorf("with trim: %s, %+v", c.Verdict, c.SLOs)
	}
	if got := c.BusyPerRequest.Estimate; got != whole {
		t.Errorf("busy %v a request, %v before: the counters are of all requests", got, whole)
	}
	if c.OverTime.Course == nil || !c.OverTime.Course.Trimmed || c.OverTime.Course.WarmUp <= 0 {
		t.Errorf("course: %+v", c.OverTime.Course)
	}
}

func TestMixtureIsSaid(t *testing.T) {
	p := recordtest.Small()
	p.Requests = 160
	p.Edit = func(r *record.Trial, q []result.Request) bool {
		for i := range q {
			if i%10 < 3 {
				for _, stamp := range []*int64{&q[i].Headers, &q[i].First, &q[i].Last, &q[i].End} {
					*stamp += 80e6
				}
				for j := range q[i].Events {
					q[i].Events[j].At += 80e6
				}
				r.Engine.RunningNS += 80e6
			}
		}
		return true
	}
	s := studyOf(t, p)
	c := cellOf(t, s, "fast", "r20")
	if !strings.HasPrefix(c.OverTime.Mixture, "TTFT is of two kinds: 70 % of the requests around ") || !c.Valid {
		t.Errorf("%q, invalid %q", c.OverTime.Mixture, c.Invalid)
	}
	if w := strings.Join(s.Warnings, "\n"); !strings.Contains(w, "TTFT is of two kinds in ") {
		t.Errorf("warnings: %s", w)
	}
}
